// Package signalstest helps to test code that sends signals and code that receives
// them: it notes what was sent, puts mocks in the place of receivers and of queues,
// and says clearly what is not as the test wants it.
//
//	func TestCheckout(t *testing.T) {
//		t.Parallel()
//		ctx, paid := signalstest.CaptureIn(t.Context(), t, shop.OrderPaid)
//		ctx, mail := signalstest.ReplaceIn(ctx, t, shop.OrderPaid, "send-mail", nil)
//		ctx = signals.WithScope(ctx, signals.Scope{User: "ann"})
//		shop.Checkout(ctx, cart)
//		paid.Once(shop.Payment{OrderID: 7})
//		mail.Once(shop.Payment{OrderID: 7})
//	}
//
// Functions whose name ends in "In" act on sends with the context that they give:
// nothing has to be restored, and tests may run in parallel. The others are for code
// that does not pass its context on. They act on the whole process until the test
// ends.
package signalstest
