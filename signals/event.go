package signals

import "sync/atomic"

// Event is what a receiver gets: one send of a signal. It is a copy of the
// receiver's own, which it may keep; what Sender and Payload point to is shared.
//
// Tests of a receiver may make one by hand: signals.Event[Payment]{Payload: p}. What
// is given to Return or put into Values is lost then.
type Event[T any] struct {
	// Sender is what the sender called itself; nil when it gave no name.
	Sender any
	// Payload is what happened. What one receiver changes in what it points to, the
	// next ones and the sender find changed.
	Payload T

	x    *exchange
	turn uint32 // of x, when the event was sent
}

// exchange is what the receivers of one send have in common, beside the event. Those
// of the quick way are used for one send after the other, each in its turn.
type exchange struct {
	core   *core
	turn   atomic.Uint32
	value  any // of the receiver that runs
	values *Values
}

// Signal is the signal that was sent; nil in an Event made by hand.
func (e Event[T]) Signal() *Signal[T] {
	if e.x == nil {
		return nil
	}
	return e.x.core.self.(*Signal[T])
}

// Return gives the sender a value of the running receiver, as [Result].Value. The
// last call in a receiver counts; when the receiver has returned it does nothing.
func (e Event[T]) Return(v any) {
	if e.x != nil && e.x.turn.Load() == e.turn {
		e.x.value = v
	}
}

// Values is a bag in which the interceptors and receivers of this send leave things
// for each other. A context cannot do that: it flows down only, to what a receiver
// calls, and never to the next receiver.
func (e Event[T]) Values() *Values {
	if e.x == nil || e.x.turn.Load() != e.turn {
		return new(Values)
	}
	if e.x.values == nil {
		e.x.values = new(Values)
	}
	return e.x.values
}

// anyEvent is an *Event of any payload: dispatching is written, and compiled, once
// for all of them.
type anyEvent interface {
	Values() *Values
	sender() any
	payload() any
	payloadAt() any // a pointer to it, which costs no copy
	setPayload(v any) bool
	takeValue() any
	clone() anyEvent
	origin() AnySignal
}

func (e *Event[T]) sender() any    { return e.Sender }
func (e *Event[T]) payload() any   { return e.Payload }
func (e *Event[T]) payloadAt() any { return &e.Payload }

func (e *Event[T]) setPayload(v any) bool {
	p, ok := v.(T)
	if ok {
		e.Payload = p
	}
	return ok
}

func (e *Event[T]) takeValue() any {
	v := e.x.value
	e.x.value = nil
	return v
}

// clone is the event for one receiver of a concurrent send.
func (e *Event[T]) clone() anyEvent {
	b := &block[T]{exchange: exchange{core: e.x.core, values: e.Values()}}
	b.event = Event[T]{Sender: e.Sender, Payload: e.Payload, x: &b.exchange}
	return &b.event
}

func (e *Event[T]) origin() AnySignal { return e.x.core.self }

// block holds in one piece what the heap has to hold of a send.
type block[T any] struct {
	event    Event[T]
	exchange exchange
	result   [1]Result // room for that of a single receiver
}

func (s *Signal[T]) newBlock(sender any, payload T) *block[T] {
	b := &block[T]{exchange: exchange{core: &s.core}}
	b.event = Event[T]{Sender: sender, Payload: payload, x: &b.exchange}
	return b
}
