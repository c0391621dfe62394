package collect

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// Document is a fact about this process that pages and reports show also when the
// process is gone: its signals, its middleware, its settings.
type Document struct {
	Name string
	// Value gives what is kept as JSON. It is asked whenever statistics are rolled
	// up, on the writer's goroutine; what has not changed is not written again.
	Value func() (any, error)
}

// DocumentStore is what a Store must be, too, to keep Documents.
type DocumentStore interface {
	PutDocument(ctx context.Context, name string, body []byte) error
}

// documents remembers what the store has of each Document.
type documents struct {
	list    []Document
	written [][]byte
	breaker breaker
}

// writeDocuments stores what has changed. Trouble with one Document is no reason to
// leave out another, and none to disturb the Records.
func (w *writer) writeDocuments(now time.Time) {
	d := &w.c.documents
	store, ok := w.c.config.Store.(DocumentStore)
	if !ok || len(d.list) == 0 || d.breaker.waits(now) {
		return
	}
	var failure error
	for i := range d.list {
		if err := w.writeDocument(store, d, i); err != nil {
			failure = err
		}
	}
	if failure != nil {
		w.failed(&d.breaker, failure)
		return
	}
	w.worked(&d.breaker)
}

func (w *writer) writeDocument(store DocumentStore, d *documents, i int) error {
	doc := &d.list[i]
	var body []byte
	err := guard("document "+doc.Name, func() error {
		value, err := doc.Value()
		if err != nil {
			return err
		}
		body, err = json.Marshal(value)
		return err
	})
	if err != nil || bytes.Equal(body, d.written[i]) {
		return err
	}
	err = w.call("Store.PutDocument", func(ctx context.Context) error { return store.PutDocument(ctx, doc.Name, body) })
	if err == nil {
		d.written[i] = body
	}
	return err
}
