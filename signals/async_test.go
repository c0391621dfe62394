package signals_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// listed makes a signal that a queue finds again by its name.
func listed[T any](t *testing.T) *signals.Signal[T] {
	t.Helper()
	return signals.New[T](t.Name())
}

// through gives the call as another process would read it.
func through(t *testing.T, c signals.Call) (signals.Call, error) {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return signals.DecodeCall(t.Context(), text)
}

func mustThrough(t *testing.T, c signals.Call) signals.Call {
	t.Helper()
	back, err := through(t, c)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func TestA28_SendAsyncReturnsBeforeReceiversRun(t *testing.T) {
	t.Parallel()
	var c calls
	s := listed[order](t)
	s.Connect(c.receiver("a", nil))
	s.Connect(c.receiver("b", nil), signals.From("shop"))
	s.Connect(c.receiver("other", nil), signals.From("office"))
	q := &queue{}
	ctx := signals.WithQueue(signals.WithScope(t.Context(), signals.Scope{User: "ann", RequestID: "r1"}), q)
	if err := s.SendAsync(ctx, "shop", order{ID: 7}); err != nil {
		t.Fatal(err)
	}
	c.want(t)
	if len(q.calls) != 1 {
		t.Fatalf("%d calls were queued", len(q.calls))
	}
	call := mustThrough(t, q.calls[0])
	if call.Scope.User != "ann" || call.Scope.RequestID != "r1" || call.Sender != "shop" {
		t.Errorf("the call is %+v", call)
	}
	results, err := call.Run(t.Context())
	if err != nil || results.Len() != 2 {
		t.Errorf("%v, %v", results, err)
	}
	c.want(t, "a", "b")
}

func TestA28_SendAsyncWithoutAQueueSaysWhatToDo(t *testing.T) {
	s := newSignal()
	err := s.SendAsync(t.Context(), nil, order{})
	if !errors.Is(err, signals.ErrNoQueue) || !strings.Contains(err.Error(), "UseQueue") {
		t.Errorf("error %v", err)
	}
	q := &queue{}
	restore := signals.UseQueue(q)
	if err := s.SendAsync(t.Context(), nil, order{}); err != nil || len(q.calls) != 1 {
		t.Errorf("%d calls, %v", len(q.calls), err)
	}
	restore()
	if err := s.SendAsync(t.Context(), nil, order{}); !errors.Is(err, signals.ErrNoQueue) {
		t.Errorf("after restore: %v", err)
	}
}

func TestA28_AQueueThatFailsFailsTheSend(t *testing.T) {
	t.Parallel()
	s := newSignal()
	err := s.SendAsync(signals.WithQueue(t.Context(), &queue{err: errReceiver}), nil, order{})
	if !errors.Is(err, errReceiver) || !strings.Contains(err.Error(), "order_saved") {
		t.Errorf("error %v", err)
	}
	if err := s.SendAsync(signals.WithQueue(t.Context(), &queue{}), []int{1}, order{}); err == nil {
		t.Error("a slice is no sender")
	}
}

func TestA07_ASuspendedSendIsNotQueued(t *testing.T) {
	t.Parallel()
	s, q := newSignal(), &queue{}
	ctx := signals.Suspend(signals.WithQueue(t.Context(), q))
	if err := s.SendAsync(ctx, nil, order{}); err != nil || len(q.calls) != 0 {
		t.Errorf("%d calls, %v", len(q.calls), err)
	}
}

func TestA29_QueuedReceiversWaitWhileTheOthersRunAtOnce(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"Send", "SendRobust", "SendConcurrent"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			var c calls
			s, q := listed[order](t), &queue{}
			s.Connect(c.receiver("release", nil))
			s.Connect(c.receiver("analytics", nil), signals.UID("analytics"), signals.Queued(q))
			s.Connect(c.receiver("notice", nil), signals.UID("notice"), signals.Queued(q), signals.From("shop"))
			s.Connect(c.receiver("bulk", nil), signals.UID("bulk"), signals.Queued(q), signals.From("import"))
			for range 3 { // the quick way must not call them either
				q.calls = nil
				var results signals.Results
				var err error
				switch mode {
				case "Send":
					results, err = s.Send(t.Context(), "shop", order{ID: 7})
				case "SendRobust":
					results, err = s.SendRobust(t.Context(), "shop", order{ID: 7})
				default:
					results, err = s.SendConcurrent(t.Context(), 1, "shop", order{ID: 7})
				}
				if err != nil {
					t.Fatal(err)
				}
				c.want(t, "release")
				if got := results.String(); !strings.Contains(got, "analytics queued; notice queued") {
					t.Errorf("results %s", got)
				}
				if len(q.calls) != 2 || q.calls[0].Receiver != "analytics" || q.calls[1].Receiver != "notice" {
					t.Fatalf("queued %+v", q.calls)
				}
			}
			for _, call := range q.calls {
				if _, err := mustThrough(t, call).Run(t.Context()); err != nil {
					t.Error(err)
				}
			}
			c.want(t, "analytics", "notice")
		})
	}
}

