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
func (s *Signal[T]) Send(ctx context.Context, sender any, payload T) (Results, error) {
	q := s.quick.Load()
	if q == nil {
		if s.sleeping.Load() && attention.Load() == 0 {
			return Results{}, nil
		}
		return s.sendEvent(ctx, sender, payload, plan{})
	}
	if special.Load() != 0 && !undisturbed(ctx) {
		return s.sendEvent(ctx, sender, payload, plan{})
	}
	if _, named := sender.(string); q.on == nil || instrument.On() || !named && sender != nil {
		return s.sendQuick(ctx, sender, payload, q, Sequential)
	}
	if s.quickly.Add(1)-q.gauge.base-q.gauge.ended.Load() > maxDepth {
		return s.crowded(ctx, sender, payload, q)
	}
	for i, on := range q.on {
		if err := on(ctx, payload); err != nil {
			q.gauge.ended.Add(1)
			return q.stopped(i, err, nil), err
		}
	}
	q.gauge.ended.Add(1)
	return Results{who: &q.audience}, nil
}

// SendRobust calls every receiver that hears sender, whatever the others do. An
// error or panic is in the receiver's result, a panic as a [*PanicError], and is
// logged once as an error. The error returned is the failed receiver's, or joins
// those of several; a caller that only wants everybody called may drop it.
//
// http.ErrAbortHandler and runtime.Goexit are not failures but ways out, and end the
// send as they end Send.
func (s *Signal[T]) SendRobust(ctx context.Context, sender any, payload T) (Results, error) {
	q := s.quick.Load()
	if q == nil {
		if s.sleeping.Load() && attention.Load() == 0 {
			return Results{}, nil
		}
		return s.sendEvent(ctx, sender, payload, plan{mode: Robust})
	}
	if special.Load() != 0 && !undisturbed(ctx) {
		return s.sendEvent(ctx, sender, payload, plan{mode: Robust})
	}
	return s.sendQuick(ctx, sender, payload, q, Robust)
}

// plan is how and to whom one event is sent.
type plan struct {
	list      []*Connection // begins with one that hears the sender
	results   []Result      // room for them; may be nil
	layers    []*layer
	only      string   // the uid of the one receiver meant
	done      []string // those who are not meant; see [Call.Done]
	limit     int      // of receivers at a time, in concurrent sends; 0 for none
	mode      Mode
	delivered bool
	deep      bool // so many run that the stack has to be looked at
}

// sendEvent is every kind of send behind the check that there is anything to do.
func (s *Signal[T]) sendEvent(ctx context.Context, sender any, payload T, p plan) (Results, error) {
	if !s.fired.Load() {
		s.fired.Store(true)
		s.settle()
	}
	p.list, p.layers = s.list(), s.interceptors(ctx)
	if len(p.done) > 0 {
		p.list = without(p.list, p.done)
	}
	if len(p.list) > 0 || len(p.layers) > 0 || s.recent != nil || p.only != "" {
		if err := s.choose(sender, &p); err != nil {
			return Results{}, err
		}
	}
	if s.recent != nil {
		s.recent.add(sender, payload)
	}
	if len(p.list) == 0 && !looking(p.layers) {
		return Results{}, nil
	}
	if why := s.suspendedBy(ctx); why != "" {
		s.skip(ctx, sender, why)
		return Results{}, nil
	}
	b := s.newBlock(sender, payload)
	if len(p.list) == 1 {
		p.results = b.result[:0]
	}
	results, err := s.send(ctx, &b.event, p)
	if !p.mode.concurrent() && p.layers == nil {
		s.quicken(sender)
	}
	return resultsOf(results), err
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
