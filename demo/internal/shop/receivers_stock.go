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
	listen(s, InventoryLow, "order-more", s.orderMore)
	listen(s, InventoryLow, "warn-keeper", s.warnKeeper)
}

func (s *Shop) orderMore(ctx context.Context, e *signals.Event[LowStock]) error {
	return s.store.OrderMore(ctx, e.Payload.Product.ID, restock)
}

func (s *Shop) warnKeeper(ctx context.Context, e *signals.Event[LowStock]) error {
	p := e.Payload.Product
	s.log.WarnContext(ctx, "stock is low", slog.String("sku", p.SKU), slog.Int("left", e.Payload.Left))
	_, err := s.store.QueueMail(ctx, store.Mail{
		Recipient: store.KeeperEmail,
		Subject:   "Few left: " + p.Name,
		Body:      fmt.Sprintf("%d of %s are left. %d more are ordered.\n", e.Payload.Left, p.SKU, restock),
	})
	return err
}
