package instrument

import (
	"context"
	"fmt"
)

// Span is a stretch of work inside a Record. It is a value; the zero Span does
// nothing, and so does one that was begun while recording was off. Begin it and end
// it once:
//
//	ctx, span := instrument.Start(ctx, handler)
//	err := work(ctx)
//	span.End(err)
type Span struct { // of four words: the compiler keeps it in registers
	stats *handlerStats // nil: does nothing
	rec   *Recording    // nil: no Record, statistics only
	slot  *slot         // nil: left out of the Record, statistics only
	start int64
}

// Start begins a span below the one in ctx, and gives the context in which further
// spans are below it. Without a Record the default Recorder keeps statistics.
func Start(ctx context.Context, h *Handler, attrs ...Attr) (_ context.Context, s Span) {
	if recorders.Load() != 0 {
		ctx, s = start(ctx, 0, h, attrs)
	}
	return ctx, s
}

// StartAt is Start at a time that the caller has read, or at the present for 0: one
// reading of the clock may end a span and start the next.
func StartAt(ctx context.Context, now int64, h *Handler, attrs ...Attr) (_ context.Context, s Span) {
	if recorders.Load() != 0 {
		ctx, s = start(ctx, now, h, attrs)
	}
	return ctx, s
}

// start reads the clock when now is 0. It is apart from Start, so that this is
// inlined and costs a load when recording is off.
func start(ctx context.Context, now int64, h *Handler, attrs []Attr) (context.Context, Span) {
	if h == nil {
		return ctx, Span{}
	}
	if now == 0 {
		now = Now()
	}
	rec, parent, flags := parentOf(ctx)
	if rec == nil {
		return ctx, loose(now, h)
	}
	s := Span{stats: rec.r.statsOf(h), rec: rec, start: now}
	rec.mu.Lock()
	s.slot = rec.slotFor(now, parent, h, flags)
	if s.slot != nil {
		if len(attrs) > 0 {
			rec.addAttrs(s.slot, attrs)
		}
		ctx = rec.context(ctx, uint32(s.slot.index))
	}
	rec.mu.Unlock()
	return ctx, s
}

// Leaf begins a span that nothing runs below: a query, a cache call. It costs no
// context.
func Leaf(ctx context.Context, h *Handler, attrs ...Attr) Span {
	if recorders.Load() == 0 {
		return Span{}
	}
	return leaf(ctx, 0, h, attrs)
}

// LeafAt is Leaf at a time that the caller has read, or at the present for 0.
func LeafAt(ctx context.Context, now int64, h *Handler, attrs ...Attr) Span {
	if recorders.Load() == 0 {
		return Span{}
	}
	return leaf(ctx, now, h, attrs)
}

func leaf(ctx context.Context, now int64, h *Handler, attrs []Attr) Span {
	if h == nil {
		return Span{}
	}
	if now == 0 {
		now = Now()
	}
	rec, parent, flags := parentOf(ctx)
	if rec == nil {
		return loose(now, h)
	}
	s := Span{stats: rec.r.statsOf(h), rec: rec, start: now}
	rec.mu.Lock()
	s.slot = rec.slotFor(now, parent, h, flags)
	if s.slot != nil && len(attrs) > 0 {
		rec.addAttrs(s.slot, attrs)
	}
	rec.mu.Unlock()
	return s
}

// Child begins a span below s, at a time that the caller has read or at the present for
// 0, and gives the context, made from ctx, in which further spans are below the new one.
// For who begins all that is right below s, it spares the context that Start makes.
func (s Span) Child(ctx context.Context, now int64, h *Handler, attrs ...Attr) (context.Context, Span) {
	if s.stats == nil || h == nil {
		return ctx, Span{}
	}
	if now == 0 {
		now = Now()
	}
	c := Span{stats: s.stats.recorder.statsOf(h), rec: s.rec, start: now}
	if s.slot == nil || !s.rec.open() {
		return ctx, c
	}
	c.slot = s.rec.slotFor(now, uint32(s.slot.index), h, 0)
	if c.slot != nil {
		if len(attrs) > 0 {
			s.rec.addAttrs(c.slot, attrs)
		}
		ctx = s.rec.context(ctx, uint32(c.slot.index))
	}
	s.rec.mu.Unlock()
	return ctx, c
}

// loose is a span outside any Record.
func loose(now int64, h *Handler) Span {
	r := Default()
	if !r.Enabled() {
		return Span{}
	}
	return Span{stats: r.statsOf(h), start: now}
}

