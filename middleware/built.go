package middleware

import (
	"slices"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// BuiltStack is a stack that was put around a handler.
type BuiltStack struct {
	Layers   []BuiltLayer // the outermost first
	Handler  string       // what it is around: the view, or the type of the router
	Source   instrument.Source
	Warnings []Warning
	Built    int // how many times, of the same layers around the same handler
}

// BuiltLayer is a layer of a BuiltStack.
type BuiltLayer struct {
	Name   string
	Source instrument.Source
	Hooks  []string // the phases in which it acts, as the methods are called
	Unused bool     // its function gave ErrNotUsed
}

// Built lists the stacks that Build and Then made in this process so far, in their
// order, each once: what an app is wrapped in, also before a request has come. At most
// 256 are remembered.
func Built() []BuiltStack {
	built.mu.Lock()
	defer built.mu.Unlock()
	return slices.Clone(built.list)
}

const maxBuilt = 256

var built struct {
	mu   sync.Mutex // guards list
	list []BuiltStack
}

func noteBuilt(s BuiltStack) {
	built.mu.Lock()
	defer built.mu.Unlock()
	for i := range built.list {
		if built.list[i].same(&s) {
			built.list[i].Built++
			return
		}
	}
	if len(built.list) < maxBuilt {
		s.Built = 1
		built.list = append(built.list, s)
	}
}

func (s *BuiltStack) same(o *BuiltStack) bool {
	return s.Handler == o.Handler && s.Source == o.Source && slices.EqualFunc(s.Layers, o.Layers, func(a, b BuiltLayer) bool {
		return a.Name == b.Name && a.Source == b.Source && a.Unused == b.Unused
	})
}

// names lists the hooks, in the order in which they are called.
func (s *hookSet) names() (names []string) {
	if s == nil {
		return nil
	}
	for _, h := range []struct {
		there bool
		name  string
	}{
		{s.request != nil, "ProcessRequest"}, {s.view != nil, "ProcessView"}, {s.exception != nil, "ProcessException"},
		{s.template != nil, "ProcessTemplateResponse"}, {s.response != nil, "ProcessResponse"},
	} {
		if h.there {
			names = append(names, h.name)
		}
	}
	return names
}
