package gorillatap

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// Router is a *mux.Router whose views are measured.
type Router struct {
	*mux.Router
}

// Wrap measures the views of all routes that r and its sub-routers have by now.
// Routes that are added later work, but are not seen. r itself is changed: the
// handlers of its routes are.
func Wrap(r *mux.Router) *Router {
	_ = r.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		measure(route)
		return nil
	})
	return &Router{r}
}

// HasViews tells a middleware.Stack around the router that views are measured
// here.
func (*Router) HasViews() bool { return true }

// Use appends middlewares to r, or to a sub-router. Each is called like its
// function, or as middleware.Named has it.
func Use(r *mux.Router, middlewares ...mux.MiddlewareFunc) {
	for _, m := range middlewares {
		r.Use(mux.MiddlewareFunc(middleware.Measured(middleware.Layer(m))))
	}
}

// measure puts a view around the handler of a route. A route without one has a
// sub-router, whose routes come by themselves.
func measure(route *mux.Route) {
	h := route.GetHandler()
	if h == nil {
		return
	}
	switch h := h.(type) {
	case *mux.Router:
		Wrap(h)
		return
	case interface{ HasViews() bool }:
		if h.HasViews() {
			return
		}
	}
	route.Handler(&view{middleware.ViewProbe("", h), h, pattern(route)})
}

// pattern is what a route is counted by: host and path as they were registered.
func pattern(route *mux.Route) string {
	host, _ := route.GetHostTemplate()
	path, err := route.GetPathTemplate()
	if err != nil { // it matches by something else
		if path = "/*"; route.GetName() != "" {
			path = route.GetName()
		}
	}
	return host + path
}

// view is a handler that the router has chosen.
type view struct {
	probe   *middleware.Probe
	next    http.Handler
	pattern string
}

func (v *view) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Pattern = v.pattern // gorilla/mux has copied the request
	for name, value := range mux.Vars(r) {
		r.SetPathValue(name, value)
	}
	v.probe.ServeView(w, r, v.next)
}

// HasViews says that there is a view here already.
func (*view) HasViews() bool { return true }