// Event records something that takes no time: a log line.
func Event(ctx context.Context, h *Handler, attrs ...Attr) {
	if recorders.Load() == 0 {
		return
	}
	now := Now()
	LeafAt(ctx, now, h, attrs...).EndAt(now, nil)
}

// Active reports whether the span is counted at all: false when recording is off.
// A caller may skip the work of making attributes then.
func (s Span) Active() bool { return s.stats != nil }

// Recorded reports whether the span is in a Record, so that attributes are kept.
func (s Span) Recorded() bool { return s.slot != nil }

// Index is the span's place in its Record; 0, the Record itself, for one that is in
// none, and when the Record has ended.
func (s Span) Index() (i int) {
	if s.slot != nil && s.rec.open() {
		i = int(s.slot.index)
		s.rec.mu.Unlock()
	}
	return i
}

// End ends the span; err, when not nil, is why it failed. A second End does
// nothing.
func (s Span) End(err error) {
	if s.stats != nil {
		s.end(0, err)
	}
}

// EndAt is End at a time that the caller has read, or at the present for 0.
func (s Span) EndAt(now int64, err error) {
	if s.stats != nil {
		s.end(now, err)
	}
}

func (s Span) end(now int64, err error) {
	if now == 0 {
		now = Now()
	}
	if err != nil {
		s.Fail(err)
	}
	d := max(now-s.start, 0)
	if s.slot != nil && !s.rec.sealed.Load() {
		if s.slot.end.Load() != 0 {
			return
		}
		skipped := Flags(s.slot.flags.Load()).Has(FlagSkipped)
		s.slot.end.Store(s.start + d)
		if skipped {
			return // it was not run: no call to count
		}
	}
	s.stats.observe(d)
}

// Set adds attributes.
func (s Span) Set(attrs ...Attr) {
	if s.slot == nil {
		return
	}
	s.rec.mu.Lock()
	s.rec.addAttrs(s.slot, attrs)
	s.rec.mu.Unlock()
}

// SetHandler gives the span another handler, before it ends; what it is counted
// for follows. It gives the span to go on with.
func (s Span) SetHandler(h *Handler) Span {
	if s.stats == nil || h == nil {
		return s
	}
	s.stats = s.stats.recorder.statsOf(h)
	if s.slot != nil {
		s.rec.edit(func() { s.slot.setHandler(h) })
	}
	return s
}

// Flag sets flags. For failures there are Fail and Panic.
func (s Span) Flag(f Flags) {
	if s.slot != nil {
		s.rec.edit(func() { s.slot.flags.Or(uint32(f)) })
	}
}

// Fail marks the span as failed, once; End(err) does it too.
func (s Span) Fail(err error) {
	if s.stats == nil || err == nil {
		return
	}
	attrs := errorAttrs(err)
	s.failWith(err, FlagError, attrs[:])
}

// failWith marks the span, with attributes that describe err, and tells the hooks. It
// reports false if the span had failed so already. Without an err nobody is told.
func (s Span) failWith(err error, f Flags, attrs []Attr) bool {
	if s.stats == nil || !s.failed(err, f, attrs) {
		return false
	}
	if err != nil {
		s.report(err)
	}
	return true
}

// Panic marks the span as ended by a panic with the value v. Called in the
// deferred function that recovered, it keeps the stack of the panic. The span still
// has to be ended.
func (s Span) Panic(v any) {
	if s.stats == nil {
		return
	}
	attrs := panicAttrs(v, 3)
	err, _ := v.(error)
	if s.failed(err, FlagError|FlagPanic, attrs[:]) {
		s.report(fmt.Errorf("panic: %s", attrs[0].str))
	}
}

// report tells hooks that the span failed.
func (s Span) report(err error) {
	ctx := context.Background()
	if s.rec != nil {
		ctx = &s.rec.own
	}
	s.stats.recorder.eachHook(func(h *Hooks) {
		if h.Failed != nil {
			h.Failed(ctx, s.rec, s.stats.handler, err)
		}
	})
}

// failed reports false if the span had failed so already.
func (s Span) failed(err error, f Flags, attrs []Attr) bool {
	if s.slot != nil {
		again := false
		causes := s.rec.causesOf(err, f.Has(FlagPanic))
		s.rec.edit(func() {
			again = Flags(s.slot.flags.Load()).Has(f)
			if again {
				return
			}
			s.slot.flags.Or(uint32(f))
			s.rec.addAttrs(s.slot, attrs)
			s.rec.addAttrs(s.slot, causes)
		})
		if again {
			return false
		}
	}
	s.stats.failed(f.Has(FlagPanic))
	return true
}
