package middleware

import (
	"net/http"
	"slices"
	"sync"
)

// Mux is an http.ServeMux that can tell its routes. It serves exactly what the mux in it
// serves; what is registered on that mux directly is served, and not listed. The zero Mux
// is ready to use.
type Mux struct {
	http.ServeMux

	mu    sync.Mutex // guards added
	added []addedRoute
}

type addedRoute struct {
	pattern string
	handler http.Handler
}

// NewMux gives a Mux, as http.NewServeMux gives a mux.
func NewMux() *Mux { return &Mux{} }

// Handle registers h as http.ServeMux does, and remembers the pattern.
func (m *Mux) Handle(pattern string, h http.Handler) {
	m.ServeMux.Handle(pattern, h) // panics for what it does not take
	m.mu.Lock()
	defer m.mu.Unlock()
	m.added = append(m.added, addedRoute{pattern, h})
}

// HandleFunc registers f as http.ServeMux does, and remembers the pattern.
func (m *Mux) HandleFunc(pattern string, f func(http.ResponseWriter, *http.Request)) {
	if f == nil {
		m.ServeMux.HandleFunc(pattern, f) // which says what is wrong
	}
	m.Handle(pattern, http.HandlerFunc(f))
}

// ListRoutes lists what was registered so far, in its order. Of a mux in the mux it lists
// the routes, as requests are counted by those.
func (m *Mux) ListRoutes() []RouteInfo {
	list, _ := m.routes(0)
	return list
}

func (m *Mux) routes(depth int) (list []RouteInfo, again bool) {
	m.mu.Lock()
	added := slices.Clone(m.added)
	m.mu.Unlock()
	again = true
	for _, a := range added {
		if inner, more, ok := routesIn(a.handler, depth+1); ok {
			list = append(list, inner...)
			again = again && more
			continue
		}
		method, pattern := splitPattern(a.pattern)
		list = append(list, RouteTo(method, pattern, a.handler))
	}
	return list, again
}

// serveMux is the mux that a handler is.
func serveMux(h http.Handler) (*http.ServeMux, bool) {
	if m, ok := h.(*Mux); ok {
		return &m.ServeMux, true
	}
	m, ok := h.(*http.ServeMux)
	return m, ok
}
