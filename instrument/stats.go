package instrument

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Stats is what one handler did: in all (Recorder.Stats) or since the last roll
// (Recorder.Roll). Durations are wall time by the monotonic clock.
type Stats struct {
	Handler  *Handler
	Count    uint64        // calls that ended
	Errors   uint64        // of these, ended with an error or a panic
	Panics   uint64        // of these, ended with a panic
	Slow     uint64        // of these, longer than the kind's threshold
	Sum      time.Duration // of all calls
	Self     time.Duration // of all calls, without what their child spans took
	Max      time.Duration // the longest call
	InFlight int64         // running now; kept for the kinds that Records have
	Hist     Histogram
}

// Add merges o into s, which must be of the same handler. InFlight becomes o's.
func (s *Stats) Add(o *Stats) {
	s.Count += o.Count
	s.Errors += o.Errors
	s.Panics += o.Panics
	s.Slow += o.Slow
	s.Sum += o.Sum
	s.Self += o.Self
	s.Max = max(s.Max, o.Max)
	s.InFlight = o.InFlight
	s.Hist.Merge(&o.Hist)
}

// Quantile is the histogram's, but never above the longest call: a bucket's middle
// may be.
func (s *Stats) Quantile(q float64) time.Duration { return min(s.Hist.Quantile(q), s.Max) }

// numShards spreads one handler's counters, so that goroutines on several cores
// seldom write the same cache line. A power of two.
const numShards = 4

// handlerStats are the live counters of one handler in one Recorder.
type handlerStats struct {
	recorder *Recorder
	handler  *Handler
	slow     int64 // threshold in ns
	ignored  bool  // a signal that is left out of Records
	inFlight atomic.Int64
	shards   [numShards]statShard

	mu      sync.Mutex // guards what follows: it belongs to readers
	drained Histogram  // what counters held when they had become nearly full
	excess  int64      // of the calls in drained
	max     time.Duration
	rolled  Stats // the totals at the last Roll
}

type statShard struct {
	octaves              [numOctaves]atomic.Pointer[octave]
	below, long, max     atomic.Int64 // below: of all calls' time, what child spans took; long: the excess of long calls; max: since it was last read
	errors, panics, slow atomic.Uint64
	_                    [64]byte // keeps the next shard's counters off this cache line
}

// octave holds the counters of one doubling; it is made when first used, because
// most handlers live in five of the 49.
type octave [perOctave]counter

// counter counts the calls in one bucket, in its upper bits, and in the lower ones
// sums up by how much they exceeded the least of the bucket: a call costs one atomic
// operation, and the sum of all is exact. One that becomes half full is drained.
type counter struct{ atomic.Uint64 }

const (
	excessBits  = 40
	oneCall     = 1 << excessBits
	excessMask  = oneCall - 1
	counterFull = 1<<63 | 1<<(excessBits-1)
	// longCall is the duration from which the excess, a 45th at most, is counted
	// apart: it would fill a counter within a few calls. 34 s.
	longCall = 1 << 35
)

func newHandlerStats(r *Recorder, h *Handler) *handlerStats {
	s := &handlerStats{recorder: r, handler: h, slow: r.slow[h.kind]}
	if s.slow <= 0 {
		s.slow = math.MaxInt64
	}
	return s
}

// shard picks the counters of the calling goroutine by where its stack is: free,
// stable while it runs, and different for goroutines that run side by side.
func (s *handlerStats) shard() *statShard {
	var here byte
	at := uint64(uintptr(unsafe.Pointer(&here))) >> 12
	return &s.shards[(at*0x9E3779B97F4A7C15)>>62]
}

// observe counts a call of d nanoseconds, which are not negative.
func (s *handlerStats) observe(d int64) {
	sh := s.shard()
	b := bucketOf(d)
	i := uint(b - minBucket)
	o := sh.octaves[i/perOctave].Load()
	if o == nil {
		o = sh.grow(i / perOctave)
	}
	add := uint64(d - bucketLeast[i])
	if d >= longCall {
		sh.long.Add(int64(add))
		add = 0
	}
	c := &o[i%perOctave]
	if c.Add(oneCall|add)&counterFull != 0 {
		s.drain(c, b)
	}
	if d > sh.max.Load() {
		sh.raiseMax(d)
	}
	if d > s.slow {
		sh.slow.Add(1)
	}
}

