package signals

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// send calls the receivers that p has chosen, as a span and inside the interceptors.
func (c *core) send(ctx context.Context, e anyEvent, p plan) ([]Result, error) {
	d := dispatch{event: e, list: p.list, results: p.results, limit: p.limit}
	d.runner = runner{core: c, ctx: ctx, layers: p.layers, mode: p.mode, delivered: p.delivered, chosen: p.only != ""}
	defer d.end()
	if c.started.Add(1)-c.ended.Load() > maxDepth || p.deep {
		if d.err = c.checkDepth(ctx); d.err != nil {
			return nil, d.err
		}
	}
	d.begin()
	if len(p.layers) > 0 {
		d.callIntercepted()
	} else {
		d.callAll()
	}
	d.done = true
	return d.results, d.err
}

// dispatch is one send while it runs.
type dispatch struct {
	runner
	event   anyEvent
	list    []*Connection
	results []Result
	limit   int
	span    instrument.Span       // of the send, if it runs inside a Record
	rec     *instrument.Recording // of the send, if it has its own
	err     error
	done    bool
}

// begin starts the send's span, or its own Record when it runs in none. A Record
// that has ended is none: what a request left running shows as a Record below it.
func (d *dispatch) begin() {
	sender := d.event.sender()
	if rec, _ := instrument.Find(d.ctx); rec.Sealed() {
		d.beginRecord(rec, sender)
	} else {
		d.on, d.now = true, instrument.Now()
		d.ctx, d.span = instrument.StartAt(d.ctx, d.now, d.core.handler, senderAttr(sender))
		if d.mode.concurrent() {
			d.span.Set(keyMode.String(d.mode.String()))
		}
		if renderer.Load() != nil && d.span.Recorded() {
			d.span.Set(renderedAs(keyPayload, d.event.payloadAt()))
			d.now = instrument.Now()
		}
	}
	if d.on {
		d.core.last.Store(d.now)
	}
}

func (d *dispatch) beginRecord(ended *instrument.Recording, sender any) {
	r := ended.Recorder()
	if r == nil {
		r = instrument.Default()
	}
	if !r.Enabled() {
		return
	}
	b := instrument.Begin{Handler: d.core.handler, Attrs: []instrument.Attr{senderAttr(sender)}}
	if d.mode.concurrent() {
		b.Attrs = append(b.Attrs, keyMode.String(d.mode.String()))
	}
	b.Attrs = append(b.Attrs, renderedAs(keyPayload, d.event.payloadAt()))
	d.ctx, d.rec = r.Begin(d.ctx, b)
	d.on, d.now = true, instrument.Now()
}

// callAll calls the receivers and finds out what the send's error is.
func (d *dispatch) callAll() {
	if d.mode.concurrent() {
		d.callConcurrently()
	} else {
		d.callEach()
	}
	if d.err != nil && d.mode.robust() {
		d.err = joined(d.results)
	}
}

// callEach calls one receiver after the other.
func (d *dispatch) callEach() {
	if d.results == nil {
		d.results = make([]Result, 0, len(d.list))
	}
	sender := d.event.sender()
	for _, r := range d.list {
		if !r.hears(sender) {
			continue
		}
		n := len(d.results)
		d.results = d.results[:n+1] // in place: a Result is large
		res := &d.results[n]
		res.Receiver = r
		d.call(res, d.event)
		if res.failed() {
			if d.err = res.Err; !d.mode.robust() {
				return
			}
		}
	}
}

// callIntercepted calls the receivers inside the interceptors. These get a dispatch
// of their own, or every send would have to have it on the heap; what it has left
// open when something panics is closed from d.
func (d *dispatch) callIntercepted() {
	in := *d
	defer func() { *d = in }()
	in.err = in.protect(in.span, func() error {
		results, err := through(in.ctx, in.layers, in.event, in.mode, in.proceed)
		in.results = results
		return err
	})
	in.tick()
}

// proceed is the innermost step of a send that is intercepted. It may be taken more
// than once.
func (d *dispatch) proceed(ctx context.Context) ([]Result, error) {
	d.tick()
	outer := d.ctx
	d.ctx, d.results, d.err = ctx, nil, nil
	d.callAll()
	d.ctx = outer
	return d.results, d.err
}

// end closes the send on every way out. Its own recover is for the trace alone: the
// same panic goes on.
func (d *dispatch) end() {
	d.core.ended.Add(1)
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
