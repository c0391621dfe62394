package instrument

import (
	"context"
	"time"
)

// Scope is a span together with the context in which further spans are below it: room
// for both in a value of the caller's own, for a tracing API whose spans are contexts
// too. It is begun once, by StartScope, StartAt or In, and must not be copied. Like other
// contexts it may outlive its Record.
type Scope struct {
	at    spanContext // its rec is nil outside of a Record
	stats *handlerStats
	slot  *slot // nil: left out of the Record, so that what begins here is below the span of the context around
	start int64
}

var _ context.Context = (*Scope)(nil)

// Scoped is a pointer to a value that has a Scope in it.
type Scoped[T any] interface {
	*T
	// Scope is that of the value, always the same.
	Scope() *Scope
}

// StartScope begins a span below the one in ctx, at a time that the caller has read or
// at the present for 0, in a new T. It gives nil outside of a Record, and when recording
// is off. Several Ts of a Record share an allocation: each keeps a few others in memory.
func StartScope[T any, P Scoped[T]](ctx context.Context, now int64, h *Handler, attrs ...Attr) P {
	if recorders.Load() == 0 || h == nil {
		return nil
	}
	rec, parent, flags := parentOf(ctx)
	if rec == nil {
		return nil
	}
	if now == 0 {
		now = Now()
	}
	stats := rec.r.statsOf(h)
	rec.mu.Lock()
	p := P(roomIn[T](rec))
	s := p.Scope()
	s.take(rec, rec.slotFor(now, parent, h, flags), attrs)
	rec.mu.Unlock()
	s.at.Context, s.stats, s.start = ctx, stats, now
	return p
}

// StartAt is StartScope for a value that the caller has made, also outside of a Record.
func (s *Scope) StartAt(ctx context.Context, now int64, h *Handler, attrs ...Attr) {
	s.at.Context = ctx
	if recorders.Load() == 0 || h == nil {
		return
	}
	if now == 0 {
		now = Now()
	}
	s.start = now
	rec, parent, flags := parentOf(ctx)
	if rec == nil {
		s.stats = loose(now, h).stats
		return
	}
	s.stats = rec.r.statsOf(h)
	rec.mu.Lock()
	s.take(rec, rec.slotFor(now, parent, h, flags), attrs)
	rec.mu.Unlock()
}

// take is the place of the span in its Record, if there is room for it. Called with mu
// held.
func (s *Scope) take(rec *Recording, slot *slot, attrs []Attr) {
	s.at.rec = rec
	if slot == nil {
		return
	}
	s.slot, s.at.span = slot, uint32(slot.index)
	if len(attrs) > 0 {
		rec.addAttrs(slot, attrs)
	}
}

// rooms are Ts of a Record that are made together.
type rooms[T any] struct {
	taken int
	all   [6]T
}

// roomIn gives a new T. Called with mu held.
func roomIn[T any](rec *Recording) *T {
	if rec.slab == nil {
		return new(T)
	}
	r, ok := rec.slab.rooms.(*rooms[T])
	if !ok || r.taken == len(r.all) {
		r = new(rooms[T])
		rec.slab.rooms = r
	}
	r.taken++
	return &r.all[r.taken-1]
}

// In makes s a context like ctx, without a span of its own.
func (s *Scope) In(ctx context.Context) { s.at.Context = ctx }

// Span is the span, to be ended once; one that does nothing, if there is none.
func (s *Scope) Span() Span { return Span{stats: s.stats, rec: s.at.rec, slot: s.slot, start: s.start} }

// SetHandler gives the span another handler, before it ends; see [Span.SetHandler].
func (s *Scope) SetHandler(h *Handler) { s.stats = s.Span().SetHandler(h).stats }

// Recording is the Record that the span is in; nil for none.
func (s *Scope) Recording() *Recording { return s.at.rec }

// TraceContext is the span's own place in its trace, also when its Record has ended. A
// span that was left out of its Record has the Record's place, and one outside any none.
func (s *Scope) TraceContext() TraceContext {
	if s.at.rec == nil {
		return TraceContext{}
	}
	return s.at.rec.place(s.at.span)
}

// Deadline is that of the context around; see [context.Context].
func (s *Scope) Deadline() (time.Time, bool) { return s.at.Deadline() }

// Done is that of the context around; see [context.Context].
func (s *Scope) Done() <-chan struct{} { return s.at.Done() }

// Err is that of the context around; see [context.Context].
func (s *Scope) Err() error { return s.at.Err() }

// Value answers as the context of the span; see [context.Context].
func (s *Scope) Value(key any) any {
	if s.slot == nil {
		return s.at.Context.Value(key)
	}
	return s.at.Value(key)
}
