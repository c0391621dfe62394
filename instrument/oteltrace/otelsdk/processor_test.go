package otelsdk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace/otelsdk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type sink struct {
	t       *testing.T
	records []*instrument.Record
}

func (s *sink) Want(*instrument.Summary) bool { return true }
func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err != nil {
		s.t.Errorf("decode: %v", err)
	}
	s.records = append(s.records, rec)
}

type bundle struct {
	*testing.T
	recorder *instrument.Recorder
	sink     *sink
	sdk      *sdktrace.TracerProvider
	exported *tracetest.InMemoryExporter
}

func setup(t *testing.T, e *oteltrace.Exporter, opts ...sdktrace.TracerProviderOption) *bundle {
	t.Helper()
	b := &bundle{T: t, sink: &sink{t: t}, exported: tracetest.NewInMemoryExporter()}
	c := instrument.Config{Sink: b.sink, Masker: mask.Default(), NoLabels: true}
	if e != nil {
		c.Exporter = e
	}
	b.recorder = instrument.New(c)
	p := otelsdk.NewSpanProcessor(oteltrace.Config{Recorder: b.recorder})
	b.sdk = sdktrace.NewTracerProvider(append(opts, sdktrace.WithSpanProcessor(p), sdktrace.WithSyncer(b.exported))...)
	t.Cleanup(func() {
		_ = b.sdk.Shutdown(context.Background())
		b.recorder.SetEnabled(false)
		instrument.SetBridge(nil)
	})
	return b
}

var (
	page  = instrument.NewHandler(instrument.KindRequest, "GET /page", instrument.Source{})
	query = instrument.NewHandler(instrument.KindQuery, "SELECT below", instrument.Source{})
)

func (b *bundle) record(do func(ctx context.Context)) *instrument.Record {
	b.Helper()
	ctx, rec := b.recorder.Begin(context.Background(), instrument.Begin{Handler: page})
	do(ctx)
	rec.End()
	return b.sink.records[len(b.sink.records)-1]
}

func tree(rec *instrument.Record) (lines []string) {
	depth := make([]int, len(rec.Spans))
	for i, s := range rec.Spans {
		if s.Parent >= 0 {
			depth[i] = depth[s.Parent] + 1
		}
		lines = append(lines, fmt.Sprintf("%d %s %s", depth[i], s.Handler.Kind, s.Handler.Name))
	}
	return lines
}

func TestSpanProcessor_SpansOfTheSDKStandInTheRecord(t *testing.T) {
	b := setup(t, nil)
	tracer := b.sdk.Tracer("library")
	rec := b.record(func(ctx context.Context) {
		ctx, outer := tracer.Start(ctx, "outer")
		_, q := tracer.Start(ctx, "SELECT", trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(attribute.String("db.system.name", "sqlite"), attribute.String("db.query.text", "SELECT 7")))
		q.SetAttributes(attribute.String("password", "hunter2"), attribute.Int("db.response.returned_rows", 2))
		q.RecordError(errors.New("boom"))
		q.SetStatus(codes.Error, "boom")
		q.End()
		s := instrument.Leaf(ctx, query) // by a tap, which knows nothing of the SDK
		s.End(nil)
		outer.AddEvent("event")
		outer.SetName("renamed")
		outer.End()
	})
	want := []string{"0 request GET /page", "1 custom renamed", "2 event event", "2 query SELECT ?", "2 query SELECT below", "3 event exception"}
	got := tree(rec)
	slices.Sort(got) // the SDK tells of events at the end of their span
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	spans := b.exported.GetSpans()
	if len(spans) != 2 {
		t.Errorf("the SDK exported %d spans", len(spans))
	}
	for i, s := range rec.Spans {
		if s.Handler.Name != "SELECT ?" {
			continue
		}
		if text := fmt.Sprint(s.Attrs); s.Error != "boom" || !slices.Contains(s.Attrs, instrument.KV{Key: "password", Value: instrument.Redacted}) ||
			!slices.Contains(s.Attrs, instrument.KV{Key: "db.response.returned_rows", Value: int64(2)}) {
			t.Errorf("the query has %s, error %q", text, s.Error)
		}
		if rec.SpanID(i) != instrument.SpanID(spans[0].SpanContext.SpanID()) {
			t.Errorf("the query is %s, the SDK's %v", rec.SpanID(i), spans[0].SpanContext)
		}
	}
}

func TestSpanProcessor_AServersSpanIsARecordWithTheSameIds(t *testing.T) {
	b := setup(t, nil)
	remote := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, Remote: true})
	for _, ctx := range []context.Context{context.Background(), trace.ContextWithRemoteSpanContext(context.Background(), remote)} {
		ctx, s := b.sdk.Tracer("otelgrpc").Start(ctx, "pots.Shop/Get", trace.WithSpanKind(trace.SpanKindServer))
		_, child := b.sdk.Tracer("x").Start(ctx, "child")
		child.End()
		s.End()
		rec, sc := b.sink.records[len(b.sink.records)-1], s.SpanContext()
		if rec.Trace.TraceID != instrument.TraceID(sc.TraceID()) || rec.Trace.SpanID != instrument.SpanID(sc.SpanID()) || rec.Handler.Kind != instrument.KindRequest {
			t.Errorf("the Record is %s, the span %v", rec.Trace.Traceparent(), sc)
		}
	}
	if rec := b.sink.records[1]; rec.Caller != (instrument.SpanID{2}) {
		t.Errorf("called by %s", rec.Caller)
	}
}

