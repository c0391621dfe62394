package signals

import (
	"context"
	"sync/atomic"
)

// contextKey names what this package keeps in contexts.
type contextKey uint8

const (
	environmentKey contextKey = iota
	suspendedKey
	interceptorsKey
	queueKey
	lineageKey
	scopeKey
)

// contextual is set once something was put into a context that a send has to look
// for. Until then a send spares itself the walk up the context.
var contextual atomic.Bool

func withValue(ctx context.Context, key contextKey, v any) context.Context {
	contextual.Store(true)
	return context.WithValue(ctx, key, v)
}
