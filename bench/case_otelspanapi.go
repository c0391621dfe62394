package main

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
)

var otelSpanAPI = benchCase{
	name: "otel_span_api", work: "a span through OpenTelemetry's API into a Record", unit: unitNS,
	target: 130, allocs: anyAllocs,
	step: perRecord,
	ours: throughAPI(startPlain), peers: []peer{{otelSDK, 0.5, throughSDK(startPlain)}},
}

var otelSpanAPI4 = benchCase{
	name: "otel_span_api4", work: "the same with two numbers and two texts", unit: unitNS,
	target: 250, allocs: anyAllocs,
	step: perRecord,
	ours: throughAPI(startWith4), peers: []peer{{otelSDK, 0.5, throughSDK(startWith4)}},
}

func startPlain(ctx context.Context, t trace.Tracer) {
	_, s := t.Start(ctx, "bench")
	s.End()
}

func startWith4(ctx context.Context, t trace.Tracer) {
	_, s := t.Start(ctx, "bench", trace.WithAttributes(
		attribute.Int("bench.a", 1), attribute.String("bench.b", "shop"),
		attribute.Int("bench.c", 2), attribute.String("bench.d", "orders")))
	s.End()
}

// throughAPI does an operation in Records, with a tracer of ours.
func throughAPI(operation func(context.Context, trace.Tracer)) side {
	return func(e *env) (op, error) {
		r := newRecorder(e, instrument.Config{NoLabels: true, MaxAttrBytes: 1 << 20})
		t := oteltrace.NewProvider(oteltrace.Config{Recorder: r}).Tracer("bench")
		e.atEnd(func() error { instrument.SetBridge(nil); return nil })
		return op{run: inRecords(r, func(ctx context.Context) { operation(ctx, t) })}, nil
	}
}

// throughSDK does it below a root span of the SDK.
func throughSDK(operation func(context.Context, trace.Tracer)) side {
	return func(e *env) (op, error) {
		t := newOTel(e).Tracer("bench")
		return op{run: inTrace(t, func(ctx context.Context) { operation(ctx, t) })}, nil
	}
}
