package middleware

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// RouteInfo is a route that an app serves, whether it was asked for or not.
type RouteInfo struct {
	Method  string // "" for every method
	Pattern string // with the host, if it has one, as requests are counted by it: "/orders/{id}"
	// Handler is the function or type that serves it, by its full name; "" is not known.
	Handler string
	Source  instrument.Source // where that is written; zero is not known
	Layers  []string          // around this route, the outermost first, as far as they are known
}

// RouteLister is a router that can tell its routes: [Mux], and the routers of
// contrib/chi, contrib/gin, contrib/echo and contrib/gorilla. A router of your own needs
// nothing but this method.
type RouteLister interface {
	http.Handler
	// ListRoutes lists the routes. It is called while nobody adds any.
	ListRoutes() []RouteInfo
}

// RoutesOf lists the routes behind h: of a RouteLister, also behind a Stack. What other
// packages put around a router hides it; it has no routes then. With again, h may be asked
// at any time, on any goroutine, and may know more then.
func RoutesOf(h http.Handler) (list []RouteInfo, again bool) {
	list, again, _ = routesIn(h, 0)
	return merged(list), again
}

// maxMuxDepth is how deep routers are looked for in routers.
const maxMuxDepth = 16

// routesIn looks for a router in h; found tells whether there is one.
func routesIn(h http.Handler, depth int) (list []RouteInfo, again, found bool) {
	h, layers := unwrapped(h)
	switch in := h.(type) {
	case *Mux:
		if depth > maxMuxDepth {
			return nil, false, false
		}
		list, again = in.routes(depth)
	case RouteLister:
		list = in.ListRoutes()
	default:
		return nil, false, false
	}
	for i := range list {
		list[i].Layers = slices.Concat(layers, list[i].Layers)
	}
	return list, again, true
}

// unwrapped is what stacks are around, and the names of their layers.
func unwrapped(h http.Handler) (inner http.Handler, layers []string) {
	for {
		switch in := h.(type) {
		case *measured:
			if in.ends == nil { // not of a Stack: only its function knows what it is around
				return h, layers
			}
			for _, l := range in.ends.Layers {
				if !l.Unused {
					layers = append(layers, l.Name)
				}
			}
			h = in.inner
		case *view:
			h = in.next
		case *muxView:
			h = in.outer
		default:
			return h, layers
		}
	}
}

// RouteTo is a route that fn serves: an http.Handler, or a function of whatever kind a
// router has. It is for routers that list their routes, and for lists of your own.
func RouteTo(method, pattern string, fn any) (r RouteInfo) {
	if h, ok := fn.(http.Handler); ok {
		r = routeOf(h)
	} else if r.Source = instrument.FuncSource(fn); r.Source.Func != "" {
		r.Handler = declaredName(r.Source)
	}
	r.Method, r.Pattern = method, pattern
	return r
}

// routeOf says what serves a route, and which layers a Stack has around it.
func routeOf(h http.Handler) (r RouteInfo) {
	h, r.Layers = unwrapped(h)
	r.Handler, r.Source = sourceOf(h)
	if isLiteral(r.Handler) {
		r.Handler = declaredName(r.Source)
	}
	return r
}

// splitPattern takes a pattern of http.ServeMux apart.
func splitPattern(pattern string) (method, rest string) {
	method, rest, ok := strings.Cut(strings.ReplaceAll(pattern, "\t", " "), " ")
	if !ok {
		return "", pattern
	}
	return method, strings.TrimLeft(rest, " ")
}

// merged has each route once, and routes for every method once instead of once for each:
// nobody adds those for CONNECT and TRACE one by one.
func merged(list []RouteInfo) []RouteInfo {
	type key struct{ method, pattern string }
	type served struct {
		pattern, handler string
		source           instrument.Source
	}
	has := map[served]map[string]bool{}
	for _, r := range list {
		s := served{r.Pattern, r.Handler, r.Source}
		if has[s] == nil {
			has[s] = map[string]bool{}
		}
		has[s][r.Method] = true
	}
	at := map[key]int{}
	var all []RouteInfo
	for _, r := range list {
		if methods := has[served{r.Pattern, r.Handler, r.Source}]; methods[http.MethodConnect] && methods[http.MethodTrace] && methods[http.MethodGet] {
			r.Method = ""
		}
		k := key{r.Method, r.Pattern}
		if i, ok := at[k]; ok {
			all[i] = r // what was added last is served, or it is the same
			continue
		}
		at[k] = len(all)
		all = append(all, r)
	}
	return all
}
