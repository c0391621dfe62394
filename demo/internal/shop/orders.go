package shop

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
)

func (s *Shop) orders(w http.ResponseWriter, r *http.Request) {
	user := s.customer(w, r)
	if user == nil {
		return
	}
	orders, err := s.store.OrdersOf(r.Context(), user.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for i := range orders {
		if orders[i].Items, err = s.store.Items(r.Context(), orders[i].ID); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	s.render(w, r, http.StatusOK, "Orders", views.Orders(s.page(r, "Your orders"), orders))
}

func (s *Shop) order(w http.ResponseWriter, r *http.Request) {
	user := s.customer(w, r)
	if user == nil {
		return
	}
	order, err := s.orderFor(r, user)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	steps, err := s.store.StatusLog(r.Context(), order.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "Order", views.Order(s.page(r, "Your order"), order, steps, r.URL.Query().Has("thanks")))
}

// invoice is the order's invoice, to be printed.
func (s *Shop) invoice(w http.ResponseWriter, r *http.Request) {
	user := s.customer(w, r)
	if user == nil {
		return
	}
	order, err := s.orderFor(r, user)
	var page bytes.Buffer
	if err == nil {
		err = views.InvoicePage(r.Context(), &page, order)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.send(w, r, page.Bytes())
}

// orderFor returns the order that the path names, if the user may see it.
func (s *Shop) orderFor(r *http.Request, user *store.User) (store.Order, error) {
	order, err := s.orderOf(r)
	if err == nil && order.User.ID != user.ID && !user.Admin {
		err = store.ErrNotFound // other people's orders do not exist
	}
	return order, err
}

// orderOf returns the order that the path names; what is no number is not found.
func (s *Shop) orderOf(r *http.Request) (store.Order, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return store.Order{}, store.ErrNotFound
	}
	return s.store.Order(r.Context(), id)
}
