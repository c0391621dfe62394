package oteltrace

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace/internal/mark"
)

// span is a trace.Span, and as *spanContext the context in which it is the current one:
// 80 bytes for both, and those in a Record are made a few at a time.
type span struct {
	*name // and its tracer. A pointer here, and no interface: spans are what libraries make most of
	scope instrument.Scope
	more  atomic.Pointer[more]
	state atomic.Uint32 // whether there is more: spanPlain and so on
	attrs uint16        // as more.mu guards it, once the span is shared
	kind  uint8         // trace.SpanKind
}

// States of a span. The first is left once, for one of the others.
const (
	spanPlain = iota // nothing is known beyond its being there
	spanMore         // span.more is set
	spanEnded        // it ended before anything was said of it
)

// more is what is known of a span beyond its being there.
type more struct {
	mu      sync.Mutex // guards what follows
	facts   *facts
	root    *instrument.Recording // the Record that the span is; nil if it is in one
	loose   *instrument.Handler   // counted outside of any Record
	start   int64                 // of a loose one
	place   trace.SpanContext     // once somebody has asked
	real    *real                 // nil: there is none
	status  codes.Code
	message string
	err     error  // the first that was recorded
	dropped [3]int // attributes, events, links
	events  uint16
	links   uint16
	ended   bool
}

var _ trace.Span = (*span)(nil)

// spanContext is the context of a span.
type spanContext span

func (c *spanContext) Deadline() (time.Time, bool) { return c.scope.Deadline() }
func (c *spanContext) Done() <-chan struct{}       { return c.scope.Done() }
func (c *spanContext) Err() error                  { return c.scope.Err() }

func (c *spanContext) Value(key any) any {
	if key == currentSpan {
		return (*span)(c)
	}
	return c.scope.Value(key)
}

// known is what is known of the span beyond its being there; nil: nothing.
func (s *span) known() *more {
	if s.state.Load() == spanMore {
		return s.more.Load()
	}
	return nil
}

// extra makes room for more. It gives nil for a span that ended without.
func (s *span) extra() *more {
	if s.state.Load() == spanPlain {
		s.more.CompareAndSwap(nil, &more{})
		s.state.CompareAndSwap(spanPlain, spanMore)
	}
	return s.known()
}

// open locks what is said of the span; nil: it has ended.
func (s *span) open() *more {
	m := s.extra()
	if m == nil {
		return nil
	}
	m.mu.Lock()
	if m.ended {
		m.mu.Unlock()
		return nil
	}
	return m
}

func (s *span) rules() *mask.Rules { return s.t.provider.config.Mask }

// Scope is the span as the Record has it.
func (s *span) Scope() *instrument.Scope { return &s.scope }

// startPlain begins what most spans are: in a Record, and nothing is said of it. It gives
// nil outside of one.
func startPlain(ctx context.Context, n *name) *span {
	s := instrument.StartScope[span](ctx, 0, n.handler())
	if s != nil {
		s.name, s.kind = n, uint8(trace.SpanKindInternal)
	}
	return s
}

// begin finds the span's place: in the Record that ctx runs in, as one of its own, or
// outside.
func (s *span) begin(ctx context.Context, c *trace.SpanConfig, attrs []attribute.KeyValue) {
	s.kind = uint8(trace.ValidateSpanKind(c.SpanKind()))
	o := outside{newRoot: c.NewRoot()}
	if at := c.Timestamp(); !at.IsZero() {
		o.now = monotonic(at)
	}
	if s.t.placed() {
		o.place, _ = mark.Place(ctx)
	}
	o.around, _ = instrument.Find(ctx)
	switch {
	case o.around == nil || o.newRoot:
		kept := s.read(nil, attrs)
		s.beginOutside(ctx, o, s.view(), kept)
	default:
		s.beginInside(ctx, &o, attrs)
	}
}

// beginInside begins a span of the Record o.around.
func (s *span) beginInside(ctx context.Context, o *outside, attributes []attribute.KeyValue) {
	var room [12]instrument.Attr
	attrs := s.read(room[:0], attributes)
	h := (*instrument.Handler)(nil)
	if m := s.known(); m == nil || m.facts == nil {
		h = s.name.handler()
	} else {
		v := s.view()
		h, attrs = v.handler, v.appendTo(attrs)
	}
	if o.place.IsValid() {
		ctx = mark.WithoutPlace(ctx)
	}
	s.scope.StartAt(ctx, o.now, h, attrs...)
	if o.place.IsValid() {
		s.settle(o.around, o.place)
	}
}

