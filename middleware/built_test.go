package middleware_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

func TestBuilt_ListsStacksOnce(t *testing.T) {
	t.Parallel()
	stack := middleware.NewStack(
		middleware.Named("built: auth", passThrough),
		middleware.Named("built: session", passThrough),
		middleware.Try("built: unused", func(http.Handler) (http.Handler, error) { return nil, middleware.ErrNotUsed }),
		middleware.Named("built: hooks", middleware.Hooks(hookedEverywhere{})),
	)
	for range 3 {
		stack.Then(http.HandlerFunc(checkout))
	}
	var found []middleware.BuiltStack
	for _, s := range middleware.Built() {
		if len(s.Layers) == 4 && s.Layers[0].Name == "built: auth" {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("listed %d times", len(found))
	}
	s := found[0]
	if s.Built != 3 || s.Handler != "middleware_test.checkout" || len(s.Warnings) != 1 || !strings.HasSuffix(s.Source.File, "record_test.go") {
		t.Errorf("%+v", s)
	}
	if !s.Layers[2].Unused || s.Layers[1].Unused || strings.Join(s.Layers[3].Hooks, " ") != "ProcessRequest ProcessResponse" {
		t.Errorf("%+v", s.Layers)
	}
}

type hookedEverywhere struct{}

func (hookedEverywhere) ProcessRequest(http.ResponseWriter, *http.Request) (*http.Request, error) {
	return nil, nil
}
func (hookedEverywhere) ProcessResponse(*http.Request, *middleware.Head) error { return nil }
