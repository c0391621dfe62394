package toolbar

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace/otelsdk"
)

// TracerProvider takes the spans of libraries that are instrumented for OpenTelemetry:
// they stand in the Record that the library was called in, among its queries, calls and
// cache calls. It needs no SDK:
//
//	otel.SetTracerProvider(tb.TracerProvider())
//	otel.SetTextMapPropagator(propagation.TraceContext{})
//
// With Config.TracerProvider they go there as well, with the same ids. Give a library
// this or the SDK's provider, not both. A disabled toolbar gives Config.TracerProvider
// back, or one that does nothing.
//
// From the first call on, trace.SpanFromContext finds the spans of Records. An app that
// leaves its spans with an SDK of its own uses [Toolbar.SpanProcessor] instead.
func (t *Toolbar) TracerProvider() trace.TracerProvider {
	switch {
	case t.recorder != nil:
		t.makeProvider.Do(func() {
			t.provider.Store(oteltrace.NewProvider(oteltrace.Config{Recorder: t.recorder, Mask: t.config.Mask, Exporter: t.exporter}))
		})
		return t.provider.Load()
	case t.config.TracerProvider != nil:
		return t.config.TracerProvider
	}
	return noop.NewTracerProvider()
}

// SpanProcessor shows the spans of the app's OpenTelemetry SDK in Records as well, and
// changes nothing else about them:
//
//	sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithSpanProcessor(tb.SpanProcessor()))
//
// What Config.TracerProvider sends to that same SDK is not recorded again. Each call
// makes one, for one SDK.
func (t *Toolbar) SpanProcessor() sdktrace.SpanProcessor {
	if t.recorder == nil {
		return noProcessor{}
	}
	return otelsdk.NewSpanProcessor(oteltrace.Config{Recorder: t.recorder, Mask: t.config.Mask})
}

// noProcessor is a disabled toolbar's.
type noProcessor struct{}

func (noProcessor) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (noProcessor) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (noProcessor) ForceFlush(context.Context) error                { return nil }
func (noProcessor) Shutdown(context.Context) error                  { return nil }

// ExportStats is the account of what went to Config.TracerProvider; zero without one.
func (t *Toolbar) ExportStats() oteltrace.ExportStats { return t.exporter.Stats() }

// export makes the exporter; nil, also as an interface, without Config.TracerProvider.
func (t *Toolbar) export() (instrument.Exporter, error) {
	if t.config.TracerProvider == nil {
		return nil, nil
	}
	e, err := oteltrace.NewExporter(oteltrace.ExporterConfig{
		Provider: t.config.TracerProvider, QueueRecords: t.config.QueueRecords, QueueBytes: t.config.QueueBytes,
	})
	t.exporter = e
	return e, err
}
