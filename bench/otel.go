package main

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Names of peers that several cases have.
const (
	otelSDK  = "OpenTelemetry SDK, batch"
	otelNoop = "OpenTelemetry no-op"
)

// newOTel is the SDK as apps set it up, but for an exporter that costs nothing.
func newOTel(e *env) trace.TracerProvider {
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(discardSpans{}))
	e.atEnd(func() error { return tp.Shutdown(context.Background()) })
	return tp
}

func newOTelNoop(*env) trace.TracerProvider { return noop.NewTracerProvider() }

type discardSpans struct{}

func (discardSpans) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }

func (discardSpans) Shutdown(context.Context) error { return nil }

// inTrace does an operation n times below a root span.
func inTrace(t trace.Tracer, operation func(ctx context.Context)) func(n int) error {
	return func(n int) error {
		for ; n > 0; n -= perRecord {
			ctx, root := t.Start(context.Background(), "GET /bench")
			for range min(n, perRecord) {
				operation(ctx)
			}
			root.End()
		}
		return nil
	}
}
