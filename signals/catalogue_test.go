package signals_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

type event struct{ User string }

// The five signals of A-01, declared as an app declares them.
var (
	userProfileCompleted = signals.New[event]("user_profile_completed")
	_                    = signals.New[order]("order_status_changed")
	_                    = signals.New[payment]("payment_processed")
	_                    = signals.New[int]("inventory_low")
	_                    = signals.New[*event]("user_activity_detected")
)

func onProfile(context.Context, signals.Event[event]) error { return nil }

var _ = userProfileCompleted.Connect(onProfile)

func TestA01_CatalogueListsWhatTheProgramDeclares(t *testing.T) {
	t.Parallel()
	byName := map[string]signals.Info{}
	var names []string
	for _, info := range signals.All() {
		byName[info.Name] = info
		names = append(names, info.Name)
	}
	if !slices.IsSorted(names) {
		t.Errorf("not sorted: %v", names)
	}
	for name, payload := range map[string]string{
		"user_profile_completed": "signals_test.event",
		"order_status_changed":   "signals_test.order",
		"payment_processed":      "signals_test.payment",
		"inventory_low":          "int",
		"user_activity_detected": "*signals_test.event",
	} {
		info := byName[name]
		if info.Payload != payload || !strings.HasSuffix(info.Source.File, "catalogue_test.go") || info.Source.Line == 0 {
			t.Errorf("%s: %+v", name, info)
		}
	}
	rs := byName["user_profile_completed"].Receivers
	if len(rs) != 1 || rs[0].Name() != "signals_test.onProfile" || rs[0].Signal() != "user_profile_completed" {
		t.Errorf("receivers %v", rs)
	}
}

// welcome listens by a declaration in a package variable.
var welcomed calls

func welcome(context.Context, signals.Event[order]) error { welcomed.add("declared"); return nil }

var (
	userSignedUp = signals.New[order]("user_signed_up")
	_            = userSignedUp.Connect(welcome)
)

func TestA03_FunctionMethodAndDeclaration(t *testing.T) {
	t.Parallel()
	m := userSignedUp.Connect((&mailer{&welcomed, "method"}).OnOrder)
	f := userSignedUp.Connect(welcomed.receiver("function", nil))
	defer m.Disconnect()
	defer f.Disconnect()
	results := mustSend(t, userSignedUp, nil)
	welcomed.want(t, "declared", "method", "function")
	for i, want := range []string{"signals_test.welcome", "signals_test.(*mailer).OnOrder", "signals_test."} {
		r := results.All()[i].Receiver
		if !strings.HasPrefix(r.Name(), want) || r.Source().Line == 0 || !strings.HasSuffix(r.Source().File, "_test.go") {
			t.Errorf("receiver %d: %s at %v", i, r.Name(), r.Source())
		}
	}
}

func TestNew_RefusesNamesClearly(t *testing.T) {
	t.Parallel()
	got, _ := panicOf(func() { signals.New[int]("inventory_low") }).(string)
	if !strings.HasPrefix(got, `signals: New("inventory_low") at `) || strings.Count(got, "signals/catalogue_test.go:") != 2 ||
		!strings.Contains(got, "give one of them another name") {
		t.Errorf("panic %q does not name both places", got)
	}
	if got, _ := panicOf(func() { signals.New[int]("") }).(string); !strings.Contains(got, "the name is empty") {
		t.Errorf("panic %q", got)
	}
}

func TestConnection_TellsWhatItIs(t *testing.T) {
	t.Parallel()
	s := newSignal()
	c := s.Connect((&mailer{}).OnOrder, signals.UID("u"), signals.Name("shown"), signals.From("A"), signals.When(large))
	if c.Name() != "shown" || c.UID() != "u" || c.Sender() != "A" || c.Signal() != "order_saved" ||
		!slices.Equal(c.Conditions(), []string{"signals_test.large"}) || c.Handler().Name() != "shown" || s.Name() != "order_saved" {
		t.Errorf("connection %+v", c)
	}
}

