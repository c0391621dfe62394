package signals

import (
	"context"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Send calls the receivers that hear sender, in order, until one returns an error
// that none of its policies takes care of ([OnError]). It gives the results so far,
// that of the failed receiver last, and its error unchanged. A panic of a receiver
// goes through to the caller.
//
// A sender that cannot be compared is a [*SenderError], a signal that is sent more
// than 100 times from within itself a [*CycleError]; nobody is called then.
func (s *Signal[T]) Send(ctx context.Context, sender any, payload T) ([]Result, error) {
	if s.sleeping.Load() && attention.Load() == 0 {
		return nil, nil
	}
	return s.sendEvent(ctx, sender, payload, plan{})
}

// SendRobust calls every receiver that hears sender, whatever the others do. An
// error or panic is in the receiver's result, a panic as a [*PanicError], and is
// logged once as an error. The error returned is the failed receiver's, or joins
// those of several; a caller that only wants everybody called may drop it.
//
// http.ErrAbortHandler and runtime.Goexit are not failures but ways out, and end the
// send as they end Send.
func (s *Signal[T]) SendRobust(ctx context.Context, sender any, payload T) ([]Result, error) {
	if s.sleeping.Load() && attention.Load() == 0 {
		return nil, nil
	}
	return s.sendEvent(ctx, sender, payload, plan{mode: Robust})
}

// plan is how and to whom one event is sent.
type plan struct {
	list      []*Connection // begins with one that hears the sender
	results   []Result      // room for them; may be nil
	layers    []*layer
	only      string // the uid of the one receiver meant
	limit     int    // of receivers at a time, in concurrent sends; 0 for none
	mode      Mode
	delivered bool
}

// block holds what a send to one receiver needs in one piece.
type block[T any] struct {
	event  Event[T]
	result [1]Result
}

// sendEvent is every kind of send behind the check that there is anything to do.
func (s *Signal[T]) sendEvent(ctx context.Context, sender any, payload T, p plan) ([]Result, error) {
	if !s.fired.Load() {
		s.fired.Store(true)
		s.settle()
	}
	p.list, p.layers = s.list(), s.interceptors(ctx)
	if len(p.list) > 0 || len(p.layers) > 0 || s.recent != nil || p.only != "" {
		if err := s.choose(sender, &p); err != nil {
			return nil, err
		}
	}
	if s.recent != nil {
		s.recent.add(sender, payload)
	}
	if len(p.list) == 0 && len(p.layers) == 0 {
		return nil, nil
	}
	if why := s.suspendedBy(ctx); why != "" {
		s.skip(ctx, sender, why)
		return nil, nil
	}
	if len(p.list) == 1 {
		b := &block[T]{event: Event[T]{Sender: sender, Payload: payload, signal: s}}
		p.results = b.result[:0]
		return s.send(ctx, &b.event, p)
	}
	return s.send(ctx, &Event[T]{Sender: sender, Payload: payload, signal: s}, p)
}

// choose leaves in p.list nobody, or first a receiver that is meant.
func (c *core) choose(sender any, p *plan) error {
	if err := checkSender(sender); err != nil {
		return fmt.Errorf("signals: send %q: %w", c.name, err)
	}
	if p.only != "" {
		return c.chooseOnly(sender, p)
	}
	i := firstHearing(p.list, sender)
	if i < 0 {
		p.list = nil
		return nil
	}
	p.list = p.list[i:]
	return nil
}

func (c *core) chooseOnly(sender any, p *plan) error {
	for i, r := range p.list {
		if r.uid == p.only && r.hears(sender) {
			p.list = p.list[i : i+1]
			return nil
		}
	}
	return &TargetError{c.name, p.only}
}

// skip shows in the trace that a send was suspended.
func (c *core) skip(ctx context.Context, sender any, why string) {
	c.suspended.Add(1)
	span := instrument.Leaf(ctx, c.handler)
	if !span.Recorded() {
		return
	}
	span.Set(instrument.KeySkipped.String(why), senderAttr(sender))
	span.Flag(instrument.FlagSkipped)
	span.End(nil)
}

// send calls the receivers that p has chosen, as a span and inside the interceptors.
func (c *core) send(ctx context.Context, e anyEvent, p plan) ([]Result, error) {
	d := dispatch{event: e, list: p.list, results: p.results, limit: p.limit}
	d.runner = runner{core: c, ctx: ctx, layers: p.layers, mode: p.mode, delivered: p.delivered}
	defer d.end()
	if c.started.Add(1)-c.ended.Load() > maxDepth {
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
		d.results = append(d.results, Result{Receiver: r})
		res := &d.results[len(d.results)-1]
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
