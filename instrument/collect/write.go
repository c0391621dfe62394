package collect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// write has the store take one batch, if one is due.
func (w *writer) write() error {
	now := time.Now()
	if w.append.waits(now) && !w.hurry {
		return nil
	}
	if w.gateOff {
		w.setGate(false) // let a batch come, to try with
	}
	if w.hand == nil && w.batchDue(now) {
		w.hand, w.tries, w.first = w.c.queue.take(), 0, time.Time{}
	}
	if w.hand == nil {
		return nil
	}
	batch := &instrument.Batch{Items: w.hand.items}
	err := w.call("Store.Append", func(ctx context.Context) error {
		return w.c.config.Store.Append(ctx, batch)
	})
	if err != nil {
		w.notStored(err)
		return err
	}
	w.hasStored()
	return nil
}

// batchDue reports whether what waits is to be written now.
func (w *writer) batchDue(now time.Time) bool {
	return w.flushing() || w.c.queue.ready() ||
		!w.first.IsZero() && now.Sub(w.first) >= w.c.config.BatchDelay
}

// hasStored ends a batch that is in the store: viewers hear of it now, as only now
// they can open its Records.
func (w *writer) hasStored() {
	w.worked(&w.append)
	s := w.hand
	w.hand = nil
	w.c.rollup.note(s.items)
	w.c.feed.publish(s.items)
	w.c.report.update(func(s *Stats) { s.Batches++ })
	w.c.queue.settle(s, true, 0)
}

// notStored keeps the batch for another try, or drops it after the last. A store
// that fails again and again is left alone for a while: what waits is dropped, and
// what comes is refused before it costs anything.
func (w *writer) notStored(err error) {
	w.hurry = false
	w.tries++
	w.lastErr = err
	w.failed(&w.append, err)
	if w.append.off || w.tries >= maxTries {
		w.dropHand(storeError)
	}
	if w.append.off {
		w.setGate(true)
		w.c.queue.dropWaiting(storeError)
	}
}

func (w *writer) dropHand(why reason) {
	if s := w.hand; s != nil {
		w.hand = nil
		w.c.queue.settle(s, false, why)
	}
}

func (w *writer) setGate(off bool) {
	w.gateOff = off
	w.c.queue.off(off)
}

// roll moves statistics to the store: when it is time, or when a Flush or Close
// whose Records are settled waits for it. It reports whether the store has all
// that there was.
func (w *writer) roll() (done bool, err error) {
	now := time.Now()
	wanted := w.rollNow && w.settled()
	again := w.rolls.fails > 0 && !w.rolls.waits(now)
	if now.Before(w.nextRoll) && !wanted && !again {
		return false, nil
	}
	w.takeRows(now)
	if w.rolls.waits(now) && !w.hurry {
		return false, nil
	}
	if wanted {
		w.hurry = false
	}
	if err := w.rollMinutes(); err != nil {
		w.lastErr = err
		w.failed(&w.rolls, err)
		return false, err
	}
	w.worked(&w.rolls)
	w.writeDocuments(now)
	if wanted {
		at := w.wall()
		w.c.report.update(func(s *Stats) { s.LastFlush = at })
	}
	return true, nil
}

// takeRows takes what the Recorder counted since the last time, and has it look at
// the wall clock again, whose times would otherwise drift from the monotonic one's.
func (w *writer) takeRows(now time.Time) {
	wall := w.wall()
	w.c.rollup.take(w.rec, wall)
	w.rec.SyncClock()
	w.nextRoll = now.Add(w.c.rollup.due(wall))
}

// rollMinutes hands the rows over, oldest minute first.
func (w *writer) rollMinutes() error {
	r := w.c.rollup
	for len(r.minutes) > 0 {
		m := r.minutes[0]
		rows := m.sorted()
		err := w.call("Store.Roll", func(ctx context.Context) error {
			return w.c.config.Store.Roll(ctx, m.minute, rows)
		})
		if err != nil {
			return err
		}
		r.minutes = r.minutes[1:]
		w.c.report.update(func(s *Stats) { s.Rolls++ })
	}
	r.minutes = nil
	return nil
}

// settled reports whether a Close, or one Flush at least, waits only for the
// roll-up.
func (w *writer) settled() bool {
	accepted, settled, _ := w.c.queue.marks()
	if w.closed && settled == accepted {
		return true
	}
	for _, f := range w.flushes {
		if settled >= f.target {
			return true
		}
	}
	return false
}

// finished decides, after Close, whether the writer can end: all is stored, or
// there is no use in trying on.
func (w *writer) finished(rolled bool, failure error) bool {
	accepted, settled, lost := w.c.queue.marks()
	if rolled && settled == accepted {
		w.err = w.lossSince(w.lost, lost)
		return true
	}
	now := time.Now()
	switch {
	case failure != nil && (w.leftAlone() || w.append.off || w.rolls.off || lost > w.lost):
	case failure != nil && w.rolls.fails >= maxTries:
	case failure == nil && !w.hurry && w.leftAlone() && (w.append.waits(now) || w.rolls.waits(now)):
	default:
		return false
	}
	w.abandon()
	return true
}

// leftAlone reports whether no Close waits any more.
func (w *writer) leftAlone() bool {
	select {
	case <-w.giveUp:
		return true
	default:
		return false
	}
}

// abandon drops what could not be stored before the end. Statistics are tried even
// then, if they were not yet: they may be taken where Records are not.
func (w *writer) abandon() {
	w.dropHand(storeError)
	w.c.queue.dropWaiting(closed)
	_, _, lost := w.c.queue.marks()
	w.err = w.lossSince(w.lost, lost)
	if w.rolls.fails == 0 {
		w.takeRows(time.Now())
		if err := w.rollMinutes(); err != nil {
			w.lastErr = err
			w.failed(&w.rolls, err)
		}
	}
	if w.rolls.fails > 0 {
		w.err = errors.Join(w.err, fmt.Errorf("statistics are not stored: %w", w.lastErr))
	}
}

// end leaves nothing behind, however the writer ended: also when the store ended
// the goroutine.
func (w *writer) end() {
	w.abort()
	w.c.queue.close()
	w.dropHand(storeError)
	w.c.queue.dropWaiting(closed)
	w.c.feed.setClosed(true)
	if w.gateOff {
		w.setGate(false)
	}
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	err := w.err
	if !w.closed {
		err = ErrNotRunning
		w.c.report.disable("writer", "it ended, and takes no more Records until Start")
	}
	for _, f := range w.flushes {
		f.done <- err
	}
	for _, f := range w.requests {
		f.done <- ErrNotRunning // it came after the last roll-up
	}
	w.c.running = nil
	close(w.done)
}
