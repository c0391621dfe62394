package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

func TestHealth_TellsSizesAndAges(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{MaxBytes: 5 << 20})
	f.add(t, made{at: noon}, made{at: noon.Add(time.Hour)})
	h, err := f.Health(context.Background())
	must(t, err)
	if h.Path != f.path || h.SchemaVersion != store.SchemaVersion || h.MaxBytes != 5<<20 || h.Gone || h.Processes != 1 {
		t.Errorf("got %+v", h)
	}
	if h.FileBytes == 0 || h.WALBytes == 0 || h.PageSize != 16384 || h.Pages == 0 {
		t.Errorf("sizes are %+v", h)
	}
	if h.Records != 2 || !h.Oldest.Equal(noon) || !h.Newest.Equal(noon.Add(time.Hour)) {
		t.Errorf("%d records from %v to %v", h.Records, h.Oldest, h.Newest)
	}
}

func TestHealth_OfAnEmptyStoreInMemory(t *testing.T) {
	t.Parallel()
	f := open(t, sqlitefile.Memory, store.Options{})
	h, err := f.Health(context.Background())
	must(t, err)
	if h.Path != "" || h.FileBytes == 0 || h.Records != 0 || !h.Oldest.IsZero() || h.Gone {
		t.Errorf("got %+v", h)
	}
}
