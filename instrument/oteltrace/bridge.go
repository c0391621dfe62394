package oteltrace

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// OpenTelemetry's keys for what a context holds are its own. They are learned by asking
// for what is not there.
var (
	currentSpan    = learnKey(func(ctx context.Context) { trace.SpanFromContext(ctx) })
	currentBaggage = learnKey(func(ctx context.Context) { baggage.FromContext(ctx) })
)

// learnKey is what ask looks up.
func learnKey(ask func(context.Context)) any {
	spy := &spyContext{Context: context.Background()}
	ask(spy)
	return spy.key
}

type spyContext struct {
	context.Context
	key any
}

func (c *spyContext) Value(key any) any {
	c.key = key
	return nil
}

// bridging is what contexts of Records answer.
type bridging struct {
	provider *Provider
	exporter *Exporter
	below    []*belowFunc
}

// belowFunc finds the Record's span that something begins below.
type belowFunc struct {
	find func(ctx context.Context, rec *instrument.Recording, span int) int
}

var (
	bridgeMu sync.Mutex // serialises changes
	current  atomic.Pointer[bridging]
)

// bridgeTo makes p the provider of the spans that are found in Records' contexts.
func bridgeTo(p *Provider) {
	changeBridge(func(b *bridging) { b.provider = p })
}

// changeBridge sets the process's bridge anew.
func changeBridge(change func(*bridging)) {
	bridgeMu.Lock()
	defer bridgeMu.Unlock()
	b := &bridging{}
	if old := current.Load(); old != nil {
		*b = *old
	}
	change(b)
	current.Store(b)
	made := &instrument.Bridge{Value: bridgedValue, Cause: bridgedCause}
	if finds := b.below; len(finds) > 0 {
		made.Below = func(ctx context.Context, rec *instrument.Recording, span int) int {
			for _, f := range finds {
				span = f.find(ctx, rec, span)
			}
			return span
		}
	}
	instrument.SetBridge(made)
}

// AddBelow is for package otelsdk: find gives the span of a Record that something begins
// below, for contexts in which another tracer's span is the nearest. remove ends that.
func AddBelow(find func(ctx context.Context, rec *instrument.Recording, span int) int) (remove func()) {
	f := &belowFunc{find}
	changeBridge(func(b *bridging) { b.below = append(slices.Clone(b.below), f) })
	return func() {
		changeBridge(func(b *bridging) {
			b.below = slices.DeleteFunc(slices.Clone(b.below), func(other *belowFunc) bool { return other == f })
		})
	}
}

// IndexOf is for package otelsdk: the Record, and the place in it, of a span that a
// Provider has started with the context ctx. 0 for one that is in none.
func IndexOf(s trace.Span, ctx context.Context) (instrument.ID, int) {
	own, ok := s.(*span)
	if !ok {
		return 0, 0
	}
	rec, _ := instrument.Find(ctx)
	return rec.ID(), own.scope.Span().Index()
}

// bridgedValue gives the current span and the baggage of a Record's context.
func bridgedValue(key any, ctx context.Context, rec *instrument.Recording, index int) (any, bool) {
	switch key {
	case currentSpan:
		if s := newBridged(ctx, rec, index); s != nil {
			return s, true
		}
	case currentBaggage:
		if text := rec.Carried().Baggage; text != "" {
			return baggageValue(text)
		}
	}
	return nil, false
}

// baggageValue is what OpenTelemetry finds in a context with the baggage.
func baggageValue(text string) (any, bool) {
	b, err := baggage.Parse(text)
	if err != nil {
		return nil, false
	}
	v := baggage.ContextWithBaggage(context.Background(), b).Value(currentBaggage)
	return v, v != nil
}

// bridgedCause is the place of the span in ctx, for a Record that begins there.
func bridgedCause(ctx context.Context) (cause instrument.TraceContext, foreign bool) {
	s := trace.SpanFromContext(ctx)
	switch s.(type) {
	case *span, *bridged:
	default:
		foreign = !s.SpanContext().IsRemote() && s.SpanContext().IsValid()
	}
	return placeOf(s.SpanContext()), foreign
}

