package collect_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
)

// archive is a store that keeps documents.
type archive struct {
	memory
	mu      sync.Mutex
	written []string
}

func (a *archive) PutDocument(_ context.Context, name string, body []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.written = append(a.written, name+string(body))
	return nil
}

func TestDocumentsAreWrittenWhenTheyChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &archive{}
		var n atomic.Int64
		n.Store(1)
		c := start(t, collect.Config{Store: a, Documents: []collect.Document{
			{Name: "broken", Value: func() (any, error) { return nil, errors.New("not yet") }},
			{Name: "worse", Value: func() (any, error) { panic("never") }},
			{Name: "n", Value: func() (any, error) { return n.Load(), nil }},
		}}, recorder(t))
		time.Sleep(35 * time.Second)
		n.Store(2)
		time.Sleep(35 * time.Second)
		if err := c.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		equal(t, "documents", len(a.written), 2)
		equal(t, "the first", a.written[0], "n1")
		equal(t, "the second", a.written[1], "n2")
		if s := c.Stats(); s.Failures == 0 {
			t.Errorf("%+v", s)
		}
	})
}
