package commands

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Pool says how [Parallel] goes about its work. The zero Pool does.
type Pool struct {
	// Limit is how many items are done at once, and so how many connections they need.
	// 0: as many as there are processors to run on.
	Limit int
	// KeepGoing goes on after an item that failed. Without it no more are begun, and
	// the contexts of those that run end.
	KeepGoing bool
	// Grace is how much longer than the caller's context those of running items last,
	// so that they can be done rather than given up. 0: no longer.
	Grace time.Duration
	// Progress, if not nil, is told of every item that is done.
	Progress *Progress
}

// Result is what became of one item.
type Result[R any] struct {
	Value R
	Err   error // ErrNotRun when it was not begun
}

// ErrNotRun is the error of an item that was not begun, because the context had
// ended or another item had failed.
var ErrNotRun = errors.New("not run")

// ParallelError says that not all items were done.
type ParallelError struct {
	Total       int
	Failed      int
	Interrupted int   // gave up when their context ended, and so did not fail of themselves
	NotRun      int   // were not begun
	First       error // the error of the first item, by place, that failed, or else was interrupted
	Index       int   // the place of that item, from 0
	Stopped     error // the context's error, if that had ended
}

// Error says how many items failed, and how the first of them did.
func (e *ParallelError) Error() string {
	var b strings.Builder
	if e.Failed > 0 {
		fmt.Fprintf(&b, "%d of %d failed, the first is number %d: %v", e.Failed, e.Total, e.Index+1, e.First)
	} else {
		fmt.Fprintf(&b, "%d of %d done", e.Total-e.Interrupted-e.NotRun, e.Total)
	}
	if e.Interrupted > 0 {
		fmt.Fprintf(&b, "; %d interrupted", e.Interrupted)
	}
	if e.NotRun > 0 {
		fmt.Fprintf(&b, "; %d not begun", e.NotRun)
	}
	return b.String()
}

// Unwrap is First and Stopped.
func (e *ParallelError) Unwrap() []error {
	var errs []error
	for _, err := range []error{e.First, e.Stopped} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// Parallel calls do for every item, several at once, and gives the results in the
// items' order when the last call has returned. The error is nil or a
// [*ParallelError]. A panic of do is that item's error, a [*PanicError].
//
// When ctx ends, by Ctrl-C for instance, no more items are begun.
func Parallel[T, R any](ctx context.Context, p Pool, items []T, do func(context.Context, T) (R, error)) ([]Result[R], error) {
	b := newBatch(ctx, p, len(items))
	defer b.cancel()
	results := make([]Result[R], len(items))
	for i := range results {
		results[i].Err = ErrNotRun
	}
	b.each(func(ctx context.Context, i int) error {
		r := &results[i]
		r.Err = errGoexit // until do returns
		r.Value, r.Err = guarded(ctx, items[i], do)
		return r.Err
	})
	return results, b.outcome(func(i int) error { return results[i].Err })
}

// guarded calls do; its panic becomes an error.
func guarded[T, R any](ctx context.Context, item T, do func(context.Context, T) (R, error)) (value R, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return do(ctx, item)
}

// batch hands items out by their places.
type batch struct {
	Pool
	ctx    context.Context // the caller's
	items  context.Context // that of the items
	cancel context.CancelFunc
	total  int

	mu      sync.Mutex // guards what follows
	next    int
	stopped bool
}

func newBatch(ctx context.Context, p Pool, total int) *batch {
	b := &batch{Pool: p, ctx: ctx, total: total}
	b.items, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, b.expire)
	cancel := b.cancel
	b.cancel = func() { detach(); cancel() }
	return b
}

// expire ends the items' context some time after the caller's.
func (b *batch) expire() {
	if b.Grace <= 0 {
		b.cancel()
		return
	}
	timer := time.NewTimer(b.Grace)
	defer timer.Stop()
	select {
	case <-timer.C:
		b.cancel()
	case <-b.items.Done():
	}
}

// each calls do with every place, and returns when all calls have.
func (b *batch) each(do func(context.Context, int) error) {
	limit := b.Limit
	if limit <= 0 {
		limit = runtime.GOMAXPROCS(0)
	}
	var wg sync.WaitGroup
	for range min(limit, b.total) {
		wg.Go(func() {
			for i, ok := b.take(); ok; i, ok = b.take() {
				b.done(do(b.items, i))
			}
		})
	}
	wg.Wait()
}

// take gives the place of the next item; false when there is none to be begun.
func (b *batch) take() (int, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped || b.next == b.total || b.ctx.Err() != nil {
		return 0, false
	}
	b.next++
	return b.next - 1, true
}

func (b *batch) done(err error) {
	b.Progress.Add(1)
	if err == nil || b.KeepGoing {
		return
	}
	b.mu.Lock()
	b.stopped = true
	b.mu.Unlock()
	b.cancel()
}

// outcome is the error of all.
func (b *batch) outcome(errOf func(i int) error) error {
	e := &ParallelError{Total: b.total, Stopped: b.ctx.Err()}
	ended := b.items.Err() != nil
	for i := range b.total {
		err := errOf(i)
		interrupted := ended && errors.Is(err, context.Canceled)
		switch {
		case err == nil:
			continue
		case errors.Is(err, ErrNotRun):
			e.NotRun++
			continue
		case interrupted:
			e.Interrupted++
		default:
			e.Failed++
		}
		if e.First == nil || !interrupted && e.Failed == 1 {
			e.First, e.Index = err, i
		}
	}
	if e.Failed+e.Interrupted+e.NotRun == 0 {
		return nil
	}
	return e
}
