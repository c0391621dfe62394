package signalstest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/signalstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errMail = errors.New("relay is down")

// mailed is a signal of the app, with a receiver that must not run in tests.
var mailed = signals.New[payment]("mailed", signals.Unlisted())

var _ = mailed.Connect(func(context.Context, signals.Event[payment]) error { return errMail }, signals.UID("mail"))

func TestA39_ParallelTestsSeeTheirOwn(t *testing.T) {
	t.Parallel()
	for id := range 20 {
		t.Run(fmt.Sprint("test ", id), func(t *testing.T) {
			t.Parallel()
			ctx, sent := signalstest.CaptureIn(t.Context(), t, mailed)
			ctx, mock := signalstest.ReplaceIn(ctx, t, mailed, "mail",
				func(_ context.Context, e signals.Event[payment]) error { e.Return("mock"); return nil })
			results, err := mailed.Send(ctx, "shop", payment{OrderID: id})
			if err != nil || results.All()[0].Value != "mock" {
				t.Errorf("results %+v, %v", results, err)
			}
			sent.Once(payment{OrderID: id})
			mock.Once(payment{OrderID: id})
			if _, err := mailed.Send(t.Context(), nil, payment{OrderID: -1}); err != errMail {
				t.Errorf("error %v: outside the context the receiver is the app's", err)
			}
			sent.Once(payment{OrderID: id})
		})
	}
}

func TestA39_OtherSignalsAndReceiversStay(t *testing.T) {
	t.Parallel()
	var real []string
	s, other := newSignal(), newSignal()
	note := func(name string) func(context.Context, signals.Event[payment]) error {
		return func(_ context.Context, e signals.Event[payment]) error {
			real = append(real, name)
			e.Payload.OrderID = 0 // of its own copy
			return nil
		}
	}
	for _, s := range []*signals.Signal[payment]{s, other} {
		s.Connect(note("stock"), signals.UID("stock"))
		s.Connect(note("mail"), signals.UID("mail"))
	}
	ctx, sent := signalstest.CaptureIn(t.Context(), t, s)
	ctx, mock := signalstest.ReplaceIn(ctx, t, s, "mail", nil)
	for _, s := range []*signals.Signal[payment]{s, other} {
		if _, err := s.Send(ctx, nil, payment{OrderID: 7}); err != nil {
			t.Error(err)
		}
	}
	sent.Once(payment{OrderID: 7})
	mock.Once(payment{OrderID: 7})
	if !slices.Equal(real, []string{"stock", "stock", "mail"}) {
		t.Errorf("called %v", real)
	}
	nobody, heard := signalstest.CaptureIn(t.Context(), t, newSignal())
	_, _ = other.Send(nobody, nil, payment{})
	heard.Never()
}

func TestA39_CaptureInSeesWhatNobodyListensTo(t *testing.T) {
	t.Parallel()
	s := newSignal()
	ctx, sent := signalstest.CaptureIn(t.Context(), t, s)
	_, _ = s.Send(t.Context(), nil, payment{OrderID: 1})
	_, _ = s.SendConcurrent(ctx, 0, nil, payment{OrderID: 2})
	sent.Once(payment{OrderID: 2})
}

func TestA39_ReplaceIsRestoredAtTheEnd(t *testing.T) {
	t.Parallel()
	s := newSignal()
	s.Connect(func(context.Context, signals.Event[payment]) error { return errMail }, signals.UID("mail"))
	t.Run("inside", func(t *testing.T) {
		mock := signalstest.Replace(t, s, "mail", nil)
		if _, err := s.Send(t.Context(), nil, payment{OrderID: 7}); err != nil {
			t.Errorf("the real receiver ran: %v", err)
		}
		mock.Once(payment{OrderID: 7})
		tb := &spy{TB: t}
		fatal(func() { signalstest.Replace(tb, s, "mail", nil) })
		if len(tb.errors) != 1 || !strings.HasPrefix(tb.errors[0], `receiver "mail" is replaced by TestA39_ReplaceIsRestoredAtTheEnd/inside`) {
			t.Errorf("failure %q", tb.errors)
		}
	})
	if _, err := s.Send(t.Context(), nil, payment{}); err != errMail {
		t.Errorf("error %v: the receiver is not restored", err)
	}
}

// fatal runs what ends its goroutine.
func fatal(fn func()) {
	var wg sync.WaitGroup
	wg.Go(fn)
	wg.Wait()
}

func TestA39_ReplaceNeedsAReceiver(t *testing.T) {
	t.Parallel()
	tb := &spy{TB: t}
	fatal(func() { signalstest.ReplaceIn(t.Context(), tb, newSignal(), "gone", nil) })
	fatal(func() { signalstest.Replace(tb, newSignal(), "", nil) })
	want := `signal "order_paid" has no receiver with the uid "gone" to replace|signal "order_paid" has no receiver with the uid "" to replace`
	if got := strings.Join(tb.errors, "|"); got != want {
		t.Errorf("failure %q", got)
	}
}

func TestA39_TheScopeIsSetByHand(t *testing.T) {
	t.Parallel()
	s := newSignal()
	row := ""
	s.Connect(func(ctx context.Context, e signals.Event[payment]) error {
		sc := signals.ScopeOf(ctx)
		row = fmt.Sprint(e.Payload.OrderID, " ", sc.User, " ", sc.IP)
		return nil
	})
	ctx := signals.WithScope(t.Context(), signals.Scope{User: "ann", IP: netip.MustParseAddr("192.0.2.1")})
	_, _ = s.Send(ctx, nil, payment{OrderID: 7})
	if row != "7 ann 192.0.2.1" {
		t.Errorf("row %q", row)
	}
}

