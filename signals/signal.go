package signals

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Signal is something that happens in the program, with a payload of type T. Make
// it with [New]. All its methods may be called at any time from any goroutine, from
// receivers too.
type Signal[T any] struct {
	core
	recent *ring[T] // nil without [KeepRecent]

	quick   atomic.Pointer[quick[T]] // nil: sends go the long way
	quickly atomic.Int64             // sends that went the quick way, without an exchange
}

// core is what does not depend on the payload's type.
type core struct {
	name     string
	doc      string
	payload  reflect.Type
	source   instrument.Source
	handler  *instrument.Handler
	logger   *slog.Logger // nil: slog.Default
	self     AnySignal
	texts    func(n int) []RecentText
	keep     int // events, for recent
	unlisted bool

	// sleeping says that a send has nothing at all to do here. It is all that most
	// sends without listeners look at.
	sleeping  atomic.Bool
	fired     atomic.Bool
	plain     atomic.Bool // sends may go the quick way once all were called
	paused    atomic.Int32
	started   atomic.Int64 // sends that reached the receivers
	ended     atomic.Int64 // of these; the difference is for the limit of depth
	suspended atomic.Int64 // sends that were suspended or paused
	last      atomic.Int64 // when the last send began, by instrument.Now; 0 when unknown
	layers    layers
	exchanges exchanges // of the sends that went the quick way with one

	mu        sync.Mutex // serialises changes of receivers
	receivers atomic.Pointer[[]*Connection]
}

// New declares a signal, as a rule in a package variable. The name is the signal's
// in statistics and pages, and has to be the only one of its kind in the process:
// New panics when it is empty or taken.
func New[T any](name string, opts ...Option) *Signal[T] {
	if name == "" {
		panic(fmt.Sprintf("signals: New at %v: the name is empty", instrument.CallerSource(1)))
	}
	s := &Signal[T]{}
	s.name, s.self = name, s
	s.payload = reflect.TypeFor[T]()
	s.source = instrument.CallerSource(1)
	for i := range s.exchanges.all {
		s.exchanges.all[i].core = &s.core
	}
	for _, o := range opts {
		o(&s.core)
	}
	if s.keep > 0 {
		s.recent = newRing[T](s.keep)
		s.texts = s.recent.texts
	}
	s.handler = instrument.NewHandler(instrument.KindSignal, name, s.source)
	if !s.unlisted {
		s.enlist()
	}
	return s
}

// Name is the signal's name.
func (s *Signal[T]) Name() string { return s.name }

// Info describes the signal as the catalogue does.
func (s *Signal[T]) Info() Info { return s.info() }

// sends is how many reached receivers or interceptors.
func (s *Signal[T]) sends() int64 {
	return s.started.Load() + s.quickly.Load() + s.exchanges.sends()
}

// Connect adds a receiver behind those that are connected. It panics when fn is nil
// or an option does not fit, such as a sender that cannot be compared: these are
// mistakes of wiring. With a [UID] that is connected for that sender already it
// changes nothing and returns the connection there is, whatever its function.
func (s *Signal[T]) Connect(fn func(context.Context, Event[T]) error, opts ...ConnectOption) *Connection {
	c, _ := s.connect(fn, instrument.CallerSource(1), opts)
	return c
}

// On connects a receiver that wants the payload and nothing else of the [Event]. All
// is as with Connect, only that sends to such receivers are the cheapest there are.
func (s *Signal[T]) On(fn func(context.Context, T) error, opts ...ConnectOption) *Connection {
	c := s.newConnection(fn, fn == nil, instrument.CallerSource(1))
	c.call = func(ctx context.Context, e anyEvent) error { return fn(ctx, e.(*Event[T]).Payload) }
	c, _ = s.add(c, opts)
	return c
}

func (s *Signal[T]) connect(fn func(context.Context, Event[T]) error, site instrument.Source, opts []ConnectOption) (_ *Connection, isNew bool) {
	c := s.newConnection(fn, fn == nil, site)
	c.call = func(ctx context.Context, e anyEvent) error { return fn(ctx, *e.(*Event[T])) }
	return s.add(c, opts)
}

func (s *Signal[T]) newConnection(fn any, missing bool, site instrument.Source) *Connection {
	if s == nil || s.name == "" {
		panic("signals: Connect: the signal was not made with New")
	}
	c := &Connection{signal: &s.core, fn: fn, site: site}
	if missing {
		c.refuse("the receiver is nil")
	}
	c.function = sourceOf(fn, c.site)
	return c
}

