package signals_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func TestSG10_UntilEndsTheConnectionWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		s := newSignal()
		ctx, cancel := context.WithCancel(t.Context())
		s.Connect(c.receiver("x", nil), signals.Until(ctx))
		mustSend(t, s, nil)
		c.want(t, "x")
		cancel()
		if results := mustSend(t, s, nil); results.Len() != 0 || s.HasListeners(nil) { // at once
			t.Errorf("results %v after the context was done", results)
		}
		synctest.Wait()
		if n := len(s.Info().Receivers); n != 0 {
			t.Errorf("%d receivers left", n)
		}
		c.want(t)
	})
}

func TestSG10_UntilOfAContextThatIsDoneConnectsNothing(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	conn := s.Connect(c.receiver("x", nil), signals.Until(ctx))
	mustSend(t, s, nil)
	c.want(t)
	if conn.Disconnect() || len(s.Info().Receivers) != 0 {
		t.Error("it is connected")
	}
}

// watched is a context that counts who waits for it: standard contexts tell of their
// end without a goroutine, through this method.
type watched struct {
	context.Context
	n int
}

func (w *watched) AfterFunc(func()) (stop func() bool) {
	w.n++
	return func() bool { w.n--; return true }
}

func (w *watched) Done() <-chan struct{} { return make(chan struct{}) }

func TestSG10_DisconnectForgetsTheContext(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	ctx := &watched{Context: context.Background()}
	for range 3 {
		conn := s.Connect(c.receiver("x", nil), signals.Until(ctx))
		if ctx.n != 1 {
			t.Errorf("%d callbacks, want 1", ctx.n)
		}
		conn.Disconnect()
	}
	s.Connect(c.receiver("x", nil), signals.Until(ctx), signals.UID("u"))
	s.Connect(c.receiver("x", nil), signals.Until(ctx), signals.UID("u")) // a repetition
	if ctx.n != 1 {
		t.Errorf("%d callbacks, want 1", ctx.n)
	}
	if s.DisconnectAll(); ctx.n != 0 {
		t.Errorf("%d callbacks left", ctx.n)
	}
}

func TestSG15_ConnectAllIsOneHandle(t *testing.T) {
	t.Parallel()
	var c calls
	a, b := newSignal(), newSignal()
	all := signals.ConnectAll(c.receiver("x", nil), []*signals.Signal[order]{a, b}, signals.UID("u"), signals.From("A"))
	mustSend(t, a, "A")
	mustSend(t, b, "A")
	mustSend(t, b, "B")
	c.want(t, "x", "x")
	if len(all) != 2 || all[0].Signal() != "order_saved" || all[0].ConnectedAt().Line == 0 {
		t.Errorf("connections %v", all)
	}
	if !all.Disconnect() || all.Disconnect() {
		t.Error("Disconnect: want true, then false")
	}
	mustSend(t, a, "A")
	c.want(t)
}

func TestSG15_ConnectAllRollsBack(t *testing.T) {
	t.Parallel()
	var c calls
	a, b := newSignal(), newSignal()
	a.Connect(c.receiver("before", nil), signals.UID("u"))
	got := panicOf(func() {
		signals.ConnectAll(c.receiver("x", nil), []*signals.Signal[order]{b, a, nil}, signals.UID("u"))
	})
	if got != "signals: Connect: the signal was not made with New" {
		t.Errorf("panic %v", got)
	}
	mustSend(t, a, nil)
	mustSend(t, b, nil)
	c.want(t, "before") // what was connected by others stays
}
