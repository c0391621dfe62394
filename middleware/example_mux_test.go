package middleware_test

import (
	"fmt"
	"net/http"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// A Mux serves what http.ServeMux serves, and tells its routes: tb.Wrap(mux) puts them on
// the dashboard's list of all routes.
func ExampleMux() {
	mux := middleware.NewMux() // instead of http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(http.ResponseWriter, *http.Request) {})
	mux.Handle("/static/", http.FileServer(http.Dir("static")))
	for _, r := range mux.ListRoutes() {
		fmt.Printf("%q %s\n", r.Method, r.Pattern)
	}
	// Output:
	// "GET" /orders/{id}
	// "" /static/
}

// What a Stack is around is found, and its layers are listed with each route.
func ExampleRoutesOf() {
	session := func(next http.Handler) http.Handler { return next }
	mux := middleware.NewMux()
	mux.Handle("POST /orders", http.NotFoundHandler())
	list, _ := middleware.RoutesOf(middleware.NewStack(middleware.Named("session", session)).Then(mux))
	fmt.Println(list[0].Method, list[0].Pattern, list[0].Handler, list[0].Layers)
	// Output: POST /orders http.NotFound [session]
}

// A router that has no adapter needs one method to list its routes.
func ExampleRouteTo() {
	show := func(http.ResponseWriter, *http.Request) {}
	r := middleware.RouteTo(http.MethodGet, "/orders/{id}", http.HandlerFunc(show))
	fmt.Println(r.Method, r.Pattern, r.Handler)
	// Output: GET /orders/{id} middleware_test.ExampleRouteTo
}
