// Package backlog does work off the path of the one who has it: what is offered waits in a
// bounded queue, and one goroutine does it in order, an item at a time.
//
//	Offer ─▶ room? ─▶ queue ─▶ one goroutine ─▶ Config.Do
//	           │ no: counted, with the reason
//
// Offer never blocks. The goroutine is there only while there is something to do, and goes
// on whatever Do does: an error, a panic and a runtime.Goexit cost the item and are
// counted.
//
// It is not for work that must be done: what finds no room is lost.
package backlog

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"sync"
)

// Config says what is done, and how much may wait.
type Config[T any] struct {
	// Name is what a CPU profile calls the goroutine, as its label "toolbar".
	Name string
	// Do does one item. Its context ends when Close has no more time, and with Abandon.
	Do func(context.Context, T) error
	// Items and Bytes bound what waits, with what is being done. Both must be given.
	Items, Bytes int
}

// Queue is work that waits. Its methods are safe for concurrent use; those of a nil Queue
// do nothing.
type Queue[T any] struct {
	config Config[T]
	ctx    context.Context // of Do
	cancel context.CancelFunc

	mu      sync.Mutex // guards what follows
	waiting []entry[T]
	doing   int // 1 while Do has an item
	bytes   int // of all of these
	running bool
	closed  bool
	last    uint64 // number of the last entry that was queued
	stats   Stats
	flushes []flush // in the order of their entries
}

// entry is an item that waits.
type entry[T any] struct {
	item   T
	bytes  int
	number uint64 // counts up from 1
}

// flush is somebody who waits for an entry.
type flush struct {
	number uint64
	done   chan struct{} // closed when that entry and all before it are done
}

// Stats is an account of what was offered: Offered is Done plus Failed plus Dropped() plus
// Queued.
type Stats struct {
	Offered   uint64
	Done      uint64 // without an error
	Failed    uint64 // Do gave an error, panicked or ended its goroutine
	TooMany   uint64 // dropped: Config.Items were waiting
	TooLarge  uint64 // dropped: Config.Bytes would not have held it
	Closed    uint64 // dropped: it was offered after Close
	Abandoned uint64 // dropped: it was waiting when Close had no more time, or at Abandon
	Queued    int    // with the one that is being done
	Bytes     int    // of those
	Panics    uint64
	LastError string // of the last that failed; "" none has
}

// Full is how much was dropped because it came faster than it was done.
func (s Stats) Full() uint64 { return s.TooMany + s.TooLarge }

// Dropped is how much was dropped, for whatever reason.
func (s Stats) Dropped() uint64 { return s.Full() + s.Closed + s.Abandoned }

// New makes a Queue. It starts nothing: a Queue to which nothing is offered needs no Close.
func New[T any](c Config[T]) *Queue[T] {
	q := &Queue[T]{config: c}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	return q
}

// Offer queues what item gives, which is asked only when there is room for its bytes: that
// is the place to copy what belongs to somebody else. It is called with the Queue locked.
func (q *Queue[T]) Offer(bytes int, item func() T) bool {
	if q == nil {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Offered++
	switch {
	case q.closed:
		q.stats.Closed++
		return false
	case len(q.waiting)+q.doing >= q.config.Items:
		q.stats.TooMany++
		return false
	case q.bytes+bytes > q.config.Bytes:
		q.stats.TooLarge++
		return false
	}
	q.last++
	q.waiting = append(q.waiting, entry[T]{item(), bytes, q.last})
	q.bytes += bytes
	if !q.running {
		q.running = true
		go q.run()
	}
	return true
}

// run does what waits, until nothing does.
func (q *Queue[T]) run() {
	// A goroutine inherits the labels of the one that starts it, and with them the Record
	// to which that belongs.
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("toolbar", q.config.Name)))
	ended := false
	defer func() {
		if !ended { // Do has ended the goroutine, as a test does that fails
			go q.run()
		}
	}()
	for e, ok := q.next(); ok; e, ok = q.next() {
		q.do(e)
	}
	ended = true
}