func TestA01_CatalogueTellsWhatHappened(t *testing.T) {
	t.Parallel()
	silent := newSignal(signals.Doc("An order was written."))
	unheard, heard := newSignal(), newSignal()
	var c calls
	heard.Connect(c.receiver("called", nil), signals.UID("called"))
	heard.Connect(c.receiver("idle", nil), signals.UID("idle"), signals.From("nobody"), signals.OnError(signals.Retry(2, nil), signals.Continue))
	_, rec := recorded(t, func(ctx context.Context) {
		for range 3 {
			_, _ = unheard.Send(ctx, nil, order{})
			_, _ = heard.Send(ctx, "A", order{})
		}
	})
	all := []signals.Info{silent.Info(), unheard.Info(), heard.Info()}
	if i := all[0]; i.Fired || i.Doc != "An order was written." || i.Payload != "signals_test.order" || !i.LastSend.IsZero() {
		t.Errorf("never sent: %+v", i)
	}
	if i := all[1]; !i.Fired || i.Sends != 0 {
		t.Errorf("unheard: %+v", i)
	}
	if i := all[2]; !i.Fired || i.Sends != 3 || i.LastSend.Before(rec.StartTime().Add(-time.Second)) || i.LastSend.After(time.Now()) {
		t.Errorf("heard: %+v", i)
	}
	if got := signals.NeverFired(all); len(got) != 1 || got[0].Doc == "" {
		t.Errorf("never fired %v", got)
	}
	if got := signals.Unheard(all); len(got) != 2 {
		t.Errorf("unheard %v", got)
	}
	idle := signals.NeverCalled(all)
	if len(idle) != 1 || idle[0].UID() != "idle" || !slices.Equal(idle[0].Policies(), []string{"Retry(2)", "Continue"}) {
		t.Errorf("never called %v", idle)
	}
}

func ExampleWriteDOT() {
	paid := signals.New[payment]("order_paid", signals.Unlisted())
	nop := func(context.Context, signals.Event[payment]) error { return nil }
	paid.Connect(nop, signals.UID("reserve-stock"))
	paid.Connect(nop, signals.UID("mail"), signals.From("shop"), signals.InEnvironment("production"))
	low := signals.New[int]("stock_low", signals.Unlisted())
	_ = signals.WriteDOT(os.Stdout, signals.Describe([]signals.Info{paid.Info(), low.Info()}, nil))
	// Output:
	// digraph signals {
	// 	rankdir=LR;
	// 	node [fontname="sans-serif"];
	// 	s1 [shape=box, label="order_paid\nsignals_test.payment"];
	// 	r1 [shape=ellipse, label="reserve-stock"];
	// 	s1 -> r1 [label="1"];
	// 	r2 [shape=ellipse, label="mail"];
	// 	s1 -> r2 [label="2\nfrom shop\nif InEnvironment(\"production\")"];
	// 	s2 [shape=box, label="stock_low\nint", style=dashed];
	// }
}

func ExampleWriteMermaid() {
	paid := signals.New[[]payment]("orders_paid", signals.Unlisted())
	nop := func(context.Context, signals.Event[[]payment]) error { return nil }
	refunded := signals.New[[]payment]("orders_refunded", signals.Unlisted())
	signals.ConnectAll(nop, []*signals.Signal[[]payment]{paid, refunded}, signals.UID("stats"))
	paid.Connect(nop, signals.UID("mail"), signals.InEnvironment("production"))
	low := signals.New[int]("stock_low", signals.Unlisted())
	_ = signals.WriteMermaid(os.Stdout, signals.Describe([]signals.Info{paid.Info(), refunded.Info(), low.Info()}, nil))
	// Output:
	// flowchart LR
	// 	s1["orders_paid<br>[]signals_test.payment"]
	// 	r1(["stats"])
	// 	s1 -->|"1"| r1
	// 	r2(["mail"])
	// 	s1 -->|"2<br>if InEnvironment(#quot;production#quot;)"| r2
	// 	s2["orders_refunded<br>[]signals_test.payment"]
	// 	s2 -->|"1"| r1
	// 	s3["stock_low<br>int"]
	// 	style s3 stroke-dasharray: 4
}

type box[T any] struct{ V T }

func TestA01_PayloadsAreNamedAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		signals.New[box[order]]("x", signals.Unlisted()).Info().Payload:                  "signals_test.box[signals_test.order]",
		signals.New[map[string]*box[[]order]]("x", signals.Unlisted()).Info().Payload:    "map[string]*signals_test.box[[]signals_test.order]",
		signals.New[int]("x", signals.Unlisted()).Info().Payload:                         "int",
		signals.New[func(order, *order) error]("x", signals.Unlisted()).Info().Payload:   "func(signals_test.order, *signals_test.order) error",
		signals.New[box[box[instrument.Source]]]("x", signals.Unlisted()).Info().Payload: "signals_test.box[signals_test.box[instrument.Source]]",
	} {
		if got != want {
			t.Errorf("payload %q, want %q", got, want)
		}
	}
}
