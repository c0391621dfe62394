package shop

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func (s *Shop) connectActivity() {
	listen(s, UserActivity, "log-activity", s.logActivity)
}

func (s *Shop) logActivity(ctx context.Context, e *signals.Event[store.Activity]) error {
	return s.store.LogActivity(ctx, e.Payload)
}
