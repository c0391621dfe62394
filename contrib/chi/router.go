package chitap

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// Router is a chi.Router whose middleware and views are measured. What is
// registered on it is wrapped once, there; routing is chi's own.
type Router struct {
	chi.Router
}

var _ chi.Router = (*Router)(nil)

// Wrap returns r so that all that is registered on it from now on is measured.
// What has been registered already works on, but is not seen.
func Wrap(r chi.Router) *Router {
	if own, ok := r.(*Router); ok {
		return own
	}
	return &Router{r}
}

// HasViews tells a middleware.Stack around the router that views are measured
// here.
func (r *Router) HasViews() bool { return true }

// Use appends middlewares. Each is called like its function, or as
// middleware.Named has it.
func (r *Router) Use(middlewares ...func(http.Handler) http.Handler) {
	r.Router.Use(measured(middlewares)...)
}

// With adds middlewares for the endpoints registered on what it returns.
func (r *Router) With(middlewares ...func(http.Handler) http.Handler) chi.Router {
	return Wrap(r.Router.With(measured(middlewares)...))
}

// Group adds a router for the same path with middlewares of its own.
func (r *Router) Group(fn func(chi.Router)) chi.Router {
	return Wrap(r.Router.Group(wrapping(fn)))
}

// Route mounts a sub-router along pattern.
func (r *Router) Route(pattern string, fn func(chi.Router)) chi.Router {
	return Wrap(r.Router.Route(pattern, wrapping(fn)))
}

// Mount attaches another handler along pattern. A router of this package goes on
// measuring by itself; any other handler is a view.
func (r *Router) Mount(pattern string, h http.Handler) {
	if sub, ok := h.(*Router); ok {
		r.Router.Mount(pattern, sub.Router) // chi shares NotFound with a router that it knows
		return
	}
	if _, ok := h.(chi.Routes); ok {
		r.Router.With(viewOf(h)).Mount(pattern, h)
		return
	}
	r.Router.Mount(pattern, view(h))
}

// Handle registers h for every method.
func (r *Router) Handle(pattern string, h http.Handler) { r.Router.Handle(pattern, view(h)) }

// HandleFunc registers h for every method.
func (r *Router) HandleFunc(pattern string, h http.HandlerFunc) { r.Router.Handle(pattern, view(h)) }

// Method registers h for a method.
func (r *Router) Method(method, pattern string, h http.Handler) {
	r.Router.Method(method, pattern, view(h))
}

// MethodFunc registers h for a method.
func (r *Router) MethodFunc(method, pattern string, h http.HandlerFunc) {
	r.Router.Method(method, pattern, view(h))
}

// Connect registers h for CONNECT.
func (r *Router) Connect(pattern string, h http.HandlerFunc) {
	r.MethodFunc(http.MethodConnect, pattern, h)
}

// Delete registers h for DELETE.
func (r *Router) Delete(pattern string, h http.HandlerFunc) {
	r.MethodFunc(http.MethodDelete, pattern, h)
}

// Get registers h for GET.
func (r *Router) Get(pattern string, h http.HandlerFunc) { r.MethodFunc(http.MethodGet, pattern, h) }

// Head registers h for HEAD.
func (r *Router) Head(pattern string, h http.HandlerFunc) { r.MethodFunc(http.MethodHead, pattern, h) }

// Options registers h for OPTIONS.
func (r *Router) Options(pattern string, h http.HandlerFunc) {
	r.MethodFunc(http.MethodOptions, pattern, h)
}

// Patch registers h for PATCH.
func (r *Router) Patch(pattern string, h http.HandlerFunc) {
	r.MethodFunc(http.MethodPatch, pattern, h)
}

// Post registers h for POST.
func (r *Router) Post(pattern string, h http.HandlerFunc) { r.MethodFunc(http.MethodPost, pattern, h) }

// Put registers h for PUT.
func (r *Router) Put(pattern string, h http.HandlerFunc) { r.MethodFunc(http.MethodPut, pattern, h) }

// Query registers h for QUERY.
func (r *Router) Query(pattern string, h http.HandlerFunc) { r.MethodFunc("QUERY", pattern, h) }

// Trace registers h for TRACE.
func (r *Router) Trace(pattern string, h http.HandlerFunc) {
	r.MethodFunc(http.MethodTrace, pattern, h)
}

// wrapping gives fn a router that measures.
func wrapping(fn func(chi.Router)) func(chi.Router) {
	if fn == nil {
		return nil // chi says what is wrong
	}
	return func(sub chi.Router) { fn(Wrap(sub)) }
}

func measured(middlewares []func(http.Handler) http.Handler) []func(http.Handler) http.Handler {
	all := make([]func(http.Handler) http.Handler, len(middlewares))
	for i, m := range middlewares {
		all[i] = middleware.Measured(m)
	}
	return all
}

// view measures h where chi has chosen it: the route is in r.Pattern then.
func view(h http.Handler) http.Handler {
	if f, ok := h.(http.HandlerFunc); h == nil || ok && f == nil {
		return h // chi says what is wrong
	}
	if v, ok := h.(interface{ HasViews() bool }); ok && v.HasViews() {
		return h
	}
	return &endpoint{middleware.ViewProbe("", h), h}
}

// endpoint is a view as chi has it.
type endpoint struct {
	probe *middleware.Probe
	next  http.Handler
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.probe.ServeView(w, r, e.next) }

// viewOf is a middleware that makes what it is put around the view.
func viewOf(h http.Handler) func(http.Handler) http.Handler {
	probe := middleware.ViewProbe("", h)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { probe.ServeView(w, r, next) })
	}
}
