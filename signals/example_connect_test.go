package signals_test

import (
	"context"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// say makes a receiver that prints.
func say[T any](text string) func(context.Context, signals.Event[T]) error {
	return func(_ context.Context, e signals.Event[T]) error {
		fmt.Println(text, e.Payload)
		return nil
	}
}

func ExampleConnectAll() {
	paid := signals.New[int]("paid", signals.Unlisted())
	refunded := signals.New[int]("refunded", signals.Unlisted())
	conns := signals.ConnectAll(say[int]("balance changed for order"), []*signals.Signal[int]{paid, refunded})
	ctx := context.Background()
	_, _ = paid.Send(ctx, nil, 1)
	_, _ = refunded.Send(ctx, nil, 2)
	fmt.Println(conns.Disconnect(), paid.HasListeners(nil))
	// Output:
	// balance changed for order 1
	// balance changed for order 2
	// true false
}

func ExampleUntil() {
	paid := signals.New[int]("paid", signals.Unlisted())
	session, end := context.WithCancel(context.Background())
	paid.Connect(say[int]("order"), signals.Until(session))
	ctx := context.Background()
	_, _ = paid.Send(ctx, nil, 1)
	end()
	_, _ = paid.Send(ctx, nil, 2)
	// Output: order 1
}

func ExampleOnce() {
	ready := signals.New[string]("ready", signals.Unlisted())
	ready.Connect(say[string]("ready:"), signals.Once())
	ctx := context.Background()
	_, _ = ready.Send(ctx, nil, "first")
	_, _ = ready.Send(ctx, nil, "second")
	// Output: ready: first
}

func ExampleOnlyFrom() {
	saved := signals.New[int]("saved", signals.Unlisted())
	saved.Connect(say[int]("index"), signals.OnlyFrom("User", "Customer"), signals.InEnvironment("production", "staging"))
	ctx := signals.WithEnvironment(context.Background(), "production")
	for _, sender := range []string{"User", "Order"} {
		results, _ := saved.Send(ctx, sender, 7)
		fmt.Printf("%s: skipped %q\n", sender, results.All()[0].Skipped)
	}
	results, _ := saved.Send(signals.WithEnvironment(ctx, "test"), "User", 7)
	fmt.Printf("in a test: skipped %q\n", results.All()[0].Skipped)
	// Output:
	// index 7
	// User: skipped ""
	// Order: skipped "OnlyFrom(\"User\", \"Customer\")"
	// in a test: skipped "InEnvironment(\"production\", \"staging\")"
}

// Price is a payload that knows what changed.
type Price struct{ Was, Is int }

// Changed reports whether the field has another value than before.
func (p Price) Changed(field string) bool { return field == "price" && p.Was != p.Is }

func ExampleWhenChanged() {
	saved := signals.New[Price]("price_saved", signals.Unlisted())
	saved.Connect(say[Price]("log"), signals.WhenChanged("price"))
	ctx := context.Background()
	_, _ = saved.Send(ctx, nil, Price{1, 2})
	_, _ = saved.Send(ctx, nil, Price{2, 2})
	// Output: log {1 2}
}

func ExampleSuspend() {
	saved := signals.New[int]("saved", signals.Unlisted())
	saved.Connect(say[int]("mail about row"))
	ctx := context.Background()
	quiet := signals.Suspend(ctx) // or Suspend(ctx, saved), for this signal alone
	for row := range 10_000 {
		_, _ = saved.Send(quiet, "import", row)
	}
	_, _ = saved.Send(ctx, "shop", 10_001)
	fmt.Println(saved.Info().Suspended, "suspended")
	// Output:
	// mail about row 10001
	// 10000 suspended
}

func ExampleSignal_Pause() {
	saved := signals.New[int]("saved", signals.Unlisted())
	saved.Connect(say[int]("row"))
	resume := saved.Pause()
	_, _ = saved.Send(context.Background(), nil, 1)
	resume()
	_, _ = saved.Send(context.Background(), nil, 2)
	// Output: row 2
}

func ExampleLookup() {
	fmt.Println(OrderChanged.PayloadType())
	s, ok := signals.Lookup("order_changed")
	fmt.Println(ok, s.Name())
	_, err := s.SendAny(context.Background(), "replay", "not a StatusChange")
	fmt.Println(err)
	// Output:
	// signals_test.StatusChange
	// true order_changed
	// signals: signal "order_changed" carries a signals_test.StatusChange, not a string
}
