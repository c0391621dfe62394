package signals_test

import (
	"context"
	"slices"
	"strings"
	"testing"

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

func onProfile(context.Context, *signals.Event[event]) error { return nil }

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

func welcome(context.Context, *signals.Event[order]) error { welcomed.add("declared"); return nil }

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
		r := results[i].Receiver
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
