package shop

import (
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// The shop's signals. Their sender is the *Shop, and its receivers hear no other, so that several shops can be open in one
// process (the tests do that).
var (
	// UserRegistered is sent when an account was made, never when one is changed.
	UserRegistered = signals.New[Registration]("user_registered")
	// PaymentProcessed is sent when the money of an order has come in.
	PaymentProcessed = signals.New[Payment]("payment_processed")
	// OrderStatusChanged is sent after an order's new status was written, and only if it is another one.
	OrderStatusChanged = signals.New[StatusChange]("order_status_changed")
	// InventoryLow is sent when a stock falls below store.LowStock, not again while it stays there. The dashboard shows
	// the last ones.
	InventoryLow = signals.New[LowStock]("inventory_low", signals.KeepRecent(20), signals.Doc("Few pieces of a kind are left."))
	// UserActivity is sent after every request for a page.
	UserActivity = signals.New[store.Activity]("user_activity")
)

// Registration is a new account.
type Registration struct{ User store.User }

// Payment is the money of an order.
type Payment struct{ Order store.Order }

// StatusChange is the step of an order. Order has the new status already.
type StatusChange struct {
	Order    store.Order
	Old, New store.Status
}

// LowStock is a piece of which few are left.
type LowStock struct {
	Product store.Product
	Left    int
}

// connect registers who listens. Each file receivers_*.go holds the receivers of one subject.
func (s *Shop) connect() {
	s.connectRegistration()
	s.connectPayment()
	s.connectOrder()
	s.connectStock()
	s.connectActivity()
	s.auditSteps()
}

// listen keeps connections until the shop closes.
func (s *Shop) listen(receivers ...*signals.Connection) {
	for _, r := range receivers {
		s.onClose(func() { r.Disconnect() })
	}
}
