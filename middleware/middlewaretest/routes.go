package middlewaretest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// Routes are the routes that a router lists, a line each: "GET /orders/{id} shop.showOrder
// [session csrf]". Routes for every method begin with "*".
func Routes(h http.Handler) string {
	var b strings.Builder
	list, _ := middleware.RoutesOf(h)
	for _, r := range list {
		method := r.Method
		if method == "" {
			method = "*"
		}
		fmt.Fprintln(&b, method, r.Pattern, r.Handler, r.Layers)
	}
	return b.String()
}

// CheckRoutes asks a router for paths by GET, and fails the test where a request is not
// counted as one of the routes that it lists: the values of targets, as Routes has them
// without the function.
func CheckRoutes(t *testing.T, h http.Handler, targets map[string]string) {
	t.Helper()
	records := NewRecords()
	recorded := records.Wrap(h)
	listed, _ := middleware.RoutesOf(h)
	for target, want := range targets {
		recorded.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil))
		name := records.Next(t).Handler.Name
		found := false
		for _, r := range listed {
			found = found || r.Pattern == want && name == "GET "+r.Pattern && (r.Method == "" || r.Method == http.MethodGet)
		}
		if !found {
			t.Errorf("GET %s is counted as %q; the route %q is not listed so", target, name, want)
		}
	}
}
