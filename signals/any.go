package signals

import (
	"context"
	"fmt"
	"reflect"
)

// AnySignal is a [*Signal] of whatever payload: for catalogues, queues and whatever
// else deals with signals that it does not know.
type AnySignal interface {
	Name() string
	Info() Info
	// PayloadType is the T of Signal[T]. A queue makes a payload of it to decode
	// into.
	PayloadType() reflect.Type
	// SendAny is Send with a payload that is only known at run time; a payload of
	// another type is a [*PayloadError].
	SendAny(ctx context.Context, sender, payload any) (Results, error)
	// Deliver runs a [Call] that a queue kept.
	Deliver(ctx context.Context, c Call) (Results, error)

	base() *core
	dull()
	sends() int64
}

// Lookup is the signal that the program declared under a name; false when there is
// none. Signals made with [Unlisted] are not found.
func Lookup(name string) (AnySignal, bool) {
	catalogue.mu.Lock()
	defer catalogue.mu.Unlock()
	c, ok := catalogue.byName[name]
	if !ok {
		return nil, false
	}
	return c.self, true
}

// PayloadError refuses a payload that is not of the signal's type.
type PayloadError struct {
	Signal    string
	Got, Want reflect.Type // Got is nil for a nil payload
}

// Error names both types.
func (e *PayloadError) Error() string {
	return fmt.Sprintf("signals: signal %q carries a %v, not a %v", e.Signal, e.Want, e.Got)
}

// PayloadType is the type of the payload, T.
func (s *Signal[T]) PayloadType() reflect.Type { return s.payload }

// SendAny is [Signal.Send] with a payload whose type is only known at run time. One
// that is not a T is a [*PayloadError].
func (s *Signal[T]) SendAny(ctx context.Context, sender, payload any) (Results, error) {
	p, ok := payload.(T)
	if !ok {
		return Results{}, &PayloadError{s.name, reflect.TypeOf(payload), s.payload}
	}
	return s.Send(ctx, sender, p)
}

func (s *Signal[T]) base() *core { return &s.core }
