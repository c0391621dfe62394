package signals

// Event is what a receiver gets: one send of a signal. It is made for that send and
// never used again, so a receiver may keep it.
//
// Tests of a receiver may make one by hand: &signals.Event[Payment]{Payload: p}.
type Event[T any] struct {
	// Sender is what the sender called itself; nil when it gave no name.
	Sender any
	// Payload is what happened. All receivers of a send see the same one: what
	// one changes in it, the next ones find changed.
	Payload T

	signal *Signal[T]
	value  any // of the receiver that runs
}

// Signal is the signal that was sent; nil in an Event made by hand.
func (e *Event[T]) Signal() *Signal[T] { return e.signal }

// Return gives the sender a value of the running receiver, as [Result].Value. The
// last call in a receiver counts.
func (e *Event[T]) Return(v any) { e.value = v }

// anyEvent is an *Event of any payload: dispatching is written, and compiled, once
// for all of them.
type anyEvent interface {
	takeValue() any
}

func (e *Event[T]) takeValue() any {
	v := e.value
	e.value = nil
	return v
}
