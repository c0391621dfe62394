package signals

import (
	"context"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// sendTraced is the quick way inside a Record: a span for the send and one for each
// receiver. The clock is read once for each of them: the end of one is the start of
// the next.
func (s *Signal[T]) sendTraced(ctx context.Context, sender any, payload T, q *quick[T], mode Mode) (Results, error) {
	if rec, _ := instrument.Find(ctx); rec.Sealed() {
		return s.sendEvent(ctx, sender, payload, plan{mode: mode})
	}
	t := traced{core: &s.core}
	defer t.end()
	if t.err = t.begin(ctx); t.err != nil {
		return Results{}, t.err
	}
	t.now = instrument.Now()
	t.span = instrument.LeafAt(ctx, t.now, s.handler, senderAttr(sender))
	if t.now-s.last.Load() > int64(time.Millisecond) { // more often nobody needs to know it
		s.last.Store(t.now)
	}
	if renderer.Load() != nil && t.span.Recorded() {
		shown := payload // a copy, or every send would have its payload on the heap
		t.span.Set(renderedAs(keyPayload, &shown))
		t.now = instrument.Now()
	}
	res := Results{who: &q.audience}
	if len(q.who) > 1 {
		res.more = newTook(len(q.who))
	}
	x := t.exchange
	e := Event[T]{Sender: sender, Payload: payload, x: x, turn: x.turn.Load()}
	for i, call := range q.calls {
		var inside context.Context
		inside, t.inner = t.span.Child(ctx, t.now, q.who[i].handler)
		var err error
		panicked := false
		if mode == Robust {
			err, panicked = guarded(inside, call, e, &t.inner)
		} else {
			err = call(inside, e)
		}
		now := instrument.Now()
		if v := x.value; v != nil {
			res.more = res.more.withValue(len(q.who), i, v)
			x.value = nil
			if t.inner.Recorded() {
				t.inner.Set(renderedAs(keyValue, v))
			}
		}
		if panicked { // the span has it already
			t.inner.EndAt(now, nil)
		} else {
			t.inner.EndAt(now, err)
		}
		if len(q.who) == 1 {
			res.took = time.Duration(now - t.now)
		} else {
			res.more.took[i] = time.Duration(now - t.now)
		}
		t.now = now
		if err == nil {
			continue
		}
		if mode != Robust {
			t.err, t.done = err, true
			res.more = q.stopped(i, err, res.more).more
			return res, err
		}
		res.more = res.more.withError(len(q.who), i, err)
		t.inner = instrument.Span{}
		s.logFailureOf(ctx, q.who[i], err)
		t.now = instrument.Now() // what the log takes is nobody's time
	}
	t.err, t.done = res.more.failure(), true
	return res, t.err
}

// traced is what sendTraced has open.
type traced struct {
	core     *core
	exchange *exchange
	slot     uint64          // of the exchange; 0: it is the send's own
	span     instrument.Span // of the send
	inner    instrument.Span // of the receiver that runs, or ran last
	now      int64
	err      error
	done     bool
}

// begin takes an exchange. Where none is free, many sends run, perhaps inside each other.
func (t *traced) begin(ctx context.Context) error {
	c := t.core
	if t.exchange, t.slot = c.exchanges.take(); t.slot != 0 {
		return nil
	}
	t.exchange = &exchange{core: c}
	if c.started.Add(1)-c.ended.Load() > maxDepth-numExchanges {
		return c.checkDepth(ctx)
	}
	return nil
}

// end closes the spans on every way out. Its own recover is for the trace alone: the
// same panic goes on.
func (t *traced) end() {
	if t.slot != 0 {
		t.core.exchanges.giveBack(t.exchange, t.slot)
	} else {
		t.core.ended.Add(1)
	}
	if t.done {
		t.span.EndAt(t.now, t.err)
		return
	}
	t.abandon(recover())
}

func (t *traced) abandon(v any) {
	now := instrument.Now()
	if v == nil { // Goexit, or a circle
		if t.err == nil {
			t.err = errGoexit
		}
		t.inner.EndAt(now, t.err)
		t.span.EndAt(now, t.err)
		return
	}
	t.inner.Panic(v)
	t.inner.EndAt(now, nil)
	t.span.Panic(v)
	t.span.EndAt(now, nil)
	panic(v)
}
