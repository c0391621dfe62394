package collect

import (
	"encoding/binary"
	"math"
	"sync/atomic"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// DefaultSlowest is how many of the slowest Records of a handler and minute are
// always kept, and named in the minute's statistics, unless Keep.Slowest says
// otherwise.
const DefaultSlowest = 10

// Keep decides which Records are stored. It is asked when a Record ends, before
// it is masked and encoded, so that what is not kept costs next to nothing.
// Statistics count every call, whatever is kept.
//
// The zero Keep keeps everything: what development wants. As soon as one field is
// set, these are kept always: Records that failed or panicked, those in which a receiver
// did or an error was reported, slow ones, tagged and pinned ones, and the slowest of
// each handler in each minute. Of the rest, Share are kept.
type Keep struct {
	// Share of the rest is kept, between 0 and 1, chosen by a hash of the trace
	// id: every process keeps the same traces, and what a smaller share keeps a
	// greater one keeps too.
	Share float64
	// All keeps everything, whatever else is set.
	All bool
	// Slowest is how many Records of a handler and minute are kept for being its
	// slowest; 0 means 10, a negative number none. A Record is judged when it
	// ends, so that some are kept that were the slowest only until then.
	Slowest int
	// Func, when set, is asked about Records that nothing else keeps. It runs on
	// the goroutine that recorded and must not block; texts are not masked yet, so
	// it must not pass them on. After it has panicked 10 times in a row it is left
	// alone for a minute.
	Func func(*instrument.Summary) bool
}

// keepAlways are the marks of Records that are kept under every Keep.
const keepAlways = instrument.FlagError | instrument.FlagPanic | instrument.FlagSlow |
	instrument.FlagTagged | instrument.FlagPinned | instrument.FlagException

func (k Keep) withDefaults() Keep {
	if k.Share == 0 && !k.All && k.Slowest == 0 && k.Func == nil {
		k.All = true
	}
	switch {
	case k.Slowest == 0:
		k.Slowest = DefaultSlowest
	case k.Slowest < 0:
		k.Slowest = 0
	}
	return k
}

// policy is a Keep at work.
type policy struct {
	keep  Keep
	below uint64 // hashes of trace ids below it are kept
	worst worst
	fn    callback
}

func newPolicy(k Keep) *policy {
	p := &policy{keep: k, worst: worst{n: k.Slowest}}
	switch {
	case k.Share >= 1:
		p.keep.All = true
	case k.Share > 0:
		p.below = uint64(k.Share * math.MaxUint64)
	}
	return p
}

// wants decides about a Record that has ended.
func (p *policy) wants(s *instrument.Summary) bool {
	if p.keep.All {
		return true
	}
	// Asked first, because all Records count among the slowest, also the ones
	// kept for another reason.
	if p.worst.offer(s) || s.Flags&keepAlways != 0 {
		return true
	}
	if p.below > 0 && traceHash(s.Trace.TraceID, s.ID) < p.below {
		return true
	}
	return p.keep.Func != nil && p.fn.ask(p.keep.Func, s)
}

// samples tells whether the Records of a trace are kept for its sake.
func (p *policy) samples(trace instrument.TraceID) bool {
	return p.keep.All || p.below > 0 && traceHash(trace, 0) < p.below
}

// traceHash spreads trace ids evenly over 64 bits. The ids themselves are not
// random enough: some tracers put the time into them. The function is fixed, as
// processes of different builds have to choose the same traces.
func traceHash(id instrument.TraceID, rec instrument.ID) uint64 {
	if id == (instrument.TraceID{}) {
		return mix(uint64(rec))
	}
	return mix(mix(binary.BigEndian.Uint64(id[:8])) ^ binary.BigEndian.Uint64(id[8:]))
}

// mix is the finaliser of SplitMix64 after one step of its sequence.
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// callback calls a function of the app that may panic, and stops calling it when
// it does nothing else. Safe for concurrent use; it neither logs nor locks, as it
// runs on the recording goroutine.
type callback struct {
	fails   atomic.Int64 // in a row
	panics  atomic.Uint64
	offTill atomic.Int64 // unix ns; 0 is on
	last    atomic.Pointer[PanicError]
}

// callbackRest is how long a callback that only panics is left alone.
const callbackRest = time.Minute

func (c *callback) ask(fn func(*instrument.Summary) bool, s *instrument.Summary) (keep bool) {
	if till := c.offTill.Load(); till != 0 && ended(s) < till {
		return false
	}
	defer func() {
		if v := recover(); v != nil {
			c.failed(v, ended(s))
			keep = false
		}
	}()
	keep = fn(s)
	if c.fails.Load() != 0 {
		c.fails.Store(0)
		c.offTill.Store(0)
	}
	return keep
}

func (c *callback) failed(v any, now int64) {
	c.panics.Add(1)
	c.last.Store(newPanicError("Keep.Func", v))
	if c.fails.Add(1) >= maxFailures {
		c.offTill.Store(now + int64(callbackRest))
	}
}

// ended is when a Record ended, in Unix nanoseconds. Taking it from the Record
// saves a reading of the clock.
func ended(s *instrument.Summary) int64 { return s.Start + int64(s.Duration) }
