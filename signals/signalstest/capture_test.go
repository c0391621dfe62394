package signalstest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/signalstest"
)

type payment struct {
	OrderID int
	Tags    []string
}

func newSignal() *signals.Signal[payment] {
	return signals.New[payment]("order_paid", signals.Unlisted())
}

// spy is a test whose failures are looked at.
type spy struct {
	testing.TB
	errors []string
}

func (s *spy) Helper()                        {}
func (s *spy) Fatalf(format string, a ...any) { s.Errorf(format, a...); runtime.Goexit() }
func (s *spy) Errorf(format string, a ...any) { s.errors = append(s.errors, fmt.Sprintf(format, a...)) }

func TestA39_CaptureAssertsWhatWasSent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		send   []int
		assert func(*signalstest.Captured[payment])
		want   string // the failure; "" for none
	}{
		{"once passes", []int{7}, func(c *signalstest.Captured[payment]) { c.Once(payment{OrderID: 7}) }, ""},
		{"once fails when sent twice", []int{7, 7}, func(c *signalstest.Captured[payment]) { c.Once(payment{OrderID: 7}) },
			`signal "order_paid" was sent 2 times, want once with {OrderID:7 Tags:[]}:
	from shop: {OrderID:7 Tags:[]}
	from shop: {OrderID:7 Tags:[]}`},
		{"once fails with another payload", []int{8}, func(c *signalstest.Captured[payment]) { c.Once(payment{OrderID: 7}) },
			`signal "order_paid" was sent 1 times, want once with {OrderID:7 Tags:[]}:
	from shop: {OrderID:8 Tags:[]}`},
		{"never passes", nil, func(c *signalstest.Captured[payment]) { c.Never() }, ""},
		{"never fails", []int{1}, func(c *signalstest.Captured[payment]) { c.Never() },
			`signal "order_paid" was sent 1 times, want never:
	from shop: {OrderID:1 Tags:[]}`},
		{"with passes", []int{1, 7}, func(c *signalstest.Captured[payment]) { c.With(payment{OrderID: 7}) }, ""},
		{"with fails", nil, func(c *signalstest.Captured[payment]) { c.With(payment{OrderID: 7}) },
			`signal "order_paid" was sent 0 times, want with {OrderID:7 Tags:[]}:`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, tb := newSignal(), &spy{TB: t}
			c := signalstest.Capture(tb, s)
			for _, id := range tt.send {
				_, _ = s.Send(t.Context(), "shop", payment{OrderID: id})
			}
			tt.assert(c)
			if got := strings.Join(tb.errors, "|"); got != tt.want {
				t.Errorf("failure %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestA39_CaptureIsGoneAfterTheTest(t *testing.T) {
	t.Parallel()
	s := newSignal()
	failing := errors.New("no stock")
	s.Connect(func(context.Context, signals.Event[payment]) error { return failing })
	t.Run("inside", func(t *testing.T) {
		c := signalstest.Capture(t, s, signals.From("shop"))
		_, _ = s.Send(t.Context(), "other", payment{OrderID: 1})
		if _, err := s.Send(t.Context(), "shop", payment{OrderID: 2}); err != failing {
			t.Errorf("error %v, want the receiver's", err)
		}
		c.Once(payment{OrderID: 2})
		if e := c.With(payment{OrderID: 2}); e.Sender != "shop" || len(c.Events()) != 1 {
			t.Errorf("event %+v", e)
		}
	})
	if n := len(s.Info().Receivers); n != 1 {
		t.Errorf("%d receivers left, want the one of the app", n)
	}
}

func TestCapture_ListsTenSends(t *testing.T) {
	t.Parallel()
	s, tb := newSignal(), &spy{TB: t}
	c := signalstest.Capture(tb, s)
	for id := range 12 {
		_, _ = s.Send(t.Context(), nil, payment{OrderID: id})
	}
	if e := c.With(payment{OrderID: 99}); e != nil || !strings.HasSuffix(tb.errors[0], "and 2 more") {
		t.Errorf("event %v, failure %q", e, tb.errors)
	}
}
