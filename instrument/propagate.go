package instrument

import (
	"context"
	"strings"
)

// Carried is what travels with a trace beside its ids: W3C tracestate and baggage. It
// is passed on as it came and decides nothing here.
type Carried struct {
	// State is the tracestate header: what tracing systems on the way noted, up to
	// MaxTraceState bytes.
	State string
	// Baggage is the baggage header: "user.tier=gold,region=eu", up to MaxBaggage bytes.
	// It may hold anything, secrets included, and is masked where it is shown.
	Baggage string
}

// What is carried at most; longer values are dropped whole, because a part of one may
// say something else.
const (
	MaxTraceState = 512
	MaxBaggage    = 8 << 10
)

// KeyBaggage is the baggage that came with a Record, on its root span.
var KeyBaggage = NewKey("baggage")

// clean drops what no header may hold, and what is too long.
func (c Carried) clean() Carried {
	if len(c.State) > MaxTraceState || !visibleASCII(c.State) {
		c.State = ""
	}
	if len(c.Baggage) > MaxBaggage || !visibleASCII(c.Baggage) {
		c.Baggage = ""
	}
	return c
}

// visibleASCII reports whether s has only characters that both headers allow: in
// particular no line feed, which would begin another header.
func visibleASCII(s string) bool {
	for i := range len(s) {
		if (s[i] < ' ' || s[i] > '~') && s[i] != '\t' {
			return false
		}
	}
	return true
}

// carry notes what came with the Record, or else what the Record around it carries.
func (rec *Recording) carry(came *Carried, outer *Recording) {
	if outer != nil {
		rec.carried = outer.carried
	}
	if *came == (Carried{}) {
		return
	}
	if c := came.clean(); c != (Carried{}) {
		rec.carried = &Carried{State: strings.Clone(c.State), Baggage: strings.Clone(c.Baggage)} // not the whole header block
	}
}

// Carried is what came with the Record's trace, cleaned, to be passed on; zero for nil.
func (rec *Recording) Carried() Carried {
	if rec == nil || rec.carried == nil {
		return Carried{}
	}
	return *rec.carried
}

// TraceContext is the span's own place in its trace. A span that was left out of its
// Record, or whose Record has ended, has the Record's place, and one outside any Record
// none.
func (s Span) TraceContext() TraceContext {
	if s.rec == nil {
		return TraceContext{}
	}
	return s.rec.place(uint32(s.Index()))
}

// TraceContextOf is the place in its trace of the span that ctx runs in: of the Record
// itself where only the goroutine tells which that is, and none outside of a Record.
func TraceContextOf(ctx context.Context) TraceContext {
	if c, ok := ctx.(*spanContext); ok {
		return c.rec.place(c.span)
	}
	if c := spanOf(ctx); c != nil {
		return c.rec.place(c.below(ctx))
	}
	rec, _ := Find(ctx)
	return rec.TraceContext()
}

// place is the place of a span, by its index.
func (rec *Recording) place(span uint32) TraceContext {
	t := rec.trace
	if span == 0 {
		return t
	}
	if e := rec.r.config.Exporter; e != nil {
		rec.r.guard(func() { t.SpanID = e.SpanID(rec, int(span)) })
		return t
	}
	t.SpanID = t.SpanID.Child(int(span))
	return t
}

// Inject passes the trace on to who the span calls: set is called for the headers
// traceparent, tracestate and baggage, as far as there is something to say. Outside of a
// Record it is not called.
//
//	span.Inject(req.Header.Set)
func (s Span) Inject(set func(name, value string)) {
	if s.rec != nil {
		s.rec.inject(s.TraceContext(), set)
	}
}

// Inject is Span.Inject for the span that ctx runs in.
func Inject(ctx context.Context, set func(name, value string)) {
	if rec, _ := Find(ctx); rec != nil {
		rec.inject(TraceContextOf(ctx), set)
	}
}

func (rec *Recording) inject(t TraceContext, set func(name, value string)) {
	set("traceparent", t.Traceparent())
	c := rec.Carried()
	if c.State != "" {
		set("tracestate", c.State)
	}
	if c.Baggage != "" {
		set("baggage", c.Baggage)
	}
}
