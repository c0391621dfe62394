package middleware

import (
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
}

// Named gives a layer its name in records, statistics and messages.
func Named(name string, l Layer) Layer {
	if l == nil {
		return named(layer{name: name})
	}
	return named(layer{name, infallible(l), instrument.FuncSource(l)})
}

// Try is Named for a layer whose function may find that it cannot work, or,
// with ErrNotUsed, that it is not needed. Used outside a Stack, such a
// layer is left out on ErrNotUsed, and panics on any other error.
func Try(name string, f func(next http.Handler) (http.Handler, error)) Layer {
	return named(layer{name, f, instrument.FuncSource(f)})
}

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
	return &measured{h, instrument.NewHandler(instrument.KindLayer, l.name, l.source)}, nil
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
	next    http.Handler
	handler *instrument.Handler
}

func (m *measured) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, span := instrument.Start(r.Context(), m.handler)
	if !span.Active() {
		m.next.ServeHTTP(w, r)
		return
	}
	inner := r.WithContext(ctx)
	returned := false
	defer func() {
		v := recover() // again thrown below, in this same function: see endSpan
		copyBack(r, inner)
		endSpan(span, v, returned)
		if v != nil {
			panic(v)
		}
	}()
	m.next.ServeHTTP(w, inner)
	returned = true
}

// errGoexit marks a handler that ended its goroutine.
var errGoexit = errors.New("the handler called runtime.Goexit")

// endSpan ends the span of a handler that returned, or panicked with v. The
// caller throws v again in the deferred function that recovered it, so that
// the frames of the panic are still there for net/http to print.
func endSpan(span instrument.Span, v any, returned bool) {
	switch {
	case returned:
		span.End(nil)
	case v == nil:
		span.End(errGoexit)
	case v == http.ErrAbortHandler: // by ==, as net/http: it ends the response on purpose
		span.End(http.ErrAbortHandler)
	default:
		span.Panic(v)
		span.End(nil)
	}
}
