package oteltrace_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
)

var exampleRequest = instrument.NewHandler(instrument.KindRequest, "GET /example", instrument.Source{})

// Without package toolbar, on a Recorder of one's own: what a span is follows from its
// attributes.
func ExampleNewProvider() {
	r := instrument.New(instrument.Config{})
	defer r.SetEnabled(false)
	defer instrument.SetBridge(nil)
	tracer := oteltrace.NewProvider(oteltrace.Config{Recorder: r}).Tracer("example.test/redis")

	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: exampleRequest})
	_, span := tracer.Start(ctx, "get", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("db.system.name", "redis"), attribute.String("db.query.text", "get session:8f3a9c04")))
	span.End()
	rec.End()

	for _, s := range r.AllStats() {
		if s.Handler.Kind() == instrument.KindCache && s.Count > 0 {
			fmt.Println(s.Handler.Kind(), s.Handler.Name())
		}
	}
	// Output: cache redis get
}

// Records become spans of a TracerProvider that the app has, once they have ended, on a
// goroutine of the Exporter's own.
func ExampleNewExporter() {
	kept := tracetest.NewInMemoryExporter()
	sdk := sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept))
	e, err := oteltrace.NewExporter(oteltrace.ExporterConfig{Provider: sdk})
	if err != nil {
		fmt.Println(err)
		return
	}
	e.Start()
	defer instrument.SetBridge(nil)
	r := instrument.New(instrument.Config{Exporter: e})
	defer r.SetEnabled(false)

	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: exampleRequest})
	_, span := instrument.Start(ctx, instrument.NewHandler(instrument.KindCustom, "count pots", instrument.Source{}))
	span.End(nil)
	rec.End()
	if err := e.Flush(context.Background()); err != nil {
		fmt.Println(err)
	}
	for _, s := range kept.GetSpans() {
		fmt.Println(s.Name)
	}
	if err := e.Close(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// GET /example
	// count pots
}
