package gorillatap_test

import (
	"net/http"
	"testing"

	"github.com/gorilla/mux"

	gorillatap "github.com/go-debug-toolbar/debugtoolbar/contrib/gorilla"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

func TestRouter_ListsItsRoutesAsRequestsAreCounted(t *testing.T) {
	t.Parallel()
	r := mux.NewRouter()
	r.HandleFunc("/", showOrder)
	orders := r.PathPrefix("/orders").Subrouter()
	gorillatap.Use(orders, session)
	orders.HandleFunc("/{id:[0-9]+}", showOrder).Methods("GET", "POST")
	r.Host("{shop}.example.com").Path("/x").HandlerFunc(showOrder)
	r.Headers("X-Special", "1").HandlerFunc(showOrder)
	r.PathPrefix("/files").Handler(http.NotFoundHandler())
	h := gorillatap.Wrap(r)
	want := `* / gorilla_test.showOrder []
GET /orders/{id:[0-9]+} gorilla_test.showOrder []
POST /orders/{id:[0-9]+} gorilla_test.showOrder []
* {shop}.example.com/x gorilla_test.showOrder []
* /* gorilla_test.showOrder []
* /files http.NotFound []
`
	if got := middlewaretest.Routes(h); got != want {
		t.Errorf("listed\n%s\nwant\n%s", got, want)
	}
	middlewaretest.CheckRoutes(t, h, map[string]string{"/orders/7": "/orders/{id:[0-9]+}", "/": "/", "http://a.example.com/x": "{shop}.example.com/x", "/files/a": "/files"})
}