// add connects c with its options, or returns the connection that has its uid
// already.
func (s *core) add(c *Connection, opts []ConnectOption) (_ *Connection, isNew bool) {
	for _, o := range opts {
		o.apply(c)
	}
	if err := checkSender(c.sender); err != nil {
		c.refuse(err.Error())
	}
	for _, p := range c.policies {
		p.check(c)
	}
	if c.queued && c.uid == "" {
		c.refuse("Queued needs a receiver with a UID, by which the queue finds it again")
	}
	learnSender(c.sender)
	c.name = firstOf(c.name, c.uid, c.function.Func, "receiver")
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list()
	if c.uid != "" {
		if i := slices.IndexFunc(list, c.repeats); i >= 0 {
			return list[i], false
		}
	}
	c.handler = instrument.NewHandler(instrument.KindReceiver, c.name, c.function)
	if !c.bind() {
		return c, true
	}
	at := len(list)
	if c.first {
		at = 0
	}
	s.replace(slices.Insert(slices.Clone(list), at, c))
	return c, true
}

func (c *Connection) repeats(other *Connection) bool {
	return other.uid == c.uid && other.sender == c.sender
}

// DisconnectUID takes off the receiver that was connected with that uid and sender
// (nil for one that hears all senders); false when there is none.
func (s *Signal[T]) DisconnectUID(uid string, sender any) bool {
	if uid == "" || checkSender(sender) != nil {
		return false
	}
	return s.remove(func(c *Connection) bool { return c.uid == uid && c.sender == sender }) > 0
}

// DisconnectAll takes off the receivers that were connected with one of the given
// senders, or all receivers when none is given, and says how many those were.
func (s *Signal[T]) DisconnectAll(from ...SenderOption) int {
	return s.remove(func(c *Connection) bool {
		return len(from) == 0 || slices.ContainsFunc(from, func(o SenderOption) bool {
			return checkSender(o.sender) == nil && o.sender == c.sender
		})
	})
}

// HasListeners says whether a send of that sender would reach anybody, so that work
// for the payload can be saved. HasListeners(nil) is about sends without a sender:
// receivers of one sender do not count.
func (s *Signal[T]) HasListeners(sender any) bool {
	return checkSender(sender) == nil && firstHearing(s.list(), sender) >= 0
}

// Idle says whether a send, of whatever sender, would do nothing: nobody listens, no
// events are kept, and no interceptor looks, those apart that a context may carry.
// Work for the payload can be saved then.
func (s *Signal[T]) Idle() bool {
	return s.receivers.Load() == nil && s.keep == 0 && !looking(s.layers.get()) && !looking(everywhere.get())
}

// remove takes off the receivers for which drop is true and counts them.
func (s *core) remove(drop func(*Connection) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.list()
	list := slices.DeleteFunc(slices.Clone(old), func(c *Connection) bool {
		dropped := drop(c)
		if dropped && c.unbind != nil {
			c.unbind()
		}
		return dropped
	})
	if len(list) != len(old) {
		s.replace(list)
	}
	return len(old) - len(list)
}

// list is the snapshot that a send works on. It is never changed, only replaced.
func (s *core) list() []*Connection {
	if p := s.receivers.Load(); p != nil {
		return *p
	}
	return nil
}

// replace is called with mu held. With nobody left the pointer is nil.
func (s *core) replace(list []*Connection) {
	if len(list) == 0 {
		s.receivers.Store(nil)
	} else {
		s.receivers.Store(&list)
	}
	s.settleLocked()
}

// settle finds out anew whether a send has anything to do.
func (s *core) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleLocked()
}

func (s *core) settleLocked() {
	s.self.dull()
	s.sleeping.Store(s.fired.Load() && s.keep == 0 && s.receivers.Load() == nil && s.layers.get() == nil)
}

func firstHearing(list []*Connection, sender any) int {
	for i, c := range list {
		if c.hears(sender) {
			return i
		}
	}
	return -1
}

// sourceOf is where fn was written. The code of a method value is a wrapper that the
// compiler made, in no file; then the place of Connect leads the reader on.
func sourceOf(fn any, site instrument.Source) instrument.Source {
	src := instrument.FuncSource(fn)
	if src.File == "" || src.File == "<autogenerated>" {
		src.File, src.Line = site.File, site.Line
	}
	return src
}

func firstOf(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}