// maxCallers is how many calls are kept with a query or call.
const maxCallers = 8

// appendTo adds what the view has, and who caused it where that is worth knowing.
func (v *view) appendTo(attrs []instrument.Attr) []instrument.Attr {
	attrs = append(attrs, v.attrs[:v.n]...)
	if v.calls {
		attrs = append(attrs, instrument.Callers(1, maxCallers))
	}
	return attrs
}

// read converts attributes and learns from them.
func (s *span) read(to []instrument.Attr, attrs []attribute.KeyValue) []instrument.Attr {
	for i := range attrs {
		kv := &attrs[i]
		if kv.Key == "" {
			continue
		}
		if s.attrs >= maxAttrs {
			s.extra().dropped[0] += len(attrs) - i
			return to
		}
		s.attrs++
		k := keyOf(string(kv.Key))
		if k.meaning != meansNothing && !s.learn(k, kv.Value) {
			continue
		}
		to = append(to, attrOf(s.rules(), k, kv.Value))
	}
	return to
}

// learn reports whether the attribute is to be kept as it is.
func (s *span) learn(k *key, v attribute.Value) bool {
	m := s.extra()
	if m.facts == nil {
		m.facts = &facts{}
	}
	switch v.Type() {
	case attribute.STRING:
		return m.facts.learn(k, v.AsString(), 0)
	case attribute.INT64:
		return m.facts.learn(k, "", v.AsInt64())
	case attribute.STRINGSLICE:
		return m.facts.learn(k, list(v.AsStringSlice()), 0)
	}
	return k.meaning != meansParameters
}

func (s *span) view() view {
	var f *facts
	if m := s.known(); m != nil {
		f = m.facts
	}
	return viewOf(s.name, trace.SpanKind(s.kind), f, s.rules())
}

// outside is what a span comes with.
type outside struct {
	around  *instrument.Recording // the Record that ctx runs in
	now     int64
	newRoot bool
	place   trace.SpanContext // that another tracer has given it; invalid: none
}

// beginOutside begins a Record, or else a span that is only counted.
func (s *span) beginOutside(ctx context.Context, o outside, v view, attrs []instrument.Attr) {
	s.scope.In(ctx)
	r := s.t.provider.recorder()
	kind := s.t.provider.rootKind(s.name.text, trace.SpanKind(s.kind))
	if o.newRoot && kind == 0 {
		kind = instrument.KindCustom
	}
	if kind != 0 {
		b := instrument.Begin{Handler: s.rootHandler(kind), Parent: o.around.ID()}
		b.Attrs = append(append(attrs, v.attrs[:v.n]...), keyScope.String(s.t.scope))
		s.beginRoot(ctx, r, o, b)
	}
	m := s.extra() // whose place is found once
	if m.root != nil || !r.Enabled() {
		return
	}
	m.loose, m.start, m.place = v.handler, o.now, o.place
	if m.start == 0 {
		m.start = instrument.Now()
	}
}

// beginRoot begins a Record, if the Recorder does not ignore it.
func (s *span) beginRoot(ctx context.Context, r *instrument.Recorder, o outside, b instrument.Begin) {
	if o.newRoot {
		ctx = trace.ContextWithSpan(ctx, nil)
		b.Trace = newTrace(r)
	} else {
		b.Trace, b.Carried = causeIn(ctx), carriedIn(ctx)
	}
	if o.place.IsValid() {
		b.Span = instrument.SpanID(o.place.SpanID())
		if place := placeOf(o.place); b.Trace.TraceID != place.TraceID {
			b.Trace = instrument.TraceContext{TraceID: place.TraceID, Sampled: place.Sampled}
		}
	}
	started, rec := r.Begin(ctx, b)
	if rec == nil {
		return
	}
	if o.place.IsValid() {
		started = mark.WithoutPlace(started)
	}
	s.scope.In(started)
	m := s.extra()
	m.root = rec
	s.describeRoot(m)
}

