package signals_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// StatusChange is what happened to an order.
type StatusChange struct {
	OrderID  int
	Old, New string
}

var OrderChanged = signals.New[StatusChange]("order_changed")

func toConfirmed(_ context.Context, e signals.Event[StatusChange]) bool {
	return e.Payload.New == "confirmed"
}

func Example() {
	OrderChanged.Connect(func(_ context.Context, e signals.Event[StatusChange]) error {
		fmt.Println("reserve stock for order", e.Payload.OrderID)
		return nil
	}, signals.UID("reserve-stock"), signals.When(toConfirmed))
	defer OrderChanged.DisconnectAll()

	results, err := OrderChanged.Send(context.Background(), "shop", StatusChange{7, "new", "confirmed"})
	fmt.Println(results.All()[0].Receiver, err)
	results, _ = OrderChanged.Send(context.Background(), "shop", StatusChange{7, "confirmed", "shipped"})
	fmt.Println(results.All()[0].Receiver, "skipped:", results.All()[0].Skipped)
	// Output:
	// reserve stock for order 7
	// reserve-stock <nil>
	// reserve-stock skipped: signals_test.toConfirmed
}

func ExampleSignal_SendRobust() {
	shipped := signals.New[int]("shipped", signals.Unlisted(), signals.Logger(quiet))
	shipped.Connect(func(context.Context, signals.Event[int]) error {
		return errors.New("mail relay is down")
	}, signals.UID("mail"))
	shipped.Connect(func(context.Context, signals.Event[int]) error {
		panic("no such customer")
	}, signals.UID("crm"))
	shipped.Connect(func(context.Context, signals.Event[int]) error { return nil }, signals.UID("stock"))

	results, _ := shipped.SendRobust(context.Background(), nil, 7)
	for _, r := range results.All() {
		fmt.Println(r.Receiver, r.Err)
	}
	// Output:
	// mail mail relay is down
	// crm panic: no such customer
	// stock <nil>
}

func ExampleFrom() {
	saved := signals.New[int]("saved", signals.Unlisted())
	saved.Connect(func(_ context.Context, e signals.Event[int]) error {
		fmt.Println("order", e.Payload)
		return nil
	}, signals.From("Order"))
	ctx := context.Background()
	_, _ = saved.Send(ctx, "Order", 1)
	_, _ = saved.Send(ctx, "User", 2)
	fmt.Println(saved.HasListeners("Order"), saved.HasListeners("User"))
	// Output:
	// order 1
	// true false
}
