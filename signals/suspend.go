package signals

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// suspension is one Suspend in a context, inside those that came before it.
type suspension struct {
	outer *suspension
	only  []*core // nil: every signal
}

// Suspend gives a context with which the given signals, or all when none are given,
// reach no receiver: for imports and migrations. It holds for sends with that
// context and what derives from it, and for nothing else: no other goroutine is
// touched, nothing has to be undone, not even after a panic, and one may suspend
// inside another. A suspended send gives no results and no error; traces show it as
// skipped, and [Info].Suspended counts it.
func Suspend(ctx context.Context, only ...AnySignal) context.Context {
	s := &suspension{}
	s.outer, _ = ctx.Value(suspendedKey).(*suspension)
	for _, sig := range only {
		s.only = append(s.only, sig.base())
	}
	suspended.Do(func() {
		suspensions.Store(true)
		special.Add(1)
	})
	return context.WithValue(ctx, suspendedKey, s)
}

// suspensions is set by the first Suspend. Until then sends spare themselves the walk
// up their context.
var (
	suspensions atomic.Bool
	suspended   sync.Once
)

// Suspended reports whether a signal reaches no receiver with this context.
func Suspended(ctx context.Context, s AnySignal) bool { return s.base().suspendedBy(ctx) != "" }

// suspendedBy says why no receiver may be called; "" when they may.
func (c *core) suspendedBy(ctx context.Context) string {
	if c.paused.Load() > 0 {
		return "paused"
	}
	if !suspensions.Load() {
		return ""
	}
	s, _ := ctx.Value(suspendedKey).(*suspension)
	for ; s != nil; s = s.outer {
		if s.only == nil || slices.Contains(s.only, c) {
			return "suspended"
		}
	}
	return ""
}

// Pause keeps the signal from reaching any receiver in the whole process until the
// function it gives is called; a second call of that does nothing. Pauses may
// overlap: the signal goes on when the last one is over. For one piece of work
// [Suspend] is the better tool.
func (s *Signal[T]) Pause() (resume func()) {
	s.paused.Add(1)
	s.settle()
	return sync.OnceFunc(func() { s.paused.Add(-1) })
}
