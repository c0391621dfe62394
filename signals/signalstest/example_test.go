package signalstest_test

import (
	"context"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/signalstest"
)

var orderPaid = signals.New[payment]("order_paid_example")

var _ = orderPaid.Connect(func(context.Context, signals.Event[payment]) error { return errMail }, signals.UID("send-mail"))

func checkout(ctx context.Context, id int) error {
	_, err := orderPaid.Send(ctx, "shop", payment{OrderID: id})
	return err
}

func Example() {
	test := func(t *testing.T) {
		t.Parallel()
		ctx, paid := signalstest.CaptureIn(t.Context(), t, orderPaid)
		ctx, mail := signalstest.ReplaceIn(ctx, t, orderPaid, "send-mail", nil)
		if err := checkout(ctx, 7); err != nil {
			t.Fatal(err)
		}
		paid.Once(payment{OrderID: 7})
		mail.Once(payment{OrderID: 7})
	}
	testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "TestCheckout", F: test}})
	// Output:
}