func TestA29_ConditionsOfAQueuedReceiverAreAskedOnceByTheSend(t *testing.T) {
	t.Parallel()
	var c calls
	s, q := listed[order](t), &queue{}
	large, asked := true, 0
	s.Connect(c.receiver("audit", nil), signals.UID("audit"), signals.Queued(q), signals.When(func(context.Context, signals.Event[order]) bool {
		asked++
		return large
	}))
	mustSend(t, s, nil)
	large = false
	mustSend(t, s, nil)
	if len(q.calls) != 1 || asked != 2 {
		t.Fatalf("%d calls, asked %d times", len(q.calls), asked)
	}
	if _, err := q.calls[0].Run(t.Context()); err != nil || asked != 2 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	c.want(t, "audit")
}

func TestA29_AQueueThatIsDownFailsTheQueuedReceiverAlone(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	down := &queue{err: errReceiver}
	s.Connect(c.receiver("a", nil), signals.UID("a"), signals.Queued(down), signals.OnError(signals.Continue))
	s.Connect(c.receiver("b", nil))
	results, err := s.Send(t.Context(), nil, order{})
	if err != nil || !errors.Is(results.All()[0].Err, errReceiver) || results.All()[0].Queued {
		t.Errorf("%v, %v", results, err)
	}
	c.want(t, "b")
}

func TestQueued_NeedsAUID(t *testing.T) {
	t.Parallel()
	defer func() {
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "UID") {
			t.Errorf("panic %v", v)
		}
	}()
	newSignal().Connect(func(context.Context, signals.Event[order]) error { return nil }, signals.Queued())
}

// TestD09_AReplayNeverQueuesItselfAgain: a queue that hands each call back to the signal
// would go round for ever if a delivered call queued again.
func TestD09_AReplayNeverQueuesItselfAgain(t *testing.T) {
	t.Parallel()
	var c calls
	s, q := listed[order](t), &queue{}
	s.Connect(c.receiver("batching", nil), signals.UID("batching"), signals.Queued(q))
	s.Connect(c.receiver("failing", errReceiver), signals.UID("failing"), signals.OnError(signals.Enqueue(q)))
	ctx := signals.WithQueue(t.Context(), q)
	if err := s.SendAsync(ctx, nil, order{ID: 1}); err != nil {
		t.Fatal(err)
	}
	call := mustThrough(t, q.calls[0])
	for range 3 {
		if _, err := call.Run(ctx); !errors.Is(err, errReceiver) {
			t.Errorf("error %v, want the receiver's", err)
		}
	}
	if len(q.calls) != 1 {
		t.Errorf("%d calls are queued after three rounds, want the first alone", len(q.calls))
	}
	c.want(t, "batching", "failing", "batching", "failing", "batching", "failing")
}

