package shop

import (
	"fmt"
	"net/http"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
)

// adminRows is how many orders the back office shows.
const adminRows = 40

func (s *Shop) adminOrders(w http.ResponseWriter, r *http.Request) {
	if s.keeper(w, r) == nil {
		return
	}
	only := store.Status(r.FormValue("status"))
	orders, err := s.store.Orders(r.Context(), only, adminRows)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "AdminOrders", views.AdminOrders(s.page(r, "Back office"), orders, only))
}

// moveOrder is a step taken by hand: a transfer arrived, a parcel left, a customer changed their mind.
func (s *Shop) moveOrder(w http.ResponseWriter, r *http.Request) {
	user := s.keeper(w, r)
	if user == nil {
		return
	}
	order, err := s.orderOf(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	next := store.Status(r.PostFormValue("status"))
	if order.Status == store.Pending && next == store.Confirmed {
		err = s.confirm(r.Context(), order, user.Name)
	} else {
		err = s.move(r.Context(), order, next, user.Name)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.flash(r.Context(), fmt.Sprintf("Order %d is %s.", order.ID, next))
	seeOther(w, r, "/admin/orders")
}
