package instrument

import (
	"context"
	"sync/atomic"
)

// spanContext is the context of a span. Contexts may outlive their Record, so
// they are never reused; they are made a dozen or more at a time.
type spanContext struct {
	context.Context
	rec  *Recording
	span uint32 // the index of the span that is the parent of what begins here
}

// contextKey is asked for by address, which no other package can have.
var contextKey = new(byte)

// Value gives the spanContext itself to this package and asks the parent for all
// else.
func (c *spanContext) Value(key any) any {
	if k, ok := key.(*byte); ok && k == contextKey {
		return c
	}
	if labels, ok := c.labelsOf(key); ok {
		return labels
	}
	if b := bridge.Load(); b != nil && b.Value != nil {
		if v, ok := b.Value(key, c, c.rec, int(c.span)); ok {
			return v
		}
	}
	return c.Context.Value(key)
}

// Bridge lets this package and another tracing API see each other's spans in contexts.
// Package oteltrace has OpenTelemetry's. Nil functions are not asked.
type Bridge struct {
	// Value answers what that API looks up in ctx, a Record's, where the span with the
	// given index runs. It is asked for all values that are looked up, so it must be
	// quick to say no.
	Value func(key any, ctx context.Context, rec *Recording, span int) (any, bool)
	// Below finds the Record's span that something begins below, where that API may have
	// one in ctx that is within span.
	Below func(ctx context.Context, rec *Recording, span int) int
	// Cause is the place of that API's span in ctx, for a Record that begins there below
	// no other; zero: there is none. foreign says that it is none that was made from here.
	Cause func(ctx context.Context) (cause TraceContext, foreign bool)
}

var bridge atomic.Pointer[Bridge]

// SetBridge sets the process's Bridge; nil takes it away.
func SetBridge(b *Bridge) { bridge.Store(b) }

func spanOf(ctx context.Context) *spanContext {
	if c, ok := ctx.(*spanContext); ok {
		return c
	}
	if ctx == nil {
		return nil
	}
	c, _ := ctx.Value(contextKey).(*spanContext)
	return c
}

// FromContext is the Record that ctx runs in; nil when there is none.
func FromContext(ctx context.Context) *Recording {
	if c := spanOf(ctx); c != nil {
		return c.rec
	}
	return nil
}

// Find is the Record that the caller runs in: by ctx, or else by the goroutine's
// profiler label, because many apps do not pass the request's context on. inferred
// says that it was the label. A label whose Record has ended is no answer: a worker
// that was started in a request outlives it and serves others.
func Find(ctx context.Context) (rec *Recording, inferred bool) {
	if rec := FromContext(ctx); rec != nil {
		return rec, false
	}
	if rec := labelled(); rec != nil && !rec.sealed.Load() {
		return rec, true
	}
	return nil, false
}

// parentOf finds the Record and the parent span for a span that begins.
func parentOf(ctx context.Context) (rec *Recording, span uint32, flags Flags) {
	if c, ok := ctx.(*spanContext); ok { // most often; the rest of spanOf is a call
		return c.rec, c.span, 0
	}
	if c := spanOf(ctx); c != nil {
		return c.rec, c.below(ctx), 0
	}
	if rec := labelled(); rec != nil && !rec.sealed.Load() {
		return rec, 0, FlagInferred
	}
	return nil, 0, 0
}

// below is the span below which something begins in ctx, which c was found in.
func (c *spanContext) below(ctx context.Context) uint32 {
	b := bridge.Load()
	if b == nil || b.Below == nil {
		return c.span
	}
	span := c.span
	c.rec.r.guard(func() {
		if i := b.Below(ctx, c.rec, int(c.span)); i > 0 {
			span = uint32(i)
		}
	})
	return span
}