// drain takes out of a counter what it has counted.
func (s *handlerStats) drain(c *counter, bucket int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := c.Swap(0)
	s.drained.addBucket(bucket, v>>excessBits)
	s.excess += int64(v & excessMask)
}

func (sh *statShard) grow(i uint) *octave {
	o := new(octave)
	if sh.octaves[i].CompareAndSwap(nil, o) {
		return o
	}
	return sh.octaves[i].Load()
}

func (sh *statShard) raiseMax(d int64) {
	for {
		old := sh.max.Load()
		if d <= old || sh.max.CompareAndSwap(old, d) {
			return
		}
	}
}

func (s *handlerStats) failed(panicked bool) {
	sh := s.shard()
	sh.errors.Add(1)
	if panicked {
		sh.panics.Add(1)
	}
}

// total reads the counters. Called with mu held. Counters that are written
// meanwhile may be in or not; none is lost, the next reading has it.
func (s *handlerStats) total() Stats {
	hist, sum := s.counted()
	t := Stats{Handler: s.handler, InFlight: s.inFlight.Load(), Hist: hist}
	for i := range s.shards {
		sh := &s.shards[i]
		t.Errors += sh.errors.Load()
		t.Panics += sh.panics.Load()
		t.Slow += sh.slow.Load()
		t.Self -= time.Duration(sh.below.Load())
		t.Max = max(t.Max, time.Duration(sh.max.Load()))
		sum += sh.long.Load()
	}
	for _, b := range t.Hist.buckets {
		t.Count += b.count
		sum += int64(b.count) * bucketLeast[b.index-minBucket]
	}
	t.Sum = time.Duration(sum)
	t.Self += t.Sum
	return t
}

// counted gives the calls in all counters, and by how much they exceeded the least of
// their buckets. Called with mu held.
func (s *handlerStats) counted() (h Histogram, excess int64) {
	for i := range numOctaves {
		var octaves [numShards]*octave
		n := 0
		for j := range s.shards {
			if o := s.shards[j].octaves[i].Load(); o != nil {
				octaves[n] = o
				n++
			}
		}
		if n > 0 {
			excess += h.addOctave(minBucket+i*perOctave, octaves[:n])
		}
	}
	h.Merge(&s.drained)
	return h, excess + s.excess
}

// addOctave adds buckets that are above all that h has.
func (h *Histogram) addOctave(first int, octaves []*octave) (excess int64) {
	for i := range perOctave {
		count := uint64(0)
		for _, o := range octaves {
			v := o[i].Load()
			count += v >> excessBits
			excess += int64(v & excessMask)
		}
		if count > 0 {
			h.buckets = append(h.buckets, bucket{int32(first + i), count})
		}
	}
	return excess
}

// read gives the totals.
func (s *handlerStats) read() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.total()
	t.Max = max(t.Max, s.max)
	return t
}

// roll gives what was added since the last roll; false when nothing was.
func (s *handlerStats) roll() (Stats, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.total()
	d := t
	d.Count -= s.rolled.Count
	if d.Count == 0 && d.Errors == s.rolled.Errors && d.Self == s.rolled.Self && d.Sum == s.rolled.Sum {
		return Stats{}, false
	}
	d.Errors -= s.rolled.Errors
	d.Panics -= s.rolled.Panics
	d.Slow -= s.rolled.Slow
	d.Sum -= s.rolled.Sum
	d.Self -= s.rolled.Self
	d.Hist = t.Hist.clone()
	d.Hist.Sub(&s.rolled.Hist)
	d.Max = 0
	for i := range s.shards {
		d.Max = max(d.Max, time.Duration(s.shards[i].max.Swap(0)))
	}
	s.max = max(s.max, d.Max)
	s.rolled = t
	return d, true
}
