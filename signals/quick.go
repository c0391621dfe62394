package signals

import (
	"context"
	"math/bits"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// quick is the short way of Send, for signals where nothing but calling is to be
// done: receivers without conditions and policies, that were called before, and no
// interceptors, pauses or kept events. It is made after a send that went the long
// way, and dropped when any of that changes.
type quick[T any] struct {
	audience
	calls []func(context.Context, Event[T]) error
	on    []func(context.Context, T) error // the same, when all want the payload alone
	gauge *gauge

	// Where receivers hear one sender alone, each of these senders has a way of its
	// own, and there is one for all others; nil where somebody was not called yet.
	// The above is empty then.
	from   map[any]*quick[T]
	others *quick[T]
}

// audience are the receivers that one send reaches.
type audience struct{ who []*Connection }

// gauge tells how many sends run: those that have begun since base, less those that
// have ended. A receiver that panics leaves its send counted as running, because a
// deferred function would cost as much as the rest of a send; so when there seem to
// be too many the stack decides, and a new gauge is begun.
type gauge struct {
	base  int64
	ended atomic.Int64
}

// special says that there are interceptors of the process or of contexts, or
// suspensions: sends by the quick way have to look whether these concern them.
var special atomic.Int32

// undisturbed is asked when something is special.
func undisturbed(ctx context.Context) bool {
	if everywhere.get() != nil || ctx.Value(interceptorsKey) != nil {
		return false
	}
	return !suspensions.Load() || ctx.Value(suspendedKey) == nil
}

// hearing is the way for a sender that was found comparable; nil when it is long.
func (q *quick[T]) hearing(sender any) *quick[T] {
	if q.from == nil {
		return q
	}
	if own, ok := q.from[sender]; ok {
		return own
	}
	return q.others
}

// sendQuick is Send and SendRobust for what Send's innermost loop does not do itself.
func (s *Signal[T]) sendQuick(ctx context.Context, sender any, payload T, q *quick[T], mode Mode) (Results, error) {
	if checkSender(sender) != nil {
		return s.sendEvent(ctx, sender, payload, plan{mode: mode})
	}
	if q = q.hearing(sender); q == nil {
		return s.sendEvent(ctx, sender, payload, plan{mode: mode})
	}
	if len(q.who) == 0 {
		return Results{}, nil
	}
	if instrument.On() {
		return s.sendTraced(ctx, sender, payload, q, mode)
	}
	x, slot := s.exchanges.take()
	if x == nil {
		return s.sendEvent(ctx, sender, payload, plan{mode: mode})
	}
	defer s.exchanges.giveBack(x, slot)
	e := Event[T]{Sender: sender, Payload: payload, x: x, turn: x.turn.Load()}
	var more *outcome
	for i, call := range q.calls {
		var err error
		if mode == Robust {
			err, _ = guarded(ctx, call, e, nil)
		} else {
			err = call(ctx, e)
		}
		if x.value != nil {
			more = more.withValue(len(q.who), i, x.value)
			x.value = nil
		}
		if err == nil {
			continue
		}
		if mode != Robust {
			return q.stopped(i, err, more), err
		}
		more = more.withError(len(q.who), i, err)
		s.logFailureOf(ctx, q.who[i], err)
	}
	return Results{who: &q.audience, more: more}, more.failure()
}

// guarded makes a panic of the receiver its error, unless that is a way out. span is
// the receiver's; nil when nothing is recorded.
func guarded[T any](ctx context.Context, call func(context.Context, Event[T]) error, e Event[T], span *instrument.Span) (err error, panicked bool) {
	returned := false
	defer func() {
		if returned {
			return
		}
		switch v := recover(); {
		case isAbort(v):
			panic(v)
		case v != nil: // nil: Goexit goes on
			if span != nil {
				span.Panic(v)
			}
			err, panicked = &PanicError{Value: v, Stack: debug.Stack()}, true
		}
	}()
	err = call(ctx, e)
	returned = true
	return err, false
}

// logFailureOf tells of a receiver that failed in a robust send.
func (c *core) logFailureOf(ctx context.Context, r *Connection, err error) {
	x := runner{core: c, ctx: ctx, mode: Robust}
	x.logFailure(&Result{Receiver: r, Err: err})
}

// stopped are the results of a send that ended with the error of receiver i.
func (q *quick[T]) stopped(i int, err error, more *outcome) Results {
	if more == nil {
		more = &outcome{}
	}
	more.called, more.odds().err = i+1, err
	return Results{who: &q.audience, more: more}
}

// crowded is for a send that finds more of its signal running than may be nested.
func (s *Signal[T]) crowded(ctx context.Context, sender any, payload T, q *quick[T]) (Results, error) {
	s.quickly.Add(-1)
	res, err := s.sendEvent(ctx, sender, payload, plan{deep: true})
	s.mu.Lock()
	if s.quick.Load() == q {
		s.quick.Store(nil) // the next send begins a new gauge
	}
	s.mu.Unlock()
	return res, err
}

// numExchanges is how many sends of one signal may run the quick way at a time, when
// receivers want the Event. Further ones go the long way, or when they are recorded get
// an exchange of their own.
const numExchanges = 8

// exchanges are those of a signal's quick sends. The lower bits of state say which
// are taken, the upper ones count the sends that have ended.
type exchanges struct {
	state atomic.Uint64
	all   [numExchanges]exchange
}

func (xs *exchanges) sends() int64 {
	v := xs.state.Load()
	return int64(v>>numExchanges) + int64(bits.OnesCount8(uint8(v)))
}

// take gives nil when none is free.
func (xs *exchanges) take() (x *exchange, slot uint64) {
	for {
		v := xs.state.Load()
		slot = ^v & (v + 1)
		if slot >= 1<<numExchanges {
			return nil, 0
		}
		if xs.state.CompareAndSwap(v, v|slot) {
			return &xs.all[bits.TrailingZeros64(slot)], slot
		}
	}
}

func (xs *exchanges) giveBack(x *exchange, slot uint64) {
	x.turn.Add(1)
	if x.value != nil || x.values != nil {
		x.value, x.values = nil, nil
	}
	xs.state.Add(1<<numExchanges - slot)
}

// quicken makes the quick way after a send, if it can be.
func (s *Signal[T]) quicken(sender any) {
	if !s.plain.Load() {
		return
	}
	if q := s.quick.Load(); q != nil && q.hearing(sender) != nil {
		return
	}
	if slices.ContainsFunc(s.list(), func(c *Connection) bool { return c.hears(sender) && !c.Called() }) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keep > 0 || s.paused.Load() > 0 || s.layers.get() != nil || len(s.list()) == 0 || !s.plain.Load() {
		return
	}
	s.quick.Store(s.quickWay())
}

// dull drops the quick way. Called with mu held.
func (s *Signal[T]) dull() {
	s.quick.Store(nil)
	s.plain.Store(s.keep == 0 && !slices.ContainsFunc(s.list(), func(c *Connection) bool { return !c.plain() }))
}

// plain says that the receiver is called by every send of its sender, and that there
// is nothing to do before or after.
func (c *Connection) plain() bool {
	return len(c.conditions) == 0 && len(c.policies) == 0 && !c.once && c.until == nil && !c.queued
}

func (s *Signal[T]) quickWay() *quick[T] {
	g := &gauge{base: s.quickly.Load()}
	all := s.list()
	if !slices.ContainsFunc(all, func(c *Connection) bool { return c.sender != nil }) {
		return wayTo[T](all, g)
	}
	q := &quick[T]{gauge: g, from: map[any]*quick[T]{}, others: wayTo[T](hearing(all, nil), g)}
	for _, c := range all {
		if c.sender != nil {
			q.from[c.sender] = wayTo[T](hearing(all, c.sender), g)
		}
	}
	return q
}

func hearing(all []*Connection, sender any) (who []*Connection) {
	for _, c := range all {
		if c.hears(sender) {
			who = append(who, c)
		}
	}
	return who
}

// wayTo is nil as long as one of the receivers was not called.
func wayTo[T any](who []*Connection, g *gauge) *quick[T] {
	q := &quick[T]{audience: audience{who}, gauge: g}
	for _, c := range who {
		if !c.Called() {
			return nil
		}
		if on, ok := c.fn.(func(context.Context, T) error); ok {
			q.on = append(q.on, on)
			q.calls = append(q.calls, func(ctx context.Context, e Event[T]) error { return on(ctx, e.Payload) })
		} else {
			q.calls = append(q.calls, c.fn.(func(context.Context, Event[T]) error))
		}
	}
	if len(q.on) < len(who) {
		q.on = nil
	}
	return q
}
