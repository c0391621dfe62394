package signals_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// after makes a receiver that works for d, or until it is cancelled, and returns err.
func (c *calls) after(name string, d time.Duration, err error) func(context.Context, signals.Event[order]) error {
	return func(ctx context.Context, e signals.Event[order]) error {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			c.add(name + " cancelled")
			return ctx.Err()
		}
		c.add(name)
		e.Return(name)
		return err
	}
}

func values(results signals.Results) (all []any) {
	for _, r := range results.All() {
		all = append(all, r.Value)
	}
	return all
}

func TestSG39_SG41_ReceiversRunAtOnceResultsInOrder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		limit int
		took  time.Duration
	}{{0, 300}, {1, 600}, {2, 300}, {99, 300}} {
		t.Run(fmt.Sprint("limit ", tt.limit), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var c calls
				s := newSignal()
				for i, name := range []string{"a", "b", "c"} {
					s.Connect(c.after(name, time.Duration(3-i)*100*time.Millisecond, nil))
				}
				start := time.Now()
				results, err := s.SendConcurrent(t.Context(), tt.limit, nil, order{})
				if got := fmt.Sprint(values(results)); err != nil || got != "[a b c]" {
					t.Errorf("results %s, %v", got, err)
				}
				if took := time.Since(start); took != tt.took*time.Millisecond {
					t.Errorf("took %v, want %d ms", took, tt.took)
				}
			})
		})
	}
}

func TestSG40_AloneRunFirstInOrderAndInTheResults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		s := newSignal()
		s.Connect(c.after("c1", time.Second, nil))
		s.Connect(c.after("a1", time.Second, nil), signals.Alone())
		s.Connect(c.after("c2", time.Second, nil))
		s.Connect(c.after("a2", time.Second, nil), signals.Alone())
		s.Connect(c.after("x", 0, nil), signals.From("somebody else"))
		start := time.Now()
		results, err := s.SendConcurrent(t.Context(), 0, nil, order{})
		if got := fmt.Sprint(values(results)); err != nil || got != "[a1 a2 c1 c2]" || time.Since(start) != 3*time.Second {
			t.Errorf("results %s, %v, after %v", got, err, time.Since(start))
		}
		if got := c.take(); got[0] != "a1" || got[1] != "a2" || len(got) != 4 {
			t.Errorf("called %v", got)
		}
	})
}

func TestSG42_TheFirstFailureCancelsTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		s := newSignal()
		s.Connect(c.after("slow", time.Hour, nil))
		s.Connect(c.after("bad", time.Second, errReceiver))
		s.Connect(c.after("late", 0, nil), signals.UID("late"))
		_, rec := recorded(t, func(ctx context.Context) {
			results, err := s.SendConcurrent(ctx, 2, nil, order{})
			if err != errReceiver || results.Len() != 3 {
				t.Errorf("results %+v, %v", results, err)
			}
			if !errors.Is(results.All()[0].Err, context.Canceled) || results.All()[2].Skipped != "the send was cancelled" {
				t.Errorf("results %+v", results)
			}
		})
		c.want(t, "bad", "slow cancelled")
		if lines := tree(rec); lines[len(lines)-1] != "  receiver late (skipped)" {
			t.Errorf("spans %q", lines)
		}
	})
}

func TestSG42_SeveralFailuresAreJoined(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		other := errors.New("no mail")
		s := newSignal()
		for _, err := range []error{errReceiver, other} { // both at the same time, whoever comes first
			s.Connect(func(context.Context, signals.Event[order]) error { time.Sleep(time.Second); return err })
		}
		s.Connect(c.after("c", time.Hour, nil))
		_, err := s.SendConcurrent(t.Context(), 0, nil, order{})
		if !errors.Is(err, errReceiver) || !errors.Is(err, other) || errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		c.want(t, "c cancelled")
	})
}

func TestSG42_AFailureAloneKeepsTheOthersFromStarting(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("c", nil))
	s.Connect(c.receiver("a", errReceiver), signals.Alone())
	results, err := s.SendConcurrent(t.Context(), 0, nil, order{})
	if err != errReceiver || results.Len() != 1 {
		t.Errorf("results %+v, %v", results, err)
	}
	c.want(t, "a")
}

func TestSG42_TheSendersCancellationIsAnErrorToo(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("a", nil))
	gone := errors.New("client gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if results, err := s.SendConcurrent(ctx, 0, nil, order{}); err != gone || results.All()[0].Skipped == "" {
		t.Errorf("results %+v, %v", results, err)
	}
	if results, err := s.SendRobustConcurrent(ctx, 0, nil, order{}); err != nil || results.All()[0].Skipped != "" {
		t.Errorf("robust: results %+v, %v", results, err)
	}
	c.want(t, "a")
}

func TestSG43_RobustConcurrentCancelsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		log, out := newLog()
		s := newSignal(signals.Logger(log))
		s.Connect(c.after("slow", time.Minute, nil), signals.UID("slow"))
		s.Connect(c.receiver("bad", errReceiver), signals.UID("bad"))
		s.Connect(func(context.Context, signals.Event[order]) error { panic("boom") }, signals.UID("boom"))
		_, rec := recorded(t, func(ctx context.Context) {
			results, err := s.SendRobustConcurrent(ctx, 0, nil, order{})
			p, ok := errors.AsType[*signals.PanicError](err)
			if !errors.Is(err, errReceiver) || !ok || p.Value != "boom" {
				t.Errorf("error %v", err)
			}
			if results.All()[0].Err != nil || results.All()[0].Value != "slow" || results.All()[1].Err != errReceiver {
				t.Errorf("results %+v", results)
			}
		})
		if n := strings.Count(out.String(), "msg="); n != 2 {
			t.Errorf("%d log lines, want 2:\n%s", n, out)
		}
		if lines := tree(rec); len(lines) != 4 || lines[0] != "signal order_saved (error,slow)" && lines[0] != "signal order_saved (error, slow)" {
			t.Errorf("spans %q", lines)
		}
		if got := attr(rec.Spans[1], keyMode); got != "robust concurrent" {
			t.Errorf("mode %v", got)
		}
	})
}

