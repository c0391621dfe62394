package main

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var span4 = benchCase{
	name: "span4", work: "the same with two numbers and two texts", unit: unitNS,
	target: 80, allocs: 1. / 8,
	step: perRecord,
	ours: func(e *env) (op, error) {
		r := newRecorder(e, instrument.Config{NoLabels: true, MaxAttrBytes: 1 << 20})
		return op{run: inRecords(r, func(ctx context.Context) {
			_, s := instrument.Start(ctx, benchWork,
				keyA.Int(1), keyB.String("shop"), keyC.Int(2), keyD.String("orders"))
			s.End(nil)
		})}, nil
	},
	peers: []peer{{otelSDK, 0.5, func(e *env) (op, error) {
		t := newOTel(e).Tracer("bench")
		return op{run: inTrace(t, func(ctx context.Context) {
			_, s := t.Start(ctx, "bench", trace.WithAttributes(
				attribute.Int("bench.a", 1), attribute.String("bench.b", "shop"),
				attribute.Int("bench.c", 2), attribute.String("bench.d", "orders")))
			s.End()
		})}, nil
	}}},
}
