package signals

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Attributes of spans, beside those that instrument has.
var (
	keyPayload = instrument.NewKey("signal.payload")
	keyValue   = instrument.NewKey("signal.value")
	keyMode    = instrument.NewKey("signal.mode")
	keyAttempt = instrument.NewKey("signal.attempt")
	keyHandled = instrument.NewKey("signal.handled")
	keyQueued  = instrument.NewKey("signal.queued")
)

// runner calls receivers one after the other on one goroutine.
type runner struct {
	core      *core
	ctx       context.Context // of the send
	layers    []*layer
	inner     instrument.Span // of the receiver that runs; zero between two
	failedAs  instrument.Span // of the receiver that failed and has policies
	now       int64           // the clock's last reading: an end and the next start
	mode      Mode
	on        bool // something records
	panicked  bool // the receiver that ran last, in a robust send
	delivered bool // from a queue
	chosen    bool // by name: the one receiver that the queue's call is for
}

// call runs one receiver and its policies, and fills in its result.
func (x *runner) call(res *Result, e anyEvent) {
	start := x.now
	x.attempt(res, e, false)
	if res.Err != nil && len(res.Receiver.policies) > 0 {
		x.applyPolicies(res, e)
	}
	if x.on {
		res.Duration = time.Duration(x.now - start)
	}
	if res.failed() && x.mode.robust() {
		x.logFailure(res)
	}
}

// attempt calls the receiver once; again is for what [Retry] does.
func (x *runner) attempt(res *Result, e anyEvent, again bool) {
	ctx := x.ctx
	if x.on {
		ctx, x.inner = instrument.StartAt(ctx, x.now, res.Receiver.handler)
	}
	x.panicked = false
	res.Err = nil
	if x.mode.robust() {
		x.guard(ctx, res, e, again)
	} else {
		x.run(ctx, res, e, again)
	}
	res.Value = e.takeValue()
	if x.on {
		x.now = instrument.Now()
		x.endReceiver(res)
	}
}

// run asks the conditions and calls the receiver.
func (x *runner) run(ctx context.Context, res *Result, e anyEvent, again bool) {
	r := res.Receiver
	if !again && !(r.queued && x.chosen) {
		if res.Skipped = r.admits(ctx, e); res.Skipped != "" {
			return
		}
	}
	res.Attempts++
	if x.queues(r) {
		x.handOver(ctx, res, e)
		return
	}
	if len(x.layers) > 0 {
		res.Err = callThrough(ctx, x.layers, e, x.mode, r)
		return
	}
	res.Err = r.call(ctx, e)
}

// guard turns a panic of the receiver into its error.
func (x *runner) guard(ctx context.Context, res *Result, e anyEvent, again bool) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil { // nil: Goexit goes on
			res.Err = x.caught(v, x.inner)
		}
	}()
	x.run(ctx, res, e, again)
	returned = true
}

// protect runs what belongs to a send but is no receiver; in a robust send its panic
// becomes its error.
func (x *runner) protect(span instrument.Span, f func() error) (err error) {
	if !x.mode.robust() {
		return f()
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			err = x.caught(v, span)
		}
	}()
	err = f()
	returned = true
	return err
}

// caught is the error of a panic, unless that is a way out, which goes on.
func (x *runner) caught(v any, span instrument.Span) error {
	if isAbort(v) {
		panic(v)
	}
	x.panicked = true
	span.Panic(v)
	return &PanicError{Value: v, Stack: debug.Stack()}
}

func (x *runner) endReceiver(res *Result) {
	switch {
	case x.panicked: // the span has it already
		x.inner.EndAt(x.now, nil)
	case res.Queued && x.inner.Recorded():
		x.inner.Set(keyQueued.Bool(true))
		x.inner.Flag(instrument.FlagSkipped) // it is counted where it runs
		x.inner.EndAt(x.now, nil)
	case res.Skipped == "":
		if res.Value != nil || res.Attempts > 1 {
			x.describe(res)
		}
		x.inner.EndAt(x.now, res.Err)
	case x.inner.Recorded():
		x.inner.Set(instrument.KeySkipped.String(res.Skipped))
		x.inner.Flag(instrument.FlagSkipped)
		x.inner.EndAt(x.now, nil)
	}
	if res.Err != nil && len(res.Receiver.policies) > 0 {
		x.failedAs = x.inner
	}
	x.inner = instrument.Span{}
}

// describe adds what only some calls have.
func (x *runner) describe(res *Result) {
	if !x.inner.Recorded() {
		return
	}
	if res.Attempts > 1 {
		x.inner.Set(keyAttempt.Int(res.Attempts))
	}
	if res.Value != nil {
		x.inner.Set(renderedAs(keyValue, res.Value))
	}
}

// aside runs what a policy does in place of the receiver, as a span of handler h;
// nil makes no span.
func (x *runner) aside(h *instrument.Handler, f func(context.Context) error) error {
	ctx := x.ctx
	if x.on && h != nil {
		ctx, x.inner = instrument.StartAt(ctx, x.now, h)
	}
	x.panicked = false
	err := x.protect(x.inner, func() error { return f(ctx) })
	x.tick()
	if x.panicked {
		x.inner.EndAt(x.now, nil)
	} else {
		x.inner.EndAt(x.now, err)
	}
	x.inner = instrument.Span{}
	return err
}

// tick reads the clock where time has passed that is no receiver's.
func (x *runner) tick() {
	if x.on {
		x.now = instrument.Now()
	}
}

// applyPolicies asks the receiver's policies in turn. They get a runner of their
// own, or every send would have to have it on the heap; what it has left open when
// a receiver panics is closed from x.
func (x *runner) applyPolicies(res *Result, e anyEvent) {
	y := *x
	defer func() { *x = y }()
	for _, p := range res.Receiver.policies {
		if p.handle(&y, res, e); res.Err == nil {
			return
		}
		if res.Handled != "" {
			y.failedAs.Set(keyHandled.String(res.Handled))
			return
		}
	}
}

// logFailure tells of a receiver whose failure the sender need not look at. What the
// log's handler does must not undo the robustness, and what it takes is nobody's
// time.
func (x *runner) logFailure(res *Result) {
	defer x.tick()
	defer func() { _ = recover() }()
	l := x.core.logger
	if l == nil {
		l = slog.Default()
	}
	attrs := []slog.Attr{
		slog.String("signal", x.core.name),
		slog.String("receiver", res.Receiver.name),
		slog.Any("err", res.Err),
	}
	if id := ScopeOf(x.ctx).RequestID; id != "" {
		attrs = append(attrs, slog.String("request_id", id))
	}
	if p, ok := errors.AsType[*PanicError](res.Err); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	l.LogAttrs(x.ctx, slog.LevelError, "signal receiver failed", attrs...)
}
