package toolbar_test

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// shown is a Record as the API gives it.
type shown struct {
	ID     string
	Name   string
	Trace  string `json:"trace_id"`
	Caller string `json:"caller_span_id"`
	Spans  []struct {
		ID, Kind, Name string
		Parent         int
		Attrs          map[string]any
	}
}

func (b *bundle) newest() (rec shown) {
	b.Helper()
	b.flush()
	var list struct{ Records []shown }
	b.api("requests", &list)
	if len(list.Records) == 0 {
		b.Fatal("no Record")
	}
	b.api("requests/"+list.Records[0].ID, &rec)
	return rec
}

func TestTracerProvider_SpansOfLibrariesStandInTheRequest(t *testing.T) {
	var tracer trace.Tracer
	b := setup(t, toolbar.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, s := tracer.Start(r.Context(), "work", trace.WithAttributes(attribute.String("password", "hunter2")))
		_, q := tracer.Start(ctx, "SELECT", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("db.system.name", "postgresql"), attribute.String("db.query.text", "SELECT * FROM pots WHERE id = 7")))
		q.End()
		s.End()
		_, _ = io.WriteString(w, trace.SpanContextFromContext(ctx).TraceID().String())
	}))
	t.Cleanup(func() { instrument.SetBridge(nil) })
	tracer = b.tb.TracerProvider().Tracer("library")
	if b.tb.TracerProvider() != b.tb.TracerProvider() {
		t.Error("each call makes a provider")
	}
	_, body := b.get("/")
	rec := b.newest()
	var got []string
	for _, s := range rec.Spans {
		got = append(got, s.Kind+" "+s.Name)
	}
	if want := []string{"custom work", "query SELECT * FROM pots WHERE id = ?"}; len(got) != 3 || !slices.Equal(got[1:], want) {
		t.Errorf("got %q", got)
	}
	if rec.Trace != body {
		t.Errorf("the library is in trace %s, the Record in %s", body, rec.Trace)
	}
	if _, page := b.get("/_toolbar/requests/" + rec.ID + "/sql"); !strings.Contains(page, "FROM pots") {
		t.Error("the SQL panel does not show the query")
	}
}

func TestTracerProvider_AClosedToolbarTakesItBack(t *testing.T) {
	tb, err := toolbar.New(toolbar.Config{Path: filepath.Join(t.TempDir(), "toolbar.db"), NotDefault: true})
	if err != nil {
		t.Fatal(err)
	}
	tb.TracerProvider()
	found := func() bool {
		r := instrument.New(instrument.Config{NoLabels: true})
		defer r.SetEnabled(false)
		ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "GET /taken-back", instrument.Source{})})
		defer rec.End()
		return trace.SpanContextFromContext(ctx).IsValid()
	}
	if !found() {
		t.Error("no span is found in a Record's context")
	}
	if err := tb.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if found() {
		t.Error("the spans of Records are found after the toolbar was closed")
	}
}

func TestConfigTracerProvider_RecordsBecomeRealSpans(t *testing.T) {
	kept := tracetest.NewInMemoryExporter()
	sdk := sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept))
	defer func() { _ = sdk.Shutdown(context.Background()) }()
	var passedOn http.Header
	b := setup(t, toolbar.Config{TracerProvider: sdk}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		passedOn = http.Header{}
		propagation.TraceContext{}.Inject(r.Context(), propagation.HeaderCarrier(passedOn))
	}))
	t.Cleanup(func() { instrument.SetBridge(nil) })
	b.get("/", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	rec := b.newest()
	spans := kept.GetSpans()
	if len(spans) != 1 {
		t.Fatalf("%d spans", len(spans))
	}
	sc := spans[0].SpanContext
	if sc.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" || spans[0].Parent.SpanID().String() != "b7ad6b7169203331" || rec.Trace != sc.TraceID().String() {
		t.Errorf("the span is %v below %v, the Record in %s", sc, spans[0].Parent, rec.Trace)
	}
	if h := passedOn.Get("Traceparent"); h != "00-"+sc.TraceID().String()+"-"+sc.SpanID().String()+"-01" {
		t.Errorf("passed on %s", h)
	}
	if st := b.tb.ExportStats(); st.Exported != 1 || st.Dropped != 0 {
		t.Errorf("%+v", st)
	}
}

// stuck is a span exporter that does not answer until it is let go.
type stuck struct{ free chan struct{} }

func (s stuck) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { <-s.free; return nil }
func (stuck) Shutdown(context.Context) error                               { return nil }

func TestF33_RequestsAndStoreDoNotWaitForAnExporter(t *testing.T) {
	hangs := stuck{make(chan struct{})}
	sdk := sdktrace.NewTracerProvider(sdktrace.WithSyncer(hangs))
	b := setup(t, toolbar.Config{TracerProvider: sdk, QueueRecords: 3}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(func() { instrument.SetBridge(nil) })
	for range 8 {
		b.get("/")
	}
	if err := b.tb.Flush(canceled()); err == nil {
		t.Error("all was exported by an exporter that hangs")
	}
	st := b.tb.ExportStats()
	if st.Records != 8 || st.Dropped < 4 || st.Dropped+uint64(st.Queued) != 8 {
		t.Errorf("%+v", st)
	}
	if _, page := b.get("/_toolbar/metrics"); !strings.Contains(page, `reason="not_exported"`) {
		t.Error("metrics say nothing of what was not exported")
	}
	close(hangs.free)
	b.flush()
	if s := b.tb.Stats(); s.Stored == 0 || s.Stored+s.Dropped["queue_full"] != s.Produced {
		t.Errorf("%+v", s)
	}
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestOpenTelemetry_DisabledItIsTheAppsAlone(t *testing.T) {
	kept := tracetest.NewInMemoryExporter()
	for name, c := range map[string]toolbar.Config{"none": {Disabled: true}, "the app's": {Disabled: true, TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept))}} {
		tb, err := toolbar.New(c)
		if err != nil {
			t.Fatal(err)
		}
		_, s := tb.TracerProvider().Tracer("x").Start(context.Background(), name)
		s.End()
		sdk := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(tb.SpanProcessor()))
		_, s = sdk.Tracer("x").Start(context.Background(), "y")
		s.End()
		if err := sdk.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
	if spans := kept.GetSpans(); len(spans) != 1 || spans[0].Name != "the app's" {
		t.Errorf("%v", spans)
	}
}

func TestSpanProcessor_SpansOfTheSDKStandInTheRequest(t *testing.T) {
	var tracer trace.Tracer
	b := setup(t, toolbar.Config{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, s := tracer.Start(r.Context(), "by the SDK")
		s.End()
	}))
	t.Cleanup(func() { instrument.SetBridge(nil) })
	sdk := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(b.tb.SpanProcessor()))
	defer func() { _ = sdk.Shutdown(context.Background()) }()
	tracer = sdk.Tracer("library")
	b.get("/")
	if rec := b.newest(); len(rec.Spans) != 2 || rec.Spans[1].Name != "by the SDK" {
		t.Errorf("%+v", rec.Spans)
	}
}
