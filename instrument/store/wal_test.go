package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// Another program begins to read and does not end.
func TestF30_AReaderThatStaysDoesNotLetTheFileGrow(t *testing.T) {
	t.Parallel()
	const limit = 16 << 20
	f := setup(t, store.Options{MaxBytes: limit, Now: newClock(noon).now})
	f.add(t, made{at: noon})
	reader, err := sqlitefile.Open(f.path, sqlitefile.Options{ReadOnly: true})
	must(t, err)
	defer reader.Close()
	tx, err := reader.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	must(t, err)
	var n int
	must(t, tx.QueryRow("SELECT count(*) FROM record").Scan(&n))

	stored, most := 1, int64(0)
	path := strings.Repeat("/long", 400)
	write := func(i int) error {
		b := &instrument.Batch{}
		for j := range 500 {
			b.Items = append(b.Items, made{at: noon, n: 1 + i*500 + j, path: path}.item())
		}
		err := f.Append(context.Background(), b)
		if err == nil {
			stored += 500
		}
		_, _ = f.Prune(context.Background())
		return err
	}
	for i := 0; ; i++ {
		if err = write(i); err != nil {
			break
		}
		most = max(most, size(t, f.path)+size(t, f.path+"-wal"))
		if i > 1000 {
			t.Fatalf("%d bytes are written and nobody objects", most)
		}
	}
	if !errors.Is(err, store.ErrLongRead) || !strings.Contains(err.Error(), "close what has the file open") {
		t.Errorf("got %v", err)
	}
	if most > limit*11/10 {
		t.Errorf("file and -wal have %d bytes, expected at most %d", most, limit*11/10)
	}
	if n := f.left(t); n != stored {
		t.Errorf("%d records are there, %d were stored: pruning took the rest", n, stored)
	}
	must(t, tx.QueryRow("SELECT count(*) FROM record").Scan(&n)) // it may go on
	if n != 1 {
		t.Errorf("the reader sees %d records", n)
	}
	must(t, tx.Rollback())
	for i := range 4 {
		must(t, write(2000+i))
	}
	if n := size(t, f.path+"-wal"); n > 9<<20 {
		t.Errorf("the -wal has %d bytes after the reader left", n)
	}
	f.checkIntegrity(t)
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return info.Size()
}