// appQueue is the queue of the app: it must not be reached in tests.
type appQueue struct{ t *testing.T }

func (q appQueue) Enqueue(context.Context, signals.Call) error {
	q.t.Error("the app's queue was used")
	return nil
}

// confirming is a signal whose receiver is tried at once and then queued; it succeeds
// from the queue.
func confirming(t *testing.T, done *[]payment) *signals.Signal[payment] {
	s := signals.New[payment]("order_confirmed", signals.Unlisted(), signals.Logger(slog.New(slog.DiscardHandler)))
	first := true
	s.Connect(func(_ context.Context, e signals.Event[payment]) error {
		if first {
			first = false
			return errMail
		}
		*done = append(*done, e.Payload)
		return nil
	}, signals.UID("mail"), signals.OnError(signals.Enqueue(appQueue{t})))
	return s
}

func TestA40_D17_RecordingQueuesAndRunsNothing(t *testing.T) {
	t.Parallel()
	var done []payment
	s := confirming(t, &done)
	ctx, q := signalstest.RecordingIn(t.Context(), t)
	q.Never()
	results, err := s.Send(ctx, "shop", payment{OrderID: 7, Tags: []string{"confirmed"}})
	if err != nil || results.All()[0].Handled != "Enqueue" || len(done) != 0 {
		t.Errorf("results %+v, %v, done %v", results, err, done)
	}
	q.Once("mail", payment{OrderID: 7, Tags: []string{"confirmed"}})
	if call := q.Calls()[0]; call.Sender != "shop" || call.Cause != errMail {
		t.Errorf("call %+v", call)
	}
}

func TestA40_D17_EagerRunsWhenSendReturns(t *testing.T) {
	t.Parallel()
	var done []payment
	s := confirming(t, &done)
	ctx, q := signalstest.EagerIn(t.Context(), t)
	tags := []string{"confirmed"}
	if _, err := s.Send(ctx, "shop", payment{OrderID: 7, Tags: tags}); err != nil {
		t.Error(err)
	}
	q.Once("mail", payment{OrderID: 7, Tags: tags})
	if len(done) != 1 || done[0].OrderID != 7 || &done[0].Tags[0] == &tags[0] {
		t.Errorf("done %v, want a copy that went through JSON", done)
	}
}

type lossy struct {
	ID     int
	secret string
}

func TestA40_EagerTellsWhatAQueueWouldLose(t *testing.T) {
	t.Parallel()
	s := signals.New[lossy]("lossy", signals.Unlisted())
	s.Connect(func(context.Context, signals.Event[lossy]) error { return errMail }, signals.UID("x"),
		signals.OnError(signals.Enqueue(appQueue{t})))
	tb := &spy{TB: t}
	ctx, _ := signalstest.EagerIn(t.Context(), tb)
	_, err := s.Send(ctx, nil, lossy{7, "kept in memory only"})
	want := `signal "lossy": queue receiver "x": JSON makes {ID:7 secret:} of {ID:7 secret:kept in memory only}`
	if err == nil || len(tb.errors) != 1 || tb.errors[0] != want {
		t.Errorf("error %v, failure %q", err, tb.errors)
	}
	if _, err := s.Send(ctx, func() {}, lossy{7, ""}); err == nil {
		t.Error("a function is no sender")
	}
	if _, err := s.Send(ctx, &struct{ C chan int }{}, lossy{7, ""}); err == nil || len(tb.errors) != 2 {
		t.Errorf("error %v, failure %q", err, tb.errors)
	}
}

func TestA40_QueueFailuresListTheCalls(t *testing.T) {
	t.Parallel()
	tb := &spy{TB: t}
	ctx, q := signalstest.RecordingIn(t.Context(), tb)
	s := newSignal()
	s.Connect(func(context.Context, signals.Event[payment]) error { return errMail }, signals.UID("mail"),
		signals.OnError(signals.Enqueue(appQueue{t})))
	for id := range 12 {
		_, _ = s.Send(ctx, nil, payment{OrderID: id})
	}
	q.Never()
	q.Once("mail", payment{})
	if len(tb.errors) != 2 || !strings.HasPrefix(tb.errors[0], "12 calls were queued, want none:\n\tmail of order_paid: {OrderID:0 Tags:[]}\n") ||
		!strings.HasSuffix(tb.errors[1], "\n\tand 2 more") {
		t.Errorf("failures %q", tb.errors)
	}
}

func TestSG55_OverrideRestoresWhateverReceiversDo(t *testing.T) {
	t.Parallel()
	changed := signals.New[signalstest.Setting[int]]("setting_changed", signals.Unlisted(), signals.Logger(slog.New(slog.DiscardHandler)))
	var heard []signalstest.Setting[int]
	changed.Connect(func(_ context.Context, e signals.Event[signalstest.Setting[int]]) error {
		if !e.Payload.Enter {
			return errMail
		}
		return nil
	}, signals.From("limit"))
	changed.Connect(func(_ context.Context, e signals.Event[signalstest.Setting[int]]) error {
		heard = append(heard, e.Payload)
		return nil
	})
	limit := 10
	tb := &spy{}
	t.Run("inside", func(t *testing.T) {
		tb.TB = t
		signalstest.Override(tb, changed, "limit", &limit, 99)
		if limit != 99 || len(tb.errors) != 0 {
			t.Errorf("limit %d, failures %q", limit, tb.errors)
		}
	})
	want := []signalstest.Setting[int]{{"limit", 99, true}, {"limit", 10, false}}
	if limit != 10 || !slices.Equal(heard, want) {
		t.Errorf("limit %d, heard %v", limit, heard)
	}
	if len(tb.errors) != 1 || tb.errors[0] != "setting limit: relay is down" {
		t.Errorf("failures %q", tb.errors)
	}
}
