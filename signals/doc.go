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
//		OrderPaid.Connect(func(ctx context.Context, e signals.Event[Payment]) error {
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
// beyond the one that Go makes. Each receiver has an [Event] of its own, which it may
// keep. What the payload points to is shared: of a *Order a receiver may fill a field
// in, which later receivers, and the sender, then see.
//
//	Send ─► span "signal"
//	         └► interceptors: of the process, of the signal, of the context
//	             └► snapshot of the receivers, in order
//	                 └► conditions ─ no ─► skipped, and why
//	                     └► span "receiver" ─► interceptors ─► receiver
//	                         └ error ─► its policies ─► the next one, or the end
//
// [Signal.Send] stops at the first error. [Signal.SendRobust] calls everybody, turns
// a panic into a [*PanicError], and logs each failure once. [Signal.SendConcurrent]
// and [Signal.SendRobustConcurrent] call receivers at once. Receivers that are
// connected or disconnected while a send runs count from the next one on.
//
// # Who is called
//
// A sender is any comparable value, compared with ==: a string, a type of the app's
// own, a pointer. A receiver connected with [From] hears that sender alone, one
// without it hears all. Do not use pointers to structs of size zero: Go lets two of
// them be equal.
//
// A receiver that hears a send may still depend on conditions: [When], [OnlyFrom],
// [InEnvironment], [WhenChanged]. The first that does not hold is in the results and
// the trace. [Suspend] keeps all receivers from being called, for one context.
//
// # Identity
//
// Functions have no identity in Go: method values of two objects share their code,
// and so do closures. The same function connected twice is called twice; only a
// [UID] makes a second connection a repetition of the first. Receivers stay until they
// are disconnected, or their context is done ([Until]): nothing is collected behind
// the program's back.
//
// # What flows where
//
// Context flows down only: what a receiver puts into its context reaches what it
// calls, and no other receiver. Receivers of one send talk to each other through
// [Event.Values], to the sender through [Event.Return]. For whom they run they ask
// [ScopeOf]; a [Queue] keeps that, never the context.
//
// # Later, and elsewhere
//
// [Signal.SendAsync] queues a send, and receivers that are [Queued] are called by a queue
// while the others run at once; package tasks has a queue that outlives the program. What
// travels is data: the payload as JSON, values that have an identity ([Identify]) by id,
// and the [Scope]. So a call may be made twice after a crash: what it does should bear
// that.
//
// # Cost
//
// With nobody listening a send is two atomic loads. Without a recorder it allocates
// nothing, however many receivers there are, and reads no clock: the results are put
// together by [Results.All], for those who ask. That holds for Send and SendRobust to
// receivers without conditions and policies, from the second send on; receivers
// connected with [Signal.On], which want the payload alone, are the cheapest.
// Recording adds one reading of the clock for each receiver, and one allocation for
// the send.
//
// # Packages below
//
// signalhttp puts the [Scope] of requests into their context. framework sends signals
// for requests and commands. modelsignals sends them around database/sql. monitor
// counts receivers without a recorder. signalstest is for tests.
package signals
