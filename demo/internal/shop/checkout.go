package shop

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
)

func (s *Shop) checkout(w http.ResponseWriter, r *http.Request) {
	if s.customer(w, r) != nil {
		s.till(w, r, http.StatusOK, views.Form{})
	}
}

// till shows the checkout with what is in the cart; an empty one is sent back.
func (s *Shop) till(w http.ResponseWriter, r *http.Request, status int, f views.Form) {
	lines, err := s.lines(r.Context())
	switch {
	case err != nil:
		s.fail(w, r, err)
	case len(lines) == 0:
		seeOther(w, r, "/cart")
	default:
		s.render(w, r, status, "Checkout", views.Checkout(s.page(r, "Checkout"), lines, f))
	}
}

func (s *Shop) placeOrder(w http.ResponseWriter, r *http.Request) {
	user := s.customer(w, r)
	if user == nil {
		return
	}
	lines, err := s.lines(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	order, problem := readOrder(r, *user, lines)
	if problem != "" || len(lines) == 0 {
		s.till(w, r, http.StatusUnprocessableEntity, form(r, problem, "street", "city", "method"))
		return
	}
	if order, err = s.buy(r.Context(), order); err != nil {
		s.fail(w, r, err)
		return
	}
	s.putCart(r.Context(), nil)
	seeOther(w, r, fmt.Sprintf("/orders/%d?thanks", order.ID))
}

// readOrder makes an order of the form and the cart, and says what is wrong with them; "" = nothing.
func readOrder(r *http.Request, user store.User, lines []views.Line) (o store.Order, problem string) {
	o = store.Order{
		User:   user,
		Method: store.Method(r.PostFormValue("method")),
		Street: strings.TrimSpace(r.PostFormValue("street")),
		City:   strings.TrimSpace(r.PostFormValue("city")),
	}
	switch {
	case o.Street == "" || o.City == "":
		return o, "Where shall we send the parcel?"
	case o.Method != store.Card && o.Method != store.Transfer:
		return o, "Please choose how to pay."
	case o.Method == store.Card && !validCard(r.PostFormValue("card")):
		return o, "The card number needs 12 to 19 digits."
	}
	for _, l := range lines {
		if !l.Product.Available() {
			return o, l.Product.Name + " is sold out."
		}
		o.Items = append(o.Items, store.Item{Product: l.Product, Quantity: l.Quantity, Price: l.Product.Price})
	}
	return o, ""
}

// validCard reports whether a card number has as many digits as card numbers have; the demo charges nobody.
func validCard(number string) bool {
	digits := 0
	for _, c := range number {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c != ' ':
			return false
		}
	}
	return digits >= 12 && digits <= 19
}

// buy places an order. A card pays at once and confirms it; a transfer leaves it pending.
func (s *Shop) buy(ctx context.Context, order store.Order) (store.Order, error) {
	order, err := s.store.PlaceOrder(ctx, order)
	if err != nil {
		return store.Order{}, err
	}
	s.log.InfoContext(ctx, "order placed", slog.Int64("order", order.ID), slog.String("total", order.Total.String()), slog.String("method", string(order.Method)))
	if order.Method == store.Card {
		err = s.confirm(ctx, order, "checkout")
	}
	return order, err
}

// confirm takes the money of a pending order and moves it on. Once it is paid, a visitor who closes the page must not stop the
// rest: the context's end does not count here.
func (s *Shop) confirm(ctx context.Context, order store.Order, actor string) error {
	ctx = context.WithoutCancel(ctx)
	if err := s.store.Pay(ctx, order, actor); err != nil {
		return err
	}
	order.Paid = true
	PaymentProcessed.SendRobust(ctx, s, Payment{Order: order})
	s.moved(ctx, order, store.Pending, store.Confirmed, actor)
	return nil
}

// move gives an order another status. Whoever is interested is told after it was written, and only if it changed.
func (s *Shop) move(ctx context.Context, order store.Order, next store.Status, actor string) error {
	old, err := s.store.SetStatus(ctx, order.ID, next, actor)
	if err != nil || old == next {
		return err
	}
	s.moved(ctx, order, old, next, actor)
	return nil
}

// moved tells that an order has another status now.
func (s *Shop) moved(ctx context.Context, order store.Order, old, next store.Status, actor string) {
	order.Status = next
	s.log.InfoContext(ctx, "order moved", slog.Int64("order", order.ID), slog.String("from", string(old)), slog.String("to", string(next)), slog.String("by", actor))
	OrderStatusChanged.SendRobust(ctx, s, StatusChange{Order: order, Old: old, New: next})
}