// rootHandler names a Record: a request by method and route where these are known.
func (s *span) rootHandler(k instrument.Kind) *instrument.Handler {
	if m := s.known(); m != nil && m.facts != nil && m.facts.route != "" && k == instrument.KindRequest {
		name := strings.TrimSpace(m.facts.method + " " + m.facts.route)
		return handlerOf(k, strings.ToValidUTF8(s.rules().Text(cut(name, maxNameLen)), "\ufffd"))
	}
	return handlerOf(k, s.name.text)
}

// describeRoot fills in what lists show of a Record.
func (s *span) describeRoot(m *more) {
	path := ""
	if f := m.facts; f != nil {
		path = f.path
		if f.rpc {
			path = "/" + strings.TrimPrefix(s.name.text, "/")
		}
		m.root.SetPath(f.method, path)
		if f.status != 0 {
			m.root.SetStatus(f.status)
		}
	}
}

// causeIn is the place of the span in ctx.
func causeIn(ctx context.Context) instrument.TraceContext {
	return placeOf(trace.SpanContextFromContext(ctx))
}

func placeOf(sc trace.SpanContext) instrument.TraceContext {
	if !sc.IsValid() {
		return instrument.TraceContext{}
	}
	return instrument.TraceContext{
		TraceID: instrument.TraceID(sc.TraceID()), SpanID: instrument.SpanID(sc.SpanID()), Sampled: sc.IsSampled(),
	}
}

// carriedIn is what came with the trace in ctx.
func carriedIn(ctx context.Context) (c instrument.Carried) {
	c.State = trace.SpanContextFromContext(ctx).TraceState().String()
	if b := baggage.FromContext(ctx); b.Len() > 0 {
		c.Baggage = b.String()
	}
	return c
}

// spanContextOf is a place in a trace as OpenTelemetry has it.
func spanContextOf(t instrument.TraceContext, state string) trace.SpanContext {
	c := trace.SpanContextConfig{TraceID: trace.TraceID(t.TraceID), SpanID: trace.SpanID(t.SpanID)}
	if t.Sampled {
		c.TraceFlags = trace.FlagsSampled
	}
	if state != "" {
		c.TraceState, _ = trace.ParseTraceState(state) // what cannot be read is not passed on
	}
	return trace.NewSpanContext(c)
}

