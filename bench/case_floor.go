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
		k := i % floorContexts
		if k == 0 || f.made == nil {
			f.made = new([floorContexts]floorContext)
		}
		c := &f.made[k]
		c.Context, c.of, c.span = ctx, f, i
		own = c
	}
	if f.locks {
		f.mu.Unlock()
	}
	s.end.Store(instrument.Now())
	f.count.Add(1)
	return own
}
