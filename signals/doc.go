// Package signals lets one part of a program say that something happened, and
// others act on it, without either importing the other. A signal is typed by its
// payload, so a receiver of the wrong shape does not compile; and who listens, in
// which order, for how long and with which result is seen in the debug toolbar.
//
// Declare a signal where the thing happens, connect to it where it matters, send
// it when it happened:
//
//	var OrderPaid = signals.New[Payment]("order_paid")
//
//	func init() {
//		OrderPaid.Connect(func(ctx context.Context, e *signals.Event[Payment]) error {
//			return stock.Reserve(ctx, e.Payload.OrderID)
//		}, signals.UID("reserve-stock"))
//	}
//
//	results, err := OrderPaid.Send(ctx, "shop.Checkout", Payment{OrderID: 7})
//
// # What a send does
//
// Receivers run one after the other, in the order in which they were connected, on
// the goroutine of the sender and inside its transaction if it has one. A send is a
// function call and nothing else: no queue, no goroutine, no copy of the payload
// beyond the one that Go makes. What the payload points to is shared, so a receiver
// may fill a field in which later receivers, and the sender, then see.
//
//	Send ──► snapshot of the receivers ──► receiver ──► receiver ──► results
//	  │         (connects and disconnects        │
//	  │          count from the next send)       └─ an error ends Send,
//	  │                                             SendRobust goes on
//	  └─ span "signal"  ── one span "receiver" each, nested sends nested
//
// [Signal.Send] stops at the first error. [Signal.SendRobust] calls everybody, turns
// a panic into a [*PanicError], and logs each failure once.
//
// # Senders
//
// A sender is any comparable value, compared with ==: a string, a type of the app's
// own, a pointer. A receiver connected with [From] hears that sender alone, one
// without it hears all. Do not use pointers to structs of size zero: Go lets two of
// them be equal.
//
// # Identity
//
// Functions have no identity in Go: method values of two objects share their code,
// and so do closures. The same function connected twice is called twice; only a
// [UID] makes a second connection a repetition of the first.
//
// # Cost
//
// With nobody listening a send is an atomic load. With receivers it allocates twice,
// the [Event] and the results, however many there are. Recording adds one reading of
// the clock for each receiver, and without a recorder no clock is read.
package signals
