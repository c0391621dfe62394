package signals_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// The tests here do not run in parallel: others switch recorders on, and then sends
// go another way.

// listening connects n receivers, of the Event, of the payload or of both.
func listening(n int, how string) *signals.Signal[payment] {
	s := paid(0)
	for i := range n {
		if how == "payload" || how == "both" && i%2 == 0 {
			s.On(func(context.Context, payment) error { return nil })
		} else {
			s.Connect(func(context.Context, signals.Event[payment]) error { return nil })
		}
	}
	return s
}

func TestSG21_SendsAllocateNothing(t *testing.T) {
	for _, how := range []string{"event", "payload", "both"} {
		for _, n := range []int{1, 10, 100} {
			s := listening(n, how)
			ctx := t.Context()
			for range 2 {
				if got := testing.AllocsPerRun(100, func() { _, _ = s.Send(ctx, "A", payment{}) }); got > 0 {
					t.Errorf("%d receivers of the %s: %v allocations, want none", n, how, got)
				}
				if got := testing.AllocsPerRun(100, func() { _, _ = s.SendRobust(ctx, "A", payment{}) }); got > 0 {
					t.Errorf("robust, %d receivers of the %s: %v allocations, want none", n, how, got)
				}
				s.Connect(func(context.Context, signals.Event[payment]) error { return nil }, signals.From("somebody else"), signals.First())
			}
			if results, err := s.Send(ctx, "A", payment{}); results.Len() != n || err != nil {
				t.Errorf("%d receivers of the %s: results %v, %v", n, how, results, err)
			}
		}
	}
}

// Each case is sent several times: the first send goes the long way, the others the
// quick one. They may not differ.
func TestSG20_ResultsAreTheSameByEveryWay(t *testing.T) {
	nop := func(context.Context, signals.Event[order]) error { return nil }
	answer := func(v any) func(context.Context, signals.Event[order]) error {
		return func(_ context.Context, e signals.Event[order]) error { e.Return(v); return nil }
	}
	tests := map[string]func(*signals.Signal[order]){
		"nobody":  func(*signals.Signal[order]) {},
		"one":     func(s *signals.Signal[order]) { s.Connect(nop) },
		"payload": func(s *signals.Signal[order]) { s.On(func(context.Context, order) error { return nil }) },
		"answers": func(s *signals.Signal[order]) {
			s.Connect(nop)
			s.Connect(answer(7))
			s.Connect(answer("x"))
			s.On(func(context.Context, order) error { return nil })
		},
		"error": func(s *signals.Signal[order]) {
			s.Connect(answer(1))
			s.Connect(func(context.Context, signals.Event[order]) error { return errReceiver })
		},
		"error of the payload": func(s *signals.Signal[order]) {
			s.On(func(context.Context, order) error { return nil })
			s.On(func(context.Context, order) error { return errReceiver })
		},
		"senders": func(s *signals.Signal[order]) {
			s.Connect(answer(1), signals.From("A"))
			s.Connect(answer(2), signals.From(3))
			s.Connect(answer(4))
		},
	}
	for name, connect := range tests {
		t.Run(name, func(t *testing.T) {
			for _, sender := range []any{nil, "A", 3, "somebody"} {
				s := newSignal()
				connect(s)
				want, wantErr := s.Send(t.Context(), sender, order{})
				for range 3 {
					got, err := s.Send(t.Context(), sender, order{})
					if !errors.Is(err, wantErr) || !reflect.DeepEqual(got.All(), want.All()) || got.Len() != want.Len() {
						t.Errorf("from %v: %v, %v; the first time %v, %v", sender, got, err, want, wantErr)
					}
				}
				_, rec := recorded(t, func(ctx context.Context) {
					got, err := s.Send(ctx, sender, order{})
					all := got.All()
					for i := range all {
						if all[i].Duration <= 0 {
							t.Errorf("from %v: receiver %d took %v", sender, i, all[i].Duration)
						}
						all[i].Duration = 0
					}
					if !errors.Is(err, wantErr) || !reflect.DeepEqual(all, want.All()) {
						t.Errorf("from %v, recorded: %v, %v; want %v, %v", sender, got, err, want, wantErr)
					}
				})
				_ = rec
				if _, err := s.Send(t.Context(), []int{1}, order{}); !isSenderError(err) && want.Len() > 0 {
					t.Errorf("from a slice: %v", err)
				}
			}
		})
	}
}

