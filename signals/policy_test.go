package signals_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// queue is a Queue that keeps what it gets.
type queue struct {
	mu    sync.Mutex
	calls []signals.Call
	err   error
}

func (q *queue) Enqueue(_ context.Context, c signals.Call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.calls = append(q.calls, c)
	}
	return q.err
}

// failing makes a receiver that notes its call and fails n times.
func (c *calls) failing(name string, n int) func(context.Context, signals.Event[order]) error {
	return func(context.Context, signals.Event[order]) error {
		c.add(name)
		if n--; n >= 0 {
			return errReceiver
		}
		return nil
	}
}

func TestA38_ContinueKeepsTheErrorAndGoesOn(t *testing.T) {
	t.Parallel()
	var c calls
	log, out := newLog()
	s := newSignal(signals.Logger(log))
	s.Connect(c.receiver("a", errReceiver), signals.OnError(signals.Continue))
	s.Connect(c.receiver("b", nil), signals.OnError(signals.Stop))
	results := mustSend(t, s, nil)
	c.want(t, "a", "b")
	if r := results.All()[0]; r.Err != errReceiver || r.Handled != "Continue" || results.Len() != 2 {
		t.Errorf("results %+v", results)
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Errorf("%d log lines, want 1:\n%s", n, out)
	}
	if results, err := s.SendRobust(t.Context(), nil, order{}); err != nil || results.All()[0].Handled != "Continue" {
		t.Errorf("robust: %+v, %v", results, err)
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d log lines, want 2:\n%s", n, out)
	}
}

func TestSG57_StopIsWhatHappensWithoutAPolicy(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("a", errReceiver), signals.OnError(signals.Stop))
	s.Connect(c.receiver("b", nil))
	if _, err := s.Send(t.Context(), nil, order{}); err != errReceiver {
		t.Errorf("error %v", err)
	}
	c.want(t, "a")
}

func TestSG57_A38_RetryUntilTheReceiverSucceeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		s := newSignal()
		var waited []int
		backoff := func(n int) time.Duration { waited = append(waited, n); return time.Duration(n) * time.Second }
		s.Connect(c.failing("a", 2), signals.UID("a"), signals.Once(), signals.OnError(signals.Retry(3, backoff)))
		start := time.Now()
		_, rec := recorded(t, func(ctx context.Context) {
			results, err := s.Send(ctx, nil, order{})
			if r := results.All()[0]; err != nil || r.Err != nil || r.Handled != "" || r.Attempts != 3 || r.Duration < 3*time.Second {
				t.Errorf("results %+v, %v", results, err)
			}
		})
		c.want(t, "a", "a", "a")
		if took := time.Since(start); took != 3*time.Second || len(waited) != 2 || waited[1] != 2 {
			t.Errorf("took %v, waited %v", took, waited)
		}
		wantTree(t, rec, "signal order_saved (slow)", "  receiver a (error)", "  receiver a (error)", "  receiver a")
	})
}

func TestA38_RetryGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		s := newSignal()
		s.Connect(c.failing("a", 9), signals.OnError(signals.Retry(3, signals.Constant(time.Second))))
		results, err := s.Send(t.Context(), nil, order{})
		c.want(t, "a", "a", "a", "a")
		if err != errReceiver || results.All()[0].Attempts != 4 {
			t.Errorf("results %+v, %v", results, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		if results, err = s.Send(ctx, nil, order{}); err != errReceiver || results.All()[0].Attempts != 2 {
			t.Errorf("with a context that ends: %+v, %v", results, err)
		}
	})
}

func TestA38_RetryOfAPanicInARobustSend(t *testing.T) {
	t.Parallel()
	n := 0
	s := newSignal(signals.Logger(quiet))
	s.Connect(func(context.Context, signals.Event[order]) error {
		if n++; n == 1 {
			panic("boom")
		}
		return nil
	}, signals.OnError(signals.Retry(1, nil)))
	if results, err := s.SendRobust(t.Context(), nil, order{}); err != nil || results.All()[0].Attempts != 2 {
		t.Errorf("results %+v, %v", results, err)
	}
	n = 0
	if v := panicOf(func() { _, _ = s.Send(t.Context(), nil, order{}) }); v != "boom" {
		t.Errorf("Send: panic %v, want the receiver's", v)
	}
}

func TestA38_BackoffGrows(t *testing.T) {
	t.Parallel()
	b := signals.Exponential(time.Second)
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 100: time.Minute} {
		if got := b(n); got < want || got > want+want/10 {
			t.Errorf("wait before call %d: %v, want %v and up to a tenth more", n, got, want)
		}
	}
}

