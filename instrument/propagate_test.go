package instrument_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

const remote = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// headers is what Inject set.
func headers(inject func(set func(name, value string))) map[string]string {
	h := map[string]string{}
	inject(func(name, value string) { h[name] = value })
	return h
}

func TestInject_PassesTheSpansOwnPlaceOn(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	trace, _ := instrument.ParseTraceparent(remote)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{
		Handler: handler(t, instrument.KindRequest, "root"), Trace: trace,
		Carried: instrument.Carried{State: "vendor=1", Baggage: "tier=gold"},
	})
	inner, view := instrument.Start(ctx, handler(t, instrument.KindView, "view"))
	call := instrument.Leaf(inner, handler(t, instrument.KindCall, "call"))
	got := headers(call.Inject)
	below := headers(func(set func(string, string)) { instrument.Inject(inner, set) })
	call.End(nil)
	view.End(nil)
	rec.End()

	kept := sink.only()
	if kept.Caller.String() != "b7ad6b7169203331" || kept.Trace.TraceID != trace.TraceID || !kept.Trace.Sampled {
		t.Errorf("the Record is called by %s in %s", kept.Caller, kept.Trace.Traceparent())
	}
	want := map[string]string{
		"traceparent": "00-0af7651916cd43dd8448eb211c80319c-" + kept.SpanID(2).String() + "-01",
		"tracestate":  "vendor=1", "baggage": "tier=gold",
	}
	if !maps.Equal(got, want) {
		t.Errorf("the call passes on %v, want %v", got, want)
	}
	if id := below["traceparent"][36:52]; id != kept.SpanID(1).String() {
		t.Errorf("below the view the trace goes on from %s, want %s", id, kept.SpanID(1))
	}
	if kept.SpanID(0) != kept.Trace.SpanID || kept.SpanID(3) != (instrument.SpanID{}) {
		t.Errorf("the root is %s, no span is %s", kept.SpanID(0), kept.SpanID(3))
	}
}

func TestInject_OutsideOfARecordSaysNothing(t *testing.T) {
	t.Parallel()
	if h := headers(func(set func(string, string)) { instrument.Inject(context.Background(), set) }); len(h) > 0 {
		t.Errorf("set %v", h)
	}
	if h := headers(instrument.Span{}.Inject); len(h) > 0 {
		t.Errorf("set %v", h)
	}
	if c := (*instrument.Recording)(nil).Carried(); c != (instrument.Carried{}) {
		t.Errorf("carried %+v", c)
	}
}

func TestBegin_ARecordBelowAnotherGoesOnFromTheSpanThatCausedIt(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	ctx, outer := r.Begin(context.Background(), instrument.Begin{
		Handler: handler(t, instrument.KindRequest, "outer"), Carried: instrument.Carried{Baggage: "tier=gold"},
	})
	ctx, span := instrument.Start(ctx, handler(t, instrument.KindCustom, "runs a command"))
	_, inner := r.Begin(ctx, instrument.Begin{Handler: handler(t, instrument.KindCommand, "inner")})
	if inner.Carried().Baggage != "tier=gold" {
		t.Error("the baggage is lost")
	}
	inner.End()
	span.End(nil)
	outer.End()
	if in, out := sink.records[0], sink.records[1]; in.Caller != out.SpanID(1) || in.Parent != out.ID || in.Trace.TraceID != out.Trace.TraceID {
		t.Errorf("called by %s, want %s", in.Caller, out.SpanID(1))
	}
}

func TestT23_WhatIsCarriedIsCleanAndBounded(t *testing.T) {
	t.Parallel()
	r, _ := newRecorder(t, instrument.Config{})
	for name, c := range map[string]struct{ in, want instrument.Carried }{
		"as it came": {instrument.Carried{State: "a=1,b=2", Baggage: "k=v;p=1, l=%20"}, instrument.Carried{State: "a=1,b=2", Baggage: "k=v;p=1, l=%20"}},
		"too long": {instrument.Carried{State: strings.Repeat("x", instrument.MaxTraceState+1), Baggage: strings.Repeat("x", instrument.MaxBaggage+1)},
			instrument.Carried{}},
		"another header": {instrument.Carried{State: "a=1\r\nSet-Cookie: x=y", Baggage: "k=v\nX: y"}, instrument.Carried{}},
		"not ASCII":      {instrument.Carried{State: "a=\xff", Baggage: "k=ü"}, instrument.Carried{}},
		"one of them":    {instrument.Carried{State: "a=\x00", Baggage: "k=v"}, instrument.Carried{Baggage: "k=v"}},
	} {
		_, rec := r.Begin(context.Background(), instrument.Begin{Handler: handler(t, instrument.KindRequest, name), Carried: c.in})
		if got := rec.Carried(); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
		rec.End()
	}
}

