package shop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// An order that a visitor pays is confirmed at once: the first three run, and each shows something else in the toolbar.
func (s *Shop) connectOrder() {
	from := signals.From(s)
	s.listen(
		OrderStatusChanged.Connect(s.sendConfirmation, signals.UID("send-confirmation"), from, signals.When(toConfirmed)),
		OrderStatusChanged.Connect(s.updateCustomerStats, signals.UID("update-customer-stats"), from, signals.When(toConfirmed)),
		OrderStatusChanged.Connect(s.syncCRM, signals.UID("sync-crm"), from, signals.When(toConfirmed)),

		OrderStatusChanged.Connect(s.createShipment, signals.UID("create-shipment"), from, signals.When(toShipped)),
		OrderStatusChanged.Connect(s.sendShippingNotice, signals.UID("send-shipping-notice"), from, signals.When(toShipped)),
		OrderStatusChanged.Connect(s.bookCourier, signals.UID("book-courier"), from, signals.When(toShipped),
			signals.OnError(signals.Retry(2, signals.Constant(courierPause)), signals.Fallback(s.writeToCourier))),

		OrderStatusChanged.Connect(s.releaseStock, signals.UID("release-stock"), from, signals.When(toCancelled), signals.When(wasConfirmed)),
		OrderStatusChanged.Connect(s.refund, signals.UID("refund"), from, signals.When(toCancelled), signals.When(isPaid)),
	)
}

type statusEvent = signals.Event[StatusChange]

func toConfirmed(_ context.Context, e statusEvent) bool  { return e.Payload.New == store.Confirmed }
func toShipped(_ context.Context, e statusEvent) bool    { return e.Payload.New == store.Shipped }
func toCancelled(_ context.Context, e statusEvent) bool  { return e.Payload.New == store.Cancelled }
func wasConfirmed(_ context.Context, e statusEvent) bool { return e.Payload.Old == store.Confirmed }
func isPaid(_ context.Context, e statusEvent) bool       { return e.Payload.Order.Paid }

// sendConfirmation writes to the customer and waits until the relay has the letter. The visitor waits along, although
// nothing of the page depends on it: what the toolbar is to say first about this shop.
func (s *Shop) sendConfirmation(ctx context.Context, e statusEvent) error {
	order := e.Payload.Order
	return s.post(ctx, store.Mail{
		Recipient: order.User.Email,
		Subject:   fmt.Sprintf("Your order %d", order.ID),
		Body:      fmt.Sprintf("Dear %s,\n\nwe have your order of %s and wrap it tomorrow.\n\nFernhill Pottery\n", order.User.FirstName(), order.Total),
	})
}

// post puts a letter into the outbox, hands it over to the relay and notes that.
func (s *Shop) post(ctx context.Context, m store.Mail) error {
	id, err := s.store.QueueMail(ctx, m)
	if err != nil {
		return err
	}
	if err := s.relay.deliver(ctx, m); err != nil {
		return err
	}
	return s.store.MarkSent(ctx, id)
}

// updateCustomerStats fails for everybody: see store.CountOrder.
func (s *Shop) updateCustomerStats(ctx context.Context, e statusEvent) error {
	if err := s.store.CountOrder(ctx, e.Payload.Order.User.ID, e.Payload.Order.Total); err != nil {
		return fmt.Errorf("update customer statistics: %w", err)
	}
	return nil
}

// syncCRM panics for everybody: see crm.
func (s *Shop) syncCRM(_ context.Context, e statusEvent) error {
	s.crm.touch(e.Payload.Order.User, time.Now())
	return nil
}

func (s *Shop) createShipment(ctx context.Context, e statusEvent) error {
	return s.store.CreateShipment(ctx, e.Payload.Order.ID, tracking(e.Payload.Order))
}

// tracking is the parcel's number; the carrier counts on from ours.
func tracking(o store.Order) string { return fmt.Sprintf("PF%d", 7_000_000+o.ID) }

func (s *Shop) sendShippingNotice(ctx context.Context, e statusEvent) error {
	order := e.Payload.Order
	id, err := s.store.QueueMail(ctx, store.Mail{
		Recipient: order.User.Email,
		Subject:   fmt.Sprintf("Order %d is on its way", order.ID),
		Body:      fmt.Sprintf("Dear %s,\n\nyour parcel left today. Its number is %s.\n\nFernhill Pottery\n", order.User.FirstName(), tracking(order)),
	})
	if err != nil {
		return err
	}
	return s.later(ctx, id, order.User.Email)
}

func (s *Shop) releaseStock(ctx context.Context, e statusEvent) error {
	var problems error
	for _, item := range e.Payload.Order.Items {
		problems = errors.Join(problems, s.store.Release(ctx, item.Product.ID, item.Quantity))
	}
	return problems
}

func (s *Shop) refund(ctx context.Context, e statusEvent) error {
	return s.store.Refund(ctx, e.Payload.Order.ID)
}
