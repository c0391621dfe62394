package gintap

import (
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

var _ middleware.RouteLister = (*Router)(nil)

// ListRoutes lists the routes of the engine, also those that were registered before
// Wrap or on the engine itself. The toolbar does it for what tb.Wrap is given; give it
// an engine that it cannot see, because something else is around, by tb.ListRoutes(r).
func (r *Router) ListRoutes() []middleware.RouteInfo {
	var list []middleware.RouteInfo
	for _, info := range r.Engine.Routes() {
		list = append(list, middleware.RouteTo(info.Method, info.Path, info.HandlerFunc))
	}
	return list
}