func TestT11_BaggageIsShownMasked(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{Masker: mask.Default()})
	_, rec := r.Begin(context.Background(), instrument.Begin{
		Handler: handler(t, instrument.KindRequest, "root"), Carried: instrument.Carried{Baggage: "tier=gold,token=hunter2,password=hunter2;p"},
	})
	if h := headers(func(set func(string, string)) { set("baggage", rec.Carried().Baggage) }); !strings.Contains(h["baggage"], "hunter2") {
		t.Error("what is passed on was changed")
	}
	rec.End()
	text := ""
	for _, kv := range sink.only().Attrs {
		if kv.Key == "baggage" {
			text = kv.Value.(string)
		}
	}
	if !strings.Contains(text, "tier=gold") || strings.Contains(text, "hunter2") {
		t.Errorf("shown %q", text)
	}
}

func TestSpanID_ChildrenDiffer(t *testing.T) {
	t.Parallel()
	for _, root := range []instrument.SpanID{{1}, {7: 1}, {255, 255, 255, 255, 255, 255, 255, 255}} {
		seen := map[instrument.SpanID]int{}
		for i := range 20_000 {
			id := root.Child(i)
			if j, again := seen[id]; again || id == (instrument.SpanID{}) {
				t.Fatalf("%s: spans %d and %d are %s", root, j, i, id)
			}
			seen[id] = i
		}
	}
	if id := (instrument.SpanID{}).Child(3); id != (instrument.SpanID{}) {
		t.Errorf("outside a trace %s", id)
	}
}

// samplingSink keeps what has an even trace id.
type samplingSink struct{ keepSink }

func (*samplingSink) Samples(id instrument.TraceID) bool { return id[15]%2 == 0 }

func TestBegin_ANewTraceSaysWhetherItIsKept(t *testing.T) {
	t.Parallel()
	sink := &samplingSink{keepSink{t: t}}
	r := instrument.New(instrument.Config{Sink: sink})
	defer r.SetEnabled(false)
	for range 64 {
		_, rec := r.Begin(context.Background(), instrument.Begin{Handler: handler(t, instrument.KindRequest, "root")})
		if trace := rec.TraceContext(); trace.Sampled != (trace.TraceID[15]%2 == 0) {
			t.Errorf("%s is not what the sink says", trace.Traceparent())
		}
		rec.End()
	}
}

// otherTracer is an Exporter that numbers what it is asked for.
type otherTracer struct {
	keepSink
	began, asked int
	broken       bool
}

func (o *otherTracer) Begin(_ context.Context, _ *instrument.Recording, cause instrument.TraceContext) (instrument.TraceContext, instrument.SpanID) {
	if o.began++; o.broken {
		panic("other tracer")
	}
	return instrument.TraceContext{TraceID: instrument.TraceID{9}, SpanID: instrument.SpanID{7}, Sampled: true}, cause.SpanID
}

func (o *otherTracer) SpanID(rec *instrument.Recording, span int) instrument.SpanID {
	if o.asked++; o.broken {
		panic("other tracer")
	}
	info, ok := rec.SpanInfo(span)
	if !ok || info.Handler == nil || info.Start.IsZero() || info.Parent != 0 {
		o.t.Errorf("span %d is %+v, %v", span, info, ok)
	}
	id := instrument.SpanID{6, byte(span)}
	rec.SetSpan(span, instrument.KeySpanID.Masked(id.String()))
	return id
}

func TestExporter_GivesRecordsAndSpansTheirIds(t *testing.T) {
	t.Parallel()
	other := &otherTracer{keepSink: keepSink{t: t}}
	r, sink := newRecorder(t, instrument.Config{Exporter: other})
	sink.refuse = true
	record(t, r, func(ctx context.Context, rec *instrument.Recording) {
		s := instrument.Leaf(ctx, handler(t, instrument.KindCall, "call"))
		if got := s.TraceContext(); got.SpanID != (instrument.SpanID{6, 1}) || got.TraceID != (instrument.TraceID{9}) {
			t.Errorf("the call is at %s", got.Traceparent())
		}
		s.End(nil)
		if _, ok := rec.SpanInfo(2); ok {
			t.Error("there is a span 2")
		}
	})
	got := other.only() // although the Sink wants nothing
	if len(sink.records) != 0 || got.SpanID(0) != (instrument.SpanID{7}) || got.SpanID(1) != (instrument.SpanID{6, 1}) {
		t.Errorf("exported with %s and %s", got.SpanID(0), got.SpanID(1))
	}
}

func TestExporter_WhenItPanicsTheRecordHasIdsOfItsOwn(t *testing.T) {
	t.Parallel()
	other := &otherTracer{keepSink: keepSink{t: t}, broken: true}
	r, sink := newRecorder(t, instrument.Config{Exporter: other})
	record(t, r, func(ctx context.Context, _ *instrument.Recording) {
		s := instrument.Leaf(ctx, handler(t, instrument.KindCall, "call"))
		if got := s.TraceContext(); got.Traceparent() == "" {
			t.Error("no place in a trace")
		}
		s.End(nil)
	})
	if sink.only(); r.Faults() != 2 {
		t.Errorf("%d faults, want 2", r.Faults())
	}
}
