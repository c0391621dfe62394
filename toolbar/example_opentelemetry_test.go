package toolbar_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// open gives a toolbar on a file of its own, and what closes it.
func open(c toolbar.Config) (tb *toolbar.Toolbar, done func()) {
	dir, err := os.MkdirTemp("", "toolbar-example-")
	if err != nil {
		panic(err)
	}
	c.Path, c.NotDefault = filepath.Join(dir, "toolbar.db"), true
	if tb, err = toolbar.New(c); err != nil {
		panic(err)
	}
	return tb, func() {
		if err := tb.Close(context.Background()); err != nil {
			fmt.Println(err)
		}
		instrument.SetBridge(nil)
		os.RemoveAll(dir)
	}
}

// A library that is instrumented for OpenTelemetry is given the toolbar's provider: its
// spans stand in the request that it was called in. No SDK is needed.
func ExampleToolbar_TracerProvider() {
	tb, done := open(toolbar.Config{})
	defer done()
	// An app says this once, for all libraries:
	//
	//	otel.SetTracerProvider(tb.TracerProvider())
	//	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	library := tb.TracerProvider().Tracer("example.test/pgx")

	app := tb.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, span := library.Start(r.Context(), "SELECT", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("db.system.name", "postgresql"), attribute.String("db.query.text", "SELECT name FROM pots WHERE id = 7")))
		span.End()
	}))
	app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/pots/7", nil))

	for _, s := range tb.Recorder().AllStats() {
		if s.Handler.Kind() == instrument.KindQuery && s.Count > 0 {
			fmt.Println(s.Handler.Kind(), s.Handler.Name(), s.Count)
		}
	}
	// Output: query SELECT name FROM pots WHERE id = ? 1
}

// An app that has the SDK adds the processor beside its exporter. Its spans go where they
// went, and are seen in the request as well.
func ExampleToolbar_SpanProcessor() {
	tb, done := open(toolbar.Config{})
	defer done()
	exporter := tracetest.NewInMemoryExporter() // the app's own
	sdk := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter), sdktrace.WithSpanProcessor(tb.SpanProcessor()))
	tracer := sdk.Tracer("app")

	app := tb.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, span := tracer.Start(r.Context(), "glaze the pot")
		span.End()
	}))
	app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/kiln", nil))

	fmt.Println(len(exporter.GetSpans()), "exported")
	for _, s := range tb.Recorder().AllStats() {
		if s.Handler.Name() == "glaze the pot" {
			fmt.Println(s.Count, "seen here")
		}
	}
	// Output:
	// 1 exported
	// 1 seen here
}

// With Config.TracerProvider each Record becomes real spans of the app's SDK, in the trace
// that came in, with the same ids in both.
func ExampleConfig_tracerProvider() {
	exporter := tracetest.NewInMemoryExporter()
	sdk := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	tb, done := open(toolbar.Config{TracerProvider: sdk})
	defer done()

	app := tb.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// What is called from here gets the place in the trace.
		out := http.Header{}
		propagation.TraceContext{}.Inject(r.Context(), propagation.HeaderCarrier(out))
		fmt.Println("passed on in trace", out.Get("Traceparent")[3:35])
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	app.ServeHTTP(httptest.NewRecorder(), r)
	if err := tb.Flush(context.Background()); err != nil {
		fmt.Println(err)
	}

	for _, s := range exporter.GetSpans() {
		fmt.Println("exported below", s.Parent.SpanID(), "in trace", s.SpanContext.TraceID())
	}
	// Output:
	// passed on in trace 0af7651916cd43dd8448eb211c80319c
	// exported below b7ad6b7169203331 in trace 0af7651916cd43dd8448eb211c80319c
}
