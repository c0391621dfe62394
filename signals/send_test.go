package signals_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func TestSG19_ReceiversRunInOrderOfConnection(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	for _, name := range []string{"a", "b", "c"} {
		s.Connect(c.receiver(name, nil))
	}
	for range 1000 {
		mustSend(t, s, nil)
		c.want(t, "a", "b", "c")
	}
}

func TestSG20_A04_OneResultPerReceiverInOrder(t *testing.T) {
	t.Parallel()
	s := newSignal()
	connect := func(uid string, v any) *signals.Connection {
		return s.Connect(func(_ context.Context, e signals.Event[order]) error {
			if v != nil {
				e.Return(v)
			}
			return nil
		}, signals.UID(uid))
	}
	want := []*signals.Connection{connect("a", 7), connect("b", nil), connect("c", "x")}
	results := mustSend(t, s, nil)
	if results.Len() != 3 {
		t.Fatalf("%d results, want 3", results.Len())
	}
	for i, v := range []any{7, nil, "x"} {
		if r := results.All()[i]; r.Receiver != want[i] || r.Value != v || r.Err != nil || r.Skipped != "" {
			t.Errorf("result %d is %+v", i, r)
		}
	}
}

func TestSG21_A07_NobodyListensCostsNothing(t *testing.T) {
	s := newSignal()
	results, err := s.Send(t.Context(), "A", order{})
	if results.Len() != 0 || err != nil {
		t.Errorf("Send = %v, %v", results, err)
	}
	results, err = s.SendRobust(t.Context(), "A", order{})
	if results.Len() != 0 || err != nil {
		t.Errorf("SendRobust = %v, %v", results, err)
	}
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { _, _ = s.Send(ctx, "A", order{ID: 1}) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestSG22_SendStopsAtTheFirstError(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("a1", nil))
	s.Connect(c.receiver("e1", errReceiver))
	s.Connect(c.receiver("a2", nil))
	results, err := s.Send(t.Context(), nil, order{})
	if err != errReceiver {
		t.Errorf("error %v, want the receiver's own", err)
	}
	if results.Len() != 2 || results.All()[0].Err != nil || results.All()[1].Err != errReceiver {
		t.Errorf("results %v", results)
	}
	c.want(t, "a1", "e1")
}

func TestSG23_RobustCallsEveryReceiver(t *testing.T) {
	t.Parallel()
	var c calls
	log, _ := newLog()
	s := newSignal(signals.Logger(log))
	s.Connect(c.receiver("a", nil))
	s.Connect(c.receiver("b", errReceiver))
	s.Connect(c.receiver("c", nil))
	results, err := s.SendRobust(t.Context(), nil, order{})
	c.want(t, "a", "b", "c")
	if err != errReceiver {
		t.Errorf("error %v, want that of the one that failed", err)
	}
	for i, want := range []error{nil, errReceiver, nil} {
		if results.All()[i].Err != want {
			t.Errorf("result %d: error %v, want %v", i, results.All()[i].Err, want)
		}
	}
	other := errors.New("no mail")
	s.Connect(c.receiver("d", other))
	if _, err = s.SendRobust(t.Context(), nil, order{}); !errors.Is(err, errReceiver) || !errors.Is(err, other) {
		t.Errorf("error %v does not join both", err)
	}
}

func TestSG24_RobustLetsWaysOutThrough(t *testing.T) {
	t.Parallel()
	t.Run("http.ErrAbortHandler panics on", func(t *testing.T) {
		t.Parallel()
		var c calls
		s := newSignal()
		s.Connect(func(context.Context, signals.Event[order]) error { panic(http.ErrAbortHandler) })
		s.Connect(c.receiver("after", nil))
		got := panicOf(func() { _, _ = s.SendRobust(t.Context(), nil, order{}) })
		if got != http.ErrAbortHandler {
			t.Errorf("panic %v, want http.ErrAbortHandler", got)
		}
		c.want(t)
	})
	t.Run("Goexit unwinds", func(t *testing.T) {
		t.Parallel()
		var c calls
		s := newSignal()
		s.Connect(func(context.Context, signals.Event[order]) error { runtime.Goexit(); return nil })
		s.Connect(c.receiver("after", nil))
		done := make(chan bool)
		go func() {
			returned := false
			defer func() { done <- returned }()
			_, _ = s.SendRobust(context.Background(), nil, order{})
			returned = true
		}()
		if <-done {
			t.Error("SendRobust returned")
		}
		c.want(t)
	})
}

func TestSG27_PanicsOfReceivers(t *testing.T) {
	t.Parallel()
	t.Run("Send lets the same value through", func(t *testing.T) {
		t.Parallel()
		s := newSignal()
		value := &order{}
		s.Connect(func(context.Context, signals.Event[order]) error { panic(value) })
		if got := panicOf(func() { _, _ = s.Send(t.Context(), nil, order{}) }); got != any(value) {
			t.Errorf("panic %v", got)
		}
	})
	log, _ := newLog()
	for _, tt := range []struct {
		name  string
		value any
		check func(error) bool
	}{
		{"SendRobust gives text", "boom", func(err error) bool { return err.Error() == "panic: boom" }},
		{"SendRobust names the fields of a struct", struct{ Password string }{"x"}, func(err error) bool { return err.Error() == "panic: {Password:x}" }},
		{"SendRobust unwraps an error", errReceiver, func(err error) bool { return errors.Is(err, errReceiver) }},
		{"SendRobust gives panic(nil)", nil, func(err error) bool {
			_, ok := errors.AsType[*runtime.PanicNilError](err)
			return ok
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c calls
			s := newSignal(signals.Logger(log))
			s.Connect(func(context.Context, signals.Event[order]) error { panic(tt.value) })
			s.Connect(c.receiver("after", nil))
			results, err := s.SendRobust(t.Context(), nil, order{})
			c.want(t, "after")
			p, ok := errors.AsType[*signals.PanicError](err)
			if !ok || !tt.check(results.All()[0].Err) {
				t.Fatalf("error %#v", err)
			}
			if !strings.Contains(string(p.Stack), "TestSG27_PanicsOfReceivers") {
				t.Errorf("the stack does not lead to the receiver:\n%s", p.Stack)
			}
		})
	}
}

func TestSG28_EventCarriesSignalAndSender(t *testing.T) {
	t.Parallel()
	s := newSignal()
	s.Connect(func(_ context.Context, e signals.Event[order]) error {
		if e.Signal() != s || e.Sender != "A" || e.Payload.ID != 7 {
			t.Errorf("event %+v", e)
		}
		return nil
	})
	mustSend(t, s, "A")
	byHand := &signals.Event[order]{Sender: "A", Payload: order{ID: 7}}
	if byHand.Signal() != nil {
		t.Error("an event made by hand has no signal")
	}
}

func TestSG29_ChangesOfThePayloadAreSeenByTheNext(t *testing.T) {
	t.Parallel()
	s := signals.New[*order]("order_filled", signals.Unlisted())
	s.Connect(func(_ context.Context, e signals.Event[*order]) error {
		e.Payload.Lines = append(e.Payload.Lines, "gift")
		return nil
	})
	s.Connect(func(_ context.Context, e signals.Event[*order]) error {
		if !slices.Equal(e.Payload.Lines, []string{"book", "gift"}) {
			t.Errorf("lines %v", e.Payload.Lines)
		}
		return nil
	})
	o := &order{Lines: []string{"book"}}
	if _, err := s.Send(t.Context(), nil, o); err != nil || len(o.Lines) != 2 {
		t.Errorf("lines %v, error %v", o.Lines, err)
	}
}

func TestSG30_ConnectedDuringASendWaitsForTheNext(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(func(context.Context, signals.Event[order]) error {
		c.add("r1")
		s.Connect(c.receiver("late", nil), signals.UID("late"))
		return nil
	})
	mustSend(t, s, nil)
	c.want(t, "r1")
	mustSend(t, s, nil)
	c.want(t, "r1", "late")
}

func TestSG31_DisconnectedDuringASendIsStillCalled(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	var self, next *signals.Connection
	self = s.Connect(func(context.Context, signals.Event[order]) error {
		c.add("self")
		self.Disconnect()
		next.Disconnect()
		return nil
	})
	next = s.Connect(c.receiver("next", nil))
	s.Connect(c.receiver("last", nil))
	mustSend(t, s, nil)
	c.want(t, "self", "next", "last")
	mustSend(t, s, nil)
	c.want(t, "last")
}

func TestSG32_NestedSendsRunDepthFirst(t *testing.T) {
	t.Parallel()
	var c calls
	outer, inner := newSignal(), newSignal()
	outer.Connect(func(ctx context.Context, e signals.Event[order]) error {
		c.add("outer 1")
		_, err := inner.Send(ctx, e.Sender, e.Payload)
		return err
	})
	outer.Connect(c.receiver("outer 2", nil))
	inner.Connect(c.receiver("inner 1", nil))
	inner.Connect(c.receiver("inner 2", nil))
	mustSend(t, outer, nil)
	c.want(t, "outer 1", "inner 1", "inner 2", "outer 2")
}

// ping and pong send each other, without passing the context on.
func ping(pong *signals.Signal[order], n *atomic.Int32) func(context.Context, signals.Event[order]) error {
	return func(_ context.Context, e signals.Event[order]) error {
		n.Add(1)
		_, err := pong.Send(context.Background(), nil, e.Payload)
		return err
	}
}

func TestSG32_EndlessRecursionIsAnErrorThatNamesTheCircle(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	a := signals.New[order]("ping", signals.Unlisted())
	b := signals.New[order]("pong", signals.Unlisted())
	a.Connect(ping(b, &n))
	b.Connect(ping(a, &n))
	_, err := a.Send(t.Context(), nil, order{})
	cycle, ok := errors.AsType[*signals.CycleError](err)
	if !ok || cycle.Signal != "ping" || n.Load() != 200 {
		t.Fatalf("error %v after %d calls", err, n.Load())
	}
	if !strings.Contains(err.Error(), "signals_test.TestSG32_EndlessRecursionIsAnErrorThatNamesTheCircle.ping.func") &&
		!strings.Contains(err.Error(), "signals_test.ping.func") {
		t.Errorf("error %v does not name the receivers", err)
	}
	if _, err := a.Send(t.Context(), nil, order{}); !errors.As(err, &cycle) {
		t.Errorf("after a circle: %v", err)
	}
	b.DisconnectAll()
	if _, err := a.Send(t.Context(), nil, order{}); err != nil {
		t.Errorf("with the circle cut: %v", err)
	}
}

func TestSG32_ManySendsAtOnceAreNoRecursion(t *testing.T) {
	t.Parallel()
	const senders = 300
	s := newSignal()
	arrived, release := make(chan bool, senders), make(chan bool)
	s.Connect(func(context.Context, signals.Event[order]) error {
		arrived <- true
		<-release
		return nil
	})
	errs := make(chan error, senders)
	for range senders {
		go func() {
			_, err := s.Send(context.Background(), nil, order{})
			errs <- err
		}()
	}
	for range senders {
		<-arrived
	}
	close(release)
	for range senders {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
}

func TestSG33_ReceiversRunOutsideTheLock(t *testing.T) {
	t.Parallel()
	s := newSignal()
	inside, release, done := make(chan bool), make(chan bool), make(chan bool)
	s.Connect(func(context.Context, signals.Event[order]) error {
		inside <- true
		<-release
		return nil
	})
	go func() {
		_, _ = s.Send(context.Background(), nil, order{})
		close(done)
	}()
	<-inside
	var c calls
	s.Connect(c.receiver("x", nil)).Disconnect() // would hang if the send held the lock
	close(release)
	<-done
}

func TestSG37_SG38_UncomparableSenderIsAnError(t *testing.T) {
	t.Parallel()
	type holder struct{ v any }
	var c calls
	s := newSignal()
	s.Connect(c.receiver("x", nil), signals.From(holder{1}))
	s.Connect(c.receiver("y", nil))
	for _, sender := range []any{[]int{1}, map[string]int{}, func() {}, holder{[]int{}}, [1]any{map[int]int{}}} {
		results, err := s.Send(t.Context(), sender, order{})
		if _, ok := errors.AsType[*signals.SenderError](err); !ok || results.Len() != 0 {
			t.Errorf("Send from %T: %v, %v", sender, results, err)
		}
		if _, err = s.SendRobust(t.Context(), sender, order{}); err == nil {
			t.Errorf("SendRobust from %T: no error", sender)
		}
	}
	c.want(t)
	mustSend(t, s, holder{1})
	c.want(t, "x", "y")
}

func TestA19_ConditionsDecideInOrder(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("x", nil), signals.When(large), signals.When(func(context.Context, signals.Event[order]) bool {
		c.add("second condition")
		return true
	}))
	results := mustSend(t, s, nil) // order 7
	c.want(t)
	if results.Len() != 1 || results.All()[0].Skipped != "signals_test.large" {
		t.Errorf("results %+v", results)
	}
	results, err := s.Send(t.Context(), nil, order{ID: 1000})
	if err != nil || results.All()[0].Skipped != "" {
		t.Errorf("results %+v, %v", results, err)
	}
	c.want(t, "second condition", "x")
}

func large(_ context.Context, e signals.Event[order]) bool { return e.Payload.ID >= 1000 }

func TestOnce_CallsOneOfManySends(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	s := newSignal()
	s.Connect(func(context.Context, signals.Event[order]) error { n.Add(1); return nil }, signals.Once())
	done := make(chan bool)
	for range 8 {
		go func() {
			_, _ = s.Send(context.Background(), nil, order{})
			done <- true
		}()
	}
	for range 8 {
		<-done
	}
	if n.Load() != 1 || s.HasListeners(nil) {
		t.Errorf("%d calls, listeners %v", n.Load(), s.HasListeners(nil))
	}
}

func TestA05_ReceiversOfASenderAndOfAll(t *testing.T) {
	t.Parallel()
	type model string
	var c calls
	s := newSignal()
	s.Connect(c.receiver("h", nil), signals.From(model("Order")))
	s.Connect(c.receiver("h2", nil))
	mustSend(t, s, model("Order"))
	mustSend(t, s, model("User"))
	c.want(t, "h", "h2", "h2")
}

func TestA24_ValueErrorAndPanicReachTheSender(t *testing.T) {
	t.Parallel()
	_, rec := recorded(t, func(ctx context.Context) {
		s := newSignal()
		s.Connect(func(_ context.Context, e signals.Event[order]) error {
			e.Return(7)
			switch e.Payload.ID {
			case 1:
				return errReceiver
			case 2:
				panic("boom")
			}
			return nil
		}, signals.UID("a24"))
		if results, err := s.Send(ctx, nil, order{}); err != nil || results.All()[0].Value != 7 || results.All()[0].Duration <= 0 {
			t.Errorf("results %+v, %v", results, err)
		}
		if _, err := s.Send(ctx, nil, order{ID: 1}); err != errReceiver {
			t.Errorf("error %v", err)
		}
		if v := panicOf(func() { _, _ = s.Send(ctx, nil, order{ID: 2}) }); v != "boom" {
			t.Errorf("panic %v", v)
		}
	})
	wantTree(t, rec,
		"signal order_saved", "  receiver a24",
		"signal order_saved (error)", "  receiver a24 (error)",
		"signal order_saved (error, panic)", "  receiver a24 (error, panic)")
}
