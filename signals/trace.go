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
	if s.started.Add(1)-s.ended.Load() > maxDepth {
		if t.err = s.checkDepth(ctx); t.err != nil {
			return Results{}, t.err
		}
	}
	t.now = instrument.Now()
	ctx, t.span = instrument.StartAt(ctx, t.now, s.handler, senderAttr(sender))
	s.last.Store(t.now)
	if renderer.Load() != nil && t.span.Recorded() {
		t.span.Set(renderedAs(keyPayload, &payload))
		t.now = instrument.Now()
	}
	b := newTook(len(q.who))
	more := &b.outcome
	b.exchange.core = &s.core
	e := Event[T]{Sender: sender, Payload: payload, x: &b.exchange}
	for i, call := range q.calls {
		var inside context.Context
		inside, t.inner = instrument.StartAt(ctx, t.now, q.who[i].handler)
		var err error
		panicked := false
		if mode == Robust {
			err, panicked = guarded(inside, call, e, &t.inner)
		} else {
			err = call(inside, e)
		}
		now := instrument.Now()
		if v := b.exchange.value; v != nil {
			more.withValue(len(q.who), i, v)
			b.exchange.value = nil
			if t.inner.Recorded() {
				t.inner.Set(renderedAs(keyValue, v))
			}
		}
		if panicked { // the span has it already
			t.inner.EndAt(now, nil)
		} else {
			t.inner.EndAt(now, err)
		}
		more.took[i] = time.Duration(now - t.now)
		t.now = now
		if err == nil {
			continue
		}
		if mode != Robust {
			t.err, t.done = err, true
			return q.stopped(i, err, more), err
		}
		more.withError(len(q.who), i, err)
		t.inner = instrument.Span{}
		s.logFailureOf(ctx, q.who[i], err)
		t.now = instrument.Now() // what the log takes is nobody's time
	}
	t.err, t.done = more.failure(), true
	return Results{&q.audience, more}, t.err
}

// traced is what sendTraced has open.
type traced struct {
	core  *core
	span  instrument.Span
	inner instrument.Span // of the receiver that runs, or ran last
	now   int64
	err   error
	done  bool
}

// end closes the spans on every way out. Its own recover is for the trace alone: the
// same panic goes on.
func (t *traced) end() {
	t.core.ended.Add(1)
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
