package signals_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func TestA19_SkippedReceiversShowInTheTrace(t *testing.T) {
	t.Parallel()
	var c calls
	_, rec := recorded(t, func(ctx context.Context) {
		s := newSignal()
		s.Connect(c.receiver("x", nil), signals.UID("x"), signals.InEnvironment("production"), signals.When(large))
		_, _ = s.Send(signals.WithEnvironment(ctx, "test"), nil, order{ID: 1000})
		_, _ = s.Send(signals.WithEnvironment(ctx, "production"), nil, order{ID: 1})
	})
	c.want(t)
	wantTree(t, rec,
		"signal order_saved", "  receiver x (skipped)",
		"signal order_saved", "  receiver x (skipped)")
	for i, want := range map[int]string{2: `InEnvironment("production")`, 4: "signals_test.large"} {
		if got := attr(rec.Spans[i], keySkipped); got != want {
			t.Errorf("span %d: skipped because %v, want %s", i, got, want)
		}
	}
}

func TestA19_ConditionsAreNamedAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	c := newSignal().Connect((&calls{}).receiver("x", nil), signals.OnlyFrom(1, nil, &order{}, true, 2.5), signals.When(large))
	want := []string{"OnlyFrom(1, nil, *signals_test.order, true, 2.5)", "signals_test.large"}
	if got := c.Conditions(); !slices.Equal(got, want) {
		t.Errorf("conditions %q, want %q", got, want)
	}
}

type kind string

func TestA20_SendersAndEnvironments(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("x", nil),
		signals.OnlyFrom(kind("User"), kind("Customer")),
		signals.InEnvironment("production", "staging"))
	var ran []string
	for _, sender := range []kind{"User", "Customer", "Order"} {
		for _, env := range []string{"production", "staging", "test"} {
			results, err := s.Send(signals.WithEnvironment(t.Context(), env), sender, order{})
			if err != nil || results.Len() != 1 {
				t.Fatalf("results %v, %v", results, err)
			}
			if results.All()[0].Skipped == "" {
				ran = append(ran, fmt.Sprint(sender, " ", env))
			} else if want := `OnlyFrom("User", "Customer")`; sender == "Order" && results.All()[0].Skipped != want {
				t.Errorf("skipped because %s, want %s", results.All()[0].Skipped, want)
			}
		}
	}
	if got := strings.Join(ran, ", "); got != "User production, User staging, Customer production, Customer staging" {
		t.Errorf("ran for %s", got)
	}
}

// Not parallel: it sets environment variables and the process's function.
func TestA20_EnvironmentIsReadWhenSent(t *testing.T) {
	ctx := t.Context()
	t.Setenv("APP_ENV", "staging")
	if got := signals.Environment(ctx); got != "staging" {
		t.Errorf("environment %q", got)
	}
	signals.SetEnvironment(func() string { return "production" })
	defer signals.SetEnvironment(nil)
	if got := signals.Environment(ctx); got != "production" {
		t.Errorf("environment %q", got)
	}
	if got := signals.Environment(signals.WithEnvironment(ctx, "test")); got != "test" {
		t.Errorf("environment %q", got)
	}
	signals.SetEnvironment(nil)
	if got := signals.Environment(ctx); got != "staging" {
		t.Errorf("environment %q", got)
	}
}

// price is a payload that knows what changed.
type price struct{ was, is int }

func (p price) Changed(field string) bool { return (field == "price" || field == "") && p.was != p.is }

// stock knows it by its pointer.
type stock struct{ was, is int }

func (p *stock) Changed(field string) bool { return field == "count" && p.was != p.is }

func TestA21_WhenChangedAsksThePayload(t *testing.T) {
	t.Parallel()
	s := signals.New[price]("price_saved", signals.Unlisted())
	nop := func(context.Context, signals.Event[price]) error { return nil }
	s.Connect(nop, signals.WhenChanged("name", "price"))
	s.Connect(nop, signals.WhenChanged("name"))
	s.Connect(nop, signals.WhenChanged())
	for _, tt := range []struct {
		p    price
		want []string
	}{
		{price{1, 2}, []string{"", `WhenChanged("name")`, ""}},
		{price{2, 2}, []string{`WhenChanged("name", "price")`, `WhenChanged("name")`, "WhenChanged()"}},
	} {
		results, err := s.Send(t.Context(), nil, tt.p)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range tt.want {
			if results.All()[i].Skipped != want {
				t.Errorf("%v, receiver %d: skipped %q, want %q", tt.p, i, results.All()[i].Skipped, want)
			}
		}
	}
	byPointer := signals.New[stock]("stock_saved", signals.Unlisted())
	byPointer.Connect(func(context.Context, signals.Event[stock]) error { return nil }, signals.WhenChanged("count"))
	if results, err := byPointer.Send(t.Context(), nil, stock{1, 2}); err != nil || results.All()[0].Skipped != "" {
		t.Errorf("results %v, %v", results, err)
	}
}

func TestSG17_ConditionsAndPoliciesThatDoNotFitPanicAtConnect(t *testing.T) {
	t.Parallel()
	s := newSignal()
	ok := func(context.Context, signals.Event[order]) error { return nil }
	const prefix = `signals: Connect to "order_saved": `
	for _, tt := range []struct {
		name string
		opts []signals.ConnectOption
		want string
	}{
		{"no Changer", []signals.ConnectOption{signals.WhenChanged("id")},
			"WhenChanged needs a payload with a method Changed(field string) bool, signals_test.order has none"},
		{"sender", []signals.ConnectOption{signals.OnlyFrom("A", []int{})},
			"sender of type []int cannot be compared; use a string, a number, a pointer or a comparable struct"},
		{"nil fallback", []signals.ConnectOption{signals.OnError(signals.Fallback[order](nil))}, "the fallback is nil"},
		{"fallback of another payload", []signals.ConnectOption{signals.OnError(signals.Fallback(
			func(context.Context, signals.Event[int], error) error { return nil }))},
			"the fallback takes an Event[int], the signal sends Event[signals_test.order]"},
		{"nil queue", []signals.ConnectOption{signals.OnError(signals.Enqueue(nil)), signals.UID("u")}, "the queue is nil"},
		{"queue without uid", []signals.ConnectOption{signals.OnError(signals.Enqueue(&queue{}))},
			"Enqueue needs a receiver with a UID, by which the queue finds it again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := panicOf(func() { s.Connect(ok, tt.opts...) }); got != prefix+tt.want {
				t.Errorf("panic %v\nwant  %v", got, prefix+tt.want)
			}
		})
	}
}