// TestSpanProcessor_ARecordWithinASpanOfTheSDKContinuesItsTrace is otelhttp around the
// toolbar's middleware.
func TestSpanProcessor_ARecordWithinASpanOfTheSDKContinuesItsTrace(t *testing.T) {
	b := setup(t, nil)
	ctx, s := b.sdk.Tracer("outside").Start(context.Background(), "outside")
	_, rec := b.recorder.Begin(ctx, instrument.Begin{Handler: page})
	place := rec.TraceContext()
	rec.End()
	s.End()
	if place.TraceID != instrument.TraceID(s.SpanContext().TraceID()) || b.sink.records[0].Caller != instrument.SpanID(s.SpanContext().SpanID()) {
		t.Errorf("the Record is %s, around it is %v", place.Traceparent(), s.SpanContext())
	}
}

// TestSpanProcessor_NothingIsRecordedTwice uses all three at once: a library that reports
// to the toolbar, one that reports to the SDK, and Records that are exported to that SDK.
func TestSpanProcessor_NothingIsRecordedTwice(t *testing.T) {
	exported := tracetest.NewInMemoryExporter()
	var b *bundle
	late := &lateProvider{}
	e, err := oteltrace.NewExporter(oteltrace.ExporterConfig{Provider: late})
	if err != nil {
		t.Fatal(err)
	}
	e.Start()
	defer func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	late.get = func() trace.TracerProvider { return b.sdk }
	b = setup(t, e, sdktrace.WithSyncer(exported))
	toolbar := oteltrace.NewProvider(oteltrace.Config{Recorder: b.recorder, Exporter: e})
	defer func() {
		if err := toolbar.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	rec := b.record(func(ctx context.Context) {
		ctx, ours := toolbar.Tracer("a").Start(ctx, "to the toolbar")
		_, theirs := b.sdk.Tracer("b").Start(ctx, "to the SDK")
		theirs.End()
		s := instrument.Leaf(ctx, query)
		s.End(nil)
		ours.End()
	})
	if err := e.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := []string{"0 request GET /page", "1 custom to the toolbar", "2 custom to the SDK", "2 query SELECT below"}
	if got := tree(rec); !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
	if len(b.sink.records) != 1 {
		t.Errorf("%d Records", len(b.sink.records))
	}
	byName := map[string]tracetest.SpanStub{}
	for _, s := range exported.GetSpans() {
		if _, twice := byName[s.Name]; twice {
			t.Errorf("%s was exported twice", s.Name)
		}
		byName[s.Name] = s
	}
	if len(byName) != 4 {
		t.Fatalf("exported %v", byName)
	}
	parent := func(child, parent string) {
		if byName[child].Parent.SpanID() != byName[parent].SpanContext.SpanID() {
			t.Errorf("%s is not below %s", child, parent)
		}
	}
	parent("to the toolbar", "GET /page")
	parent("to the SDK", "to the toolbar")
	parent("SELECT", "to the toolbar")
	for i, name := range []string{"GET /page", "to the toolbar", "to the SDK"} {
		if rec.SpanID(i) != instrument.SpanID(byName[name].SpanContext.SpanID()) {
			t.Errorf("%s is %s in the Record, %v in the SDK", name, rec.SpanID(i), byName[name].SpanContext)
		}
	}
}

// lateProvider is known before the SDK is.
type lateProvider struct {
	trace.TracerProvider
	get func() trace.TracerProvider
}

func (p *lateProvider) Tracer(name string, opts ...trace.TracerOption) trace.Tracer {
	return lateTracer{nil, p, name, opts}
}

type lateTracer struct {
	trace.Tracer
	p    *lateProvider
	name string
	opts []trace.TracerOption
}

func (t lateTracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	return t.p.get().Tracer(t.name, t.opts...).Start(ctx, name, opts...)
}

func TestSpanProcessor_SwitchedOffItDoesNothing(t *testing.T) {
	b := setup(t, nil)
	b.recorder.SetEnabled(false)
	_, s := b.sdk.Tracer("x").Start(context.Background(), "off", trace.WithSpanKind(trace.SpanKindServer))
	s.End()
	if len(b.sink.records) != 0 || len(b.exported.GetSpans()) != 1 {
		t.Errorf("%d Records, %d spans of the SDK", len(b.sink.records), len(b.exported.GetSpans()))
	}
	if err := b.sdk.ForceFlush(context.Background()); err != nil {
		t.Error(err)
	}
}