func (q *Queue[T]) next() (e entry[T], ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.waiting = nil // with the array that a burst has left behind
		q.running = false
		return e, false
	}
	e = q.waiting[0]
	q.waiting[0] = entry[T]{}
	q.waiting = q.waiting[1:]
	q.doing = 1
	return e, true
}

var errEnded = errors.New("runtime.Goexit was called")

func (q *Queue[T]) do(e entry[T]) {
	err, panicked := errEnded, false
	defer func() {
		if v := recover(); v != nil {
			err, panicked = fmt.Errorf("panic: %v", v), true
		}
		q.done(e, err, panicked)
	}()
	err = q.config.Do(q.ctx, e.item)
}

func (q *Queue[T]) done(e entry[T], err error, panicked bool) {
	text := ""
	if err != nil {
		text = fmt.Sprint(err) // unlike err.Error() it survives an error that panics itself
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.doing = 0
	q.bytes -= e.bytes
	if err == nil {
		q.stats.Done++
	} else {
		q.stats.Failed++
		q.stats.LastError = text
	}
	if panicked {
		q.stats.Panics++
	}
	q.wake(e.number)
}

// wake lets those go on who wait for an entry up to number. Called with mu held.
func (q *Queue[T]) wake(number uint64) {
	for len(q.flushes) > 0 && q.flushes[0].number <= number {
		close(q.flushes[0].done)
		q.flushes = q.flushes[1:]
	}
}

// Stats gives an account of what was done.
func (q *Queue[T]) Stats() Stats {
	if q == nil {
		return Stats{}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.stats
	s.Queued, s.Bytes = len(q.waiting)+q.doing, q.bytes
	return s
}

// Flush waits until all that was offered before is done, or dropped. It gives the cause of
// ctx's end when that takes too long.
func (q *Queue[T]) Flush(ctx context.Context) error {
	if q == nil {
		return nil
	}
	q.mu.Lock()
	if len(q.waiting)+q.doing == 0 {
		q.mu.Unlock()
		return nil
	}
	f := flush{q.last, make(chan struct{})}
	q.flushes = append(q.flushes, f)
	q.mu.Unlock()
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		q.forget(f)
		return context.Cause(ctx)
	}
}

// forget lets go of somebody who waits no longer.
func (q *Queue[T]) forget(gone flush) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, f := range q.flushes {
		if f.done == gone.done {
			q.flushes = append(q.flushes[:i:i], q.flushes[i+1:]...)
			return
		}
	}
}

// Close takes nothing new and waits for what was offered before. When ctx ends first, what
// waits is dropped and counted, the context of Do is cancelled, and the error says how many
// there were; a Do that does not listen is left to itself. It may be called again.
func (q *Queue[T]) Close(ctx context.Context) error {
	if q == nil {
		return nil
	}
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	if err := q.Flush(ctx); err != nil {
		return fmt.Errorf("%w: %d were dropped", err, q.Abandon())
	}
	q.cancel()
	return nil
}

// Abandon takes nothing new, drops what waits and cancels the context of Do. It does not
// wait; Close after it does. It gives how many it has dropped.
func (q *Queue[T]) Abandon() (dropped int) {
	if q == nil {
		return 0
	}
	defer q.cancel()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	dropped = len(q.waiting)
	q.stats.Abandoned += uint64(dropped)
	for _, e := range q.waiting {
		q.bytes -= e.bytes
	}
	q.waiting = nil
	if q.doing == 0 {
		q.wake(q.last)
		return dropped
	}
	// Who waits for one of those waits for the one that is being done.
	for i := range q.flushes {
		q.flushes[i].number = min(q.flushes[i].number, q.last-uint64(dropped))
	}
	q.last -= uint64(dropped)
	return dropped
}
