// Package signalstest helps to test code that sends signals: it notes what was
// sent, and says clearly when that is not what the test wants.
//
//	func TestCheckout(t *testing.T) {
//		paid := signalstest.Capture(t, shop.OrderPaid)
//		shop.Checkout(t.Context(), cart)
//		paid.Once(shop.Payment{OrderID: 7})
//	}
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

// Captured holds the sends of one signal. Its methods may be called while sends go
// on.
type Captured[T any] struct {
	t    testing.TB
	name string

	mu     sync.Mutex // guards events
	events []*signals.Event[T]
}

// Capture notes every send of a signal until the test ends. It comes before the
// receivers that are connected, so it sees a send that they make fail, and leaves
// them as they are. Options restrict what it hears: [signals.From],
// [signals.When].
//
// A signal is one for the whole process: tests that run in parallel and send the
// same signal see each other's sends. Tell them apart by sender or payload.
func Capture[T any](t testing.TB, s *signals.Signal[T], opts ...signals.ConnectOption) *Captured[T] {
	t.Helper()
	c := &Captured[T]{t: t, name: s.Name()}
	opts = append(opts, signals.First(), signals.Name("signalstest.Capture"))
	conn := s.Connect(func(_ context.Context, e *signals.Event[T]) error {
		c.mu.Lock()
		c.events = append(c.events, e)
		c.mu.Unlock()
		return nil
	}, opts...)
	t.Cleanup(func() { conn.Disconnect() })
	return c
}

// Events are the sends so far, in order.
func (c *Captured[T]) Events() []*signals.Event[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}

// Never fails the test if the signal was sent.
func (c *Captured[T]) Never() {
	c.t.Helper()
	if sent := c.Events(); len(sent) > 0 {
		c.t.Errorf("signal %q was sent %d times, want never:%s", c.name, len(sent), list(sent))
	}
}

// Once fails the test unless the signal was sent exactly once, with this payload.
func (c *Captured[T]) Once(payload T) {
	c.t.Helper()
	sent := c.Events()
	if len(sent) != 1 || !reflect.DeepEqual(sent[0].Payload, payload) {
		c.t.Errorf("signal %q was sent %d times, want once with %+v:%s", c.name, len(sent), payload, list(sent))
	}
}

// With fails the test unless the signal was sent with this payload, once or more,
// and gives the first such send; nil when there is none.
func (c *Captured[T]) With(payload T) *signals.Event[T] {
	c.t.Helper()
	sent := c.Events()
	for _, e := range sent {
		if reflect.DeepEqual(e.Payload, payload) {
			return e
		}
	}
	c.t.Errorf("signal %q was not sent with %+v:%s", c.name, payload, list(sent))
	return nil
}

// list prints the sends, one a line.
func list[T any](sent []*signals.Event[T]) string {
	var b strings.Builder
	for i, e := range sent {
		if i == 10 {
			fmt.Fprintf(&b, "\n\tand %d more", len(sent)-i)
			break
		}
		fmt.Fprintf(&b, "\n\tfrom %v: %+v", e.Sender, e.Payload)
	}
	return b.String()
}
