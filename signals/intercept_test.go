package signals_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// sends are the four kinds of send, and the replay of a queued call.
var sends = map[string]func(context.Context, *signals.Signal[order], order) (signals.Results, error){
	"Send": func(ctx context.Context, s *signals.Signal[order], o order) (signals.Results, error) {
		return s.Send(ctx, "A", o)
	},
	"SendRobust": func(ctx context.Context, s *signals.Signal[order], o order) (signals.Results, error) {
		return s.SendRobust(ctx, "A", o)
	},
	"SendConcurrent": func(ctx context.Context, s *signals.Signal[order], o order) (signals.Results, error) {
		return s.SendConcurrent(ctx, 1, "A", o)
	},
	"SendRobustConcurrent": func(ctx context.Context, s *signals.Signal[order], o order) (signals.Results, error) {
		return s.SendRobustConcurrent(ctx, 1, "A", o)
	},
	"SendAny": func(ctx context.Context, s *signals.Signal[order], o order) (signals.Results, error) {
		return s.SendAny(ctx, "A", o)
	},
	"Deliver": func(ctx context.Context, s *signals.Signal[order], o order) (signals.Results, error) {
		return s.Deliver(ctx, signals.Call{Sender: "A", Payload: o})
	},
}

func eachSend(t *testing.T, f func(*testing.T, func(context.Context, *signals.Signal[order], order) (signals.Results, error))) {
	for name, send := range sends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, send)
		})
	}
}

// noting makes interceptors that note when they begin and end.
func noting(c *calls, name string) signals.Interceptors {
	return signals.Interceptors{
		Send: func(ctx context.Context, s *signals.Sending, next signals.Next) ([]signals.Result, error) {
			c.add(name + " begins")
			defer c.add(name + " ends")
			return next(ctx)
		},
		Receiver: func(ctx context.Context, s *signals.Sending, r *signals.Connection, next func(context.Context) error) error {
			c.add(name + " around " + r.Name())
			return next(ctx)
		},
	}
}

func TestSG34_A35_InterceptorsSeeEveryKindOfSend(t *testing.T) {
	t.Parallel()
	eachSend(t, func(t *testing.T, send func(context.Context, *signals.Signal[order], order) (signals.Results, error)) {
		var c calls
		type key struct{}
		s := newSignal()
		s.Connect(func(ctx context.Context, e signals.Event[order]) error {
			c.add(e.Payload.Lines[0] + " for " + fmt.Sprint(e.Values().Get(key{})))
			e.Return(1)
			return nil
		}, signals.UID("x"))
		s.Intercept(signals.TypedInterceptors[order]{
			Send: func(ctx context.Context, e *signals.Event[order], next signals.Next) ([]signals.Result, error) {
				e.Payload.Lines = []string{strings.TrimSpace(e.Payload.Lines[0])} // trim a field
				e.Values().Set(key{}, "ann")                                      // add a value
				results, err := next(ctx)
				results[0].Value = results[0].Value.(int) + 1 // alter the result
				return results, err
			},
			Receiver: func(ctx context.Context, e *signals.Event[order], r *signals.Connection, next func(context.Context) error) error {
				c.add("own around " + r.Name() + " of " + fmt.Sprint(e.Sender))
				return next(ctx)
			},
		})
		ctx := signals.WithInterceptors(t.Context(), noting(&c, "ctx outer"))
		ctx = signals.WithInterceptors(ctx, noting(&c, "ctx inner"))
		results, err := send(ctx, s, order{Lines: []string{"  book "}})
		if err != nil || results.Len() != 1 || results.All()[0].Value != 2 {
			t.Errorf("results %+v, %v", results, err)
		}
		c.want(t, "ctx outer begins", "ctx inner begins",
			"own around x of A", "ctx outer around x", "ctx inner around x", "book for ann",
			"ctx inner ends", "ctx outer ends")
	})
}