func TestA28_ATryAgainCallsOnlyThoseWhoFailed(t *testing.T) {
	t.Parallel()
	var c calls
	s, q := listed[order](t), &queue{}
	s.Connect(c.receiver("ok", nil), signals.Name("same"))
	s.Connect(c.failing("fails twice", 2), signals.Name("same"))
	s.Connect(c.failing("fails once", 1), signals.UID("u"))
	s.Connect(func(context.Context, signals.Event[order]) error { c.add("panics"); panic("boom") })
	if err := s.SendAsync(signals.WithQueue(t.Context(), q), nil, order{}); err != nil {
		t.Fatal(err)
	}
	call := q.calls[0]
	for _, want := range [][]string{{"ok", "fails twice", "fails once", "panics"}, {"fails twice", "fails once", "panics"}, {"fails twice", "panics"}, {"panics"}} {
		call = mustThrough(t, call)
		results, err := call.Run(t.Context())
		if err == nil {
			t.Fatal("no error")
		}
		c.want(t, want...)
		call = call.Rest(results)
	}
}

func TestA35_InterceptorsRunWhereTheReceiversDo(t *testing.T) {
	t.Parallel()
	s, q := listed[order](t), &queue{}
	var got []int
	s.On(func(_ context.Context, o order) error { got = append(got, o.ID); return nil })
	s.Intercept(signals.TypedInterceptors[order]{Send: func(ctx context.Context, e *signals.Event[order], next signals.Next) ([]signals.Result, error) {
		e.Payload.ID *= 2
		return next(ctx)
	}})
	if err := s.SendAsync(signals.WithQueue(t.Context(), q), nil, order{ID: 21}); err != nil {
		t.Fatal(err)
	}
	if _, err := mustThrough(t, q.calls[0]).Run(t.Context()); err != nil || !slices.Equal(got, []int{42}) {
		t.Errorf("receivers got %v, %v: the interceptor changes it once", got, err)
	}
}

// transaction is a Transaction that a test ends.
type transaction struct{ after []func(context.Context) error }

func (tx *transaction) AfterCommit(fn func(context.Context) error) { tx.after = append(tx.after, fn) }

