package echotap

import (
	"io/fs"
	"net/http"

	"github.com/labstack/echo/v4"
)

// framework keeps echo's own methods one step further away than those of routes,
// which therefore come first.
type framework struct{ *echo.Echo }

// Echo is an *echo.Echo whose middleware and views are measured. What is
// registered on it is wrapped once, there; all else is echo's own.
type Echo struct {
	framework
	routes
}

// Wrap returns e so that all that is registered on the result from now on is
// measured. What has been registered already, or is on e itself, works on and is
// not seen one by one. It adds one middleware, by which routes are known.
func Wrap(e *echo.Echo) *Echo {
	e.Use(route)
	known := &places{}
	return &Echo{framework{e}, routes{e, known}}
}

// HasViews tells a middleware.Stack around echo that views are measured here.
func (*Echo) HasViews() bool { return true }

// ServeHTTP serves a request.
func (e *Echo) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.Echo.ServeHTTP(w, r) }

// Pre appends middlewares that run before routing.
func (e *Echo) Pre(m ...echo.MiddlewareFunc) { e.Echo.Pre(layers(m)...) }

// Use appends middlewares that run after routing, also where nothing matched.
func (e *Echo) Use(m ...echo.MiddlewareFunc) { e.Echo.Use(layers(m)...) }

// Group adds a group of routes with middlewares of its own.
func (e *Echo) Group(prefix string, m ...echo.MiddlewareFunc) *Group {
	return wrapGroup(e.Echo.Group(prefix, layers(m)...), e.places)
}

// Host adds a group of routes for a host.
func (e *Echo) Host(name string, m ...echo.MiddlewareFunc) *Group {
	return wrapGroup(e.Echo.Host(name, layers(m)...), e.places)
}

// group is to Group what framework is to Echo.
type group struct{ *echo.Group }

// Group is an *echo.Group whose middleware and views are measured.
type Group struct {
	group
	routes
}

func wrapGroup(g *echo.Group, known *places) *Group { return &Group{group{g}, routes{g, known}} }

// Use appends middlewares.
func (g *Group) Use(m ...echo.MiddlewareFunc) { g.group.Group.Use(layers(m)...) }

// Group adds a group below this one.
func (g *Group) Group(prefix string, m ...echo.MiddlewareFunc) *Group {
	return wrapGroup(g.group.Group.Group(prefix, layers(m)...), g.places)
}

// adder is what Echo and Group have in common.
type adder interface {
	Add(method, path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route
}

// routes registers views.
type routes struct {
	to     adder
	places *places
}

// Add registers h for a method.
func (r routes) Add(method, path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	added := r.to.Add(method, path, h, chain(h, m)...)
	r.places.add(added, h)
	return added
}

// Match registers h for several methods.
func (r routes) Match(methods []string, path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) []*echo.Route {
	all := make([]*echo.Route, len(methods))
	for i, method := range methods {
		all[i] = r.Add(method, path, h, m...)
	}
	return all
}

// anyMethod is what echo means by any.
var anyMethod = []string{
	http.MethodConnect, http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPatch,
	http.MethodPost, echo.PROPFIND, http.MethodPut, http.MethodTrace, echo.REPORT,
}

// Any registers h for every method.
func (r routes) Any(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) []*echo.Route {
	return r.Match(anyMethod, path, h, m...)
}

// CONNECT registers h for CONNECT.
func (r routes) CONNECT(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.Add(http.MethodConnect, path, h, m...)
}

// DELETE registers h for DELETE.
func (r routes) DELETE(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.Add(http.MethodDelete, path, h, m...)
}

// GET registers h for GET.
func (r routes) GET(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.Add(http.MethodGet, path, h, m...)
}

// HEAD registers h for HEAD.
func (r routes) HEAD(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.Add(http.MethodHead, path, h, m...)
}

// OPTIONS registers h for OPTIONS.
func (r routes) OPTIONS(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.Add(http.MethodOptions, path, h, m...)
}

// PATCH registers h for PATCH.
func (r routes) PATCH(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.Add(http.MethodPatch, path, h, m...)
}

// POST registers h for POST.
func (r routes) POST(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.Add(http.MethodPost, path, h, m...)
}

// PUT registers h for PUT.
func (r routes) PUT(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.Add(http.MethodPut, path, h, m...)
}

// TRACE registers h for TRACE.
func (r routes) TRACE(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.Add(http.MethodTrace, path, h, m...)
}

// RouteNotFound registers h for paths that nothing else matches.
func (r routes) RouteNotFound(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.to.Add(echo.RouteNotFound, path, h, layers(m)...)
}

// FileFS serves one file of a file system.
func (r routes) FileFS(path, file string, from fs.FS, m ...echo.MiddlewareFunc) *echo.Route {
	return r.GET(path, echo.StaticFileHandler(file, from), m...)
}
