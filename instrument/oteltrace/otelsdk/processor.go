// Package otelsdk shows the spans of an app's OpenTelemetry SDK in the debug toolbar's
// Records. The SDK goes on as before; what it samples is seen here, too:
//
//	sdktrace.NewTracerProvider(
//		sdktrace.WithBatcher(exporter),
//		sdktrace.WithSpanProcessor(otelsdk.NewSpanProcessor(oteltrace.Config{})),
//	)
//
// It is apart from package oteltrace because it links the SDK, which apps without it do
// without.
package otelsdk

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace/internal/mark"
)

// SpanProcessor records the spans of an SDK's TracerProvider. It is safe for concurrent
// use, starts no goroutine, and holds nothing up.
//
// Spans that come from Records, because these are exported to the same TracerProvider,
// are left out: nothing is recorded twice.
type SpanProcessor struct {
	provider *oteltrace.Provider
	live     sync.Map // trace.SpanID -> *entry
	remove   func()
}

var _ sdktrace.SpanProcessor = (*SpanProcessor)(nil)

// entry is a span that runs.
type entry struct {
	trace  trace.TraceID
	record instrument.ID
	index  int // in its Record
	span   trace.Span
	attrs  []attribute.KeyValue // that it began with
}

// NewSpanProcessor makes a SpanProcessor; see oteltrace.Config. Exporter is not used: the
// SDK exports its spans itself.
func NewSpanProcessor(c oteltrace.Config) *SpanProcessor {
	c.Exporter, c.Placed = nil, true
	p := &SpanProcessor{provider: oteltrace.NewProvider(c)}
	p.remove = oteltrace.AddBelow(p.below)
	return p
}

// OnStart begins the span in the Record that ctx runs in.
func (p *SpanProcessor) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	if mark.Ours(ctx) || !instrument.On() {
		return
	}
	defer func() { _ = recover() }()
	sc, scope, attrs := s.SpanContext(), s.InstrumentationScope(), s.Attributes()
	opts := []trace.SpanStartOption{trace.WithSpanKind(s.SpanKind()), trace.WithAttributes(attrs...), trace.WithTimestamp(s.StartTime())}
	if !s.Parent().IsValid() && trace.SpanContextFromContext(ctx).IsValid() {
		opts = append(opts, trace.WithNewRoot())
	}
	started, span := p.provider.Tracer(scope.Name, trace.WithInstrumentationVersion(scope.Version)).Start(mark.WithPlace(ctx, sc), s.Name(), opts...)
	e := &entry{trace: sc.TraceID(), span: span, attrs: attrs}
	e.record, e.index = oteltrace.IndexOf(span, started)
	p.live.Store(sc.SpanID(), e)
}

// OnEnd ends it with all that it has become.
func (p *SpanProcessor) OnEnd(s sdktrace.ReadOnlySpan) {
	v, ok := p.live.LoadAndDelete(s.SpanContext().SpanID())
	if !ok {
		return
	}
	defer func() { _ = recover() }()
	e := v.(*entry)
	e.span.SetName(s.Name())
	e.span.SetAttributes(added(s.Attributes(), e.attrs)...)
	for _, l := range s.Links() {
		e.span.AddLink(trace.Link{SpanContext: l.SpanContext, Attributes: l.Attributes})
	}
	for _, ev := range s.Events() {
		e.span.AddEvent(ev.Name, trace.WithTimestamp(ev.Time), trace.WithAttributes(ev.Attributes...))
	}
	if st := s.Status(); st.Code != codes.Unset {
		e.span.SetStatus(st.Code, st.Description)
	}
	e.span.End(trace.WithTimestamp(s.EndTime()))
}

// added are the attributes that are not as they were at first.
func added(attrs, before []attribute.KeyValue) []attribute.KeyValue {
	var out []attribute.KeyValue
	for i, kv := range attrs {
		if i >= len(before) || before[i].Key != kv.Key || !equal(before[i].Value, kv.Value) {
			out = append(out, kv)
		}
	}
	return out
}

// below finds a Record's span for the SDK's that ctx runs in: the context does not know
// that one as ours.
func (p *SpanProcessor) below(ctx context.Context, rec *instrument.Recording, span int) int {
	sc := trace.SpanContextFromContext(ctx)
	v, ok := p.live.Load(sc.SpanID())
	if !ok {
		return span
	}
	if e := v.(*entry); e.trace == sc.TraceID() && e.record == rec.ID() && e.index > span {
		return e.index
	}
	return span
}

// ForceFlush has nothing to wait for: what the toolbar stores, it stores itself.
func (p *SpanProcessor) ForceFlush(context.Context) error { return nil }

// Shutdown lets go of spans that have not ended.
func (p *SpanProcessor) Shutdown(context.Context) error {
	p.remove()
	p.live.Clear()
	return nil
}

func equal(a, b attribute.Value) bool {
	return a.Type() == b.Type() && a.String() == b.String()
}
