package instrument

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Config says how a Recorder records. The zero Config keeps statistics and no
// Records.
type Config struct {
	// Sink takes the Records. Nil: only statistics are kept.
	Sink Sink
	// Exporter makes Records those of another tracing system as well. Nil: there is none.
	Exporter Exporter
	// Reporter takes Records that it wants as well, whatever Sink and Exporter want: one
	// that tells somebody of errors. Nil: there is none.
	Reporter Sink
	// Masker hides secrets before a Record is encoded. Nil: nothing is hidden.
	Masker Masker
	// Process is the number of this process in record ids, at most MaxProcess.
	// 0: a random one.
	Process uint16
	// Slow holds the durations above which a span is slow, by kind. Kinds that are
	// missing have those of DefaultSlow; 0 or less means never.
	Slow map[Kind]time.Duration
	// MaxSpans is how many spans a Record keeps; more are counted, and statistics
	// have them all. 0: 1000. At most 16,000.
	MaxSpans int
	// MaxAttrBytes is how many bytes of attribute text a Record keeps. 0: 64 KiB.
	MaxAttrBytes int
	// Ignore tells which Records are not made, by kind and name; spans that would be
	// in them are counted in statistics only. It runs at each Begin. A signal that it
	// names is also left out of the Records in which it is sent, with its receivers: of
	// that it is asked once for each signal. Nil: none.
	Ignore func(k Kind, name string) bool
	// NoLabels leaves the goroutines' profiler labels alone; then spans whose caller
	// passes no context cannot find their Record.
	NoLabels bool
}

// DefaultMaxSpans is how many spans a Record keeps unless Config.MaxSpans says otherwise.
const DefaultMaxSpans = 1000

const (
	defaultMaxAttrBytes = 64 << 10
	maxAttrText         = 16 << 10 // of one attribute
	maxSpanAttrs        = 128      // of one span, as OpenTelemetry has it
)

// DefaultSlow gives the threshold of a kind for which Config.Slow has none. A layer
// has none: its time is that of everything inside it.
func DefaultSlow(k Kind) time.Duration {
	switch k {
	case KindRequest, KindView, KindSignal, KindCustom:
		return 500 * time.Millisecond
	case KindReceiver, KindCall, KindRender:
		return 200 * time.Millisecond
	case KindQuery:
		return 100 * time.Millisecond
	case KindCache:
		return 20 * time.Millisecond
	case KindTask:
		return 10 * time.Second
	case KindCommand:
		return time.Minute
	}
	return 0
}

// Recorder records what a process does: statistics per handler, always and
// exactly, and Records for its Sink. It starts no goroutine and does no I/O. A nil
// Recorder does nothing.
type Recorder struct {
	config   Config
	sampler  Sampler // Config.Sink, if it is one
	slow     [MaxKinds + 1]int64
	enabled  atomic.Bool
	wall     atomic.Int64 // wall clock minus monotonic clock, ns
	ids      idSource
	faults   atomic.Uint64
	hooks    atomic.Pointer[[]*Hooks]
	stats    atomic.Pointer[[]atomic.Pointer[handlerStats]] // by Handler id
	secret   [MaxKeys + 1]atomic.Uint32                     // by Key: what the Masker said
	clean    cleanTexts
	slabs    sync.Pool
	runtime  runtimeReading
	load     loadMeter
	smallEnd atomic.Int64 // what the end of a small Record took when it was measured last, in ns
	mu       sync.Mutex   // serialises changes of hooks and stats
}

// On reports whether any Recorder of the process is enabled: whether there is any
// use in beginning a span.
func On() bool { return recorders.Load() != 0 }

// recorders counts the enabled ones: at zero a span costs one load.
var recorders atomic.Int32

var defaultRecorder atomic.Pointer[Recorder]

// New makes a Recorder that is enabled.
func New(c Config) *Recorder {
	if c.MaxSpans <= 0 {
		c.MaxSpans = DefaultMaxSpans
	}
	c.MaxSpans = min(c.MaxSpans, maxSlabSpans)
	if c.MaxAttrBytes <= 0 {
		c.MaxAttrBytes = defaultMaxAttrBytes
	}
	r := &Recorder{config: c}
	r.sampler, _ = c.Sink.(Sampler)
	r.ids.process = uint64(c.Process) & MaxProcess
	if c.Process == 0 {
		r.ids.process = rand.Uint64N(MaxProcess) + 1
	}
	for k := range r.slow {
		r.slow[k] = int64(DefaultSlow(Kind(k)))
		if d, ok := c.Slow[Kind(k)]; ok {
			r.slow[k] = int64(d)
		}
	}
	r.stats.Store(&[]atomic.Pointer[handlerStats]{})
	r.slabs.New = func() any { return newSlab() }
	r.SyncClock()
	r.SetEnabled(true)
	return r
}

