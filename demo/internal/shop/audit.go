package shop

import (
	"context"
	"log/slog"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// auditSteps watches every step of an order, from outside of its receivers: who asked for it, from where, and how many of the
// receivers failed.
func (s *Shop) auditSteps() {
	s.onClose(OrderStatusChanged.Intercept(signals.TypedInterceptors[StatusChange]{
		Send: func(ctx context.Context, e *statusEvent, next signals.Next) ([]signals.Result, error) {
			results, err := next(ctx)
			if e.Sender != s {
				return results, err
			}
			failed := 0
			for _, r := range results {
				if r.Err != nil && r.Handled == "" {
					failed++
				}
			}
			scope := signals.ScopeOf(ctx)
			s.log.InfoContext(ctx, "audit", slog.Int64("order", e.Payload.Order.ID), slog.String("to", string(e.Payload.New)),
				slog.String("by", scope.User), slog.String("from", scope.IP.String()), slog.Int("receivers", len(results)), slog.Int("failed", failed))
			return results, err
		},
	}))
}
