package middleware

import (
	"maps"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// View puts a span of kind view around the innermost handler of a stack. Then
// and Build do it; call it for a handler that has no stack.
//
// A view is called like the function that it is. For an *http.ServeMux that is
// the function which is registered for the pattern that matched; a function
// literal gets the pattern behind the name of the function that it stands in,
// because several may stand there. Other routers have adapters that do the
// same.
func View(h http.Handler) http.Handler {
	if mux, ok := h.(*http.ServeMux); ok {
		return &muxView{mux: mux}
	}
	name, src := sourceOf(h)
	return &view{h, instrument.NewHandler(instrument.KindView, name, src)}
}

type view struct {
	next    http.Handler
	handler *instrument.Handler
}

func (v *view) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	serveView(v.next, w, r, v.handler, nil)
}

// muxView knows the views behind a mux. They are looked up once per pattern.
type muxView struct {
	mux   *http.ServeMux
	views patternTable[*instrument.Handler]
}

// unmatchedView is the view of requests that no pattern matches.
var unmatchedView = instrument.NewHandler(instrument.KindView, unmatched, instrument.Source{})

func (v *muxView) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	serveView(v.mux, w, r, unmatchedView, v.find)
}

// serveView runs the innermost handler. find, if there is one, says afterwards
// which view it was.
func serveView(next http.Handler, w http.ResponseWriter, r *http.Request, h *instrument.Handler, find func(*http.Request) *instrument.Handler) {
	ctx, span := instrument.Start(r.Context(), h)
	if !span.Active() {
		next.ServeHTTP(w, r)
		return
	}
	inner := r.WithContext(ctx)
	returned := false
	defer func() {
		v := recover()
		copyBack(r, inner)
		if inner.Pattern != "" {
			instrument.FromContext(ctx).SetHandler(routeHandler(inner))
			if find != nil {
				span = span.SetHandler(find(inner))
			}
		}
		endSpan(span, v, returned)
		if v != nil {
			panic(v)
		}
	}()
	next.ServeHTTP(w, inner)
	returned = true
}

// find is the view that served r.
func (v *muxView) find(r *http.Request) *instrument.Handler {
	if h, ok := v.views.get(r.Pattern); ok {
		return h
	}
	var served http.Handler = v.mux
	for {
		mux, ok := served.(*http.ServeMux)
		if !ok {
			break
		}
		served, _ = mux.Handler(r)
	}
	name, src := sourceOf(served)
	if name == "*http.redirectHandler" { // the mux corrects the path; another request has the view
		return instrument.NewHandler(instrument.KindView, "http.RedirectHandler", src)
	}
	if isLiteral(name) {
		name = declaredName(src) + " " + r.Pattern
	}
	h := instrument.NewHandler(instrument.KindView, name, src)
	v.views.set(r.Pattern, h)
	return h
}

// patternTable remembers something per pattern. Readers take no lock.
type patternTable[T any] struct {
	mu    sync.Mutex // serialises set
	table atomic.Pointer[map[string]T]
}

// maxPatterns is how many patterns are remembered. An app has as many as it
// was written with, unless its router makes patterns from paths.
const maxPatterns = 4096

func (t *patternTable[T]) get(pattern string) (v T, ok bool) {
	if m := t.table.Load(); m != nil {
		v, ok = (*m)[pattern]
	}
	return v, ok
}

func (t *patternTable[T]) set(pattern string, v T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := map[string]T{}
	if old := t.table.Load(); old != nil {
		if len(*old) >= maxPatterns {
			return
		}
		m = maps.Clone(*old)
	}
	m[pattern] = v
	t.table.Store(&m)
}
