// Package mark is how the packages of OpenTelemetry's bridge tell each other in contexts
// what is whose, so that nothing is recorded or exported twice.
package mark

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

type (
	oursKey  struct{}
	placeKey struct{}
)

// AsOurs gives a context in which the spans that are started are those of Records
// already.
func AsOurs(ctx context.Context) context.Context { return context.WithValue(ctx, oursKey{}, true) }

// Ours tells whether ctx comes from AsOurs.
func Ours(ctx context.Context) bool { return ctx.Value(oursKey{}) != nil }

// WithPlace gives a context in which the next span that is started has a place in its
// trace already: it is the span of another tracer, which also exports it.
func WithPlace(ctx context.Context, sc trace.SpanContext) context.Context {
	return context.WithValue(ctx, placeKey{}, &sc)
}

// Place is that of WithPlace.
func Place(ctx context.Context) (trace.SpanContext, bool) {
	if sc, ok := ctx.Value(placeKey{}).(*trace.SpanContext); ok && sc != nil {
		return *sc, true
	}
	return trace.SpanContext{}, false
}

// WithoutPlace gives a context in which no span has a place yet.
func WithoutPlace(ctx context.Context) context.Context {
	return context.WithValue(ctx, placeKey{}, (*trace.SpanContext)(nil))
}
