package collect

import (
	"context"
	"log/slog"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// storeTimeout is the most that one call of the store may take.
const storeTimeout = 10 * time.Second

// writer is one run of a Collector: the goroutine between Start and Close. All
// calls of the store are made here.
type writer struct {
	c       *Collector
	rec     *instrument.Recorder
	done    chan struct{} // closed at the end, after err is set
	closing chan struct{} // closed by the first Close
	giveUp  chan struct{} // closed when no Close waits any more
	base    context.Context
	abort   context.CancelFunc // interrupts the store
	err     error

	asked atomic.Bool // there are requests

	// Guarded by Collector.mu.
	requests         []*flush
	closers, waiting int
	gaveUp           bool

	// The writer's own.
	flushes []*flush
	hand    *segment    // the batch being written or retried
	tries   int         // of it, that failed
	first   time.Time   // when the first waiting Record was noticed; zero: none
	hurry   bool        // try the store now, whatever it did before
	closed  bool        // closing was noticed
	lost    uint64      // Records dropped when it was
	lastErr error       // of the store, writing or rolling up
	keepErr *PanicError // of Keep.Func, that was told of

	append    breaker
	gateOff   bool // Want refuses all, because the store does not work
	rolls     breaker
	rollNow   bool // a Flush or Close waits for a roll-up
	nextRoll  time.Time
	prune     breaker
	nextPrune time.Time
	self      breaker // of the writer's own code
	timer     *time.Timer
}

func newWriter(c *Collector, r *instrument.Recorder) *writer {
	base, abort := context.WithCancel(context.Background())
	w := &writer{
		c: c, rec: r,
		done: make(chan struct{}), closing: make(chan struct{}), giveUp: make(chan struct{}),
		base: base, abort: abort,
		append: breaker{part: "store"}, rolls: breaker{part: "rollup"},
		prune: breaker{part: "prune"}, self: breaker{part: "writer"},
	}
	c.rollup.last = w.wall()
	return w
}

// run takes turns until the Collector is closed.
func (w *writer) run() {
	// A goroutine inherits the labels of the one that starts it, and with them the
	// Record to which that belongs.
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("toolbar", "collect")))
	defer w.end()
	w.timer = time.NewTimer(0)
	defer w.timer.Stop()
	now := time.Now()
	w.nextRoll = now.Add(w.c.rollup.due(w.wall()))
	w.nextPrune = now.Add(min(w.c.config.PruneEvery, time.Second))
	for more := true; more && !w.self.off; {
		w.wait()
		wall, cpu := measure(func() { more = w.safeTurn() })
		w.c.report.update(func(s *Stats) { s.Busy += wall; s.CPU += cpu })
	}
}

// safeTurn takes a turn. A panic in it, which would be a mistake of this package,
// must not end the app: after some the writer ends.
func (w *writer) safeTurn() (more bool) {
	err := guard("writer", func() error { more = w.turn(); return nil })
	if err == nil {
		w.self.fails = 0
		return more
	}
	w.failed(&w.self, err)
	return true
}

// turn does what is due: at most one batch, one roll-up and one step of pruning,
// so that none of them keeps the others waiting. It reports whether there will be
// more to do.
func (w *writer) turn() (more bool) {
	w.noticeClosing()
	w.receive()
	err := w.write()
	rolled, rollErr := w.roll()
	if err == nil {
		err = rollErr
	}
	w.answer(rolled, err)
	if w.closed {
		return !w.finished(rolled, err)
	}
	w.pruneStep()
	w.watchKeep()
	return true
}

// wait waits until something is due. Being woken by the first Record of a batch is
// no reason to take a turn: the others are waited for here.
func (w *writer) wait() {
	closing, giveUp := w.closing, (<-chan struct{})(nil)
	if w.closed {
		closing, giveUp = nil, w.giveUp
	}
	for {
		d := w.untilDue(time.Now())
		if d <= 0 {
			return
		}
		w.timer.Reset(d)
		select {
		case <-w.timer.C:
		case <-w.c.queue.wake:
		case <-closing:
			return
		case <-giveUp:
			return
		}
	}
}

