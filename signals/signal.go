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
type Signal[T any] struct{ core }

// core is what does not depend on the payload's type.
type core struct {
	name     string
	payload  reflect.Type
	source   instrument.Source
	handler  *instrument.Handler
	logger   *slog.Logger // nil: slog.Default
	unlisted bool

	active atomic.Int32 // sends that run, for the limit of depth

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
	s := &Signal[T]{core{
		name:    name,
		payload: reflect.TypeFor[T](),
		source:  instrument.CallerSource(1),
	}}
	for _, o := range opts {
		o(&s.core)
	}
	if !s.unlisted {
		s.enlist()
	}
	s.handler = instrument.NewHandler(instrument.KindSignal, name, s.source)
	return s
}

// Name is the signal's name.
func (s *Signal[T]) Name() string { return s.name }

// Info describes the signal as the catalogue does.
func (s *Signal[T]) Info() Info { return s.info() }

// Connect adds a receiver behind those that are connected. It panics when fn is nil
// or a sender is not comparable: both are mistakes of wiring. With a [UID] that is
// connected for that sender already it changes nothing and returns the connection
// there is, whatever its function.
func (s *Signal[T]) Connect(fn func(context.Context, *Event[T]) error, opts ...ConnectOption) *Connection {
	if s.name == "" {
		panic("signals: Connect: the signal was not made with New")
	}
	if fn == nil {
		panic(fmt.Sprintf("signals: Connect to %q: the receiver is nil", s.name))
	}
	c := &Connection{
		signal: &s.core,
		call:   func(ctx context.Context, e anyEvent) error { return fn(ctx, e.(*Event[T])) },
		site:   instrument.CallerSource(1),
	}
	c.function = sourceOf(fn, c.site)
	for _, o := range opts {
		o.apply(c)
	}
	return s.add(c)
}

// add connects c, or returns the connection that has its uid already.
func (s *core) add(c *Connection) *Connection {
	if err := checkSender(c.sender); err != nil {
		panic(fmt.Sprintf("signals: Connect to %q: %v", s.name, err))
	}
	c.name = firstOf(c.name, c.uid, c.function.Func, "receiver")
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list()
	if c.uid != "" {
		if i := slices.IndexFunc(list, c.repeats); i >= 0 {
			return list[i]
		}
	}
	c.handler = instrument.NewHandler(instrument.KindReceiver, c.name, c.function)
	at := len(list)
	if c.first {
		at = 0
	}
	s.replace(slices.Insert(slices.Clone(list), at, c))
	return c
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

// remove takes off the receivers for which drop is true and counts them.
func (s *core) remove(drop func(*Connection) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.list()
	list := slices.DeleteFunc(slices.Clone(old), drop)
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

// replace is called with mu held. With nobody left the pointer is nil, which is all
// that Send looks at.
func (s *core) replace(list []*Connection) {
	if len(list) == 0 {
		s.receivers.Store(nil)
		return
	}
	s.receivers.Store(&list)
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
