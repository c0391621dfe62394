package shop

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// keepAnswers is how long recommendations stay as they are.
const keepAnswers = 5 * time.Second

func (s *Shop) routes() *middleware.Mux {
	mux := middleware.NewMux()
	mux.Handle("GET /static/", views.Static())

	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /shelves/{slug}", s.shelf)
	mux.HandleFunc("GET /search", s.search)
	mux.HandleFunc("GET /products/{sku}", s.product)
	mux.HandleFunc("GET /api/stock", s.stockAPI)
	mux.Handle("GET /api/recommendations", middleware.NewStack(middleware.Named("answers", newAnswers(keepAnswers, s.answers).layer)).ThenFunc(s.recommendationsAPI))

	mux.HandleFunc("GET /signup", s.signUpForm)
	mux.HandleFunc("POST /signup", s.signUp)
	mux.HandleFunc("GET /login", s.loginForm)
	mux.Handle("POST /login", middleware.NewStack(loginLimit()).ThenFunc(s.login))
	mux.HandleFunc("POST /logout", s.logout)

	mux.HandleFunc("GET /cart", s.cart)
	mux.HandleFunc("POST /cart", s.addToCart)
	mux.HandleFunc("POST /cart/{sku}", s.changeCart)

	mux.HandleFunc("GET /checkout", s.checkout)
	mux.HandleFunc("POST /orders", s.placeOrder)
	mux.HandleFunc("GET /orders", s.orders)
	mux.HandleFunc("GET /orders/{id}", s.order)
	mux.HandleFunc("GET /orders/{id}/invoice", s.invoice)

	mux.HandleFunc("GET /admin/orders", s.adminOrders)
	mux.HandleFunc("POST /orders/{id}/status", s.moveOrder)

	mux.HandleFunc("GET /feedback", s.feedbackForm)
	mux.HandleFunc("POST /feedback", s.feedback)

	mux.HandleFunc("/", s.missing)
	return mux
}
