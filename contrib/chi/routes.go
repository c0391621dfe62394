package chitap

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

var _ middleware.RouteLister = (*Router)(nil)

// ListRoutes lists the routes of r and its sub-routers, with their middleware.
// The toolbar does it for what tb.Wrap is given; give it a router that it cannot
// see, because something else is around, by tb.ListRoutes(r).
func (r *Router) ListRoutes() []middleware.RouteInfo {
	var list []middleware.RouteInfo
	_ = chi.Walk(r.Router, func(method, route string, h http.Handler, layers ...func(http.Handler) http.Handler) error {
		list = append(list, routeTo(method, route, h, layers))
		return nil
	})
	slices.SortStableFunc(list, func(a, b middleware.RouteInfo) int { return strings.Compare(a.Pattern, b.Pattern) })
	return list
}

func routeTo(method, route string, h http.Handler, layers []func(http.Handler) http.Handler) middleware.RouteInfo {
	if e, ok := h.(*endpoint); ok {
		h = e.next
	}
	info := middleware.RouteTo(method, patternOf(route), h)
	for _, l := range layers {
		if reflect.ValueOf(l).Pointer() != viewOfCode {
			info.Layers = append(info.Layers, middleware.LayerName(l))
		}
	}
	return info
}

// viewOfCode tells the span of a mounted router from layers.
var viewOfCode = reflect.ValueOf(viewOf(http.NotFoundHandler())).Pointer()

// patternOf is what chi writes into r.Pattern for a route.
func patternOf(route string) string {
	for strings.Contains(route, "/*/") {
		route = strings.ReplaceAll(route, "/*/", "/")
	}
	if route != "/" {
		route = strings.TrimSuffix(strings.TrimSuffix(route, "//"), "/")
	}
	return route
}
