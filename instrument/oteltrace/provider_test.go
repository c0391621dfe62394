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
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
)

func TestProvider_SpansStandInTheRecord(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	inner := instrument.NewHandler(instrument.KindView, "inner", instrument.Source{})
	rec := b.record(func(ctx context.Context) {
		ctx, outer := b.tracer.Start(ctx, "outer")
		ctx, view := instrument.Start(ctx, inner)
		_, leaf := b.tracer.Start(ctx, "leaf")
		leaf.End()
		view.End(nil)
		outer.End()
		outer.End()
		outer.SetAttributes(attribute.Bool("late", true))
	})
	if got, want := tree(rec), []string{"0 request GET /page", "1 custom outer", "2 view inner", "3 custom leaf"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if n := b.recorder.Stats(instrument.LookupHandler(instrument.KindCustom, "outer")).Count; n != 1 {
		t.Errorf("outer is counted %d times", n)
	}
	if value(&rec.Spans[1], "late") != nil {
		t.Error("an ended span was changed")
	}
}

func TestProvider_FindsTheRecordByTheGoroutine(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	rec := b.record(func(context.Context) {
		_, s := b.tracer.Start(context.Background(), "without a context")
		s.End()
	})
	if len(rec.Spans) != 2 || !rec.Spans[1].Flags.Has(instrument.FlagInferred) {
		t.Errorf("got %q", tree(rec))
	}
}

func TestProvider_KindsFollowTheConventions(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	client := trace.WithSpanKind(trace.SpanKindClient)
	str := func(kv ...string) trace.SpanStartOption {
		var attrs []attribute.KeyValue
		for i := 0; i < len(kv); i += 2 {
			attrs = append(attrs, attribute.String(kv[i], kv[i+1]))
		}
		return trace.WithAttributes(attrs...)
	}
	for _, c := range []struct {
		name string
		opts []trace.SpanStartOption
		want string
	}{
		{"SELECT", []trace.SpanStartOption{client, str("db.system.name", "postgresql", "db.query.text", "SELECT * FROM pots WHERE id = 7")}, "query SELECT * FROM pots WHERE id = ?"},
		{"SELECT", []trace.SpanStartOption{client, str("db.system", "mysql", "db.statement", "SELECT 1")}, "query SELECT ?"},
		{"find pots", []trace.SpanStartOption{client, str("db.system.name", "mongodb", "db.query.text", `{"find":"x"}`)}, "query find pots"},
		{"connect", []trace.SpanStartOption{client, str("db.system.name", "postgresql")}, "custom connect"},
		{"prepare SELECT 1", []trace.SpanStartOption{client, str("db.system.name", "postgresql", "db.query.text", "SELECT 1")}, "prepare SELECT ?"},
		{"set", []trace.SpanStartOption{client, str("db.system", "redis", "db.statement", "set user:7 hunter2")}, "cache redis set"},
		{"redis.pipeline get set", []trace.SpanStartOption{client, str("db.system", "redis", "db.statement", "get a\nset b c")}, "cache redis pipeline"},
		{"redis.dial", []trace.SpanStartOption{client, str("db.system", "redis")}, "custom redis.dial"},
		{"GET", []trace.SpanStartOption{client, str("http.request.method", "GET", "server.address", "api.test", "url.full", "https://api.test/x?token=hunter2")}, "call GET api.test"},
		{"pots.Shop/Get", []trace.SpanStartOption{client, str("rpc.system.name", "grpc")}, "call pots.Shop/Get"},
		{"send orders", []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindProducer), str("messaging.system", "kafka")}, "messaging send orders"},
		{"GET /page", []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), str("http.request.method", "GET")}, "custom GET /page"},
		{"work", nil, "custom work"},
		{"", nil, "custom unnamed"},
		{"sync postgres://shop:hunter2@db/shop", nil, "custom sync postgres://[redacted]@db/shop"},
	} {
		rec := b.record(func(ctx context.Context) {
			_, s := b.tracer.Start(ctx, c.name, c.opts...)
			s.End()
		})
		s := &rec.Spans[1]
		if got := s.Handler.Kind.String() + " " + s.Handler.Name; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if text := fmt.Sprint(s.Attrs); strings.Contains(text, "hunter2") {
			t.Errorf("%s: a secret was kept: %s", c.name, text)
		}
	}
}

