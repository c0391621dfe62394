package main

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// spanFloor is what a span cannot do without, and nothing that finds out, counts by size,
// checks, limits or writes down: how far span0 is above it is ours to answer for.
var spanFloor = benchCase{
	name: "span_floor", work: "two readings of the clock, lock, atomic store and addition, 32 bytes of context", unit: unitNS,
	allocs: anyAllocs, reference: true,
	ours: func(*env) (op, error) { return op{run: (&floorSpans{locks: true, contexts: true}).run}, nil },
	peers: []peer{
		{"its readings of the clock alone", 0, func(*env) (op, error) { return op{run: readClockTwice}, nil }},
		{"without context and lock", 0, func(*env) (op, error) { return op{run: (&floorSpans{}).run}, nil }},
		{"without context", 0, func(*env) (op, error) { return op{run: (&floorSpans{locks: true}).run}, nil }},
	},
}

// receiverFloor is the same for a send with receivers: a span of the send, which needs no
// context, one for each receiver, and the call. The clock is read once a boundary.
var receiverFloor = benchCase{
	name: "receiver_floor", work: "each of ten receivers: a reading of the clock, lock, atomic store and addition, 32 bytes of context, the call; the send's own", unit: unitNS,
	allocs: anyAllocs, reference: true,
	ours: func(*env) (op, error) { return op{run: floorSends(10)}, nil },
	peers: []peer{
		{"of one receiver, the send's own included", 0, func(*env) (op, error) { return op{run: floorSends(1)}, nil }},
		{"one reading of the clock", 0, func(*env) (op, error) { return op{run: func(n int) error { return readClockTwice(n / 2) }}, nil }},
	},
}

func readClockTwice(n int) error {
	for range n {
		instrument.Now()
		instrument.Now()
	}
	return nil
}

type floorSpans struct {
	locks, contexts bool

	mu    sync.Mutex
	count atomic.Uint64
	spans [perRecord]floorSpan
	made  *[floorContexts]floorContext
}

// floorSpan is as large as a span of ours in memory.
type floorSpan struct {
	handler, parent uint32
	start           int64
	end             atomic.Int64
	_               int64
}

type floorContext struct {
	context.Context
	of   *floorSpans
	span uint32
}

const floorContexts = 16 // made at a time

func (f *floorSpans) run(n int) error {
	var ctx context.Context = &floorContext{Context: context.Background(), of: f}
	for i := range n {
		f.span(ctx, uint32(i%perRecord))
	}
	return nil
}

//go:noinline
func (f *floorSpans) span(ctx context.Context, i uint32) (own context.Context) {
	s := &f.spans[i]
	start := instrument.Now()
	if f.locks {
		f.mu.Lock()
	}
	s.handler, s.parent, s.start = 1, i, start
	if f.contexts {
		own = f.context(ctx, i)
	}
	if f.locks {
		f.mu.Unlock()
	}
	s.end.Store(instrument.Now())
	f.count.Add(1)
	return own
}

func (f *floorSpans) context(ctx context.Context, i uint32) context.Context {
	k := i % floorContexts
	if k == 0 || f.made == nil {
		f.made = new([floorContexts]floorContext)
	}
	c := &f.made[k]
	c.Context, c.of, c.span = ctx, f, i
	return c
}

// floorSends sends; an operation is one receiver.
func floorSends(receivers int) func(n int) error {
	f := &floorSpans{locks: true, contexts: true}
	var ctx context.Context = &floorContext{Context: context.Background(), of: f}
	call := make([]func(context.Context, payment) error, receivers)
	for i := range call {
		call[i] = func(context.Context, payment) error { return nil }
	}
	return func(n int) error {
		next := uint32(0)
		for ; n > 0; n -= receivers {
			if err := f.send(ctx, next, call, payment{OrderID: 1}); err != nil {
				return err
			}
			next = (next + uint32(receivers) + 1) % (perRecord - 10)
		}
		return nil
	}
}

//go:noinline
func (f *floorSpans) send(ctx context.Context, i uint32, calls []func(context.Context, payment) error, p payment) error {
	now := instrument.Now()
	send := f.begin(ctx, i, now, false)
	for j, call := range calls {
		span := f.begin(ctx, i+1+uint32(j), now, true)
		if err := call(span.own, p); err != nil {
			return err
		}
		now = instrument.Now()
		span.end(now)
	}
	send.end(now)
	return nil
}

type openFloorSpan struct {
	*floorSpan
	f   *floorSpans
	own context.Context
}

func (f *floorSpans) begin(ctx context.Context, i uint32, start int64, below bool) openFloorSpan {
	s := openFloorSpan{&f.spans[i], f, nil}
	f.mu.Lock()
	s.handler, s.parent, s.start = 1, i, start
	if below {
		s.own = f.context(ctx, i)
	}
	f.mu.Unlock()
	return s
}

func (s openFloorSpan) end(now int64) {
	s.floorSpan.end.Store(now)
	s.f.count.Add(1)
}
