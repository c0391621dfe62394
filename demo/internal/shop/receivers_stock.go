package shop

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// restock is how many pieces the pottery makes of a kind at a time.
const restock = 60

func (s *Shop) connectStock() {
	from := signals.From(s)
	s.listen(
		InventoryLow.Connect(s.orderMore, signals.UID("order-more"), from),
		InventoryLow.Connect(s.warnKeeper, signals.UID("warn-keeper"), from),
		InventoryLow.Connect(s.forgetFiring, signals.UID("forget-firing"), from),
	)
}

func (s *Shop) orderMore(ctx context.Context, e signals.Event[LowStock]) error {
	return s.store.OrderMore(ctx, e.Payload.Product.ID, restock)
}

func (s *Shop) warnKeeper(ctx context.Context, e signals.Event[LowStock]) error {
	p := e.Payload.Product
	s.log.WarnContext(ctx, "stock is low", slog.String("logger", "storeroom"), slog.String("sku", p.SKU), slog.Int("left", e.Payload.Left))
	_, err := s.store.QueueMail(ctx, store.Mail{
		Recipient: store.KeeperEmail,
		Subject:   "Few left: " + p.Name,
		Body:      fmt.Sprintf("%d of %s are left. %d more are ordered.\n", e.Payload.Left, p.SKU, restock),
	})
	return err
}
