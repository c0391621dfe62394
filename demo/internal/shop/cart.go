package shop

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/dump"
)

func (s *Shop) cart(w http.ResponseWriter, r *http.Request) {
	lines, err := s.lines(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "Cart", views.Cart(s.page(r, "Your cart"), dump.Value(r.Context(), "lines of the cart", lines)))
}

// lines reads what is in the cart, each piece by a query of its own. A piece that left the catalogue drops out.
func (s *Shop) lines(ctx context.Context) ([]views.Line, error) {
	var lines []views.Line
	for _, line := range s.cartOf(ctx) {
		product, err := s.store.Product(ctx, line.SKU)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		s.log.DebugContext(ctx, "piece priced", slog.String("sku", product.SKU), slog.String("price", product.Price.String()))
		lines = append(lines, views.Line{Product: product, Quantity: line.Quantity})
	}
	return lines, nil
}

func (s *Shop) addToCart(w http.ResponseWriter, r *http.Request) {
	product, err := s.store.Product(r.Context(), r.PostFormValue("sku"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if !product.Available() {
		s.flash(r.Context(), product.Name+" is sold out.")
		seeOther(w, r, "/products/"+product.SKU)
		return
	}
	cart := s.cartOf(r.Context())
	s.putCart(r.Context(), cart.set(product.SKU, cart.quantity(product.SKU)+max(quantity(r), 1)))
	s.flash(r.Context(), product.Name+" is in your cart.")
	seeOther(w, r, "/cart")
}

func (s *Shop) changeCart(w http.ResponseWriter, r *http.Request) {
	cart := s.cartOf(r.Context())
	if sku := r.PathValue("sku"); cart.quantity(sku) > 0 {
		s.putCart(r.Context(), cart.set(sku, quantity(r)))
	}
	seeOther(w, r, "/cart")
}

// quantity is what was typed; what is no number counts as 0.
func quantity(r *http.Request) int {
	n, err := strconv.Atoi(r.PostFormValue("quantity"))
	if err != nil {
		return 0
	}
	return n
}
