package collect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var (
	// ErrNotRunning is what Flush gives before Start and after Close.
	ErrNotRunning = errors.New("the collector is not running: call Start first")
	// ErrRunning is what Start gives when the Collector runs already, or when a
	// store that has not returned since Close still holds the last run up.
	ErrRunning = errors.New("the collector is running already")
)

// grace is how long Flush and Close wait for the store beyond their context.
const grace = 40 * time.Millisecond

// Collector takes finished Records off the goroutines that recorded them and
// stores them on its own. It is an [instrument.Sink]. Its methods may be called
// at any time from any goroutine; those of a nil Collector do nothing.
type Collector struct {
	config    Config
	policy    *policy
	queue     *queue
	feed      feed
	report    report
	warner    warner    // the writer's
	rollup    *rollup   // the writer's; outlives it, so that no statistics are lost between runs
	documents documents // the writer's

	mu      sync.Mutex // guards running and the requests in it
	running *writer
}

var _ instrument.Announcer = (*Collector)(nil)

// New makes a Collector. It starts nothing: Records wait in the queue until Start.
// The error names every field of the Config that cannot be meant.
func New(c Config) (*Collector, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("configure collector: %w", err)
	}
	c = c.withDefaults()
	return &Collector{
		config:    c,
		policy:    newPolicy(c.Keep),
		queue:     newQueue(c),
		warner:    warner{log: c.Logger},
		rollup:    newRollup(c.RollEvery, c.Keep.Slowest),
		documents: documents{list: c.Documents, written: make([][]byte, len(c.Documents)), breaker: breaker{part: "documents"}},
	}, nil
}

// Want applies the Keep policy. It is part of [instrument.Sink].
func (c *Collector) Want(s *instrument.Summary) bool {
	if c == nil {
		return false
	}
	if gate := c.queue.gate.Load(); gate != 0 {
		c.queue.refuse(reason(gate - 1))
		return false
	}
	if !c.policy.wants(s) {
		c.queue.refuse(notKept)
		return false
	}
	return true
}

// Samples tells whether Keep.Share keeps the Records of a trace: those that go wrong are
// kept anyway. It is part of [instrument.Sampler].
func (c *Collector) Samples(trace instrument.TraceID) bool {
	return c != nil && c.policy.samples(trace)
}

// Put queues a copy of a Record, or drops and counts it when there is no room. It
// never waits for the store. It is part of [instrument.Sink].
func (c *Collector) Put(s *instrument.Summary, blob []byte) {
	if c != nil {
		c.queue.put(s, blob)
	}
}

// Announce queues a copy of a Record that has not ended, as Put does. It is part of
// [instrument.Announcer].
func (c *Collector) Announce(s *instrument.Summary, blob []byte) { c.Put(s, blob) }

// Start begins to store what is put and to roll up r's statistics; r may be nil.
// It returns at once. After Close a Collector may be started again.
func (c *Collector) Start(r *instrument.Recorder) error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running != nil {
		return fmt.Errorf("start collector: %w", ErrRunning)
	}
	c.running = newWriter(c, r)
	c.feed.setClosed(false)
	c.report.disable("writer", "")
	c.queue.open()
	go c.running.run()
	return nil
}

// Flush returns nil when everything that was put before the call is stored and
// every call that ended before it is in the store's statistics. It returns an
// error when Records had to be dropped on the way, or when ctx ends first; then
// the writer goes on trying. With a ctx that has ended already the store is tried
// once.
func (c *Collector) Flush(ctx context.Context) error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	w := c.running
	if w == nil {
		c.mu.Unlock()
		return fmt.Errorf("flush collector: %w", ErrNotRunning)
	}
	f := w.request(ctx)
	c.mu.Unlock()
	c.queue.signal()
	if err := f.wait(); err != nil {
		return fmt.Errorf("flush collector: %w", err)
	}
	return nil
}

// Close stores what is queued, rolls up and stops. Records that end later are
// dropped and counted. It returns when all is done or a little after ctx ends;
// what is not stored by then is dropped and counted, and the error says so. With a
// ctx that has ended already the store is tried once. Close may be called more
// than once, also concurrently, and before Start.
func (c *Collector) Close(ctx context.Context) error {
	if c == nil {
		return nil
	}
	w := c.beginClose()
	if w == nil {
		return nil
	}
	select {
	case <-w.done:
	case <-ctx.Done():
		c.leave(w)
		if !waitFor(w.done, grace) {
			w.abort()
			n := c.Stats().QueuedRecords
			return fmt.Errorf("close collector: %w: the store has not answered, %d records are not stored", context.Cause(ctx), n)
		}
	}
	if w.err != nil {
		return fmt.Errorf("close collector: %w", joinContext(ctx, w.err))
	}
	return nil
}

// beginClose tells the writer to end and gives it; nil when none runs.
func (c *Collector) beginClose() *writer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue.close()
	w := c.running
	if w == nil {
		c.queue.dropWaiting(closed)
		c.feed.setClosed(true)
		return nil
	}
	if w.closers == 0 {
		close(w.closing)
	}
	w.closers++
	w.waiting++
	return w
}

// leave gives up waiting for the writer. When nobody waits any more it stops
// trying.
func (c *Collector) leave(w *writer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.waiting--
	if w.waiting == 0 && !w.gaveUp {
		w.gaveUp = true
		close(w.giveUp)
	}
}

// Subscribe gives a live view of what is stored. Up to buffer events wait for a
// slow viewer, 64 if it is 0 or less; what comes while the buffer is full it
// misses, and learns how many. After Close and until the next Start the view is
// closed at once.
func (c *Collector) Subscribe(buffer int) *Subscription {
	if c == nil {
		return (&feed{closed: true}).subscribe(1)
	}
	return c.feed.subscribe(buffer)
}

// Stats gives an account of what the Collector did.
func (c *Collector) Stats() Stats {
	if c == nil {
		return Stats{}
	}
	s := c.report.read()
	c.queue.count(&s)
	c.feed.count(&s)
	s.Panics += c.policy.fn.panics.Load()
	return s
}

// waitFor reports whether done was closed within d.
func waitFor(done <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// joinContext puts the reason why ctx ended, if it did, before err.
func joinContext(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w: %w", context.Cause(ctx), err)
}
