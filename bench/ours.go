package main

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// newRecorder is switched off when the case ends: that others are not on is what
// some cases measure.
func newRecorder(e *env, c instrument.Config) *instrument.Recorder {
	r := instrument.New(c)
	e.atEnd(func() error { r.SetEnabled(false); return nil })
	return r
}

var (
	benchRequest = instrument.NewHandler(instrument.KindRequest, "GET /bench", instrument.Source{})
	benchWork    = instrument.NewHandler(instrument.KindCustom, "bench", instrument.Source{})
	keyA         = instrument.NewKey("bench.a")
	keyB         = instrument.NewKey("bench.b")
	keyC         = instrument.NewKey("bench.c")
	keyD         = instrument.NewKey("bench.d")
)

// perRecord is how many spans are put into one Record where the Record itself is not
// what is measured: its cost is spread thin, and no span is left out.
const perRecord = 200

// inRecords does an operation n times, in as few Records as hold a span of each.
func inRecords(r *instrument.Recorder, operation func(ctx context.Context)) func(n int) error {
	return inRecordsOf(perRecord, r, operation)
}

func inRecordsOf(size int, r *instrument.Recorder, operation func(ctx context.Context)) func(n int) error {
	return func(n int) error {
		for ; n > 0; n -= size {
			ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: benchRequest})
			for range min(n, size) {
				operation(ctx)
			}
			rec.End()
		}
		return nil
	}
}
