package echotap

import (
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

var _ middleware.RouteLister = (*Echo)(nil)

// ListRoutes lists the routes of echo and of all hosts, also those that were registered
// before Wrap or on echo itself. The toolbar does it for what tb.Wrap is given; give it
// an echo that it cannot see, because something else is around, by tb.ListRoutes(e).
func (e *Echo) ListRoutes() []middleware.RouteInfo {
	all := e.Echo.Routes()
	for _, r := range e.Routers() {
		all = append(all, r.Routes()...)
	}
	var list []middleware.RouteInfo
	for _, r := range all {
		if r.Method == echo.RouteNotFound {
			continue // a 404 of one's own
		}
		info, ok := e.places.of(r)
		if !ok { // nobody but echo has seen the function: it keeps the name alone
			info = middleware.RouteInfo{Method: r.Method, Pattern: r.Path, Handler: shortName(r.Name)}
		}
		list = append(list, info)
	}
	slices.SortFunc(list, func(a, b middleware.RouteInfo) int {
		return strings.Compare(a.Pattern+" "+a.Method, b.Pattern+" "+b.Method)
	})
	return list
}

// shortName is a function's name without the path of its package, as everywhere.
func shortName(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// places are the routes that were registered here, as echo forgets their functions.
type places struct {
	mu     sync.Mutex // guards routes
	routes map[string]middleware.RouteInfo
}

func (p *places) add(r *echo.Route, h echo.HandlerFunc) {
	if h == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.routes == nil {
		p.routes = map[string]middleware.RouteInfo{}
	}
	p.routes[r.Method+" "+r.Path] = middleware.RouteTo(r.Method, r.Path, h)
}

func (p *places) of(r *echo.Route) (middleware.RouteInfo, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	info, ok := p.routes[r.Method+" "+r.Path]
	return info, ok
}