func saveForLater(err error, c *calls) func(context.Context, signals.Event[order], error) error {
	return func(_ context.Context, e signals.Event[order], cause error) error {
		c.add("fallback: " + cause.Error())
		e.Return("saved")
		return err
	}
}

func TestA38_FallbackTakesThePlace(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("a", errReceiver), signals.UID("a"), signals.OnError(signals.Fallback(saveForLater(nil, &c))))
	s.Connect(c.receiver("b", nil), signals.UID("b"))
	_, rec := recorded(t, func(ctx context.Context) {
		results, err := s.Send(ctx, nil, order{})
		if r := results.All()[0]; err != nil || r.Err != errReceiver || r.Value != "saved" ||
			!strings.HasPrefix(r.Handled, "Fallback(signals_test.") {
			t.Errorf("results %+v, %v", results, err)
		}
	})
	c.want(t, "a", "fallback: no stock", "b")
	if got := attr(rec.Spans[2], keyHandled); !strings.HasPrefix(fmt.Sprint(got), "Fallback(signals_test.") {
		t.Errorf("handled by %v", got)
	}
	if lines := tree(rec); len(lines) != 4 || lines[1] != "  receiver a (error)" || !strings.HasPrefix(lines[2], "  receiver signals_test.") {
		t.Errorf("spans %q", lines)
	}
}

func TestA38_AFallbackThatFailsIsReportedAndNotLooped(t *testing.T) {
	t.Parallel()
	var c calls
	broken := errors.New("disk is full")
	s := newSignal(signals.Logger(quiet))
	s.Connect(c.receiver("a", errReceiver), signals.OnError(signals.Retry(1, nil), signals.Fallback(saveForLater(broken, &c))))
	s.Connect(func(context.Context, signals.Event[order]) error { return nil },
		signals.OnError(signals.Fallback(saveForLater(nil, &c))))
	results, err := s.Send(t.Context(), nil, order{})
	c.want(t, "a", "a", "fallback: no stock")
	if !errors.Is(err, errReceiver) || !errors.Is(err, broken) || results.All()[0].Handled != "" || results.Len() != 1 {
		t.Errorf("results %+v, %v", results, err)
	}
	p := newSignal(signals.Logger(quiet))
	p.Connect(c.receiver("a", errReceiver), signals.OnError(signals.Fallback(
		func(context.Context, signals.Event[order], error) error { panic("boom") })))
	_, err = p.SendRobust(t.Context(), nil, order{})
	if _, ok := errors.AsType[*signals.PanicError](err); !ok || !errors.Is(err, errReceiver) {
		t.Errorf("error %v", err)
	}
	if v := panicOf(func() { _, _ = p.Send(t.Context(), nil, order{}) }); v != "boom" {
		t.Errorf("panic %v", v)
	}
}

func TestA38_EnqueueHandsTheCallToTheQueue(t *testing.T) {
	t.Parallel()
	var c calls
	q := &queue{}
	s := newSignal()
	s.Connect(c.failing("mail", 1), signals.UID("mail"), signals.OnError(signals.Enqueue(q)))
	s.Connect(c.receiver("b", nil), signals.UID("b"))
	ctx := signals.WithScope(t.Context(), signals.Scope{User: "ann", RequestID: "r1"})
	results, err := s.Send(ctx, "shop", order{ID: 7})
	c.want(t, "mail", "b")
	if err != nil || results.All()[0].Handled != "Enqueue" || results.All()[0].Err != errReceiver || len(q.calls) != 1 {
		t.Fatalf("results %+v, %v, %d calls", results, err, len(q.calls))
	}
	call := q.calls[0]
	if call.Signal != "order_saved" || call.Receiver != "mail" || call.Sender != "shop" || call.Cause != errReceiver ||
		call.Payload.(order).ID != 7 || call.Scope.User != "ann" {
		t.Errorf("call %+v", call)
	}
	if results, err = call.Run(t.Context()); err != nil || results.Len() != 1 {
		t.Errorf("run: %+v, %v", results, err)
	}
	c.want(t, "mail") // and nobody else
	q.err = errors.New("queue is down")
	s.DisconnectUID("mail", nil)
	s.Connect(c.receiver("mail", errReceiver), signals.UID("mail"), signals.OnError(signals.Enqueue(q)))
	if _, err = s.Send(ctx, nil, order{}); !errors.Is(err, errReceiver) || !errors.Is(err, q.err) {
		t.Errorf("error %v", err)
	}
}