// bridged is a span of a Record that somebody found in a context: neither started by
// OpenTelemetry nor ended by it.
type bridged struct {
	embedded.Span
	ctx      context.Context
	rec      *instrument.Recording
	index    int
	provider *Provider
}

var _ trace.Span = (*bridged)(nil)

// newBridged gives nil where the app's own tracing is to be left alone: a Record that
// began within one of its spans is none of its own, unless it is exported there.
func newBridged(ctx context.Context, rec *instrument.Recording, index int) *bridged {
	b := current.Load()
	if b == nil || b.provider == nil && b.exporter == nil || rec.Foreign() && b.exporter == nil {
		return nil
	}
	return &bridged{ctx: ctx, rec: rec, index: index, provider: b.provider}
}

func (b *bridged) rules() *mask.Rules {
	if b.provider == nil {
		return nil
	}
	return b.provider.config.Mask
}

// SpanContext is the span's place in its trace.
func (b *bridged) SpanContext() trace.SpanContext {
	return spanContextOf(instrument.TraceContextOf(b.ctx), b.rec.Carried().State)
}

// IsRecording tells whether the Record has not ended.
func (b *bridged) IsRecording() bool { return !b.rec.Sealed() }

// End does nothing: who began the span ends it.
func (b *bridged) End(...trace.SpanEndOption) {}

// SetName does nothing: the span is counted under the name that it has.
func (b *bridged) SetName(string) {}

// SetAttributes adds attributes to the span.
func (b *bridged) SetAttributes(attrs ...attribute.KeyValue) {
	if !b.IsRecording() {
		return
	}
	b.rec.SetSpan(b.index, b.convert(attrs)...)
}

func (b *bridged) convert(attrs []attribute.KeyValue) []instrument.Attr {
	kept := make([]instrument.Attr, 0, min(len(attrs), maxAttrs))
	for _, kv := range attrs[:min(len(attrs), maxAttrs)] {
		if kv.Key != "" {
			kept = append(kept, attrOf(b.rules(), keyOf(string(kv.Key)), kv.Value))
		}
	}
	return kept
}

// AddEvent keeps an event as a span of its own, which takes no time.
func (b *bridged) AddEvent(text string, opts ...trace.EventOption) {
	if !b.IsRecording() {
		return
	}
	c := trace.NewEventConfig(opts...)
	addEvent(b.ctx, &name{text: newNames(b.rules()).clean(text)}, b.rules(), &c, nil)
}

// AddLink keeps where the link leads to.
func (b *bridged) AddLink(l trace.Link) {
	if a, ok := linkAttr(l, b.rules()); ok {
		b.rec.SetSpan(b.index, a)
	}
}

// SetStatus fails the span when code is Error.
func (b *bridged) SetStatus(code codes.Code, message string) {
	if code == codes.Error && b.IsRecording() {
		b.rec.FailSpan(b.index, &StatusError{cut(message, maxText)})
	}
}

// RecordError lists the error among the Record's exceptions. Whether it failed the span
// is for SetStatus to say: the code that reports it did not begin the span.
func (b *bridged) RecordError(err error, opts ...trace.EventOption) {
	if err == nil || !b.IsRecording() {
		return
	}
	c := trace.NewEventConfig(opts...)
	instrument.Report(b.ctx, err, b.convert(c.Attributes())...)
}

// TracerProvider makes further spans.
func (b *bridged) TracerProvider() trace.TracerProvider {
	if b.provider != nil {
		return b.provider
	}
	return noProvider
}

// exceptionAttrs describe an error. One whose text cannot be had is no reason to fail.
func exceptionAttrs(err error) (attrs []instrument.Attr) {
	attrs = []instrument.Attr{instrument.KeyErrorType.String(fmt.Sprintf("%T", err))}
	defer func() { _ = recover() }()
	return append(attrs, instrument.KeyErrorMessage.String(bounded(err.Error())))
}
