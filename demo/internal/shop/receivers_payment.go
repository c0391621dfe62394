package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func (s *Shop) connectPayment() {
	from := signals.From(s)
	s.listen(
		PaymentProcessed.Connect(s.reserveStock, signals.UID("reserve-stock"), from),
		PaymentProcessed.Connect(s.printReceipt, signals.UID("print-receipt"), from),
		PaymentProcessed.Connect(s.openTill, signals.UID("open-till"), from, signals.Once()),
	)
}

// reserveStock takes the pieces of a paid order out of the storeroom, and says so when few are left. One piece that is sold
// out does not keep the others from being reserved.
func (s *Shop) reserveStock(ctx context.Context, e signals.Event[Payment]) error {
	var problems error
	for _, item := range e.Payload.Order.Items {
		before, after, err := s.store.Reserve(ctx, item.Product.ID, item.Quantity)
		if err != nil {
			problems = errors.Join(problems, fmt.Errorf("reserve %s: %w", item.Product.SKU, err))
			continue
		}
		s.log.DebugContext(ctx, "pieces reserved", slog.String("logger", "storeroom"), slog.String("sku", item.Product.SKU), slog.Int("left", after))
		if before >= store.LowStock && after < store.LowStock {
			InventoryLow.SendRobust(ctx, s, LowStock{Product: item.Product, Left: after})
		}
	}
	return problems
}

// openTill runs for the first sale after the shop opened, and for no other.
func (s *Shop) openTill(ctx context.Context, e signals.Event[Payment]) error {
	s.log.InfoContext(ctx, "first sale of the day", slog.Int64("order", e.Payload.Order.ID))
	return nil
}

func (s *Shop) printReceipt(ctx context.Context, e signals.Event[Payment]) error {
	s.log.InfoContext(ctx, "paid", slog.Int64("order", e.Payload.Order.ID), slog.String("amount", e.Payload.Order.Total.String()))
	return nil
}
