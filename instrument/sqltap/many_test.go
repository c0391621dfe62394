package sqltap_test

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// weigher notes the size of what it is given.
type weigher struct {
	mu  sync.Mutex
	sum instrument.Summary
	rec *instrument.Record
	len int
}

func (*weigher) Want(*instrument.Summary) bool { return true }

func (w *weigher) Put(s *instrument.Summary, blob []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sum, w.len = *s, len(blob)
	w.rec, _ = instrument.Decode(*s, blob, instrument.LiveNames())
}

func TestF24_HundredThousandQueriesInOneRequest(t *testing.T) {
	const n = 100_000
	db := sql.OpenDB(sqltap.Connector(nowhere{}, sqltap.Parameters(nil)))
	defer db.Close()
	w := &weigher{}
	r := instrument.New(instrument.Config{Sink: w})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, t.Name(), instrument.Source{})})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	texts := [100]string{}
	for i := range texts {
		texts[i] = fmt.Sprintf("DELETE FROM many_%d WHERE id = ?", i)
	}
	for i := range n {
		must(db.QueryContext(ctx, texts[i%len(texts)], i)).Close()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 2<<20 {
		t.Errorf("the Record holds %d bytes, want at most 2 MiB", grown)
	}
	rec.End()
	if got := w.sum.Count(instrument.KindQuery); got != n {
		t.Errorf("%d queries counted, want all", got)
	}
	if kept := int(w.sum.Spans); kept > 1000 || kept+int(w.sum.Left) < n {
		t.Errorf("%d kept and %d left out", kept, w.sum.Left)
	}
	if !w.sum.Flags.Has(instrument.FlagCapped) || w.len > 2<<20 {
		t.Errorf("%d bytes, %v", w.len, w.sum.Flags)
	}
	if got := r.Stats(instrument.LookupHandler(instrument.KindQuery, "DELETE FROM many_7 WHERE id = ?")).Count; got != n/100 {
		t.Errorf("statistics have %d, want %d", got, n/100)
	}
	if v := sqltap.Judge(w.rec.Spans, sqltap.Limits{}); len(v.Patterns) != len(texts) {
		t.Errorf("%d patterns, want one for each fingerprint", len(v.Patterns))
	}
}
