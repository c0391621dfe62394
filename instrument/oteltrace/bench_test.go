package oteltrace_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
)

func BenchmarkSpan(b *testing.B) {
	b.Run("clock", func(b *testing.B) {
		for b.Loop() {
			instrument.Now()
		}
	})
	b.Run("instrument", func(b *testing.B) {
		h := instrument.NewHandler(instrument.KindCustom, "bench", instrument.Source{})
		inRecords(b, func(ctx context.Context, _ trace.Tracer) {
			_, s := instrument.Start(ctx, h)
			s.End(nil)
		})
	})
	b.Run("attributes=0", func(b *testing.B) {
		inRecords(b, func(ctx context.Context, t trace.Tracer) {
			_, s := t.Start(ctx, "bench")
			s.End()
		})
	})
	b.Run("attributes=4", func(b *testing.B) {
		inRecords(b, func(ctx context.Context, t trace.Tracer) {
			_, s := t.Start(ctx, "bench", trace.WithAttributes(
				attribute.Int("bench.a", 1), attribute.String("bench.b", "shop"),
				attribute.Int("bench.c", 2), attribute.String("bench.d", "orders")))
			s.End()
		})
	})
}

func inRecords(b *testing.B, operation func(context.Context, trace.Tracer)) {
	r := instrument.New(instrument.Config{NoLabels: true, MaxAttrBytes: 1 << 20})
	defer r.SetEnabled(false)
	t := oteltrace.NewProvider(oteltrace.Config{Recorder: r}).Tracer("bench")
	h := instrument.NewHandler(instrument.KindRequest, "GET /bench", instrument.Source{})
	b.ReportAllocs()
	n := 0
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: h})
	for b.Loop() {
		if n++; n%200 == 0 {
			rec.End()
			ctx, rec = r.Begin(context.Background(), instrument.Begin{Handler: h})
		}
		operation(ctx, t)
	}
	rec.End()
}