func TestD09_AQueuedCallThatFailsIsNotQueuedAgain(t *testing.T) {
	t.Parallel()
	var c calls
	q := &queue{}
	s := newSignal()
	s.Connect(c.receiver("mail", errReceiver), signals.UID("mail"), signals.OnError(signals.Enqueue(q)))
	_, _ = s.Send(t.Context(), nil, order{})
	if _, err := q.calls[0].Run(t.Context()); err != errReceiver {
		t.Errorf("error %v, want the receiver's, for the queue to decide", err)
	}
	if len(q.calls) != 1 {
		t.Errorf("%d calls queued, want 1", len(q.calls))
	}
}

func TestSG45_AQueuedCallHasCopiesAndNotTheContext(t *testing.T) {
	t.Parallel()
	q := &queue{}
	s := newSignal()
	var first, second signals.Scope
	var secondErr error
	s.Connect(func(ctx context.Context, _ signals.Event[order]) error {
		if first == (signals.Scope{}) {
			first = signals.ScopeOf(ctx)
			return errReceiver
		}
		second, secondErr = signals.ScopeOf(ctx), ctx.Err()
		return nil
	}, signals.UID("mail"), signals.OnError(signals.Enqueue(q)))
	recorded(t, func(ctx context.Context) {
		ctx, cancel := context.WithCancel(signals.WithScope(ctx, signals.Scope{User: "ann"}))
		_, _ = s.Send(ctx, nil, order{})
		cancel() // as the server does when the handler returns
	})
	if _, err := q.calls[0].Run(context.Background()); err != nil || secondErr != nil {
		t.Errorf("run: %v, context %v", err, secondErr)
	}
	if first != second || second.User != "ann" || second.Traceparent == "" || second.Record == 0 {
		t.Errorf("scope %+v, then %+v", first, second)
	}
}

var replayed = signals.New[order]("order_replayed")

func TestSG56_SignalsAreFoundByNameForReplay(t *testing.T) {
	t.Parallel()
	var c calls
	conn := replayed.Connect(func(_ context.Context, e signals.Event[order]) error {
		c.add(strings.Join(e.Payload.Lines, "+"))
		return nil
	}, signals.UID("r"))
	defer conn.Disconnect()
	payload, err := decode("order_replayed", `{"ID": 7, "Lines": ["book", "pen"]}`)
	if err != nil {
		t.Fatal(err)
	}
	call := signals.Call{Signal: "order_replayed", Receiver: "r", Sender: "Order", Payload: payload}
	if _, err := call.Run(t.Context()); err != nil {
		t.Error(err)
	}
	c.want(t, "book+pen")
	for _, tt := range []struct {
		call signals.Call
		want string
	}{
		{signals.Call{Signal: "gone"}, `signals: deliver: no signal is called "gone"`},
		{signals.Call{Signal: "order_replayed", Receiver: "gone", Payload: order{}},
			`signals: deliver: signal "order_replayed" has no receiver with the uid "gone"`},
		{signals.Call{Signal: "order_replayed", Payload: 7}, `signals: signal "order_replayed" carries a signals_test.order, not a int`},
	} {
		if _, err := tt.call.Run(t.Context()); err == nil || err.Error() != tt.want {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}

var replayedToo = signals.New[order]("order_replayed_too")

func TestD07_SignalsOfOnePayloadAreToldApartByName(t *testing.T) {
	t.Parallel()
	var c calls
	for _, s := range []*signals.Signal[order]{replayed, replayedToo} {
		defer s.Connect(c.receiver(s.Name(), nil), signals.UID("d07"), signals.From("Order")).Disconnect()
	}
	for _, name := range []string{"order_replayed_too", "order_replayed"} {
		call := signals.Call{Signal: name, Receiver: "d07", Sender: "Order", Payload: order{ID: 7}} // as it comes from a queue
		if _, err := call.Run(t.Context()); err != nil {
			t.Error(err)
		}
		c.want(t, name)
	}
}

// decode makes a payload as a queue's worker does, which has a name and JSON.
func decode(name, text string) (any, error) {
	s, ok := signals.Lookup(name)
	if !ok {
		return nil, errors.New("no signal " + name)
	}
	p := newOf(s.PayloadType())
	err := json.Unmarshal([]byte(text), p.Interface())
	return p.Elem().Interface(), err
}
