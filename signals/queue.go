package signals

import (
	"context"
	"fmt"
)

// Queue takes calls of receivers that are to happen later, on another goroutine or
// in another process. Package tasks has one.
type Queue interface {
	// Enqueue hands a call over. It runs inside the send, and so inside the
	// sender's transaction if ctx carries one. ctx ends with the sender's work:
	// what the call needs of it is in Call.Scope.
	Enqueue(ctx context.Context, c Call) error
}

// Call is the call of one receiver by one send, as a queue keeps it: values, not
// the sender's context.
type Call struct {
	Signal   string // its name
	Receiver string // its uid; "" for all receivers of the signal
	Sender   any
	Payload  any // of the type that the signal carries
	Scope    Scope
	Cause    error // what the receiver failed with before it was queued; may be nil
	// Done names the receivers that are not called any more, as [Call.Rest] puts it.
	Done []string

	signal AnySignal // the one that was sent, if this process sent it
}

// Run makes the call, with the Scope in the receiver's context. It fails when the
// program has no such signal or receiver, with a [*TargetError]: trying again
// would not help then.
func (c Call) Run(ctx context.Context) (Results, error) {
	s := c.signal
	if s == nil {
		var ok bool
		if s, ok = Lookup(c.Signal); !ok {
			return Results{}, &TargetError{Signal: c.Signal}
		}
	}
	return s.Deliver(ctx, c)
}

// TargetError says that a [Call] names a signal or receiver that is not there, for
// instance since a release renamed it.
type TargetError struct{ Signal, Receiver string }

// Error names what is missing.
func (e *TargetError) Error() string {
	if e.Receiver == "" {
		return fmt.Sprintf("signals: deliver: no signal is called %q", e.Signal)
	}
	return fmt.Sprintf("signals: deliver: signal %q has no receiver with the uid %q", e.Signal, e.Receiver)
}

// Deliver runs a call that a queue kept: it is [Signal.Send] to the one receiver that
// the call names, or [Signal.SendRobust] to all that are not done. Nothing is queued
// again by it, neither by a policy nor by [Queued], or a call could go round for ever;
// that is for the queue to decide.
func (s *Signal[T]) Deliver(ctx context.Context, c Call) (Results, error) {
	payload, ok := c.Payload.(T)
	if !ok {
		_, err := s.SendAny(ctx, nil, c.Payload)
		return Results{}, err
	}
	if c.Scope != (Scope{}) {
		ctx = WithScope(ctx, c.Scope)
	}
	p := plan{delivered: true, only: c.Receiver, done: c.Done}
	if c.Receiver == "" {
		p.mode = Robust
	}
	return s.sendEvent(ctx, c.Sender, payload, p)
}

// WithQueue makes q take the place of every queue for sends with the context: that of
// SendAsync, of receivers that are [Queued] and of their policies. Tests use it, and
// [Signal.SendAsync] into a batch.
func WithQueue(ctx context.Context, q Queue) context.Context {
	return context.WithValue(ctx, queueKey, q)
}
