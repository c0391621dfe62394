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

// Captured holds the sends of one signal, or the calls of one replaced receiver. Its
// methods may be called while sends go on.
type Captured[T any] struct {
	t    testing.TB
	what string // `signal "order_paid" was sent`

	mu     sync.Mutex // guards events
	events []signals.Event[T]
}

func (c *Captured[T]) add(e signals.Event[T]) {
	c.mu.Lock()
	c.events = append(c.events, e)
	c.mu.Unlock()
}

func sentOf[T any](t testing.TB, s *signals.Signal[T]) *Captured[T] {
	return &Captured[T]{t: t, what: fmt.Sprintf("signal %q was sent", s.Name())}
}

// Capture notes every send of a signal until the test ends. It comes before the
// receivers that are connected, so it sees a send that they make fail, and leaves
// them as they are. Options restrict what it hears: [signals.From],
// [signals.When].
//
// A signal is one for the whole process: tests that run in parallel and send the
// same signal see each other's sends. Tell them apart by sender or payload, or use
// [CaptureIn].
func Capture[T any](t testing.TB, s *signals.Signal[T], opts ...signals.ConnectOption) *Captured[T] {
	t.Helper()
	c := sentOf(t, s)
	opts = append(opts, signals.First(), signals.Name("signalstest.Capture"))
	conn := s.Connect(func(_ context.Context, e signals.Event[T]) error {
		c.add(e)
		return nil
	}, opts...)
	t.Cleanup(func() { conn.Disconnect() })
	return c
}

// CaptureIn notes the sends of a signal that are made with the context it gives, or
// with one that derives from it, and no others, whatever tests run in parallel. It
// sees them as they reach the receivers, whether there are any or not.
func CaptureIn[T any](ctx context.Context, t testing.TB, s *signals.Signal[T]) (context.Context, *Captured[T]) {
	c := sentOf(t, s)
	return signals.WithInterceptors(ctx, signals.Interceptors{
		Send: func(ctx context.Context, sending *signals.Sending, next signals.Next) ([]signals.Result, error) {
			if sending.Signal() == signals.AnySignal(s) {
				c.add(*signals.EventOf[T](sending))
			}
			return next(ctx)
		},
	}), c
}

// Events are the sends so far, in order.
func (c *Captured[T]) Events() []signals.Event[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}

// Never fails the test if the signal was sent.
func (c *Captured[T]) Never() {
	c.t.Helper()
	if sent := c.Events(); len(sent) > 0 {
		c.t.Errorf("%s %d times, want never:%s", c.what, len(sent), list(sent))
	}
}

// Once fails the test unless the signal was sent exactly once, with this payload.
func (c *Captured[T]) Once(payload T) {
	c.t.Helper()
	sent := c.Events()
	if len(sent) != 1 || !reflect.DeepEqual(sent[0].Payload, payload) {
		c.t.Errorf("%s %d times, want once with %+v:%s", c.what, len(sent), payload, list(sent))
	}
}

// With fails the test unless the signal was sent with this payload, once or more,
// and gives the first such send; nil when there is none.
func (c *Captured[T]) With(payload T) *signals.Event[T] {
	c.t.Helper()
	sent := c.Events()
	for _, e := range sent {
		if reflect.DeepEqual(e.Payload, payload) {
			return &e
		}
	}
	c.t.Errorf("%s %d times, want with %+v:%s", c.what, len(sent), payload, list(sent))
	return nil
}

// maxListed is how many sends a failure shows.
const maxListed = 10

// list prints the sends, one a line.
func list[T any](sent []signals.Event[T]) string {
	var b strings.Builder
	for _, e := range sent[:min(len(sent), maxListed)] {
		fmt.Fprintf(&b, "\n\tfrom %v: %+v", e.Sender, e.Payload)
	}
	if more := len(sent) - maxListed; more > 0 {
		fmt.Fprintf(&b, "\n\tand %d more", more)
	}
	return b.String()
}