// Not parallel: the interceptors see every send of the process.
func TestA35_InterceptorsOfTheProcessAreOutermost(t *testing.T) {
	var c calls
	s := newSignal()
	s.Connect(c.receiver("x", nil), signals.UID("x"))
	first := signals.Intercept(noting(&c, "first"))
	second := signals.Intercept(noting(&c, "second"))
	off := s.Intercept(signals.TypedInterceptors[order]{
		Send: func(ctx context.Context, e *signals.Event[order], next signals.Next) ([]signals.Result, error) {
			c.add("own")
			return next(ctx)
		},
	})
	mustSend(t, s, nil)
	c.want(t, "first begins", "second begins", "own", "first around x", "second around x", "x", "second ends", "first ends")
	s.DisconnectAll()
	mustSend(t, s, nil) // nobody listens, but they do
	c.want(t, "first begins", "second begins", "own", "second ends", "first ends")
	first()
	first()
	second()
	mustSend(t, s, nil)
	c.want(t, "own")
	off()
	off()
	mustSend(t, s, nil)
	c.want(t)
}

func TestA35_InterceptorsOfAllSignalsSeeWhatIsSent(t *testing.T) {
	t.Parallel()
	s := newSignal()
	s.Connect(func(_ context.Context, e signals.Event[order]) error {
		if e.Payload.ID != 8 {
			t.Errorf("order %d", e.Payload.ID)
		}
		return nil
	})
	ctx := signals.WithInterceptors(t.Context(), signals.Interceptors{
		Send: func(ctx context.Context, sd *signals.Sending, next signals.Next) ([]signals.Result, error) {
			o := sd.Payload().(order)
			if sd.Signal() != signals.AnySignal(s) || sd.Sender() != "A" || o.ID != 7 || sd.Mode() != signals.Robust {
				t.Errorf("sending %v from %v, %v", sd.Signal().Name(), sd.Sender(), sd.Mode())
			}
			want := `signals: signal "order_saved" carries a signals_test.order, not a string`
			if err := sd.SetPayload("text"); err == nil || err.Error() != want {
				t.Errorf("error %v", err)
			}
			if signals.EventOf[int](sd) != nil || signals.EventOf[order](sd).Payload.ID != 7 {
				t.Error("EventOf is wrong")
			}
			o.ID++
			if err := sd.SetPayload(o); err != nil {
				t.Error(err)
			}
			sd.Values().Set("k", 1)
			return next(ctx)
		},
	})
	if _, err := s.SendRobust(ctx, "A", order{ID: 7}); err != nil {
		t.Error(err)
	}
}

func TestA36_AnInterceptorDenies(t *testing.T) {
	t.Parallel()
	eachSend(t, func(t *testing.T, send func(context.Context, *signals.Signal[order], order) (signals.Results, error)) {
		var c calls
		s := newSignal()
		s.Connect(c.receiver("x", nil))
		s.Intercept(signals.TypedInterceptors[order]{
			Send: func(ctx context.Context, e *signals.Event[order], next signals.Next) ([]signals.Result, error) {
				if signals.ScopeOf(ctx).User != "keeper" {
					c.add("audit: " + signals.ScopeOf(ctx).User)
					return nil, fmt.Errorf("%w: %s is not a keeper", signals.ErrDenied, signals.ScopeOf(ctx).User)
				}
				return next(ctx)
			},
		})
		_, rec := recorded(t, func(ctx context.Context) {
			results, err := send(signals.WithUser(ctx, "eve"), s, order{})
			if !errors.Is(err, signals.ErrDenied) || results.Len() != 0 {
				t.Errorf("results %v, %v", results, err)
			}
		})
		c.want(t, "audit: eve")
		if lines := tree(rec); len(lines) != 1 || lines[0] != "signal order_saved (error)" || !strings.Contains(rec.Spans[1].Error, "eve is not a keeper") {
			t.Errorf("spans %q: %s", lines, rec.Spans[1].Error)
		}
		if _, err := send(signals.WithUser(t.Context(), "keeper"), s, order{}); err != nil {
			t.Error(err)
		}
		c.want(t, "x")
	})
}

