package shop

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// courier stands for the booking office of a parcel service, whose line is often busy: it answers every second parcel only when
// called again, and every seventh not at all.
type courier struct {
	mu     sync.Mutex
	called map[int64]int // how often for which order
}

// courierPause is how long the shop waits before it calls again.
const courierPause = 5 * time.Millisecond

var errBusy = errors.New("the courier's line is busy")

func (c *courier) book(order int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.called == nil {
		c.called = map[int64]int{}
	}
	c.called[order]++
	if order%7 == 0 || order%2 == 0 && c.called[order] < 2 {
		return errBusy
	}
	return nil
}

func (s *Shop) bookCourier(_ context.Context, e statusEvent) error {
	return s.courier.book(e.Payload.Order.ID)
}

// writeToCourier is what is left when the courier cannot be reached: a letter.
func (s *Shop) writeToCourier(ctx context.Context, e statusEvent, cause error) error {
	_, err := s.store.QueueMail(ctx, store.Mail{
		Recipient: "bookings@courier.test",
		Subject:   fmt.Sprintf("Parcel %s, please", tracking(e.Payload.Order)),
		Body:      fmt.Sprintf("We could not reach you (%v). Please come for parcel %s.\n", cause, tracking(e.Payload.Order)),
	})
	return err
}
