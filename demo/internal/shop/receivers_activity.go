package shop

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func (s *Shop) connectActivity() {
	from := signals.From(s)
	s.listen(
		// Until takes it off when the shop closes, without anybody remembering it.
		UserActivity.On(s.logActivity, signals.UID("log-activity"), from, signals.Until(s.open)),
	)
}

func (s *Shop) logActivity(ctx context.Context, a store.Activity) error {
	return s.store.LogActivity(ctx, a)
}
