package signals

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Send calls the receivers that hear sender, in order, until one returns an error.
// It gives the results so far, that of the failed receiver last, and its error
// unchanged. A panic of a receiver goes through to the caller.
//
// A sender that cannot be compared is a [*SenderError], a signal that is sent more
// than 100 times from within itself a [*CycleError]; nobody is called then.
func (s *Signal[T]) Send(ctx context.Context, sender any, payload T) ([]Result, error) {
	if s.receivers.Load() == nil {
		return nil, nil
	}
	return s.send(ctx, sender, &Event[T]{sender, payload, s, nil}, false)
}

// SendRobust calls every receiver that hears sender, whatever the others do. An
// error or panic is in the receiver's result, a panic as a [*PanicError], and is
// logged once as an error. The error returned is the failed receiver's, or joins
// those of several; a caller that only wants everybody called may drop it.
//
// http.ErrAbortHandler and runtime.Goexit are not failures but ways out, and end the
// send as they end Send.
func (s *Signal[T]) SendRobust(ctx context.Context, sender any, payload T) ([]Result, error) {
	if s.receivers.Load() == nil {
		return nil, nil
	}
	return s.send(ctx, sender, &Event[T]{sender, payload, s, nil}, true)
}

// send is Send and SendRobust behind the check that somebody is connected.
func (c *core) send(ctx context.Context, sender any, e anyEvent, robust bool) ([]Result, error) {
	if err := checkSender(sender); err != nil {
		return nil, fmt.Errorf("signals: send %q: %w", c.name, err)
	}
	list := c.list()
	i := firstHearing(list, sender)
	if i < 0 {
		return nil, nil
	}
	list = list[i:]
	d := dispatch{core: c, robust: robust}
	defer d.end()
	if c.active.Add(1) > maxDepth {
		if d.err = c.checkDepth(); d.err != nil {
			return nil, d.err
		}
	}
	d.begin(ctx, sender)
	results := d.callEach(list, sender, e)
	if d.err != nil && robust {
		d.err = joined(results)
	}
	d.done = true
	return results, d.err
}

// dispatch is one send while it runs.
type dispatch struct {
	core     *core
	ctx      context.Context
	span     instrument.Span       // of the send, if it runs inside a Record
	rec      *instrument.Recording // of the send, if it has its own
	inner    instrument.Span       // of the receiver that runs
	now      int64                 // the clock's last reading: an end and the next start
	err      error
	on       bool // something records
	robust   bool
	panicked bool // the receiver that ran last, in a robust send
	done     bool
}

// begin starts the send's span, or its own Record when it runs in none. A Record
// that has ended is none: what a request left running shows as a Record below it.
func (d *dispatch) begin(ctx context.Context, sender any) {
	d.ctx = ctx
	if rec, _ := instrument.Find(ctx); rec.Sealed() {
		d.beginRecord(rec, sender)
		return
	}
	d.on, d.now = true, instrument.Now()
	if sender == nil {
		d.ctx, d.span = instrument.StartAt(ctx, d.now, d.core.handler)
		return
	}
	d.ctx, d.span = instrument.StartAt(ctx, d.now, d.core.handler,
		instrument.KeySender.String(senderName(sender)))
}

func (d *dispatch) beginRecord(ended *instrument.Recording, sender any) {
	r := ended.Recorder()
	if r == nil {
		r = instrument.Default()
	}
	if !r.Enabled() {
		return
	}
	b := instrument.Begin{Handler: d.core.handler}
	if sender != nil {
		b.Attrs = []instrument.Attr{instrument.KeySender.String(senderName(sender))}
	}
	d.ctx, d.rec = r.Begin(d.ctx, b)
	d.on, d.now = true, instrument.Now()
}

func (d *dispatch) callEach(list []*Connection, sender any, e anyEvent) []Result {
	results := make([]Result, 0, len(list))
	for _, r := range list {
		if !r.hears(sender) {
			continue
		}
		results = append(results, Result{Receiver: r})
		if d.call(&results[len(results)-1], e); d.err != nil && !d.robust {
			break
		}
	}
	return results
}