func TestA36_AnInterceptorDeniesOneReceiver(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal(signals.Logger(quiet))
	s.Connect(c.receiver("a", nil), signals.UID("a"))
	s.Connect(c.receiver("b", nil), signals.UID("b"))
	ctx := signals.WithInterceptors(t.Context(), signals.Interceptors{
		Receiver: func(ctx context.Context, _ *signals.Sending, r *signals.Connection, next func(context.Context) error) error {
			if r.UID() == "a" {
				return signals.ErrDenied
			}
			return next(ctx)
		},
	})
	results, err := s.SendRobust(ctx, nil, order{})
	if !errors.Is(err, signals.ErrDenied) || results.All()[1].Err != nil {
		t.Errorf("results %+v, %v", results, err)
	}
	c.want(t, "b")
}

func TestIntercept_NextMayBeCalledAgainWithAnotherContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	var c calls
	s := newSignal()
	s.Connect(func(ctx context.Context, _ signals.Event[order]) error {
		n := ctx.Value(key{}).(int)
		c.add(fmt.Sprint("try ", n))
		if n == 1 {
			return errReceiver
		}
		return nil
	}, signals.UID("x"))
	s.Intercept(signals.TypedInterceptors[order]{
		Send: func(ctx context.Context, e *signals.Event[order], next signals.Next) ([]signals.Result, error) {
			if _, err := next(context.WithValue(ctx, key{}, 1)); err == nil {
				return nil, nil
			}
			return next(context.WithValue(ctx, key{}, 2))
		},
	})
	_, rec := recorded(t, func(ctx context.Context) {
		if results, err := s.Send(ctx, nil, order{}); err != nil || results.Len() != 1 {
			t.Errorf("results %v, %v", results, err)
		}
	})
	c.want(t, "try 1", "try 2")
	wantTree(t, rec, "signal order_saved", "  receiver x (error)", "  receiver x")
}

func TestIntercept_PanicsAreThoseOfTheSend(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal(signals.Logger(quiet))
	s.Connect(c.receiver("x", nil), signals.UID("x"))
	s.Intercept(signals.TypedInterceptors[order]{
		Send: func(ctx context.Context, e *signals.Event[order], next signals.Next) ([]signals.Result, error) {
			_, _ = next(ctx)
			panic("boom")
		},
	})
	r, rec := recorded(t, func(ctx context.Context) {
		if v := panicOf(func() { _, _ = s.Send(ctx, nil, order{}) }); v != "boom" {
			t.Errorf("panic %v", v)
		}
		_, err := s.SendRobust(ctx, nil, order{})
		if p, ok := errors.AsType[*signals.PanicError](err); !ok || p.Value != "boom" {
			t.Errorf("error %v", err)
		}
	})
	wantTree(t, rec,
		"signal order_saved (error, panic)", "  receiver x",
		"signal order_saved (error, panic)", "  receiver x")
	if st := r.Stats(s.Info().Handler); st.Count != 2 || st.Errors != 2 {
		t.Errorf("%d sends, %d errors", st.Count, st.Errors)
	}
}

// Who wants to see calls of receivers only does not make sends that nobody hears cost
// anything, nor show in traces.
func TestSG21_ReceiverInterceptorsLeaveUnheardSendsAlone(t *testing.T) {
	s, heard := newSignal(), newSignal()
	var c calls
	heard.Connect(c.receiver("x", nil))
	in := signals.Interceptors{Receiver: func(ctx context.Context, _ *signals.Sending, _ *signals.Connection, next func(context.Context) error) error {
		c.add("around")
		return next(ctx)
	}}
	defer signals.Intercept(in)()
	mustSend(t, heard, nil)
	c.want(t, "around", "x")
	ctx := signals.WithInterceptors(t.Context(), in)
	if !s.Idle() || heard.Idle() {
		t.Errorf("idle: %v, %v", s.Idle(), heard.Idle())
	}
	_, rec := recorded(t, func(context.Context) {
		if results, err := s.Send(ctx, nil, order{}); results.Len() != 0 || err != nil {
			t.Errorf("results %v, %v", results, err)
		}
	})
	if len(rec.Spans) != 1 || s.Info().Sends != 0 {
		t.Errorf("%d spans, %d sends of what nobody hears", len(rec.Spans), s.Info().Sends)
	}
}