func TestSG27_ConcurrentPanicsHappenOnTheCallersGoroutine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		value any
		send  func(*signals.Signal[order], context.Context, int, any, order) (signals.Results, error)
	}{
		{"SendConcurrent", errReceiver, (*signals.Signal[order]).SendConcurrent},
		{"SendRobustConcurrent, abort", http.ErrAbortHandler, (*signals.Signal[order]).SendRobustConcurrent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var c calls
				s := newSignal()
				s.Connect(c.after("slow", time.Second, nil), signals.UID("slow"))
				s.Connect(func(context.Context, signals.Event[order]) error { panic(tt.value) }, signals.UID("boom"))
				_, rec := recorded(t, func(ctx context.Context) {
					if v := panicOf(func() { _, _ = tt.send(s, ctx, 0, nil, order{}) }); v != tt.value {
						t.Errorf("panic %v, want %v", v, tt.value)
					}
				})
				if got := c.take(); len(got) != 1 { // the other has ended before
					t.Errorf("called %v", got)
				}
				panicked := 0
				for _, line := range tree(rec) {
					if strings.Contains(line, "boom (error, panic)") || strings.Contains(line, "signal order_saved (error, panic") {
						panicked++
					}
				}
				if panicked != 2 {
					t.Errorf("spans %q", tree(rec))
				}
			})
		})
	}
}

func TestSG24_ConcurrentGoexitEndsTheCallersGoroutine(t *testing.T) {
	t.Parallel()
	s := newSignal()
	s.Connect(func(context.Context, signals.Event[order]) error { runtime.Goexit(); return nil })
	returned, done := false, make(chan bool)
	go func() {
		defer close(done)
		_, _ = s.SendConcurrent(context.Background(), 0, nil, order{})
		returned = true
	}()
	if <-done; returned {
		t.Error("SendConcurrent returned")
	}
}

func TestSG32_ConcurrentRecursionIsAnErrorThatNamesTheCircle(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	a := signals.New[order]("ping", signals.Unlisted())
	b := signals.New[order]("pong", signals.Unlisted())
	relay := func(to *signals.Signal[order]) func(context.Context, signals.Event[order]) error {
		return func(ctx context.Context, e signals.Event[order]) error {
			n.Add(1)
			_, err := to.SendConcurrent(ctx, 0, nil, e.Payload)
			return err
		}
	}
	a.Connect(relay(b), signals.UID("to-pong"))
	b.Connect(relay(a), signals.UID("to-ping"))
	_, err := a.SendConcurrent(t.Context(), 0, nil, order{})
	if _, ok := errors.AsType[*signals.CycleError](err); !ok || n.Load() < 100 || n.Load() > 250 {
		t.Fatalf("error %v after %d calls", err, n.Load())
	}
	if !strings.Contains(err.Error(), "to-ping -> to-pong") && !strings.Contains(err.Error(), "to-pong -> to-ping") {
		t.Errorf("error %v does not name the receivers", err)
	}
}

func TestSG44_ContextFlowsDownAndValuesAreShared(t *testing.T) {
	t.Parallel()
	type key struct{}
	send := map[string]func(*signals.Signal[order], context.Context) error{
		"Send": func(s *signals.Signal[order], ctx context.Context) error {
			_, err := s.Send(ctx, nil, order{})
			return err
		},
		"SendRobust": func(s *signals.Signal[order], ctx context.Context) error {
			_, err := s.SendRobust(ctx, nil, order{})
			return err
		},
		"SendConcurrent": func(s *signals.Signal[order], ctx context.Context) error {
			_, err := s.SendConcurrent(ctx, 1, nil, order{})
			return err
		},
	}
	for name, send := range send {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSignal()
			s.Connect(func(ctx context.Context, e signals.Event[order]) error {
				_ = context.WithValue(ctx, key{}, "lost")
				e.Values().Set(key{}, "kept")
				e.Payload.ID = 99 // of its own copy
				return nil
			})
			s.Connect(func(ctx context.Context, e signals.Event[order]) error {
				if ctx.Value(key{}) != nil || e.Values().Get(key{}) != "kept" {
					t.Errorf("context %v, values %v", ctx.Value(key{}), e.Values().Get(key{}))
				}
				if e.Payload.ID != 0 {
					t.Errorf("order %d: each receiver has a copy", e.Payload.ID)
				}
				return nil
			})
			if err := send(s, t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	var byHand signals.Event[order]
	if byHand.Values().Get(key{}) != nil {
		t.Error("an event made by hand has an empty bag")
	}
}

func TestSendConcurrent_FromManyGoroutinesWithPolicies(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	s := newSignal(signals.Logger(quiet))
	for i := range 8 {
		s.Connect(func(_ context.Context, e signals.Event[order]) error {
			calls.Add(1)
			if e.Payload.ID == i {
				return errReceiver
			}
			return nil
		}, signals.OnError(signals.Retry(1, nil), signals.Continue))
	}
	done := make(chan error)
	for i := range 8 {
		go func() {
			_, err := s.SendConcurrent(context.Background(), 3, nil, order{ID: i})
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := calls.Load(); n != 8*8+8 {
		t.Errorf("%d calls, want %d", n, 8*8+8)
	}
}
