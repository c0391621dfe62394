package shop

import (
	"context"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// relay stands for the mail server of a provider: it takes a letter, and its time.
type relay struct {
	delay time.Duration
	lines chan struct{} // one place per connection that the provider allows
}

const (
	relayDelay = 120 * time.Millisecond
	relayLines = 32
)

func newRelay(delay time.Duration) *relay {
	if delay == 0 {
		delay = relayDelay
	}
	return &relay{delay: delay, lines: make(chan struct{}, relayLines)}
}

// deliver hands a letter over and waits until the provider has accepted it.
func (r *relay) deliver(ctx context.Context, m store.Mail) error {
	select {
	case r.lines <- struct{}{}:
		defer func() { <-r.lines }()
	case <-ctx.Done():
		return fmt.Errorf("wait for the mail relay: %w", ctx.Err())
	}
	accepted := time.NewTimer(r.delay)
	defer accepted.Stop()
	select {
	case <-accepted.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("hand a letter to %s over: %w", m.Recipient, ctx.Err())
	}
}