func TestTK20_SendAfterCommitWaitsForTheCommit(t *testing.T) {
	t.Parallel()
	s, q, tx := newSignal(), &queue{}, &transaction{}
	ctx := signals.WithQueue(signals.WithUser(t.Context(), "ann"), q)
	for id := range 2 {
		if err := s.SendAfterCommit(signals.WithTransaction(ctx, tx), "shop", order{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	if len(q.calls) != 0 {
		t.Fatalf("%d calls before the commit", len(q.calls))
	}
	if err := s.SendAfterCommit(signals.WithTransaction(ctx, tx), []int{}, order{}); err == nil {
		t.Error("a slice is no sender")
	}
	for _, fn := range tx.after {
		if err := fn(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if len(q.calls) != 2 || q.calls[0].Payload.(order).ID != 0 || q.calls[1].Payload.(order).ID != 1 || q.calls[1].Scope.User != "ann" {
		t.Errorf("queued %+v", q.calls)
	}
	if err := s.SendAfterCommit(ctx, "shop", order{ID: 9}); err != nil || len(q.calls) != 3 {
		t.Errorf("outside of a transaction: %d calls, %v", len(q.calls), err)
	}
}

func TestSendAsync_IsSeenInTheSendersRecordAndCountedWhereItRuns(t *testing.T) {
	s, q := listed[order](t), &queue{}
	s.Connect(func(context.Context, signals.Event[order]) error { return nil }, signals.UID("later"), signals.Queued(q))
	r, rec := recorded(t, func(ctx context.Context) {
		ctx = signals.WithQueue(ctx, q)
		if err := s.SendAsync(ctx, "shop", order{}); err != nil {
			t.Error(err)
		}
		if _, err := s.Send(ctx, "shop", order{}); err != nil {
			t.Error(err)
		}
	})
	name := s.Name()
	wantTree(t, rec, "signal "+name+" (skipped)", "signal "+name, "  receiver later (skipped)")
	for _, i := range []int{1, 3} {
		if attr(rec.Spans[i], instrument.NewKey("signal.queued")) != true {
			t.Errorf("span %d does not say that it was queued", i)
		}
	}
	if n := r.Stats(s.Info().Receivers[0].Handler()).Count; n != 0 {
		t.Errorf("the receiver counts %d calls before it was called", n)
	}
	if call := q.calls[0]; call.Scope.Record != rec.ID || call.Scope.Traceparent == "" {
		t.Errorf("the call does not lead back to its Record: %+v", call.Scope)
	}
}

// client is a value that is loaded again.
type client struct {
	ID   string
	Name string
}

type visit struct {
	Client  *client
	Before  *client `queue:"value"`
	Others  []*client
	ByName  map[string]*client
	Any     any
	Nobody  *client
	Minutes int
	At      time.Time
	Secret  string `json:"-"`
}

func TestA28_IdentifiedValuesTravelByIDAndAreLoadedAgain(t *testing.T) {
	rows := map[string]string{"1": "Ann", "2": "Bob"}
	defer signals.Identify("clients", func(c *client) string { return c.ID }, func(_ context.Context, id string) (*client, error) {
		name, ok := rows[id]
		if !ok {
			return nil, fmt.Errorf("client %s: %w", id, signals.ErrGone)
		}
		return &client{id, name}, nil
	})()
	s, q := listed[visit](t), &queue{}
	ann, bob := &client{"1", "Ann"}, &client{"2", "Bob"}
	in := visit{
		Client: ann, Before: &client{"1", "Anna"}, Others: []*client{bob, ann}, ByName: map[string]*client{"b": bob}, Any: bob,
		Minutes: 5, At: time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC), Secret: "x",
	}
	if err := s.SendAsync(signals.WithQueue(t.Context(), q), ann, in); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(q.calls[0])
	if err != nil {
		t.Fatal(err)
	}
	var args struct {
		Payload struct {
			Fields map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &args); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{"Client": `{"type":"model_instance","model":"clients","pk":"1"}`, "Minutes": `{"type":"value","value":5}`} {
		if got := string(args.Payload.Fields[field]); got != want {
			t.Errorf("%s travels as %s, want %s", field, got, want)
		}
	}
	rows["1"] = "Ann Smith"
	call, err := signals.DecodeCall(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	out := call.Payload.(visit)
	if out.Client.Name != "Ann Smith" || out.Others[1].Name != "Ann Smith" || call.Sender.(*client).Name != "Ann Smith" {
		t.Errorf("what was loaded is not current: %+v", out)
	}
	want := in
	want.Client, want.Others, want.Secret = out.Client, out.Others, ""
	if !reflect.DeepEqual(out, want) {
		t.Errorf("came out as %+v, want %+v", out, want)
	}

	delete(rows, "2")
	_, err = signals.DecodeCall(t.Context(), text)
	gone, ok := errors.AsType[*signals.LoadError](err)
	if !ok || gone.ID != "2" || gone.Model != "clients" || !errors.Is(err, signals.ErrGone) {
		t.Errorf("error %v", err)
	}
	if err := s.SendAsync(signals.WithQueue(t.Context(), q), nil, visit{Client: &client{}}); err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(q.calls[1]); err == nil || !strings.Contains(err.Error(), "no id yet") {
		t.Errorf("a row that is not saved: %v", err)
	}
}

// TestD07_SeveralSignalsOfOneTypeAreToldApart: they were looked up by their class.
func TestD07_SeveralSignalsOfOneTypeAreToldApart(t *testing.T) {
	t.Parallel()
	var c calls
	one, two := signals.New[order](t.Name()+"1"), signals.New[order](t.Name()+"2")
	one.Connect(c.receiver("one", nil))
	two.Connect(c.receiver("two", nil))
	q := &queue{}
	ctx := signals.WithQueue(t.Context(), q)
	_ = two.SendAsync(ctx, nil, order{})
	_ = one.SendAsync(ctx, nil, order{})
	for _, call := range q.calls {
		if _, err := mustThrough(t, call).Run(t.Context()); err != nil {
			t.Error(err)
		}
	}
	c.want(t, "two", "one")
}

func TestD07_WhatJSONDoesNotKeepIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := json.Marshal(signals.Call{Signal: "x", Payload: func() {}}); err == nil || !strings.Contains(err.Error(), "payload") {
		t.Errorf("a function: %v", err)
	}
	type office struct{ n int }
	if _, err := json.Marshal(signals.Call{Signal: "x", Sender: &office{}, Payload: 1}); err == nil || !strings.Contains(err.Error(), "RegisterSender") {
		t.Errorf("a pointer as sender: %v", err)
	}
	signals.RegisterSender[office]()
	if _, err := json.Marshal(signals.Call{Signal: "x", Sender: office{3}, Payload: 1}); err == nil || !strings.Contains(err.Error(), "JSON does not keep") {
		t.Errorf("a sender with hidden fields: %v", err)
	}
}

type kindOfSender string

func TestA28_SendersKeepTheirType(t *testing.T) {
	t.Parallel()
	var c calls
	s := listed[order](t)
	s.Connect(c.receiver("typed", nil), signals.From(kindOfSender("order")))
	s.Connect(c.receiver("text", nil), signals.From("order"))
	for _, sender := range []any{kindOfSender("order"), "order", nil, 7, true} {
		call := mustThrough(t, signals.Call{Signal: s.Name(), Sender: sender, Payload: order{}})
		if call.Sender != sender {
			t.Errorf("%T %v came back as %T %v", sender, sender, call.Sender, call.Sender)
		}
		if _, err := call.Run(t.Context()); err != nil {
			t.Error(err)
		}
	}
	c.want(t, "typed", "text")
}

func TestDecodeCall_SaysWhatIsNotThereAnyMore(t *testing.T) {
	t.Parallel()
	_, err := signals.DecodeCall(t.Context(), []byte(`{"signal":"renamed","payload":{"type":"value","value":1}}`))
	if _, ok := errors.AsType[*signals.TargetError](err); !ok {
		t.Errorf("a signal that is gone: %v", err)
	}
	s := listed[order](t)
	for _, payload := range []string{`{"type":"value","value":"text"}`, `{"type":"list"}`, `{"type":"model_instance","model":"nobody","pk":"1"}`, `{"type":"odd"}`} {
		if _, err := signals.DecodeCall(t.Context(), []byte(`{"signal":"`+s.Name()+`","payload":`+payload+`}`)); err == nil || !strings.Contains(err.Error(), s.Name()) {
			t.Errorf("payload %s: %v", payload, err)
		}
	}
	if _, err := signals.DecodeCall(t.Context(), []byte(`{`)); err == nil {
		t.Error("half a call was read")
	}
}

func FuzzDecodeCall(f *testing.F) {
	s := signals.New[visit]("fuzz_visit")
	f.Add([]byte(`{"signal":"fuzz_visit","payload":{"type":"struct","fields":{"Minutes":{"type":"value","value":5},"Others":{"type":"list","items":[{"type":"value","value":null}]},"ByName":{"type":"map","fields":{"a":{"type":"value","value":{"ID":"3"}}}}}},"sender":{"type":"value","value":"x"}}`))
	f.Add([]byte(`{"signal":"fuzz_visit","payload":{"type":"struct","fields":{"Any":{"type":"struct","fields":{"x":{"type":"list"}}}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := signals.DecodeCall(t.Context(), text)
		if err != nil {
			return
		}
		if c.Signal != s.Name() {
			return
		}
		if _, err := json.Marshal(c); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
