package middleware

import (
	"maps"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// View puts a span of kind view around the innermost handler of a stack, and
// makes it the place where layers act after routing (see ViewProcessor). Then
// and Build do it; call it for a handler that has no stack.
//
// A view is called like the function that it is. For an *http.ServeMux or a *Mux
// that is the function which is registered for the pattern that matched; a
// function literal gets the pattern behind the name of the function that it
// stands in, because several may stand there. Other routers have adapters that
// do the same: what has a method HasViews is left as it is.
func View(h http.Handler) http.Handler {
	if v, ok := h.(interface{ HasViews() bool }); ok && v.HasViews() {
		return h
	}
	if mux, ok := serveMux(h); ok {
		v := &muxView{mux: mux, outer: h}
		v.probe = &Probe{handler: unmatchedView, view: true, find: v.find}
		return v
	}
	name, src := sourceOf(h)
	return &view{&Probe{handler: instrument.NewHandler(instrument.KindView, name, src), view: true}, h}
}

type view struct {
	probe *Probe
	next  http.Handler
}

func (v *view) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.probe.ServeView(w, r, v.next)
}

// HasViews says that there is a view here already.
func (*view) HasViews() bool { return true }

// ServeView is ServeHandler for a view, after the ProcessView of the layers
// around it. Adapters call it where their router has chosen h, with the route in
// r.Pattern.
func (p *Probe) ServeView(w http.ResponseWriter, r *http.Request, h http.Handler) {
	_ = p.serveView(w, r, h, func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	})
}

// ServeViewFunc is ServeView for a view that is not an http.Handler. It gives
// run's error back.
func (p *Probe) ServeViewFunc(w http.ResponseWriter, r *http.Request, run func(http.ResponseWriter, *http.Request) error) error {
	return p.serveView(w, r, nil, run)
}

// serveView runs the view behind the layers' ProcessView.
func (p *Probe) serveView(w http.ResponseWriter, r *http.Request, h http.Handler, run func(http.ResponseWriter, *http.Request) error) error {
	return p.Serve(w, r, func(w http.ResponseWriter, r *http.Request) error {
		c := callOf(r.Context())
		if c == nil || !c.hasViewHooks() {
			return run(w, r)
		}
		name := p.Name()
		if p.find != nil && r.Pattern != "" {
			name = p.find(r).Name()
		}
		inner := c.processViews(w, r, Route{Pattern: r.Pattern, View: name, Handler: h})
		if inner == nil {
			return nil
		}
		defer copyBack(r, inner)
		return run(w, inner)
	})
}

// muxView knows the views behind a mux. They are looked up once per pattern.
type muxView struct {
	mux    *http.ServeMux
	outer  http.Handler // the mux as the app has it, which may be a Mux
	probe  *Probe
	views  patternTable[*instrument.Handler]
	leaves patternTable[http.Handler]
}

// unmatchedView is the view of requests that no pattern matches.
var unmatchedView = instrument.NewHandler(instrument.KindView, unmatched, instrument.Source{})

func (v *muxView) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = v.probe.Serve(w, r, func(w http.ResponseWriter, r *http.Request) error {
		if c := callOf(r.Context()); c != nil && c.hasViewHooks() {
			v.leaf(r).ServeHTTP(w, r)
		} else {
			v.mux.ServeHTTP(w, r)
		}
		return nil
	})
}

// HasViews says that there are views here already.
func (*muxView) HasViews() bool { return true }

// leaf is the mux, but with the layers' ProcessView in front of the view that
// it chooses. A mux sets pattern and path values right before it calls the
// view, so the view is put behind a mux of its own, with nothing but its
// pattern: that matches the same requests in the same way.
func (v *muxView) leaf(r *http.Request) http.Handler {
	if r.RequestURI == "*" {
		return v.mux
	}
	h, pattern := v.mux.Handler(r)
	if pattern == "" {
		return v.mux
	}
	leaf, ok := v.leaves.get(pattern)
	if !ok {
		if name, _ := sourceOf(h); name == redirectHandler { // the path is corrected first; its pattern has another handler
			return v.mux
		}
		leaf = v.newLeaf(pattern, h)
		v.leaves.set(pattern, leaf)
	}
	return leaf
}

// redirectHandler is what a mux chooses to correct a path.
const redirectHandler = "*http.redirectHandler"

func (v *muxView) newLeaf(pattern string, h http.Handler) http.Handler {
	one := http.NewServeMux()
	if mux, ok := serveMux(h); ok {
		sub := &muxView{mux: mux}
		one.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { sub.leaf(r).ServeHTTP(w, r) })
		return one
	}
	one.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		route := Route{Pattern: r.Pattern, View: v.find(r).Name(), Handler: h}
		if inner := callOf(r.Context()).processViews(w, r, route); inner != nil {
			h.ServeHTTP(w, inner)
			copyBack(r, inner)
		}
	})
	return one
}

// find is the view that served r.
func (v *muxView) find(r *http.Request) *instrument.Handler {
	if h, ok := v.views.get(r.Pattern); ok {
		return h
	}
	var served http.Handler = v.mux
	for {
		mux, ok := serveMux(served)
		if !ok {
			break
		}
		served, _ = mux.Handler(r)
	}
	name, src := sourceOf(served)
	if name == redirectHandler { // the mux corrects the path; another request has the view
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
