package signals

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
)

// ErrDenied is what an interceptor returns to say that a send is not allowed. The
// sender gets it, wrapped or not, from every kind of send:
//
//	if !may(signals.ScopeOf(ctx).User) {
//		return nil, fmt.Errorf("%w: %s may not refund", signals.ErrDenied, user)
//	}
var ErrDenied = errors.New("signals: the send was denied")

// Next goes on with a send: to the next interceptor, or to the receivers. What it
// returns is what they did.
type Next func(ctx context.Context) ([]Result, error)

// Sending is a send on its way, of whatever signal, as interceptors for all signals
// see it.
type Sending struct {
	event anyEvent
	mode  Mode
}

// Signal is what is sent.
func (s *Sending) Signal() AnySignal { return s.event.origin() }

// Sender is what the sender called itself; nil when it gave no name.
func (s *Sending) Sender() any { return s.event.sender() }

// Payload is what happened.
func (s *Sending) Payload() any { return s.event.payload() }

// SetPayload changes what the receivers get. A payload of another type is a
// [*PayloadError] and changes nothing.
func (s *Sending) SetPayload(v any) error {
	if s.event.setPayload(v) {
		return nil
	}
	return &PayloadError{s.Signal().Name(), reflect.TypeOf(v), s.Signal().PayloadType()}
}

// Values is the send's bag, which its receivers have too.
func (s *Sending) Values() *Values { return s.event.Values() }

// Mode is how the signal is sent.
func (s *Sending) Mode() Mode { return s.mode }

// EventOf gives the event of a send with its type; nil when it is of another.
func EventOf[T any](s *Sending) *Event[T] {
	e, _ := s.event.(*Event[T])
	return e
}

// SendInterceptor runs around the sends of all signals, whether somebody listens or
// not. It may change the payload before next and the results after it, add values,
// or not call next at all and return [ErrDenied].
type SendInterceptor func(ctx context.Context, s *Sending, next Next) ([]Result, error)

// ReceiverInterceptor runs around each call of a receiver whose conditions hold.
type ReceiverInterceptor func(ctx context.Context, s *Sending, r *Connection, next func(context.Context) error) error

// Interceptors are what runs around sends. A nil field is left out.
type Interceptors struct {
	Send     SendInterceptor
	Receiver ReceiverInterceptor
}

// TypedInterceptors run around the sends of one signal. A nil field is left out.
type TypedInterceptors[T any] struct {
	Send     func(ctx context.Context, e *Event[T], next Next) ([]Result, error)
	Receiver func(ctx context.Context, e *Event[T], r *Connection, next func(context.Context) error) error
}

// Intercept puts interceptors around every send of every signal in the process, of
// every kind, until remove is called. Those put there first are outermost; those of
// one signal are inside them.
func Intercept(in Interceptors) (remove func()) {
	attention.Add(in.looks())
	special.Add(1)
	off := everywhere.add(in.layer())
	return sync.OnceFunc(func() {
		off()
		attention.Add(-in.looks())
		special.Add(-1)
	})
}

// WithInterceptors puts interceptors around the sends with a context and what
// derives from it, and around no others: inside those of the process, of the signal
// and those that the context has already.
func WithInterceptors(ctx context.Context, in Interceptors) context.Context {
	outer, _ := ctx.Value(interceptorsKey).([]*layer)
	carried.Do(func() { special.Add(1) }) // from now on a send has to look
	if in.Send != nil {
		carriedSend.Do(func() { attention.Add(1) })
	}
	return context.WithValue(ctx, interceptorsKey, append(slices.Clip(outer), in.layer()))
}

var carried, carriedSend sync.Once

// looks is 1 when sends are to be seen that nobody listens to.
func (in Interceptors) looks() int32 {
	if in.Send == nil {
		return 0
	}
	return 1
}

// Intercept puts interceptors around the sends of this signal, of every kind, until
// remove is called. Those put there first are outermost.
func (s *Signal[T]) Intercept(in TypedInterceptors[T]) (remove func()) {
	l := &layer{}
	if in.Send != nil {
		l.send = func(ctx context.Context, e anyEvent, _ Mode, next Next) ([]Result, error) {
			return in.Send(ctx, e.(*Event[T]), next)
		}
	}
	if in.Receiver != nil {
		l.receiver = func(ctx context.Context, e anyEvent, _ Mode, r *Connection, next func(context.Context) error) error {
			return in.Receiver(ctx, e.(*Event[T]), r, next)
		}
	}
	off := s.layers.add(l)
	s.settle()
	return sync.OnceFunc(func() {
		off()
		s.settle()
	})
}

// layer is one set of interceptors in the form in which sends use it.
type layer struct {
	send     func(context.Context, anyEvent, Mode, Next) ([]Result, error)
	receiver func(context.Context, anyEvent, Mode, *Connection, func(context.Context) error) error
}

func (in Interceptors) layer() *layer {
	l := &layer{}
	if in.Send != nil {
		l.send = func(ctx context.Context, e anyEvent, m Mode, next Next) ([]Result, error) {
			return in.Send(ctx, &Sending{e, m}, next)
		}
	}
	if in.Receiver != nil {
		l.receiver = func(ctx context.Context, e anyEvent, m Mode, r *Connection, next func(context.Context) error) error {
			return in.Receiver(ctx, &Sending{e, m}, r, next)
		}
	}
	return l
}

// layers is a list that is replaced, never changed: a send works on the one that it
// found.
type layers struct {
	mu   sync.Mutex // serialises changes
	list atomic.Pointer[[]*layer]
}

func (ls *layers) get() []*layer {
	if p := ls.list.Load(); p != nil {
		return *p
	}
	return nil
}

func (ls *layers) add(l *layer) (remove func()) {
	ls.change(func(all []*layer) []*layer { return append(all, l) })
	return func() {
		ls.change(func(all []*layer) []*layer {
			return slices.DeleteFunc(all, func(other *layer) bool { return other == l })
		})
	}
}

func (ls *layers) change(change func([]*layer) []*layer) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	all := change(slices.Clone(ls.get()))
	if len(all) == 0 {
		ls.list.Store(nil)
		return
	}
	ls.list.Store(&all)
}

var (
	everywhere layers
	// attention counts what wants to see sends that nobody listens to.
	attention atomic.Int32
)

// interceptors are all that concern one send, the outermost first; nil as a rule.
func (c *core) interceptors(ctx context.Context) []*layer {
	own := c.layers.get()
	if special.Load() == 0 {
		return own
	}
	carried, _ := ctx.Value(interceptorsKey).([]*layer)
	return slices.Concat(everywhere.get(), own, carried)
}

// looking says whether one of the interceptors wants to see sends, and not only calls
// of receivers.
func looking(all []*layer) bool {
	return slices.ContainsFunc(all, func(l *layer) bool { return l.send != nil })
}

// through runs last inside the interceptors of a send.
func through(ctx context.Context, all []*layer, e anyEvent, m Mode, last Next) ([]Result, error) {
	for i, l := range all {
		if l.send != nil {
			return l.send(ctx, e, m, func(ctx context.Context) ([]Result, error) {
				return through(ctx, all[i+1:], e, m, last)
			})
		}
	}
	return last(ctx)
}

// callThrough runs a receiver inside its interceptors.
func callThrough(ctx context.Context, all []*layer, e anyEvent, m Mode, r *Connection) error {
	for i, l := range all {
		if l.receiver != nil {
			return l.receiver(ctx, e, m, r, func(ctx context.Context) error {
				return callThrough(ctx, all[i+1:], e, m, r)
			})
		}
	}
	return r.call(ctx, e)
}
