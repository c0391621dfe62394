package toolbar

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// What is kept of routes, together: an app has some hundreds.
const (
	maxRoutes     = 2000
	maxRouteBytes = 256 << 10
)

// ListRoutes puts the routes of a router on the dashboard's list of all routes: of a
// middleware.Mux, or one that the packages in contrib have wrapped. Wrap does that for
// what it is given, also behind a middleware.Stack. It is needed where something else is
// around the router, or where the toolbar is one of the router's own layers. Call it when
// the routes are registered. What is no middleware.RouteLister has none.
func (t *Toolbar) ListRoutes(h http.Handler) { t.routes.look(h, nil) }

// AddRoutes puts routes on the dashboard's list of all routes, for routers that cannot
// tell theirs: see middleware.RouteTo.
func (t *Toolbar) AddRoutes(list ...middleware.RouteInfo) {
	t.routes.mu.Lock()
	defer t.routes.mu.Unlock()
	for _, r := range list {
		if len(t.routes.own) <= maxRoutes { // one more, so that it is known that there are more
			t.routes.own = append(t.routes.own, r)
		}
	}
}

// routeList is what the app serves.
type routeList struct {
	mu      sync.Mutex // guards what follows
	routers []*listedRouter
	own     []middleware.RouteInfo
}

// listedRouter is a router that tells its routes.
type listedRouter struct {
	h      http.Handler
	served *atomic.Bool // a request came, before which all routes were registered; nil: they were from the beginning
	list   []middleware.RouteInfo
	again  bool // it may be asked at any time
	done   bool
}

// maxRouters bounds what Wrap and ListRoutes remember: tests wrap very often.
const maxRouters = 64

// look asks a router for its routes. Many apps wrap their router before they register
// anything: it is asked again when it has served a request, as nobody adds routes to a
// router that serves, and those that allow it are asked whenever the list is stored.
func (l *routeList) look(h http.Handler, served *atomic.Bool) {
	r := &listedRouter{h: h, served: served, done: served == nil}
	r.ask()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.routers) < maxRouters {
		l.routers = append(l.routers, r)
	}
}

// ask reads the routes. A router that panics has none.
func (r *listedRouter) ask() {
	defer func() { _ = recover() }()
	r.list, r.again = middleware.RoutesOf(r.h)
}

// document is the list as it is stored.
func (l *routeList) document() (any, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	doc := query.Routes{Routes: []query.Route{}}
	bytes := 0
	add := func(list []middleware.RouteInfo) {
		for i := range list {
			route := routeOf(&list[i])
			bytes += len(route.Pattern) + len(route.Handler) + len(route.File)
			for _, name := range route.Layers {
				bytes += len(name)
			}
			if len(doc.Routes) == maxRoutes || bytes > maxRouteBytes {
				doc.Left++
				continue
			}
			doc.Routes = append(doc.Routes, route)
		}
	}
	for _, r := range l.routers {
		if r.again || !r.done && r.served.Load() {
			r.ask()
			r.done = true
		}
		add(r.list)
	}
	add(l.own)
	return doc, nil
}

func routeOf(r *middleware.RouteInfo) query.Route {
	return query.Route{Method: r.Method, Pattern: r.Pattern, Handler: r.Handler, File: r.Source.File, Line: r.Source.Line, Layers: r.Layers}
}
