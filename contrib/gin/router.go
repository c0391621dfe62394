package gintap

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// engine keeps gin's own methods one step further away than those of Group, which
// therefore come first.
type engine struct{ *gin.Engine }

// Router is a *gin.Engine whose middleware and views are measured. What is
// registered on it is wrapped once, there; all else is gin's own.
type Router struct {
	engine
	Group
}

// Wrap returns e so that all that is registered on the result from now on is
// measured. What has been registered already, or is on e itself, works on and is
// not seen one by one. It adds one middleware, by which routes are known.
func Wrap(e *gin.Engine) *Router {
	e.Use(route)
	return &Router{engine{e}, Group{&e.RouterGroup}}
}

// HasViews tells a middleware.Stack around the engine that views are measured
// here.
func (*Router) HasViews() bool { return true }

// ServeHTTP serves a request with the engine.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.Engine.ServeHTTP(w, req) }

// Use appends middlewares, which also run for requests that no route matches.
func (r *Router) Use(handlers ...gin.HandlerFunc) gin.IRoutes {
	r.Engine.Use(layers(handlers)...) // not the group's: the engine remembers them for 404s
	return r
}

// Group is a *gin.RouterGroup whose middleware and views are measured.
type Group struct{ g *gin.RouterGroup }

var (
	_ gin.IRoutes = Group{}
	_ gin.IRoutes = (*Router)(nil)
)

// RouterGroup is gin's own group, for what needs one.
func (g Group) RouterGroup() *gin.RouterGroup { return g.g }

// BasePath is the path that all routes of the group begin with.
func (g Group) BasePath() string { return g.g.BasePath() }

// Group adds a group below this one, with middlewares of its own.
func (g Group) Group(path string, handlers ...gin.HandlerFunc) Group {
	return Group{g.g.Group(path, layers(handlers)...)}
}

// Use appends middlewares.
func (g Group) Use(handlers ...gin.HandlerFunc) gin.IRoutes {
	g.g.Use(layers(handlers)...)
	return g
}

// Handle registers handlers for a method. The last is the view.
func (g Group) Handle(method, path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	g.g.Handle(method, path, chain(handlers)...)
	return g
}

// Any registers handlers for every method.
func (g Group) Any(path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	g.g.Any(path, chain(handlers)...)
	return g
}

// Match registers handlers for several methods.
func (g Group) Match(methods []string, path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	g.g.Match(methods, path, chain(handlers)...)
	return g
}

// GET registers handlers for GET.
func (g Group) GET(path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	return g.Handle(http.MethodGet, path, handlers...)
}

// POST registers handlers for POST.
func (g Group) POST(path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	return g.Handle(http.MethodPost, path, handlers...)
}

// DELETE registers handlers for DELETE.
func (g Group) DELETE(path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	return g.Handle(http.MethodDelete, path, handlers...)
}

// PATCH registers handlers for PATCH.
func (g Group) PATCH(path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	return g.Handle(http.MethodPatch, path, handlers...)
}

// PUT registers handlers for PUT.
func (g Group) PUT(path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	return g.Handle(http.MethodPut, path, handlers...)
}

// OPTIONS registers handlers for OPTIONS.
func (g Group) OPTIONS(path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	return g.Handle(http.MethodOptions, path, handlers...)
}

// HEAD registers handlers for HEAD.
func (g Group) HEAD(path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	return g.Handle(http.MethodHead, path, handlers...)
}

// StaticFile serves one file.
func (g Group) StaticFile(path, file string) gin.IRoutes {
	g.g.StaticFile(path, file)
	return g
}

// StaticFileFS serves one file of fs.
func (g Group) StaticFileFS(path, file string, fs http.FileSystem) gin.IRoutes {
	g.g.StaticFileFS(path, file, fs)
	return g
}

// Static serves the files of a folder.
func (g Group) Static(path, root string) gin.IRoutes {
	g.g.Static(path, root)
	return g
}

// StaticFS serves the files of fs.
func (g Group) StaticFS(path string, fs http.FileSystem) gin.IRoutes {
	g.g.StaticFS(path, fs)
	return g
}