func isSenderError(err error) bool {
	_, ok := errors.AsType[*signals.SenderError](err)
	return ok
}

// What changes after sends have gone the quick way counts for the next one.
func TestSG36_ChangesCountFromTheNextSend(t *testing.T) {
	var c calls
	s := newSignal()
	s.Connect(c.receiver("a", nil))
	s.On(func(context.Context, order) error { c.add("b"); return nil }, signals.UID("b"))
	send := func(ctx context.Context, want ...string) {
		t.Helper()
		for range 3 {
			if _, err := s.Send(ctx, nil, order{}); err != nil {
				t.Error(err)
			}
			c.want(t, want...)
		}
	}
	send(t.Context(), "a", "b")
	send(signals.Suspend(t.Context()))
	send(t.Context(), "a", "b")
	resume := s.Pause()
	send(t.Context())
	resume()
	send(t.Context(), "a", "b")
	remove := s.Intercept(signals.TypedInterceptors[order]{
		Send: func(ctx context.Context, _ *signals.Event[order], next signals.Next) ([]signals.Result, error) {
			c.add("own")
			return next(ctx)
		},
	})
	send(t.Context(), "own", "a", "b")
	remove()
	send(t.Context(), "a", "b")
	remove = signals.Intercept(noting(&c, "all"))
	send(t.Context(), "all begins", "all around "+nameOf(s, 0), "a", "all around b", "b", "all ends")
	remove()
	send(t.Context(), "a", "b")
	send(signals.WithInterceptors(t.Context(), noting(&c, "ctx")),
		"ctx begins", "ctx around "+nameOf(s, 0), "a", "ctx around b", "b", "ctx ends")
	send(t.Context(), "a", "b")
	first := s.Connect(c.receiver("first", nil), signals.First())
	send(t.Context(), "first", "a", "b")
	first.Disconnect()
	once := s.Connect(c.receiver("once", nil), signals.Once())
	if _, err := s.Send(t.Context(), nil, order{}); err != nil || once.Disconnect() {
		t.Error("once is there still", err)
	}
	c.want(t, "a", "b", "once")
	send(t.Context(), "a", "b")
	s.DisconnectUID("b", nil)
	send(t.Context(), "a")
	s.DisconnectAll()
	send(t.Context())
}

func nameOf(s *signals.Signal[order], i int) string { return s.Info().Receivers[i].Name() }

// A receiver that keeps its Event can do nothing to sends that come after.
func TestSG44_AnEventThatIsKeptIsOver(t *testing.T) {
	s := newSignal()
	var kept []signals.Event[order]
	s.Connect(func(_ context.Context, e signals.Event[order]) error {
		for _, old := range kept {
			old.Return("late")
			old.Values().Set("key", "late")
		}
		if v := e.Values().Get("key"); v != nil {
			t.Errorf("order %d: values have %v", e.Payload.ID, v)
		}
		kept = append(kept, e)
		return nil
	})
	for i := range 5 {
		results, err := s.Send(t.Context(), "A", order{ID: i})
		if err != nil || results.All()[0].Value != nil {
			t.Errorf("results %v, %v", results, err)
		}
	}
	for i, e := range kept {
		if e.Payload.ID != i || e.Sender != "A" || e.Signal() != s {
			t.Errorf("event %d became %+v", i, e)
		}
	}
}

