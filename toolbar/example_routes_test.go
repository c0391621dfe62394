package toolbar_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// Something else around a router hides its routes from Wrap.
func ExampleToolbar_ListRoutes() {
	tb, err := toolbar.New(toolbar.Config{Path: ":memory:", NotDefault: true})
	if err != nil {
		panic(err)
	}
	defer tb.Close(context.Background())
	mux := middleware.NewMux()
	mux.HandleFunc("GET /orders/{id}", func(http.ResponseWriter, *http.Request) {})
	handler := tb.Wrap(http.MaxBytesHandler(mux, 1<<20))
	tb.ListRoutes(mux)

	if err := tb.Flush(context.Background()); err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/_toolbar/api/v1/routes", nil)
	r.RemoteAddr = "127.0.0.1:1"
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(strings.Contains(w.Body.String(), "/orders/{id}"))
	// Output: true
}

// A router that has no adapter tells its routes by a list.
func ExampleToolbar_AddRoutes() {
	tb, err := toolbar.New(toolbar.Config{Path: ":memory:", NotDefault: true})
	if err != nil {
		panic(err)
	}
	defer tb.Close(context.Background())
	showOrder := func(http.ResponseWriter, *http.Request) {}
	tb.AddRoutes(middleware.RouteTo("GET", "/orders/:id", showOrder))
	// Output:
}
