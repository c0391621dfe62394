package signals

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// SendConcurrent calls the receivers that hear sender at once, at most limit at a
// time (0: all), each on a goroutine of its own and with an [Event] of its own, and
// waits for all of them. Those connected with [Alone] run first, one by one and on
// this goroutine; if one of them fails the others do not start.
//
// The first error cancels the context of the others; those that have not started are
// skipped. The error returned is that one, or joins those of several that failed by
// themselves. A panic of a receiver, or its runtime.Goexit, cancels the others too,
// and happens again on the caller's goroutine when all have ended.
//
// Results are in the order in which receivers were connected, after those that run
// alone.
func (s *Signal[T]) SendConcurrent(ctx context.Context, limit int, sender any, payload T) (Results, error) {
	if s.sleeping.Load() && attention.Load() == 0 {
		return Results{}, nil
	}
	return s.sendEvent(ctx, sender, payload, plan{mode: Concurrent, limit: limit})
}

// SendRobustConcurrent is [Signal.SendRobust] as [Signal.SendConcurrent] calls: every
// receiver runs to its end and nobody is cancelled.
func (s *Signal[T]) SendRobustConcurrent(ctx context.Context, limit int, sender any, payload T) (Results, error) {
	if s.sleeping.Load() && attention.Load() == 0 {
		return Results{}, nil
	}
	return s.sendEvent(ctx, sender, payload, plan{mode: RobustConcurrent, limit: limit})
}

// cancelled is why a receiver of a concurrent send was not called.
const cancelled = "the send was cancelled"

// group is the part of a send that runs on goroutines.
type group struct {
	runner  // what each goroutine starts with
	event   anyEvent
	results []Result
	cancel  context.CancelCauseFunc
	wait    sync.WaitGroup

	mu    sync.Mutex // guards what follows
	first int        // the receiver whose failure cancelled the others; -1 for none
	died  bool       // one ended by panic or Goexit
	value any        // of the panic; nil for Goexit
}

// callConcurrently calls those that run alone, then the others at once. The group's
// goroutines have ended when it returns.
func (d *dispatch) callConcurrently() {
	alone, rest := d.split()
	d.list, d.results = alone, make([]Result, 0, len(alone)+len(rest))
	if d.callEach(); d.err != nil && !d.mode.robust() || len(rest) == 0 {
		return
	}
	g := &group{runner: d.runner, event: d.event, results: make([]Result, len(rest)), first: -1}
	g.inner = instrument.Span{}
	g.event.Values() // one for all, so made before there are many
	g.ctx, g.cancel = context.WithCancelCause(d.ctx)
	defer g.cancel(nil)
	g.start(rest, d.limit)
	g.wait.Wait()
	d.results = append(d.results, g.results...)
	if d.tick(); g.died {
		g.rethrow()
	}
	if err := g.err(d.ctx); err != nil {
		d.err = err
	}
}

// split parts those that hear the sender into those that run alone and the others.
func (d *dispatch) split() (alone, rest []*Connection) {
	sender := d.event.sender()
	for _, r := range d.list {
		switch {
		case !r.hears(sender):
		case r.alone:
			alone = append(alone, r)
		default:
			rest = append(rest, r)
		}
	}
	return alone, rest
}

// start starts a goroutine for each receiver, and waits where the limit is reached.
func (g *group) start(list []*Connection, limit int) {
	if limit <= 0 || limit > len(list) {
		limit = len(list)
	}
	free := make(chan struct{}, limit)
	for i, r := range list {
		g.results[i].Receiver = r
		free <- struct{}{}
		if g.ctx.Err() != nil && !g.mode.robust() {
			g.skip(&g.results[i])
			<-free
			continue
		}
		g.wait.Go(func() {
			defer func() { <-free }()
			g.callOne(i)
		})
	}
}

// callOne calls one receiver on its own goroutine.
func (g *group) callOne(i int) {
	x := g.runner
	res := &g.results[i]
	outer, _ := x.ctx.Value(lineageKey).(*lineage)
	x.ctx = context.WithValue(x.ctx, lineageKey, &lineage{outer, res.Receiver})
	x.tick()
	returned := false
	defer func() {
		if !returned {
			g.abandon(&x, i, recover())
		}
	}()
	x.call(res, g.event.clone())
	returned = true
	if res.failed() {
		g.fail(i, res.Err)
	}
}

// skip shows that a receiver was not called any more.
func (g *group) skip(res *Result) {
	res.Skipped = cancelled
	if !g.on {
		return
	}
	x := g.runner
	x.tick()
	x.inner = instrument.LeafAt(x.ctx, x.now, res.Receiver.handler)
	x.endReceiver(res)
}

// abandon closes what a receiver left open that panicked with v, or that called
// Goexit when v is nil.
func (g *group) abandon(x *runner, i int, v any) {
	x.tick()
	if v != nil {
		x.inner.Panic(v)
		x.inner.EndAt(x.now, nil)
	} else {
		x.inner.EndAt(x.now, errGoexit)
	}
	g.mu.Lock()
	if !g.died {
		g.died, g.value = true, v
	}
	g.mu.Unlock()
	g.fail(i, errors.New("a receiver of the same send panicked"))
}

// fail cancels the others, unless they are to run whatever happens.
func (g *group) fail(i int, err error) {
	if g.mode.robust() {
		return
	}
	g.mu.Lock()
	if g.first < 0 {
		g.first = i
	}
	g.mu.Unlock()
	g.cancel(err)
}

// rethrow ends the caller's goroutine's work as the receiver ended its own.
func (g *group) rethrow() {
	if g.value == nil {
		runtime.Goexit()
	}
	panic(g.value)
}

// err joins the errors of those that failed by themselves. outer is the sender's
// context: if that was cancelled, receivers that say so are not to blame us.
func (g *group) err(outer context.Context) error {
	var errs []error
	skipped := false
	for i := range g.results {
		res := &g.results[i]
		skipped = skipped || res.Skipped == cancelled
		echo := g.first >= 0 && i != g.first && outer.Err() == nil && errors.Is(res.Err, context.Canceled)
		if res.failed() && !echo {
			errs = append(errs, res.Err)
		}
	}
	if len(errs) == 0 && skipped {
		return context.Cause(outer)
	}
	return join(errs)
}