// SpanContext is the span's place in its trace. It is found when somebody asks, and the
// same from then on.
func (s *span) SpanContext() trace.SpanContext {
	m := s.extra()
	if m == nil { // in a Record, which knows it
		return s.placeInRecord()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.place.IsValid() {
		m.place = s.findPlace(m)
	}
	return m.place
}

func (s *span) findPlace(m *more) trace.SpanContext {
	if m.root != nil {
		return spanContextOf(m.root.TraceContext(), m.root.Carried().State)
	}
	if s.scope.Recording() != nil {
		return s.placeInRecord()
	}
	return looseContext(&s.scope, s.t.provider.recorder())
}

func (s *span) placeInRecord() trace.SpanContext {
	return spanContextOf(s.scope.TraceContext(), s.scope.Recording().Carried().State)
}

// looseContext is a new place below that of ctx.
func looseContext(ctx context.Context, r *instrument.Recorder) trace.SpanContext {
	outer := trace.SpanContextFromContext(ctx)
	c := trace.SpanContextConfig{TraceID: outer.TraceID(), TraceFlags: outer.TraceFlags(), TraceState: outer.TraceState()}
	if !outer.IsValid() {
		t := newTrace(r)
		c.TraceID = trace.TraceID(t.TraceID)
		if t.Sampled {
			c.TraceFlags = trace.FlagsSampled
		}
	}
	fill(c.SpanID[:])
	return trace.NewSpanContext(c)
}

// newTrace is a trace that nothing is in yet.
func newTrace(r *instrument.Recorder) (t instrument.TraceContext) {
	fill(t.TraceID[:])
	t.Sampled = r.Sampled(t.TraceID)
	return t
}

// fill writes random bytes, not all of them zero.
func fill(b []byte) {
	for i := range b {
		if i%8 == 0 {
			putUint64(b[i:], rand.Uint64()|1)
		}
	}
}

func putUint64(b []byte, v uint64) {
	for i := range min(len(b), 8) {
		b[i] = byte(v >> (56 - 8*i))
	}
}

// IsRecording tells whether there is any use in reporting more.
func (s *span) IsRecording() bool {
	m := s.known()
	if m == nil {
		return s.state.Load() != spanEnded && s.scope.Recording() != nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.ended && (s.scope.Span().Active() || m.root != nil || m.loose != nil || m.real != nil && m.real.IsRecording())
}

// SetAttributes adds attributes; what they mean may change what the span is.
func (s *span) SetAttributes(attrs ...attribute.KeyValue) {
	if len(attrs) == 0 {
		return
	}
	m := s.open()
	if m == nil {
		return
	}
	defer m.mu.Unlock()
	m.tee(func(r *real) { r.SetAttributes(r.attributes(attrs)...) })
	var before facts
	if m.facts != nil {
		before = *m.facts
	}
	var room [12]instrument.Attr
	s.set(m, s.read(room[:0], attrs))
	if m.facts != nil && *m.facts != before {
		s.changed(m)
	}
}

// set adds attributes to whatever the span is.
func (s *span) set(m *more, attrs []instrument.Attr) {
	if len(attrs) == 0 {
		return
	}
	if m.root != nil {
		m.root.Set(attrs...)
		return
	}
	s.scope.Span().Set(attrs...)
}

// changed decides anew what the span is.
func (s *span) changed(m *more) {
	if m.root != nil {
		m.root.SetHandler(s.rootHandler(m.root.Handler().Kind()))
		s.describeRoot(m)
		return
	}
	v := s.view()
	if m.loose != nil {
		m.loose = v.handler
		return
	}
	s.scope.SetHandler(v.handler)
	s.scope.Span().Set(v.appendTo(nil)...)
}

// SetName gives the span another name.
func (s *span) SetName(text string) {
	m := s.open()
	if m == nil {
		return
	}
	defer m.mu.Unlock()
	s.name = s.t.names.get(text)
	m.tee(func(r *real) { r.SetName(s.name.text) })
	s.changed(m)
}

// AddEvent keeps an event as a span of its own, which takes no time.
func (s *span) AddEvent(text string, opts ...trace.EventOption) {
	m := s.open()
	if m == nil {
		return
	}
	defer m.mu.Unlock()
	c := trace.NewEventConfig(opts...)
	m.tee(func(r *real) { r.event(text, &c) })
	s.event(m, text, &c)
}

func (s *span) event(m *more, text string, c *trace.EventConfig, more ...instrument.Attr) {
	if m.events >= maxEvents {
		m.dropped[1]++
		return
	}
	m.events++
	if !s.scope.Span().Recorded() && m.root == nil {
		return
	}
	addEvent(&s.scope, s.t.names.get(text), s.rules(), c, more)
}

// addEvent adds an event below the span that ctx runs in.
func addEvent(ctx context.Context, n *name, rules *mask.Rules, c *trace.EventConfig, attrs []instrument.Attr) {
	for i, kv := range c.Attributes() {
		if i >= maxAttrs {
			break
		}
		if kv.Key != "" {
			attrs = append(attrs, attrOf(rules, keyOf(string(kv.Key)), kv.Value))
		}
	}
	if c.StackTrace() {
		attrs = append(attrs, instrument.Callers(2, 64))
	}
	at := monotonic(c.Timestamp())
	instrument.LeafAt(ctx, at, handlerOf(kindEvent, n.text), attrs...).EndAt(at, nil)
}

// AddLink keeps where the link leads to, with its attributes.
func (s *span) AddLink(l trace.Link) {
	m := s.open()
	if m == nil {
		return
	}
	defer m.mu.Unlock()
	m.tee(func(r *real) { r.AddLink(r.link(l)) })
	s.link(m, l)
}

func (s *span) link(m *more, l trace.Link) {
	if m.links >= maxLinks {
		m.dropped[2]++
		return
	}
	m.links++
	if a, ok := linkAttr(l, s.rules()); ok {
		s.set(m, []instrument.Attr{a})
	}
}

// linkAttr is a link in one line: its traceparent, then its attributes.
func linkAttr(l trace.Link, rules *mask.Rules) (instrument.Attr, bool) {
	if !l.SpanContext.IsValid() && len(l.Attributes) == 0 {
		return instrument.Attr{}, false
	}
	b := []byte(placeOf(l.SpanContext).Traceparent())
	for i, kv := range l.Attributes {
		if i >= maxAttrs || len(b) > maxText {
			break
		}
		b = append(b, ' ')
		b = append(b, cut(string(kv.Key), maxKeyLen)...)
		b = append(b, '=')
		b = append(b, rules.Value(string(kv.Key), bounded(kv.Value.String()))...)
	}
	return keyLink.Masked(bounded(strings.ToValidUTF8(string(b), "\ufffd"))), true
}

// SetStatus notes how it went; what it means is decided at the end, since Ok takes an
// error back.
func (s *span) SetStatus(code codes.Code, message string) {
	m := s.open()
	if m == nil {
		return
	}
	defer m.mu.Unlock()
	m.tee(func(r *real) { r.status(code, message) })
	if m.status > code { // Ok is above Error
		return
	}
	m.status, m.message = code, cut(message, maxText)
}

// RecordError notes why the span failed: it has unless its status will be Ok. What comes
// after the first is an event.
func (s *span) RecordError(err error, opts ...trace.EventOption) {
	if err == nil {
		return
	}
	m := s.open()
	if m == nil {
		return
	}
	defer m.mu.Unlock()
	c := trace.NewEventConfig(opts...)
	m.tee(func(r *real) { r.failed(err, &c) })
	if m.err == nil && len(c.Attributes()) == 0 {
		m.err = err
		if c.StackTrace() {
			s.set(m, []instrument.Attr{instrument.Callers(1, 64)})
		}
		return
	}
	if m.err == nil {
		m.err = err
	}
	s.event(m, "exception", &c, exceptionAttrs(err)...)
}

// StatusError is why a span failed that was given the status Error and no error.
type StatusError struct{ Description string }

func (e *StatusError) Error() string {
	if e.Description == "" {
		return "the span's status is Error"
	}
	return e.Description
}

// End ends the span, and the Record if it is one. A second End does nothing.
func (s *span) End(opts ...trace.SpanEndOption) {
	now := int64(0)
	if len(opts) > 0 {
		c := trace.NewSpanEndConfig(opts...)
		if at := c.Timestamp(); !at.IsZero() {
			now = monotonic(at)
		}
	}
	if s.state.CompareAndSwap(spanPlain, spanEnded) {
		s.scope.Span().EndAt(now, nil)
		return
	}
	m := s.open()
	if m == nil {
		return
	}
	m.ended = true
	m.mu.Unlock()
	s.finish(m, now, opts)
}

// finish ends a span of which there is more to say. Nobody changes it any more.
func (s *span) finish(m *more, now int64, opts []trace.SpanEndOption) {
	for i, k := range [...]instrument.Key{keyDroppedAttrs, keyDroppedEvents, keyDroppedLinks} {
		if m.dropped[i] > 0 {
			s.set(m, []instrument.Attr{k.Int(m.dropped[i])})
		}
	}
	err := m.failure()
	switch {
	case m.root != nil:
		m.root.Fail(err)
		m.root.End()
	case m.loose != nil:
		if now == 0 {
			now = instrument.Now()
		}
		s.t.provider.recorder().Observe(m.loose, time.Duration(now-m.start), err)
	default:
		s.scope.Span().EndAt(now, err)
	}
	if m.real != nil {
		s.endReal(m.real, opts)
	}
}

// failure is why the span failed; nil if it did not.
func (m *more) failure() error {
	switch {
	case m.status == codes.Ok:
		return nil
	case m.err != nil:
		return m.err
	case m.status == codes.Error:
		return &StatusError{m.message}
	}
	return nil
}

// TracerProvider is the one that the span comes from.
func (s *span) TracerProvider() trace.TracerProvider {
	if m := s.extra(); m != nil { // whose name may be changing
		m.mu.Lock()
		defer m.mu.Unlock()
	}
	return s.t.provider
}

// monotonic is a wall clock's time as a reading of instrument.Now, where 0 is the
// present.
func monotonic(at time.Time) int64 {
	if now := instrument.Now() - int64(time.Since(at)); now != 0 {
		return now
	}
	return 1
}
