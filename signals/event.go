package signals

// Event is what a receiver gets: one send of a signal. It is made for that send and
// never used again, so a receiver may keep it.
//
// Tests of a receiver may make one by hand: &signals.Event[Payment]{Payload: p}.
type Event[T any] struct {
	// Sender is what the sender called itself; nil when it gave no name.
	Sender any
	// Payload is what happened. All receivers of a send see the same one: what
	// one changes in it, the next ones find changed. In a concurrent send each
	// receiver has a copy of its own, as deep as Go's assignment is.
	Payload T

	signal *Signal[T]
	value  any // of the receiver that runs
	values *Values
}

// Signal is the signal that was sent; nil in an Event made by hand.
func (e *Event[T]) Signal() *Signal[T] { return e.signal }

// Return gives the sender a value of the running receiver, as [Result].Value. The
// last call in a receiver counts.
func (e *Event[T]) Return(v any) { e.value = v }

// Values is a bag in which the interceptors and receivers of this send leave things
// for each other. A context cannot do that: it flows down only, to what a receiver
// calls, and never to the next receiver.
func (e *Event[T]) Values() *Values {
	if e.values == nil {
		e.values = new(Values)
	}
	return e.values
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
	v := e.value
	e.value = nil
	return v
}

// clone is the event for one receiver of a concurrent send.
func (e *Event[T]) clone() anyEvent {
	return &Event[T]{Sender: e.Sender, Payload: e.Payload, signal: e.signal, values: e.Values()}
}

func (e *Event[T]) origin() AnySignal {
	if e.signal == nil {
		return nil
	}
	return e.signal
}
