package middleware

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// ErrNotUsed is what the function of a layer made with [Try] returns, alone or
// wrapped with the reason, when the app's configuration does not need it:
//
//	return nil, fmt.Errorf("no redis address: %w", middleware.ErrNotUsed)
var ErrNotUsed = errors.New("layer not used")

// layer is what a Stack knows about one Layer.
type layer struct {
	name   string
	fn     func(http.Handler) (http.Handler, error) // nil if the app gave nil
	source instrument.Source

	hooks  *hookSet    // if it was made with Hooks
	exc    *exceptions // if it is an Exceptions
	shares bool        // if it is a Share
	budget int64       // ns of its own time; 0: any
}

// Named gives a layer its name in records, statistics and messages.
func Named(name string, l Layer) Layer {
	d := describe(l)
	d.name = name
	return named(d)
}

// Try is Named for a layer whose function may find that it cannot work, or,
// with ErrNotUsed, that it is not needed. Used outside a Stack, such a
// layer is left out on ErrNotUsed, and panics on any other error.
func Try(name string, f func(next http.Handler) (http.Handler, error)) Layer {
	return named(layer{name: name, fn: f, source: instrument.FuncSource(f)})
}

// LayerName is what a Stack calls a layer: the name that Named gave it, or its function's.
// Nil has none.
func LayerName(l Layer) string { return describe(l).name }

// Measured is l, measured like a layer of a Stack, for routers that keep lists of
// middleware themselves. It is called like its function, or as Named has it.
func Measured(l Layer) Layer { return named(describe(l)) }

func infallible(l Layer) func(http.Handler) (http.Handler, error) {
	return func(next http.Handler) (http.Handler, error) { return l(next), nil }
}

// asked is a handler that a named layer is called with to get its description
// instead of a handler.
type asked struct{ layer layer }

func (*asked) ServeHTTP(http.ResponseWriter, *http.Request) {}

// named is a Layer that can describe itself. It must not be inlined: describe
// knows such a function by its code.
//
//go:noinline
func named(l layer) Layer {
	return func(next http.Handler) http.Handler {
		if a, ok := next.(*asked); ok {
			a.layer = l
			return nil
		}
		h, err := l.build(next)
		if err != nil {
			panic("middleware: " + err.Error())
		}
		if m, ok := h.(*measured); ok && h != next {
			m.alone = l
		}
		return h
	}
}

var namedCode = codeOf(named(layer{}))

func codeOf(l Layer) uintptr { return reflect.ValueOf(l).Pointer() }

// describe finds out what a Layer is without building it.
func describe(l Layer) layer {
	if l == nil {
		return layer{}
	}
	if codeOf(l) == namedCode {
		var a asked
		l(&a)
		return a.layer
	}
	src := instrument.FuncSource(l)
	return layer{name: declaredName(src), fn: infallible(l), source: src}
}

// build calls the layer's function, once.
func (l layer) build(next http.Handler) (http.Handler, error) {
	if l.fn == nil {
		return nil, fmt.Errorf("layer %q has a nil function", l.name)
	}
	h, err := l.fn(next)
	if errors.Is(err, ErrNotUsed) {
		slog.Debug("middleware layer is not used", "layer", l.name, "reason", err)
		return next, nil
	}
	if err != nil {
		return nil, fmt.Errorf("layer %q: %w", l.name, err)
	}
	if isNil(h) {
		return nil, fmt.Errorf("layer %q returned a nil handler", l.name)
	}
	if m, ok := h.(*measured); ok && h != next && m.alone.name != "" {
		// A named layer that was made inside of this one: it is the same layer.
		h, l.hooks, l.exc, l.shares = m.next, m.alone.hooks, m.alone.exc, m.alone.shares
		l.budget = cmp.Or(l.budget, m.alone.budget)
	}
	return &measured{probe: l.probe(), next: h}, nil
}

// probe makes the layer's probe.
func (l layer) probe() *Probe {
	p := &Probe{handler: instrument.NewHandler(instrument.KindLayer, l.name, l.source), exc: l.exc, shares: l.shares, budget: l.budget}
	if l.hooks != nil {
		p.hooks = l.hooks.spans(l.name)
	}
	return p
}

func isNil(h http.Handler) bool {
	if h == nil {
		return true
	}
	f, ok := h.(http.HandlerFunc)
	return ok && f == nil
}

// measured is a layer in use: a span around it.
type measured struct {
	probe *Probe
	next  http.Handler
	alone layer        // what it was made from, outside of a Stack
	ends  *BuiltStack  // what it is the outermost layer of; nil outside of a Stack
	inner http.Handler // what that stack is around
}

func (m *measured) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.probe.ServeHandler(w, r, m.next)
}