// Receivers that panic leave nothing behind that would make later sends fail, and a
// circle is found all the same.
func TestSG27_SG32_ManyPanicsThenACircle(t *testing.T) {
	for _, how := range []string{"event", "payload"} {
		t.Run(how, func(t *testing.T) {
			s := newSignal()
			var do func() error
			if how == "event" {
				s.Connect(func(context.Context, signals.Event[order]) error { return do() })
			} else {
				s.On(func(context.Context, order) error { return do() })
			}
			send := func() error {
				_, err := s.Send(context.Background(), nil, order{})
				return err
			}
			nothing := func() error { return nil }
			do = nothing
			sends := 0
			for range 5 {
				if err := send(); err != nil {
					t.Fatal(err)
				}
				sends++
			}
			for i := range 500 {
				if do = func() error { panic("broken") }; i%2 == 0 {
					do = func() error { runtime.Goexit(); return nil }
				}
				done := make(chan any)
				go func() {
					defer func() { done <- recover() }()
					_ = send()
				}()
				if v := <-done; v != nil && v != "broken" {
					t.Fatalf("panic %v", v)
				}
				do = nothing
				if err := send(); err != nil {
					t.Fatalf("after %d panics: %v", i+1, err)
				}
				sends += 2
			}
			if n := s.Info().Sends; n != int64(sends) {
				t.Errorf("%d sends counted, want %d", n, sends)
			}
			depth := 0
			do = func() error { depth++; return send() }
			err := send()
			if cycle, ok := errors.AsType[*signals.CycleError](err); !ok || depth > 120 || len(cycle.Path) < 2 {
				t.Errorf("a circle of %d sends: %v", depth, err)
			}
			do = nothing
			if err := send(); err != nil {
				t.Errorf("after the circle: %v", err)
			}
		})
	}
}

// More sends at once than there is room for on the quick way.
func TestSG33_ManyQuickSendsAtOnce(t *testing.T) {
	const senders = 300
	for _, how := range []string{"event", "payload"} {
		s := newSignal()
		var block atomic.Bool
		arrived, release := make(chan bool, senders), make(chan bool)
		receive := func() error {
			if block.Load() {
				arrived <- true
				<-release
			}
			return nil
		}
		if how == "event" {
			s.Connect(func(_ context.Context, e signals.Event[order]) error {
				e.Return(e.Payload.ID)
				if err := receive(); err != nil {
					return err
				}
				if got := e.Values().Get("id"); got != nil {
					return fmt.Errorf("values of order %d have %v", e.Payload.ID, got)
				}
				e.Values().Set("id", e.Payload.ID)
				return nil
			})
		} else {
			s.On(func(context.Context, order) error { return receive() })
		}
		mustSend(t, s, nil)
		block.Store(true)
		errs := make(chan error, senders)
		for i := range senders {
			go func() {
				results, err := s.Send(context.Background(), nil, order{ID: i})
				if v := results.All()[0].Value; how == "event" && v != i {
					err = errors.Join(err, fmt.Errorf("order %d gave %v", i, v))
				}
				errs <- err
			}()
		}
		for range senders {
			<-arrived
		}
		close(release)
		var failed []error
		for range senders {
			if err := <-errs; err != nil {
				failed = append(failed, err)
			}
		}
		if len(failed) > 0 {
			t.Errorf("%s: %d failed: %v", how, len(failed), slices.Clip(failed[:1]))
		}
		if n := s.Info().Sends; n != senders+1 {
			t.Errorf("%s: %d sends counted", how, n)
		}
	}
}