func TestProvider_WhatIsLearnedLaterChangesTheKind(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	rec := b.record(func(ctx context.Context) {
		_, s := b.tracer.Start(ctx, "gorm.Query", trace.WithSpanKind(trace.SpanKindClient))
		s.SetAttributes(attribute.String("db.system.name", "sqlite"), attribute.String("db.query.text", "SELECT 'a'"), attribute.Int("db.rows_affected", 3))
		s.End()
		_, s = b.tracer.Start(ctx, "first")
		s.SetName("second")
		s.End()
	})
	if got := tree(rec)[1:]; !slices.Equal(got, []string{"1 query SELECT ?", "1 custom second"}) {
		t.Errorf("got %q", got)
	}
	q := &rec.Spans[1]
	if value(q, "db.response.affected_rows") != int64(3) || value(q, "db.system.name") != "sqlite" || value(q, "db.query.text") != nil || q.Stack == nil {
		t.Errorf("the query has %v, called from %v", q.Attrs, q.Stack)
	}
}

func TestProvider_FailuresEventsAndLinks(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	link := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	rec := b.record(func(ctx context.Context) {
		_, s := b.tracer.Start(ctx, "recorded", trace.WithLinks(trace.Link{SpanContext: link, Attributes: []attribute.KeyValue{attribute.String("token", "hunter2"), attribute.Int("n", 1)}}))
		s.RecordError(nil)
		s.RecordError(errors.New("boom"))
		s.RecordError(fmt.Errorf("again"))
		s.SetStatus(codes.Error, "boom")
		s.End()
		_, s = b.tracer.Start(ctx, "status")
		s.AddEvent("cache warmed", trace.WithAttributes(attribute.Int("pots", 9), attribute.String("password", "hunter2")))
		s.SetStatus(codes.Error, "no stock")
		s.SetStatus(codes.Unset, "")
		s.End()
		_, s = b.tracer.Start(ctx, "fine")
		s.RecordError(errors.New("retried"))
		s.SetStatus(codes.Ok, "")
		s.SetStatus(codes.Error, "too late")
		s.End()
	})
	want := []string{"1 custom recorded", "2 event exception", "1 custom status", "2 event cache warmed", "1 custom fine"}
	if got := tree(rec)[1:]; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	recorded, again, status, event, fine := &rec.Spans[1], &rec.Spans[2], &rec.Spans[3], &rec.Spans[4], &rec.Spans[5]
	if recorded.Error != "boom" || value(recorded, "error.type") != "*errors.errorString" || again.Error != "again" {
		t.Errorf("recorded %+v, again %+v", recorded, again)
	}
	if v, _ := value(recorded, "otel.link").(string); v != "00-01000000000000000000000000000000-0200000000000000-01 token=[redacted] n=1" {
		t.Errorf("link %q", v)
	}
	if status.Error != "no stock" || value(event, "pots") != int64(9) || value(event, "password") != instrument.Redacted {
		t.Errorf("status %+v, event %+v", status, event)
	}
	if fine.Flags.Has(instrument.FlagError) {
		t.Error("a span whose status is Ok has failed")
	}
	if n := rec.Failed; n != 2 {
		t.Errorf("%d spans failed, want 2", n)
	}
}

func TestProvider_TimesAreThoseGiven(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	began := time.Now().Add(-time.Minute)
	rec := b.record(func(ctx context.Context) {
		_, s := b.tracer.Start(ctx, "earlier", trace.WithTimestamp(began))
		s.AddEvent("then", trace.WithTimestamp(began.Add(time.Second)))
		s.End(trace.WithTimestamp(began.Add(2 * time.Second)))
	})
	off := func(d, want time.Duration) bool { return (d - want).Abs() > 100*time.Millisecond }
	if s := rec.Spans[1]; off(s.Duration, 2*time.Second) || off(rec.Spans[2].Start-s.Start, time.Second) {
		t.Errorf("took %v, event after %v", s.Duration, rec.Spans[2].Start-s.Start)
	}
}

func TestProvider_IdsArePassedOn(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	var inner, again, current, record trace.SpanContext
	carrier, bare := propagation.MapCarrier{}, propagation.MapCarrier{}
	rec := b.record(func(ctx context.Context) {
		record = trace.SpanContextFromContext(ctx)
		propagation.TraceContext{}.Inject(ctx, bare)
		ctx, s := b.tracer.Start(ctx, "call")
		inner, current = s.SpanContext(), trace.SpanContextFromContext(ctx)
		propagation.TraceContext{}.Inject(ctx, carrier)
		s.End()
		again = s.SpanContext()
	})
	if record.SpanID() != trace.SpanID(rec.SpanID(0)) || inner.SpanID() != trace.SpanID(rec.SpanID(1)) || !inner.IsSampled() || inner.IsRemote() {
		t.Errorf("the Record is %v, its span %v", record, inner)
	}
	if !inner.Equal(current) || !inner.Equal(again) || inner.TraceID() != trace.TraceID(rec.Trace.TraceID) {
		t.Errorf("ids differ: %v %v %v", inner, current, again)
	}
	if want := "00-" + rec.Trace.TraceID.String() + "-" + rec.SpanID(1).String() + "-01"; carrier["traceparent"] != want || bare["traceparent"] != rec.Trace.Traceparent() {
		t.Errorf("passed on %v and %v", carrier, bare)
	}
}

