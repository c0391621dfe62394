package signalstest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// ReplaceIn puts fn in the place of the receiver with that uid, for sends with the
// context it gives, and notes its calls; a nil fn does nothing and succeeds. The
// receiver's conditions are asked as ever. The test fails at once when there is no
// such receiver.
func ReplaceIn[T any](ctx context.Context, t testing.TB, s *signals.Signal[T], uid string,
	fn func(context.Context, signals.Event[T]) error) (context.Context, *Captured[T]) {
	t.Helper()
	c := callsOf(t, s, uid)
	return signals.WithInterceptors(ctx, signals.Interceptors{
		Receiver: func(ctx context.Context, sending *signals.Sending, r *signals.Connection, next func(context.Context) error) error {
			if sending.Signal() != signals.AnySignal(s) {
				return next(ctx)
			}
			return c.standIn(ctx, *signals.EventOf[T](sending), r, uid, fn, next)
		},
	}), c
}

// Replace does in the whole process, until the test ends, what [ReplaceIn] does for a
// context. Two tests that replace a receiver at the same time would see each other's
// calls: the second one fails.
func Replace[T any](t testing.TB, s *signals.Signal[T], uid string, fn func(context.Context, signals.Event[T]) error) *Captured[T] {
	t.Helper()
	c := callsOf(t, s, uid)
	reserve(t, s, uid)
	t.Cleanup(s.Intercept(signals.TypedInterceptors[T]{
		Receiver: func(ctx context.Context, e *signals.Event[T], r *signals.Connection, next func(context.Context) error) error {
			return c.standIn(ctx, *e, r, uid, fn, next)
		},
	}))
	return c
}

func (c *Captured[T]) standIn(ctx context.Context, e signals.Event[T], r *signals.Connection, uid string,
	fn func(context.Context, signals.Event[T]) error, next func(context.Context) error) error {
	if r.UID() != uid {
		return next(ctx)
	}
	c.add(e)
	if fn == nil {
		return nil
	}
	return fn(ctx, e)
}

func callsOf[T any](t testing.TB, s *signals.Signal[T], uid string) *Captured[T] {
	t.Helper()
	if !slices.ContainsFunc(s.Info().Receivers, func(r *signals.Connection) bool { return uid != "" && r.UID() == uid }) {
		t.Fatalf("signal %q has no receiver with the uid %q to replace", s.Name(), uid)
	}
	return &Captured[T]{t: t, what: fmt.Sprintf("receiver %q was called", uid)}
}

type place struct {
	signal signals.AnySignal
	uid    string
}

// replaced holds the places that a test has taken.
var replaced sync.Map

func reserve(t testing.TB, s signals.AnySignal, uid string) {
	t.Helper()
	p := place{s, uid}
	if other, taken := replaced.LoadOrStore(p, t.Name()); taken {
		t.Fatalf("receiver %q is replaced by %s at the same time; use ReplaceIn, or do not run in parallel", uid, other)
	}
	t.Cleanup(func() { replaced.Delete(p) })
}
