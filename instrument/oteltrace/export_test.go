package oteltrace_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
)

// exportTo gives a bundle whose Records become spans of p.
func exportTo(t *testing.T, p trace.TracerProvider, c oteltrace.ExporterConfig) (*bundle, *oteltrace.Exporter) {
	t.Helper()
	c.Provider = p
	e, err := oteltrace.NewExporter(c)
	if err != nil {
		t.Fatal(err)
	}
	e.Start()
	b := setup(t, oteltrace.Config{Exporter: e}, instrument.Config{Exporter: e})
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b, e
}

// sdk gives a provider of the SDK and what it exported.
func sdk(t *testing.T, opts ...sdktrace.TracerProviderOption) (*sdktrace.TracerProvider, *tracetest.InMemoryExporter) {
	t.Helper()
	kept := tracetest.NewInMemoryExporter()
	p := sdktrace.NewTracerProvider(append(opts, sdktrace.WithSyncer(kept))...)
	t.Cleanup(func() { _ = p.Shutdown(context.Background()) })
	return p, kept
}

func flush(t *testing.T, e *oteltrace.Exporter) {
	t.Helper()
	if err := e.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func named(spans tracetest.SpanStubs, name string) tracetest.SpanStub {
	i := slices.IndexFunc(spans, func(s tracetest.SpanStub) bool { return s.Name == name })
	if i < 0 {
		return tracetest.SpanStub{}
	}
	return spans[i]
}

func attrOf(s tracetest.SpanStub, key string) string {
	for _, kv := range s.Attributes {
		if string(kv.Key) == key {
			return kv.Value.String()
		}
	}
	return ""
}

func TestExporter_RecordsBecomeRealSpans(t *testing.T) {
	p, kept := sdk(t)
	b, e := exportTo(t, p, oteltrace.ExporterConfig{})
	view := instrument.NewHandler(instrument.KindView, "exported view", instrument.Source{Func: "app.view", File: "app.go", Line: 7})
	query := instrument.NewHandler(instrument.KindQuery, "SELECT * FROM pots WHERE id = ?", instrument.Source{})
	logged := instrument.NewHandler(instrument.KindLog, "INFO", instrument.Source{})
	call := instrument.NewHandler(instrument.KindCall, "GET api.test", instrument.Source{})
	var passedOn instrument.TraceContext
	remote := instrument.TraceContext{TraceID: instrument.TraceID{1}, SpanID: instrument.SpanID{2}, Sampled: true}
	ctx, rec := b.recorder.Begin(context.Background(), instrument.Begin{Handler: page, Trace: remote})
	rec.SetPath("GET", "/page")
	rec.SetStatus(500)
	inner, v := instrument.Start(ctx, view)
	q := instrument.Leaf(inner, query, instrument.NewKey("db.system.name").String("sqlite"), instrument.NewKey("password").String("hunter2"))
	q.End(errors.New("no such table"))
	instrument.Event(inner, logged, instrument.KeyLogMessage.String("look at me"))
	c := instrument.Leaf(inner, call)
	passedOn = c.TraceContext()
	c.End(nil)
	v.End(nil)
	rec.Fail(errors.New("boom"))
	rec.End()
	flush(t, e)

	spans := kept.GetSpans()
	if len(spans) != 4 {
		t.Fatalf("%d spans: %v", len(spans), spans)
	}
	root, sv, sq, sc := named(spans, "GET /page"), named(spans, "exported view"), named(spans, "SELECT"), named(spans, "GET api.test")
	for _, l := range []struct {
		s      tracetest.SpanStub
		parent trace.SpanID
		kind   trace.SpanKind
	}{
		{root, trace.SpanID{2}, trace.SpanKindServer}, {sv, root.SpanContext.SpanID(), trace.SpanKindInternal},
		{sq, sv.SpanContext.SpanID(), trace.SpanKindClient}, {sc, sv.SpanContext.SpanID(), trace.SpanKindClient},
	} {
		if l.s.SpanContext.TraceID() != (trace.TraceID{1}) || l.s.Parent.SpanID() != l.parent || l.s.SpanKind != l.kind {
			t.Errorf("%s: %v below %v, %v", l.s.Name, l.s.SpanContext, l.s.Parent.SpanID(), l.s.SpanKind)
		}
	}
	stored := b.last()
	if sc.SpanContext.SpanID() != trace.SpanID(passedOn.SpanID) || stored.SpanID(0) != instrument.SpanID(root.SpanContext.SpanID()) ||
		stored.SpanID(4) != passedOn.SpanID || !passedOn.Sampled {
		t.Errorf("passed on %s, exported as %v, stored as %s", passedOn.Traceparent(), sc.SpanContext, stored.SpanID(4))
	}
	if attrOf(root, "http.response.status_code") != "500" || attrOf(root, "http.route") != "/page" || attrOf(sv, "code.file.path") != "app.go" ||
		attrOf(sq, "db.query.text") != query.Name() || attrOf(sq, "db.system.name") != "sqlite" {
		t.Errorf("attributes: %v, %v, %v", root.Attributes, sv.Attributes, sq.Attributes)
	}
	if root.Status != (sdktrace.Status{Code: codes.Error, Description: "boom"}) || sq.Status.Code != codes.Error || sv.Status.Code != codes.Unset {
		t.Errorf("status: %v, %v, %v", root.Status, sv.Status, sq.Status)
	}
	if len(sv.Events) != 1 || sv.Events[0].Name != "look at me" || len(sq.Events) != 1 || sq.Events[0].Name != "exception" {
		t.Errorf("events: %v, %v", sv.Events, sq.Events)
	}
	if text := fmt.Sprint(spans); strings.Contains(text, "hunter2") {
		t.Error("a secret was exported")
	}
	if d := sv.EndTime.Sub(sv.StartTime) - stored.Spans[1].Duration; d.Abs() > time.Microsecond {
		t.Errorf("the view's time is off by %v", d)
	}
	if st := e.Stats(); st != (oteltrace.ExportStats{Records: 1, Exported: 1}) {
		t.Errorf("%+v", st)
	}
}

// TestExporter_SpansOfLibrariesAreExportedOnce: a library may report to the toolbar or to
// the app's SDK; either way its span is there once, below the right one.
func TestExporter_SpansOfLibrariesAreExportedOnce(t *testing.T) {
	p, kept := sdk(t)
	b, e := exportTo(t, p, oteltrace.ExporterConfig{})
	view := instrument.NewHandler(instrument.KindView, "view with libraries", instrument.Source{})
	rec := b.record(func(ctx context.Context) {
		ctx, v := instrument.Start(ctx, view)
		libCtx, ours := b.tracer.Start(ctx, "by the toolbar", trace.WithAttributes(attribute.Int("n", 1)))
		ours.SetAttributes(attribute.Int("m", 2))
		ours.AddEvent("event")
		below := instrument.Leaf(libCtx, instrument.NewHandler(instrument.KindQuery, "SELECT below", instrument.Source{}))
		below.End(nil)
		ours.SetStatus(codes.Error, "bad")
		ours.End()
		_, theirs := p.Tracer("their library").Start(ctx, "by the SDK")
		theirs.End()
		v.End(nil)
	})
	flush(t, e)
	spans := kept.GetSpans()
	var names []string
	for _, s := range spans {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	if want := []string{"GET /page", "SELECT", "by the SDK", "by the toolbar", "view with libraries"}; !slices.Equal(names, want) {
		t.Fatalf("exported %q, want %q", names, want)
	}
	root, v, ours, theirs, below := named(spans, "GET /page"), named(spans, "view with libraries"), named(spans, "by the toolbar"), named(spans, "by the SDK"), named(spans, "SELECT")
	if ours.Parent.SpanID() != v.SpanContext.SpanID() || theirs.Parent.SpanID() != v.SpanContext.SpanID() || v.Parent.SpanID() != root.SpanContext.SpanID() ||
		below.Parent.SpanID() != ours.SpanContext.SpanID() {
		t.Errorf("parents: ours %v, theirs %v, below %v", ours.Parent, theirs.Parent, below.Parent)
	}
	if attrOf(ours, "n") != "1" || attrOf(ours, "m") != "2" || len(ours.Events) != 1 || ours.Status.Code != codes.Error || ours.InstrumentationScope.Name != "library" {
		t.Errorf("ours is %+v", ours)
	}
	if got := tree(rec); !slices.Equal(got, []string{"0 request GET /page", "1 view view with libraries", "2 custom by the toolbar", "3 event event", "3 query SELECT below"}) {
		t.Errorf("recorded %q", got)
	}
	if rec.SpanID(2) != instrument.SpanID(ours.SpanContext.SpanID()) {
		t.Errorf("the Record says %s, exported is %v", rec.SpanID(2), ours.SpanContext)
	}
}

func TestExporter_ALibrarysServerIsOneSpanAndOneRecord(t *testing.T) {
	p, kept := sdk(t)
	b, e := exportTo(t, p, oteltrace.ExporterConfig{})
	ctx, s := b.tracer.Start(context.Background(), "pots.Shop/Get", trace.WithSpanKind(trace.SpanKindServer))
	q := instrument.Leaf(ctx, instrument.NewHandler(instrument.KindQuery, "SELECT served", instrument.Source{}))
	q.End(nil)
	s.End()
	_, apart := b.tracer.Start(ctx, "apart", trace.WithNewRoot())
	apart.End()
	flush(t, e)
	spans := kept.GetSpans()
	root, query := named(spans, "pots.Shop/Get"), named(spans, "SELECT")
	rec := b.sink.records[0]
	if len(spans) != 3 || query.Parent.SpanID() != root.SpanContext.SpanID() || rec.Trace.SpanID != instrument.SpanID(root.SpanContext.SpanID()) ||
		rec.Trace.TraceID != instrument.TraceID(root.SpanContext.TraceID()) {
		t.Errorf("%d spans, query below %v, Record %s", len(spans), query.Parent, rec.Trace.Traceparent())
	}
	other := named(spans, "apart")
	if other.Parent.IsValid() || other.SpanContext.TraceID() == root.SpanContext.TraceID() || b.sink.records[1].Trace.TraceID != instrument.TraceID(other.SpanContext.TraceID()) {
		t.Errorf("apart is %v below %v", other.SpanContext, other.Parent)
	}
}

func TestExporter_FollowsTheSampler(t *testing.T) {
	p, kept := sdk(t, sdktrace.WithSampler(sdktrace.NeverSample()))
	b, e := exportTo(t, p, oteltrace.ExporterConfig{})
	b.record(func(ctx context.Context) {
		if instrument.TraceContextOf(ctx).Sampled {
			t.Error("what is called is told that the trace is sampled")
		}
		_, s := b.tracer.Start(ctx, "child")
		s.End()
	})
	flush(t, e)
	if n := len(kept.GetSpans()); n != 0 {
		t.Errorf("%d spans", n)
	}
	if len(b.last().Spans) != 2 {
		t.Error("the Record lacks a span")
	}
}

func TestExporter_AProviderThatDoesNothingTakesNothingAway(t *testing.T) {
	b, e := exportTo(t, noop.NewTracerProvider(), oteltrace.ExporterConfig{})
	rec := b.record(func(ctx context.Context) {
		_, s := b.tracer.Start(ctx, "child")
		if !s.SpanContext().IsValid() {
			t.Error("no ids")
		}
		s.End()
	})
	flush(t, e)
	if len(rec.Spans) != 2 || rec.Trace.Traceparent() == "" {
		t.Errorf("got %q in %s", tree(rec), rec.Trace.Traceparent())
	}
}

// loop is a TracerProvider that becomes another one, as OpenTelemetry's global does.
type loop struct{ trace.TracerProvider }

func TestExporter_AProviderThatLeadsBackHereEndsThere(t *testing.T) {
	global := &loop{noop.NewTracerProvider()}
	b, e := exportTo(t, global, oteltrace.ExporterConfig{})
	global.TracerProvider = b.provider
	looping := b.provider.Tracer("looping")
	rec := b.record(func(ctx context.Context) {
		_, s := looping.Start(ctx, "child")
		s.End()
	})
	flush(t, e)
	if len(b.sink.records) != 1 || len(rec.Spans) != 2 {
		t.Errorf("%d Records, %q", len(b.sink.records), tree(rec))
	}
}

func TestExporter_BadConfigsAreErrors(t *testing.T) {
	for want, c := range map[string]oteltrace.ExporterConfig{
		"Provider is nil": {}, "negative": {Provider: noop.NewTracerProvider(), QueueRecords: -1},
	} {
		if _, err := oteltrace.NewExporter(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// stuck is a span exporter that answers nothing until it is let go.
type stuck struct {
	asked chan struct{}
	free  chan struct{}
}

func (s *stuck) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	<-s.free
	return nil
}
func (s *stuck) Shutdown(context.Context) error { return nil }

func TestF33_AnExporterThatHangsIsLeftAlone(t *testing.T) {
	hangs := &stuck{asked: make(chan struct{}, 1), free: make(chan struct{})}
	p := sdktrace.NewTracerProvider(sdktrace.WithSyncer(hangs)) // the worst way: each End waits for it
	b, e := exportTo(t, p, oteltrace.ExporterConfig{QueueRecords: 10})
	b.record(func(context.Context) {})
	<-hangs.asked
	const more = 100
	for range more { // none of these waits
		rec := b.record(func(ctx context.Context) {
			_, s := b.tracer.Start(ctx, "library")
			s.SetAttributes(attribute.Int("a", 1))
			s.End()
		})
		if len(rec.Spans) != 2 {
			t.Fatal("a Record lacks a span")
		}
	}
	st := e.Stats()
	if st.Records != more+1 || st.Dropped == 0 || st.Queued > 11 {
		t.Errorf("%+v", st)
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if err := e.Flush(done); !errors.Is(err, context.Canceled) {
		t.Errorf("flush: %v", err)
	}
	close(hangs.free)
	flush(t, e)
	st = e.Stats()
	if st.Records+st.Ends != st.Exported+st.Dropped+st.Failed || st.Queued != 0 || st.Bytes != 0 {
		t.Errorf("the account does not add up: %+v", st)
	}
}

func TestF33_CloseDoesNotWaitForAnExporterThatHangs(t *testing.T) {
	hangs := &stuck{asked: make(chan struct{}, 1), free: make(chan struct{})}
	p := sdktrace.NewTracerProvider(sdktrace.WithSyncer(hangs))
	b, e := exportTo(t, p, oteltrace.ExporterConfig{})
	for range 5 {
		b.record(func(context.Context) {})
	}
	<-hangs.asked
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if err := e.Close(done); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "4 were dropped") {
		t.Errorf("close: %v", err)
	}
	b.record(func(context.Context) {})
	if st := e.Stats(); st.Dropped != 5 {
		t.Errorf("%+v", st)
	}
	close(hangs.free)
}

// failing is a span exporter that fails in one way.
type failing struct{ panics bool }

func (f failing) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	if f.panics {
		panic("exporter")
	}
	return errors.New("503")
}
func (failing) Shutdown(context.Context) error { return nil }

func TestF33_AnExporterThatFailsCostsOnlyItsSpans(t *testing.T) {
	for name, f := range map[string]failing{"error": {}, "panic": {true}} {
		t.Run(name, func(t *testing.T) {
			b, e := exportTo(t, sdktrace.NewTracerProvider(sdktrace.WithSyncer(f)), oteltrace.ExporterConfig{})
			for range 3 {
				if rec := b.record(func(ctx context.Context) {
					_, s := b.tracer.Start(ctx, "library")
					s.End()
				}); len(rec.Spans) != 2 {
					t.Error("a Record lacks a span")
				}
			}
			flush(t, e)
			if st := e.Stats(); st.Records != 3 || f.panics != (st.Failed > 0) || st.Records+st.Ends != st.Exported+st.Failed {
				t.Errorf("%+v", st)
			}
		})
	}
}

// panicking is a TracerProvider each of whose parts panics.
type panicking struct{ trace.TracerProvider }

func (panicking) Tracer(string, ...trace.TracerOption) trace.Tracer { return panickingTracer{} }

type panickingTracer struct{ noop.Tracer }

func (panickingTracer) Start(context.Context, string, ...trace.SpanStartOption) (context.Context, trace.Span) {
	panic("tracer")
}

func TestF33_AProviderThatPanicsDoesNotReachTheApp(t *testing.T) {
	b, e := exportTo(t, panicking{}, oteltrace.ExporterConfig{})
	rec := b.record(func(ctx context.Context) {
		_, s := b.tracer.Start(ctx, "library")
		s.SetAttributes(attribute.Int("a", 1))
		s.End()
		instrument.Inject(ctx, func(string, string) {})
	})
	flush(t, e)
	if len(rec.Spans) != 2 || rec.Trace.Traceparent() == "" {
		t.Errorf("got %q", tree(rec))
	}
}

func TestT11_NoSecretIsExported(t *testing.T) {
	p, kept := sdk(t)
	b, e := exportTo(t, p, oteltrace.ExporterConfig{})
	h := instrument.NewHandler(instrument.KindCustom, "with secrets", instrument.Source{})
	ctx, rec := b.recorder.Begin(context.Background(), instrument.Begin{Handler: page, Carried: instrument.Carried{Baggage: "token=c4nary"}})
	rec.SetPath("GET", "/reset/token=c4nary")
	rec.SetUser("postgres://u:c4nary@db/x")
	s := instrument.Leaf(ctx, h, instrument.NewKey("api_key").String("c4nary"), instrument.KeyDetail.String("Authorization: Bearer c4nary.c4nary.c4nary"))
	s.End(errors.New("dial postgres://u:c4nary@db/x"))
	rec.Fail(errors.New("password=c4nary"))
	_, lib := b.tracer.Start(ctx, "library token=c4nary", trace.WithAttributes(canaries...), trace.WithLinks(trace.Link{Attributes: canaries}))
	lib.SetAttributes(canaries...)
	lib.SetAttributes(attribute.String("db.system", "redis"), attribute.String("db.statement", "auth c4nary"))
	lib.AddEvent("event token=c4nary", trace.WithAttributes(canaries...))
	lib.AddLink(trace.Link{SpanContext: lib.SpanContext(), Attributes: canaries})
	lib.RecordError(errors.New("dial postgres://u:c4nary@db/x"))
	lib.SetStatus(codes.Error, "password=c4nary")
	lib.SetName("renamed token=c4nary")
	lib.End()
	rec.End()
	flush(t, e)
	if text := fmt.Sprintf("%+v", kept.GetSpans()); strings.Contains(text, "c4nary") || strings.Contains(text, "c4n") || !strings.Contains(text, "with secrets") {
		i := max(strings.Index(text, "c4n"), 0)
		t.Errorf("exported ...%s", text[max(0, i-80):min(len(text), i+20)])
	}
}

func TestF26_WhatIsExportedIsUTF8(t *testing.T) {
	p, kept := sdk(t)
	b, e := exportTo(t, p, oteltrace.ExporterConfig{})
	ctx, rec := b.recorder.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "GET \xff", instrument.Source{})})
	rec.SetPath("GET\xfe", "/\xff")
	s := instrument.Leaf(ctx, instrument.NewHandler(instrument.KindQuery, "SELECT\xff \xfe", instrument.Source{}), instrument.NewKey("bad\xff").String("\xff"))
	s.End(errors.New("\xff"))
	instrument.Event(ctx, instrument.NewHandler(instrument.KindLog, "INFO", instrument.Source{}), instrument.KeyLogMessage.String("\xff"))
	rec.End()
	flush(t, e)
	spans := kept.GetSpans()
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	for _, s := range spans {
		texts := []string{s.Name, s.Status.Description}
		for _, kv := range s.Attributes {
			texts = append(texts, string(kv.Key), kv.Value.String())
		}
		for _, ev := range s.Events {
			texts = append(texts, ev.Name)
			for _, kv := range ev.Attributes {
				texts = append(texts, string(kv.Key), kv.Value.String())
			}
		}
		for _, text := range texts {
			if strings.ToValidUTF8(text, "") != text {
				t.Errorf("%q", text)
			}
		}
	}
}
