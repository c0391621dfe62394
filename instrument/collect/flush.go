package collect

import (
	"context"
	"fmt"
	"time"
)

// flush is somebody waiting in Flush.
type flush struct {
	ctx    context.Context
	target uint64     // accepted Records when it was called: these are waited for
	lost   uint64     // dropped ones by then: more of them are an error
	tries  int        // failed roll-ups since
	done   chan error // has room for the answer
}

// request is called with the Collector's mu held.
func (w *writer) request(ctx context.Context) *flush {
	f := &flush{ctx: ctx, done: make(chan error, 1)}
	f.target, _, f.lost = w.c.queue.marks()
	w.requests = append(w.requests, f)
	w.asked.Store(true)
	return f
}

// wait waits for the writer's answer, and a little longer than the caller would:
// the writer is the one that knows why it takes so long.
func (f *flush) wait() error {
	select {
	case err := <-f.done:
		return err
	case <-f.ctx.Done():
	}
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case err := <-f.done:
		return err
	case <-t.C:
		return fmt.Errorf("%w: not all is stored yet", context.Cause(f.ctx))
	}
}

// receive takes over the requests that came since the last turn. Each is a reason
// to try the store at once.
func (w *writer) receive() {
	if !w.asked.Load() {
		return
	}
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	w.asked.Store(false)
	w.flushes = append(w.flushes, w.requests...)
	w.requests = nil
	w.hurry, w.rollNow = true, true
}

// answer answers the flushes whose Records are settled, when the roll-up after
// that worked, and those that do not want to wait longer for what failed.
func (w *writer) answer(rolled bool, failure error) {
	_, settled, lost := w.c.queue.marks()
	kept := w.flushes[:0]
	for _, f := range w.flushes {
		switch {
		case rolled && settled >= f.target:
			f.done <- w.lossSince(f.lost, lost)
		case failure != nil && f.ctx.Err() != nil:
			f.done <- joinContext(f.ctx, failure)
		case failure != nil && settled >= f.target && f.tries+1 >= maxTries:
			f.done <- failure
		default:
			if failure != nil && settled >= f.target {
				f.tries++
			}
			kept = append(kept, f)
		}
	}
	clear(w.flushes[len(kept):])
	w.flushes = kept
}

// lossSince is the error of a Flush or Close during which Records were dropped.
func (w *writer) lossSince(before, now uint64) error {
	if now == before {
		return nil
	}
	if w.lastErr == nil {
		return fmt.Errorf("%d records were dropped", now-before)
	}
	return fmt.Errorf("%d records were dropped: %w", now-before, w.lastErr)
}