// Default is the Recorder that package-level signals and taps report to when
// their context has no Record; nil until SetDefault was called.
func Default() *Recorder { return defaultRecorder.Load() }

// SetDefault makes r the default Recorder; nil takes the present one away.
func SetDefault(r *Recorder) { defaultRecorder.Store(r) }

// SetEnabled switches recording off and on again. While it is off nothing is
// counted; Records that have begun are still finished.
func (r *Recorder) SetEnabled(on bool) {
	if r == nil || !r.enabled.CompareAndSwap(!on, on) {
		return
	}
	if on {
		recorders.Add(1)
		return
	}
	recorders.Add(-1)
	r.eachStats(func(s *handlerStats) { s.handler.stats.CompareAndSwap(s, nil) }) // handlers outlive r
}

// Enabled reports whether r records; false for nil.
func (r *Recorder) Enabled() bool { return r != nil && r.enabled.Load() }

// Slow is the duration above which a span of the kind is slow; 0 for never.
func (r *Recorder) Slow(k Kind) time.Duration {
	if r == nil || int(k) >= len(r.slow) {
		return 0
	}
	return time.Duration(max(r.slow[k], 0))
}

// ignores asks Config.Ignore; a panic in it counts as no.
func (r *Recorder) ignores(h *Handler) (ignored bool) {
	if r.config.Ignore != nil {
		r.guard(func() { ignored = r.config.Ignore(h.kind, h.name) })
	}
	return ignored
}

// Faults is how many panics of hooks, maskers and sinks were caught.
func (r *Recorder) Faults() uint64 {
	if r == nil {
		return 0
	}
	return r.faults.Load()
}

// SyncClock takes the wall clock anew. Times of Records are the monotonic clock's
// plus this difference, so a caller that runs for long calls it now and then.
func (r *Recorder) SyncClock() {
	if r != nil {
		r.wall.Store(time.Now().UnixNano() - Now())
	}
}

// Observe counts a call that has no span.
func (r *Recorder) Observe(h *Handler, d time.Duration, err error) {
	if !r.Enabled() || h == nil {
		return
	}
	s := r.statsOf(h)
	s.observe(max(int64(d), 0))
	if err != nil {
		s.failed(false)
	}
}

// Stats is what a handler did since the Recorder was made; only Handler is set
// when it did nothing.
func (r *Recorder) Stats(h *Handler) Stats {
	if r == nil || h == nil {
		return Stats{Handler: h}
	}
	table := *r.stats.Load()
	if int(h.id) < len(table) {
		if s := table[h.id].Load(); s != nil {
			return s.read()
		}
	}
	return Stats{Handler: h}
}

// AllStats gives the statistics of every handler that was used, in the order in
// which handlers were made.
func (r *Recorder) AllStats() []Stats {
	var all []Stats
	r.eachStats(func(s *handlerStats) {
		if st := s.read(); st.Count > 0 || st.InFlight > 0 {
			all = append(all, st)
		}
	})
	return all
}

// Roll calls fn with what each handler did since the last Roll. It has one
// consumer, which keeps the history.
func (r *Recorder) Roll(fn func(Stats)) {
	r.eachStats(func(s *handlerStats) {
		if d, ok := s.roll(); ok {
			fn(d)
		}
	})
}

func (r *Recorder) eachStats(fn func(*handlerStats)) {
	if r == nil {
		return
	}
	table := *r.stats.Load()
	for i := range table {
		if s := table[i].Load(); s != nil {
			fn(s)
		}
	}
}

// statsOf finds the counters of a handler, which must not be nil.
func (r *Recorder) statsOf(h *Handler) *handlerStats {
	if s := h.stats.Load(); s != nil && s.recorder == r {
		return s
	}
	return r.findStats(h)
}

func (r *Recorder) findStats(h *Handler) *handlerStats {
	var s *handlerStats
	if table := *r.stats.Load(); int(h.id) < len(table) {
		s = table[h.id].Load()
	}
	if s == nil {
		s = r.addStats(h)
	}
	if r.Enabled() {
		h.stats.CompareAndSwap(nil, s)
	}
	return s
}

func (r *Recorder) addStats(h *Handler) *handlerStats {
	ignored := h.kind == KindSignal && r.ignores(h)
	r.mu.Lock()
	defer r.mu.Unlock()
	table := *r.stats.Load()
	if int(h.id) >= len(table) {
		grown := make([]atomic.Pointer[handlerStats], max(2*len(table), int(h.id)+1, 64))
		for i := range table {
			grown[i].Store(table[i].Load())
		}
		table = grown
		r.stats.Store(&table)
	}
	if s := table[h.id].Load(); s != nil {
		return s
	}
	s := newHandlerStats(r, h)
	s.ignored = ignored
	table[h.id].Store(s)
	return s
}
