package shop

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func (s *Shop) connectActivity() {
	from := signals.From(s)
	s.listen(
		UserActivity.Connect(s.logActivity, signals.UID("log-activity"), from),
	)
}

func (s *Shop) logActivity(ctx context.Context, e signals.Event[store.Activity]) error {
	return s.store.LogActivity(ctx, e.Payload)
}
