package main

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var span0 = benchCase{
	name: "span0", work: "a span with a context of its own", unit: unitNS,
	target: 75, allocs: 1. / 8,
	step: perRecord,
	ours: func(e *env) (op, error) {
		r := newRecorder(e, instrument.Config{NoLabels: true})
		return op{run: inRecords(r, func(ctx context.Context) {
			_, s := instrument.Start(ctx, benchWork)
			s.End(nil)
		})}, nil
	},
	peers: []peer{{otelSDK, 0.5, func(e *env) (op, error) {
		t := newOTel(e).Tracer("bench")
		return op{run: inTrace(t, func(ctx context.Context) {
			_, s := t.Start(ctx, "bench")
			s.End()
		})}, nil
	}}},
}
