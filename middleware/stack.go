package middleware

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// Layer is one middleware of a Stack. It is a plain function type, so that any
// middleware there is can be used, and Named ones can be used anywhere.
type Layer = func(http.Handler) http.Handler

// Stack is a list of layers, the outermost first. It is not changed by use
// and may be shared: put around a mux it is there for all requests, put around
// one view for those of its route alone, with the same order of events:
//
//	mux.Handle("POST /orders", middleware.NewStack(csrf).ThenFunc(place))
type Stack struct {
	layers []layer
}

// NewStack makes a stack of layers, the first one being outermost: it sees a
// request first and its response last. A layer that was not given a name with
// Named is called like its function. Mistakes are reported by Build and Then.
func NewStack(layers ...Layer) *Stack { return new(Stack).Append(layers...) }

// Append returns a stack that has more layers inside those of s.
func (s *Stack) Append(layers ...Layer) *Stack {
	all := slices.Clip(slices.Clone(s.list()))
	for _, l := range layers {
		all = append(all, describe(l))
	}
	return &Stack{layers: all}
}

func (s *Stack) list() []layer {
	if s == nil {
		return nil
	}
	return s.layers
}

// Names lists the layers, the outermost first.
func (s *Stack) Names() []string {
	names := make([]string, len(s.list()))
	for i, l := range s.list() {
		names[i] = l.name
	}
	return names
}

// String is the names in the order in which a request passes them.
func (s *Stack) String() string {
	if len(s.list()) == 0 {
		return "(no layers)"
	}
	return strings.Join(s.Names(), " > ")
}

// Then puts the stack around h. It panics on what Build reports as an error,
// since that is a mistake in the wiring of an app.
func (s *Stack) Then(h http.Handler) http.Handler {
	built, err := s.Build(h)
	if err != nil {
		panic("middleware: " + err.Error())
	}
	return built
}

// ThenFunc is Then for a function.
func (s *Stack) ThenFunc(f func(http.ResponseWriter, *http.Request)) http.Handler {
	if f == nil {
		return s.Then(nil)
	}
	return s.Then(http.HandlerFunc(f))
}

// Build puts the stack around h. Each layer's function is called once, the
// innermost first; requests then pass through what they returned.
//
// It is an error if h, a layer, or what a layer's function returns is nil, if
// a layer has no name, or if two have the same. A layer made with Try that
// gives ErrNotUsed is left out; any other error of it is returned. What Check
// finds is logged.
//
// Each request that has a Record gets a span per layer, nested as they run,
// and one for h as [View] has it.
func (s *Stack) Build(h http.Handler) (http.Handler, error) {
	if isNil(h) {
		return nil, fmt.Errorf("build stack %s: the handler to put it around is nil", s)
	}
	if err := checkLayers(s.list()); err != nil {
		return nil, fmt.Errorf("build stack %s: %w", s, err)
	}
	about := BuiltStack{Warnings: s.Check()}
	about.Handler, about.Source = sourceOf(h)
	for _, w := range about.Warnings {
		slog.Warn("middleware: order of layers", "outer", w.Outer, "inner", w.Inner, "reason", w.Reason)
	}
	next := View(h)
	for _, l := range slices.Backward(s.list()) {
		inner, err := l.build(next)
		if err != nil {
			return nil, fmt.Errorf("build stack %s: %w", s, err)
		}
		m, used := inner.(*measured)
		used = used && http.Handler(m) != next
		about.Layers = append(about.Layers, BuiltLayer{l.name, l.source, l.hooks.names(), !used})
		next = inner
	}
	slices.Reverse(about.Layers)
	noteBuilt(about)
	if m, ok := next.(*measured); ok {
		m.ends, m.inner = &about, h
	}
	return next, nil
}

func checkLayers(layers []layer) error {
	seen := map[string]int{}
	for i, l := range layers {
		switch {
		case l.fn == nil && l.name == "":
			return fmt.Errorf("layer %d is nil", i+1)
		case l.name == "":
			return fmt.Errorf("layer %d has no name: give it one with middleware.Named", i+1)
		case l.fn == nil:
			return fmt.Errorf("layer %q has a nil function", l.name)
		case seen[l.name] > 0:
			return fmt.Errorf("layers %d and %d are both called %q: give them names of their own with middleware.Named", seen[l.name], i+1, l.name)
		}
		seen[l.name] = i + 1
	}
	return nil
}
