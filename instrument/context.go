package instrument

import "context"

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
	return c.Context.Value(key)
}

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
		return c.rec, c.span, 0
	}
	if rec := labelled(); rec != nil && !rec.sealed.Load() {
		return rec, 0, FlagInferred
	}
	return nil, 0, 0
}