func TestProvider_ASpanFoundInARecordsContextIsTheRecords(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	view := instrument.NewHandler(instrument.KindView, "found", instrument.Source{})
	var left trace.Span
	rec := b.record(func(ctx context.Context) {
		ctx, s := instrument.Start(ctx, view)
		found := trace.SpanFromContext(ctx)
		found.SetAttributes(attribute.String("pot.glaze", "ash"), attribute.String("api_token", "hunter2"))
		found.AddEvent("glazed")
		found.RecordError(errors.New("cracked"))
		found.AddLink(trace.Link{SpanContext: found.SpanContext()})
		found.SetName("ignored")
		if !found.IsRecording() {
			t.Error("the span is not recording")
		}
		found.SetStatus(codes.Error, "cracked")
		found.End()
		_, below := found.TracerProvider().Tracer("x").Start(ctx, "below")
		below.End()
		s.End(nil)
		left = found
	})
	if got, want := tree(rec), []string{"0 request GET /page", "1 view found", "2 event glazed", "2 exception *errors.errorString", "2 custom below"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	s := &rec.Spans[1]
	if value(s, "pot.glaze") != "ash" || value(s, "api_token") != instrument.Redacted || s.Error != "cracked" || value(s, "otel.link") == nil {
		t.Errorf("the view has %v, error %q", s.Attrs, s.Error)
	}
	if left.IsRecording() || !left.SpanContext().IsValid() {
		t.Error("a Record that has ended is still recording, or nowhere")
	}
}

func TestProvider_RootsBecomeRecords(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{NoLabels: true})
	remote := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	bag, err := baggage.Parse("tier=gold")
	if err != nil {
		t.Fatal(err)
	}
	ctx := baggage.ContextWithBaggage(trace.ContextWithRemoteSpanContext(context.Background(), remote), bag)
	ctx, s := b.tracer.Start(ctx, "pots.Shop/Get", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("rpc.system", "grpc")))
	_, query := b.tracer.Start(ctx, "SELECT", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("db.query.text", "SELECT 1")))
	query.End()
	s.SetAttributes(attribute.Int("rpc.grpc.status_code", 5))
	s.SetStatus(codes.Error, "not found")
	s.End()
	rec := b.last()
	if got := tree(rec); !slices.Equal(got, []string{"0 request pots.Shop/Get", "1 query SELECT ?"}) {
		t.Errorf("got %q", got)
	}
	if rec.Trace.TraceID != (instrument.TraceID{1}) || rec.Caller != (instrument.SpanID{2}) || rec.Path != "/pots.Shop/Get" ||
		rec.Status != 5 || rec.Error != "not found" || value(&rec.Spans[0], "baggage") != "tier=gold" {
		t.Errorf("the Record is %+v, root %v", rec.Summary, rec.Attrs)
	}

	_, s = b.tracer.Start(context.Background(), "take order", trace.WithSpanKind(trace.SpanKindConsumer))
	s.End()
	if rec := b.last(); rec.Handler.Kind != instrument.KindTask || rec.Caller != (instrument.SpanID{}) {
		t.Errorf("a consumer's Record is %s", rec.Handler.Kind)
	}
	_, s = b.tracer.Start(context.Background(), "GET", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", "/pots/{id}"), attribute.String("url.path", "/pots/7"), attribute.Int("http.response.status_code", 204)))
	s.End()
	if rec := b.last(); rec.Handler.Name != "GET /pots/{id}" || rec.Path != "/pots/7" || rec.Status != 204 {
		t.Errorf("an HTTP server's Record is %+v", rec.Summary)
	}
}

func TestProvider_ANewRootBeginsARecordOfItsOwn(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	outer := b.record(func(ctx context.Context) {
		_, s := b.tracer.Start(ctx, "apart", trace.WithNewRoot())
		s.End()
	})
	apart := b.sink.records[0]
	if apart.Handler.Name != "apart" || apart.Parent != outer.ID || apart.Trace.TraceID == outer.Trace.TraceID || len(outer.Spans) != 1 {
		t.Errorf("apart is %+v", apart.Summary)
	}
}

