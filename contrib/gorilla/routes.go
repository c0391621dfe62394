package gorillatap

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

var _ middleware.RouteLister = (*Router)(nil)

// ListRoutes lists the routes of the router and its sub-routers. The toolbar does it for
// what tb.Wrap is given; give it a router that it cannot see, because something else is
// around, by tb.ListRoutes(gorillatap.Wrap(r)).
func (r *Router) ListRoutes() (list []middleware.RouteInfo) {
	_ = r.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		h := route.GetHandler()
		if _, ok := h.(*mux.Router); ok || h == nil {
			return nil // its routes come by themselves
		}
		list = append(list, routesTo(route, h)...)
		return nil
	})
	return list
}

// routesTo is a route once for each of its methods.
func routesTo(route *mux.Route, h http.Handler) (list []middleware.RouteInfo) {
	if v, ok := h.(*view); ok {
		h = v.next
	}
	methods, err := route.GetMethods()
	if err != nil || len(methods) == 0 { // it has none
		methods = []string{""}
	}
	for _, m := range methods {
		list = append(list, middleware.RouteTo(m, pattern(route), h))
	}
	return list
}
