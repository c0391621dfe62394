package signals_test

import (
	"context"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func TestSG16_A07_SuspendIsScopedByContext(t *testing.T) {
	t.Parallel()
	var c calls
	s, other := newSignal(), newSignal()
	s.Connect(c.receiver("s", nil))
	other.Connect(c.receiver("other", nil))
	send := func(ctx context.Context) {
		for _, s := range []*signals.Signal[order]{s, other} {
			if results, err := s.Send(ctx, nil, order{}); err != nil || results.Len() > 1 {
				t.Errorf("results %v, %v", results, err)
			}
		}
	}
	ctx := t.Context()
	quiet := signals.Suspend(ctx, s)
	send(quiet)
	c.want(t, "other")
	inner := signals.Suspend(quiet)
	send(inner)
	c.want(t)
	send(quiet) // the outer one goes on where the inner one ended
	c.want(t, "other")
	send(signals.Suspend(signals.Suspend(ctx, other), s))
	c.want(t)
	send(ctx)
	c.want(t, "s", "other")
	if !signals.Suspended(quiet, s) || signals.Suspended(quiet, other) || signals.Suspended(ctx, s) {
		t.Error("Suspended is wrong")
	}
	if got := s.Info().Suspended; got != 4 {
		t.Errorf("%d suspended sends, want 4", got)
	}
}

func TestSG16_A07_SuspendEndsWithAPanicAndTouchesNoOther(t *testing.T) {
	t.Parallel()
	var inside, outside calls
	s := newSignal()
	s.Connect(inside.receiver("inside", nil), signals.From("import"))
	s.Connect(outside.receiver("outside", nil), signals.From("request"))
	ctx := t.Context()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				mustSend(t, s, "request")
			}
		})
	}
	_ = panicOf(func() {
		quiet := signals.Suspend(ctx)
		for range 10_000 {
			_, _ = s.Send(quiet, "import", order{})
		}
		panic("row 10001 is broken")
	})
	wg.Wait()
	inside.want(t)
	if n := len(outside.take()); n != 800 {
		t.Errorf("%d calls on other goroutines, want 800", n)
	}
	mustSend(t, s, "import")
	inside.want(t, "inside")
}

func TestSG16_SuspendedSendsShowAsSkipped(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("x", nil))
	r, rec := recorded(t, func(ctx context.Context) {
		_, _ = s.Send(signals.Suspend(ctx), "import", order{})
		defer s.Pause()()
		_, _ = s.Send(ctx, nil, order{})
	})
	wantTree(t, rec, "signal order_saved (skipped)", "signal order_saved (skipped)")
	if got := attr(rec.Spans[1], keySkipped); got != "suspended" || attr(rec.Spans[2], keySkipped) != "paused" {
		t.Errorf("skipped because %v", got)
	}
	if st := r.Stats(s.Info().Handler); st.Count != 0 {
		t.Errorf("%d sends counted", st.Count)
	}
}

func TestA07_PauseIsForTheWholeProcess(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("x", nil))
	one, two := s.Pause(), s.Pause()
	mustSend(t, s, nil)
	one()
	one() // a second call does nothing
	mustSend(t, s, nil)
	c.want(t)
	if !s.Info().Paused {
		t.Error("not paused")
	}
	two()
	mustSend(t, s, nil)
	c.want(t, "x")
}