// untilDue is how long nothing is to be done; 0 or less when something is.
func (w *writer) untilDue(now time.Time) time.Duration {
	if w.hurry || w.asked.Load() {
		return 0
	}
	next := w.nextRoll
	if w.rolls.fails > 0 {
		next = earlier(next, w.rolls.retry)
	}
	if !w.closed {
		next = earlier(next, w.nextPrune)
	}
	return min(next.Sub(now), w.untilBatch(now))
}

// untilBatch is how long no batch is to be written. It has the queue wake the
// writer when that changes.
func (w *writer) untilBatch(now time.Time) time.Duration {
	const none = time.Duration(1<<63 - 1)
	q := w.c.queue
	pause := w.append.retry.Sub(now)
	if w.hand != nil || w.gateOff {
		q.arm(never)
		return pause
	}
	if w.first.IsZero() && q.arm(1) == 0 {
		return none
	}
	if w.first.IsZero() {
		w.first = now
	}
	if w.flushing() || q.ready() {
		return pause
	}
	q.arm(w.c.config.BatchRecords)
	return max(pause, w.first.Add(w.c.config.BatchDelay).Sub(now))
}

// flushing reports whether somebody waits for the queue to become empty.
func (w *writer) flushing() bool { return w.closed || len(w.flushes) > 0 }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// noticeClosing sees a Close. It is a reason to try the store at once.
func (w *writer) noticeClosing() {
	select {
	case <-w.closing:
	default:
		return
	}
	if !w.closed {
		w.closed, w.hurry, w.rollNow = true, true, true
		_, _, w.lost = w.c.queue.marks()
	}
}

// call makes one call of the store.
func (w *writer) call(where string, fn func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(w.base, storeTimeout)
	defer cancel()
	return guard(where, func() error { return fn(ctx) })
}

// failed does the book-keeping after a failed call for the part that made it.
func (w *writer) failed(b *breaker, err error) {
	tripped := b.failed(time.Now())
	at := w.wall()
	w.c.report.update(func(s *Stats) {
		s.Failures++
		s.LastError, s.LastErrorAt = err.Error(), at
		if isPanic(err) {
			s.Panics++
		}
	})
	msg := "debug toolbar: storing failed and will be tried again"
	if b.off {
		msg = "debug toolbar: storing failed again and again, so it is off and tried now and then"
		w.c.report.disable(b.part, err.Error())
	}
	if tripped {
		w.c.warner.last = time.Time{} // worth a line of its own
	}
	w.warn(msg, err, slog.String("part", b.part), slog.Int("failures", b.fails))
}

// worked does the book-keeping after a call that worked.
func (w *writer) worked(b *breaker) {
	if b.fails > 0 && b.worked() {
		w.c.report.disable(b.part, "")
	}
}

// warn logs, and counts a logger that panics.
func (w *writer) warn(msg string, err error, attrs ...slog.Attr) {
	if err := w.c.warner.warn(msg, err, attrs...); err != nil {
		w.c.report.update(func(s *Stats) { s.Panics++ })
	}
}

// wall reads the configured clock.
func (w *writer) wall() (now time.Time) {
	if err := guard("Now", func() error { now = w.c.config.Now(); return nil }); err != nil {
		w.c.report.update(func(s *Stats) { s.Panics++ })
		return time.Now()
	}
	return now
}

// watchKeep tells of a Keep.Func that panics: the goroutine where it did must not
// wait for a logger.
func (w *writer) watchKeep() {
	fn := &w.c.policy.fn
	if err := fn.last.Load(); err != w.keepErr {
		w.keepErr = err
		at := w.wall()
		w.c.report.update(func(s *Stats) { s.LastError, s.LastErrorAt = err.Error(), at })
		w.warn("debug toolbar: Keep.Func panicked", err)
	}
	why := ""
	if fn.offTill.Load() != 0 {
		why = w.keepErr.Error()
	}
	w.c.report.disable("keep", why)
}
