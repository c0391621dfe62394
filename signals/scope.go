package signals

import (
	"context"
	"net/netip"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Scope is for whom and on whose request signals are sent. It is copied values only:
// a queue may keep it when the request is long over. Package signalhttp puts it into
// the context of requests; outside of one it is zero.
type Scope struct {
	RequestID string
	User      string // the id or name under which the app knows the user
	IP        netip.Addr
	UserAgent string
	// Traceparent and Record are where in which trace the sender runs.
	Traceparent string
	Record      instrument.ID
}

// WithScope gives a context whose receivers find s with [ScopeOf]. There is nothing
// to clear afterwards: who has another context has another Scope or none.
func WithScope(ctx context.Context, s Scope) context.Context {
	return context.WithValue(ctx, scopeKey, s)
}

// WithUser gives a context whose [Scope] has the user, all else as it was: for the
// layer that finds out who asks.
func WithUser(ctx context.Context, user string) context.Context {
	s, _ := ctx.Value(scopeKey).(Scope)
	s.User = user
	return WithScope(ctx, s)
}

// ScopeOf is the Scope of a context. Trace and record are those of the Record that
// ctx runs in, if it runs in one.
func ScopeOf(ctx context.Context) Scope {
	s, _ := ctx.Value(scopeKey).(Scope)
	if rec, _ := instrument.Find(ctx); rec != nil {
		s.Traceparent, s.Record = rec.TraceContext().Traceparent(), rec.ID()
	}
	return s
}