// What robust sends do does not depend on the way that they go.
func TestSG23_RobustIsTheSameByEveryWay(t *testing.T) {
	var log bytes.Buffer
	s := newSignal(signals.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	var c calls
	s.Connect(c.receiver("a", nil), signals.Name("a"))
	s.On(func(context.Context, order) error { c.add("b"); return errReceiver }, signals.Name("b"))
	s.Connect(func(_ context.Context, e signals.Event[order]) error { c.add("c"); e.Return(7); panic(errMail) }, signals.Name("c"))
	s.Connect(c.receiver("d", nil), signals.Name("d"))
	for i := range 4 {
		log.Reset()
		results, err := s.SendRobust(t.Context(), nil, order{})
		c.want(t, "a", "b", "c", "d")
		all := results.All()
		panicked, ok := errors.AsType[*signals.PanicError](all[2].Err)
		if !ok || panicked.Value != errMail || !strings.Contains(string(panicked.Stack), "quick_test.go") || all[2].Value != 7 {
			t.Errorf("send %d: the panic is %+v", i, all[2])
		}
		if results.Len() != 4 || all[0].Err != nil || all[1].Err != errReceiver || all[3].Err != nil || all[3].Attempts != 1 {
			t.Errorf("send %d: results %v", i, results)
		}
		if !errors.Is(err, errReceiver) || !errors.Is(err, errMail) {
			t.Errorf("send %d: error %v", i, err)
		}
		if n := strings.Count(log.String(), "signal receiver failed"); n != 2 {
			t.Errorf("send %d: %d failures logged:\n%s", i, n, &log)
		}
	}
	if n := s.Info().Sends; n != 4 {
		t.Errorf("%d sends counted", n)
	}
	s.DisconnectAll()
	s.Connect(func(context.Context, signals.Event[order]) error { panic(http.ErrAbortHandler) })
	for range 3 {
		func() {
			defer func() {
				if v := recover(); v != http.ErrAbortHandler {
					t.Errorf("recovered %v", v)
				}
			}()
			_, _ = s.SendRobust(t.Context(), nil, order{})
		}()
	}
	s.DisconnectAll()
	var do func() error
	s.Connect(func(context.Context, signals.Event[order]) error { return do() })
	do = func() error { return nil }
	for range 3 {
		if _, err := s.SendRobust(t.Context(), nil, order{}); err != nil {
			t.Error(err)
		}
	}
	depth := 0
	do = func() error {
		depth++
		_, err := s.SendRobust(context.Background(), nil, order{})
		return err
	}
	_, err := s.SendRobust(t.Context(), nil, order{})
	if _, ok := errors.AsType[*signals.CycleError](err); !ok || depth > 120 {
		t.Errorf("a circle of %d: %v", depth, err)
	}
}

var errMail = errors.New("no mail")

// Nor does what is recorded of them: the first send goes the long way, the second the
// quick one.
func TestSG23_RobustIsRecordedTheSameByEveryWay(t *testing.T) {
	s := newSignal(signals.Logger(quiet))
	s.Connect(func(_ context.Context, e signals.Event[order]) error { return nil }, signals.Name("a"))
	s.Connect(func(context.Context, signals.Event[order]) error { return errReceiver }, signals.Name("b"))
	s.On(func(context.Context, order) error { panic("broken") }, signals.Name("c"))
	var trees []string
	for range 3 {
		_, rec := recorded(t, func(ctx context.Context) {
			results, err := s.SendRobust(ctx, "A", order{})
			all := results.All()
			if len(all) != 3 || all[1].Err != errReceiver || all[2].Err == nil || !errors.Is(err, errReceiver) {
				t.Errorf("results %v, %v", results, err)
			}
			for _, r := range all {
				if r.Duration <= 0 {
					t.Errorf("%v took %v", r.Receiver, r.Duration)
				}
			}
		})
		trees = append(trees, strings.Join(tree(rec), "\n"))
		for _, sp := range rec.Spans {
			if sp.Handler.Name == "c" && (len(sp.Stack) == 0 || !sp.Flags.Has(instrument.FlagPanic)) {
				t.Errorf("the panic was recorded as %+v", sp)
			}
		}
	}
	if trees[1] != trees[0] || trees[2] != trees[0] {
		t.Errorf("recorded\n%s\nthen\n%s", trees[0], trees[1])
	}
}

// An Event may be asked from a goroutine that outlives its send.
func TestSG44_AKeptEventIsAskedBesideLaterSends(t *testing.T) {
	s := newSignal()
	kept := make(chan signals.Event[order], 1000)
	s.Connect(func(_ context.Context, e signals.Event[order]) error {
		e.Return(e.Payload.ID)
		select {
		case kept <- e:
		default:
		}
		return nil
	})
	done := make(chan bool)
	go func() {
		defer close(done)
		for e := range kept {
			if e.Signal() != s {
				t.Error("an event forgot its signal")
			}
		}
	}()
	for i := range 1000 {
		if results, err := s.Send(t.Context(), nil, order{ID: i}); err != nil || results.All()[0].Value != i {
			t.Fatalf("results %v, %v", results, err)
		}
	}
	close(kept)
	<-done
}