// call runs one receiver and fills in its result.
func (d *dispatch) call(res *Result, e anyEvent) {
	ctx, start := d.ctx, d.now
	if d.on {
		ctx, d.inner = instrument.StartAt(ctx, start, res.Receiver.handler)
	}
	d.panicked = false
	if d.robust {
		d.guard(ctx, res, e)
	} else {
		res.run(ctx, e)
	}
	res.Value = e.takeValue()
	if d.on {
		d.now = instrument.Now()
		d.endReceiver(res)
		res.Duration = time.Duration(d.now - start)
	}
	if res.Err != nil {
		d.failed(res)
	}
}

func (d *dispatch) endReceiver(res *Result) {
	switch {
	case d.panicked: // the span has it already
		d.inner.EndAt(d.now, nil)
	case res.Skipped == "":
		d.inner.EndAt(d.now, res.Err)
	case d.inner.Recorded():
		d.inner.Set(instrument.KeySkipped.String(res.Skipped))
		d.inner.Flag(instrument.FlagSkipped)
		d.inner.EndAt(d.now, nil)
	}
}

// failed notes the error. What logging takes is not the receiver's time.
func (d *dispatch) failed(res *Result) {
	d.err = res.Err
	if !d.robust {
		return
	}
	d.core.logFailure(d.ctx, res)
	if d.on {
		d.now = instrument.Now()
	}
}

// run asks the conditions and calls the receiver.
func (res *Result) run(ctx context.Context, e anyEvent) {
	r := res.Receiver
	for i := range r.conditions {
		if !r.conditions[i].holds(ctx, e) {
			res.Skipped = r.conditions[i].name
			return
		}
	}
	if r.once {
		if !r.called.CompareAndSwap(false, true) {
			res.Skipped = "called once already"
			return
		}
		r.Disconnect()
	}
	res.Err = r.call(ctx, e)
}

// guard turns a panic of the receiver into its error.
func (d *dispatch) guard(ctx context.Context, res *Result, e anyEvent) {
	returned := false
	defer func() {
		if returned {
			return
		}
		v := recover()
		if v == nil { // Goexit goes on
			return
		}
		if isAbort(v) {
			panic(v)
		}
		d.panicked = true
		d.inner.Panic(v)
		res.Err = &PanicError{Value: v, Stack: debug.Stack()}
	}()
	res.run(ctx, e)
	returned = true
}

// end closes the send on every way out. Its own recover is for the trace alone: the
// same panic goes on.
func (d *dispatch) end() {
	d.core.active.Add(-1)
	if !d.on {
		return
	}
	var v any
	if !d.done {
		v = recover()
		d.abandoned(v)
	}
	d.span.EndAt(d.now, d.err)
	d.rec.Fail(d.err)
	d.rec.End()
	if v != nil {
		panic(v)
	}
}

// abandoned closes what a receiver left open that panicked with v, or that called
// Goexit when v is nil.
func (d *dispatch) abandoned(v any) {
	d.now = instrument.Now()
	if v == nil {
		d.err = errGoexit
		d.inner.EndAt(d.now, errGoexit)
		return
	}
	d.err = nil
	d.inner.Panic(v)
	d.inner.EndAt(d.now, nil)
	d.span.Panic(v)
	d.rec.Panic(v)
}

// logFailure tells of a failed receiver of a robust send. What the log's handler
// does must not undo the robustness.
func (c *core) logFailure(ctx context.Context, res *Result) {
	defer func() { _ = recover() }()
	l := c.logger
	if l == nil {
		l = slog.Default()
	}
	attrs := []slog.Attr{
		slog.String("signal", c.name),
		slog.String("receiver", res.Receiver.name),
		slog.Any("err", res.Err),
	}
	if p, ok := errors.AsType[*PanicError](res.Err); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	l.LogAttrs(ctx, slog.LevelError, "signal receiver failed", attrs...)
}
