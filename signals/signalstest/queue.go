package signalstest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// Queue is a [signals.Queue] that notes the calls it gets. It stands in the place of
// every queue for sends with the context that it was given with.
type Queue struct {
	t     testing.TB
	eager bool

	mu    sync.Mutex // guards calls
	calls []signals.Call
}

// RecordingIn gives a context in which calls that would be queued are noted and not
// made.
func RecordingIn(ctx context.Context, t testing.TB) (context.Context, *Queue) {
	q := &Queue{t: t}
	return signals.WithQueue(ctx, q), q
}

// EagerIn gives a context in which calls that would be queued are noted and made at
// once. What a call carries goes through JSON first, as on the way to another
// process, so what would be lost there is lost here; the test fails when it does not
// survive.
func EagerIn(ctx context.Context, t testing.TB) (context.Context, *Queue) {
	q := &Queue{t: t, eager: true}
	return signals.WithQueue(ctx, q), q
}

// Enqueue notes the call and, of an eager queue, makes it. An error of the receiver
// is the queue's error then.
func (q *Queue) Enqueue(ctx context.Context, c signals.Call) error {
	q.mu.Lock()
	q.calls = append(q.calls, c)
	q.mu.Unlock()
	if !q.eager {
		return nil
	}
	sent, err := c.RoundTrip(context.WithoutCancel(ctx))
	if err != nil {
		q.t.Errorf("signal %q: queue receiver %q: %v", c.Signal, c.Receiver, err)
		return err
	}
	_, err = sent.Run(context.WithoutCancel(ctx))
	return err
}

// Calls are the calls so far, in order.
func (q *Queue) Calls() []signals.Call {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.calls)
}

// Never fails the test if anything was queued.
func (q *Queue) Never() {
	q.t.Helper()
	if calls := q.Calls(); len(calls) > 0 {
		q.t.Errorf("%d calls were queued, want none:%s", len(calls), listCalls(calls))
	}
}

// Once fails the test unless exactly one call was queued, of this receiver and with
// this payload.
func (q *Queue) Once(uid string, payload any) {
	q.t.Helper()
	calls := q.Calls()
	if len(calls) != 1 || calls[0].Receiver != uid || !reflect.DeepEqual(calls[0].Payload, payload) {
		q.t.Errorf("%d calls were queued, want one of %q with %+v:%s", len(calls), uid, payload, listCalls(calls))
	}
}

func listCalls(calls []signals.Call) string {
	var b strings.Builder
	for _, c := range calls[:min(len(calls), maxListed)] {
		fmt.Fprintf(&b, "\n\t%s of %s: %+v", c.Receiver, c.Signal, c.Payload)
	}
	if more := len(calls) - maxListed; more > 0 {
		fmt.Fprintf(&b, "\n\tand %d more", more)
	}
	return b.String()
}
