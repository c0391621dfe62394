package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/neighbours"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// courierPause is how long the shop waits before it calls again: the courier's line is often busy.
const courierPause = 5 * time.Millisecond

// maxAnswer is more than any answer of a neighbour has.
const maxAnswer = 64 << 10

func (s *Shop) bookCourier(ctx context.Context, e statusEvent) error {
	order := e.Payload.Order
	body, err := json.Marshal(neighbours.Booking{Order: order.ID, Tracking: tracking(order)})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, neighbours.Courier+"/bookings", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	return s.ask(req, nil)
}

// ask calls a neighbour and reads its answer into v, if it is not nil.
func (s *Shop) ask(req *http.Request, v any) error {
	res, err := s.neighbours.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", req.URL.Host, err)
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s answered %s", req.URL.Host, res.Status)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(body, v)
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