func TestProvider_OutsideOfRecordsSpansAreCounted(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{NoLabels: true})
	ctx, s := b.tracer.Start(context.Background(), "loose")
	_, child := b.tracer.Start(ctx, "loose query", trace.WithAttributes(attribute.String("db.query.text", "SELECT 'loose'")))
	if sc, below := s.SpanContext(), child.SpanContext(); !sc.IsValid() || !sc.IsSampled() || below.TraceID() != sc.TraceID() || below.SpanID() == sc.SpanID() {
		t.Errorf("outer %v, inner %v", sc, below)
	}
	child.SetStatus(codes.Error, "")
	child.End()
	s.End()
	if len(b.sink.records) != 0 {
		t.Fatal("there is a Record")
	}
	if st := b.recorder.Stats(instrument.LookupHandler(instrument.KindCustom, "loose")); st.Count != 1 || st.Errors != 0 {
		t.Errorf("loose: %+v", st)
	}
	if st := b.recorder.Stats(instrument.LookupHandler(instrument.KindQuery, "SELECT ?")); st.Count == 0 || st.Errors == 0 {
		t.Errorf("query: %+v", st)
	}
}

func TestProvider_RootDecidesWhatBeginsARecord(t *testing.T) {
	b := setup(t, oteltrace.Config{Root: func(name string, _ trace.SpanKind) instrument.Kind {
		if name == "panics" {
			panic("root")
		}
		return instrument.KindCommand
	}}, instrument.Config{NoLabels: true})
	_, s := b.tracer.Start(context.Background(), "panics")
	s.End()
	if len(b.sink.records) != 0 {
		t.Error("a Root that panics begins Records")
	}
	_, s = b.tracer.Start(context.Background(), "nightly")
	s.End()
	if b.last().Handler.Kind != instrument.KindCommand {
		t.Error("Root is not followed")
	}
}

func TestProvider_BaggageOfTheRequestIsFound(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	ctx, rec := b.recorder.Begin(context.Background(), instrument.Begin{Handler: page, Carried: instrument.Carried{Baggage: "tier=gold,region=eu"}})
	defer rec.End()
	if got := baggage.FromContext(ctx).Member("tier").Value(); got != "gold" {
		t.Errorf("tier is %q", got)
	}
	carrier := propagation.MapCarrier{}
	propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}).Inject(ctx, carrier)
	if carrier["traceparent"] != rec.TraceContext().Traceparent() || !strings.Contains(carrier["baggage"], "region=eu") {
		t.Errorf("passed on %v", carrier)
	}
	_, broken := b.recorder.Begin(context.Background(), instrument.Begin{Handler: page, Carried: instrument.Carried{Baggage: ";;="}})
	defer broken.End()
}

func TestProvider_TheAppsOwnSpanIsNotHidden(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	own := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	ctx, rec := b.recorder.Begin(trace.ContextWithSpanContext(context.Background(), own), instrument.Begin{Handler: page})
	if got := trace.SpanContextFromContext(ctx); !got.Equal(own) {
		t.Errorf("in the Record the current span is %v", got)
	}
	rec.End()
	if got := b.last(); got.Trace.TraceID != (instrument.TraceID{1}) || got.Caller != (instrument.SpanID{2}) {
		t.Errorf("the Record is in %s, called by %s", got.Trace.Traceparent(), got.Caller)
	}
}

func TestProvider_SwitchedOffItDoesNothing(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	b.recorder.SetEnabled(false)
	remote := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, Remote: true})
	ctx, s := b.tracer.Start(trace.ContextWithRemoteSpanContext(context.Background(), remote), "off", trace.WithSpanKind(trace.SpanKindServer))
	s.SetAttributes(attribute.Int("a", 1))
	s.End()
	if s.IsRecording() || !trace.SpanContextFromContext(ctx).Equal(remote) {
		t.Errorf("recording, or the trace is lost: %v", trace.SpanContextFromContext(ctx))
	}
	var none context.Context // what a careless library passes
	if _, s := b.tracer.Start(none, "no context"); s.IsRecording() {
		t.Error("recording")
	}
}

func TestProvider_TracersAreRemembered(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	if b.provider.Tracer("a") != b.provider.Tracer("a") || b.provider.Tracer("a") == b.provider.Tracer("b") {
		t.Error("tracers of a scope are not one")
	}
	for i := range 2000 {
		_, s := b.provider.Tracer(fmt.Sprint("made up ", i)).Start(context.Background(), "x")
		s.End()
	}
}
