package middleware_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// tracer makes layers that log what happens to them.
type tracer struct{ log []string }

func (t *tracer) note(format string, args ...any) {
	t.log = append(t.log, fmt.Sprintf(format, args...))
}

func (t *tracer) layer(name string) middleware.Layer {
	return middleware.Named(name, func(next http.Handler) http.Handler {
		t.note("init %s", name)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			t.note("%s.req", name)
			next.ServeHTTP(w, r)
			t.note("%s.resp", name)
		})
	})
}

func (t *tracer) view(http.ResponseWriter, *http.Request) { t.note("view") }

func get(path string) *http.Request { return httptest.NewRequest("GET", path, nil) }

func TestMW01_BuiltOnceInnermostFirst(t *testing.T) {
	t.Parallel()
	var tr tracer
	h := middleware.NewStack(tr.layer("A"), tr.layer("B"), tr.layer("C")).ThenFunc(tr.view)
	request(h, get("/"))
	request(h, get("/"))
	once := []string{"A.req", "B.req", "C.req", "view", "C.resp", "B.resp", "A.resp"}
	if want := slices.Concat([]string{"init C", "init B", "init A"}, once, once); !slices.Equal(tr.log, want) {
		t.Errorf("got  %v\nwant %v", tr.log, want)
	}
}

func TestMW03_LayerThatIsNotUsedIsLeftOut(t *testing.T) {
	t.Parallel()
	var tr tracer
	unused := middleware.Try("cache", func(http.Handler) (http.Handler, error) {
		return nil, fmt.Errorf("no address: %w", middleware.ErrNotUsed)
	})
	h, err := middleware.NewStack(tr.layer("A"), unused, tr.layer("C")).Build(http.HandlerFunc(tr.view))
	if err != nil {
		t.Fatal(err)
	}
	request(h, get("/"))
	if want := "init C, init A, A.req, C.req, view, C.resp, A.resp"; strings.Join(tr.log, ", ") != want {
		t.Errorf("got %v, want %s", tr.log, want)
	}
	request(unused(http.HandlerFunc(tr.view)), get("/"))
	if tr.log[len(tr.log)-1] != "view" {
		t.Error("outside a stack the layer is in the way")
	}
}

func passThrough(next http.Handler) http.Handler { return next }

type guard struct{}

func (guard) wrap(next http.Handler) http.Handler { return next }

func throttle(int) middleware.Layer {
	return func(next http.Handler) http.Handler { return next }
}

func TestMW04_MW07_MistakesAreErrorsAtBuild(t *testing.T) {
	t.Parallel()
	h := http.NotFoundHandler()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		layers  []middleware.Layer
		handler http.Handler
		want    string
	}{
		"nil handler":     {nil, nil, "build stack (no layers): the handler to put it around is nil"},
		"nil function":    {nil, http.HandlerFunc(nil), "build stack (no layers): the handler to put it around is nil"},
		"nil layer":       {[]middleware.Layer{passThrough, nil}, h, "layer 2 is nil"},
		"named nil":       {[]middleware.Layer{middleware.Named("cors", nil)}, h, `build stack cors: layer "cors" has a nil function`},
		"tried nil":       {[]middleware.Layer{middleware.Try("cors", nil)}, h, `layer "cors" has a nil function`},
		"no name":         {[]middleware.Layer{middleware.Named("", passThrough)}, h, "layer 1 has no name: give it one with middleware.Named"},
		"same name":       {[]middleware.Layer{throttle(1), passThrough, throttle(2)}, h, `layers 1 and 3 are both called "middleware_test.throttle": give them names of their own with middleware.Named`},
		"returned nil":    {[]middleware.Layer{middleware.Named("x", func(http.Handler) http.Handler { return nil })}, h, `layer "x" returned a nil handler`},
		"failed to start": {[]middleware.Layer{middleware.Try("x", func(http.Handler) (http.Handler, error) { return nil, broken })}, h, `layer "x": broken`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stack := middleware.NewStack(c.layers...)
			built, err := stack.Build(c.handler)
			if built != nil || err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			defer func() {
				if v := fmt.Sprint(recover()); v != "middleware: "+err.Error() {
					t.Errorf("Then panicked with %q", v)
				}
			}()
			stack.Then(c.handler)
		})
	}
	if _, err := middleware.NewStack(middleware.Try("x", func(http.Handler) (http.Handler, error) { return nil, broken })).Build(h); !errors.Is(err, broken) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestStack_NamesLayersLikeTheirFunctions(t *testing.T) {
	t.Parallel()
	base := middleware.NewStack(middleware.Named("outer", passThrough), passThrough, guard{}.wrap, throttle(1))
	more := base.Append(middleware.Named("inner", passThrough))
	if got, want := base.String(), "outer > middleware_test.passThrough > middleware_test.guard.wrap > middleware_test.throttle"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := more.Names(); len(got) != 5 || got[4] != "inner" || len(base.Names()) != 4 {
		t.Errorf("after Append: %v and %v", got, base)
	}
	if got := (*middleware.Stack)(nil).String(); got != "(no layers)" {
		t.Errorf("nil stack: %s", got)
	}
}

func TestStack_NamedLayersWorkOutsideOfOne(t *testing.T) {
	t.Parallel()
	var tr tracer
	request(tr.layer("A")(http.HandlerFunc(tr.view)), get("/"))
	if got := strings.Join(tr.log, ", "); got != "init A, A.req, view, A.resp" {
		t.Errorf("got %s", got)
	}
}
