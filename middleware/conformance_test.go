package middleware_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

// watch wraps the writer and hooks in, as a layer with a response phase does.
func watch(hook bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			res, w := middleware.Wrap(w, r)
			if hook {
				res.OnHeader(func(int, http.Header) {})
			}
			done := false
			defer func() {
				if done {
					res.Finish()
				} else {
					res.Abort()
				}
			}()
			next.ServeHTTP(w, r)
			done = true
		})
	}
}

func snippet(middleware.Page) []byte { return []byte("<!-- snippet -->") }

// recordAll records into nothing that is kept.
func recordAll(o middleware.RecordOptions) func(http.Handler) http.Handler {
	return middleware.Record(instrument.New(instrument.Config{Sink: forgetting{}}), o)
}

// forgetting is a Sink that wants every Record and keeps none.
type forgetting struct{}

func (forgetting) Want(*instrument.Summary) bool   { return true }
func (forgetting) Put(*instrument.Summary, []byte) {}

// TestFidelity is RELIABILITY 3.3: nothing changes by being watched.
func TestFidelity(t *testing.T) {
	t.Parallel()
	wraps := map[string]func(http.Handler) http.Handler{
		"watched":       watch(false),
		"hooked":        watch(true),
		"watched twice": func(h http.Handler) http.Handler { return watch(true)(watch(false)(h)) },
		"no page to inject into": middleware.Inject(middleware.Injection{
			Snippet: func(middleware.Page) []byte { return nil },
		}),
		"recorded": recordAll(middleware.RecordOptions{}),
		"not shown": middleware.Inject(middleware.Injection{
			Snippet: snippet, Show: func(*http.Request) bool { return false },
		}),
	}
	for name, wrap := range wraps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			middlewaretest.Run(t, wrap)
		})
	}
}

// TestFidelity_BodiesKept is the same while bodies are kept. A request's body is then of a
// type of this package, which the case that prints it does not get to see.
func TestFidelity_BodiesKept(t *testing.T) {
	t.Parallel()
	wraps := map[string]func(http.Handler) http.Handler{
		"all": recordAll(middleware.RecordOptions{Bodies: true}),
		"the first bytes of a page": func(h http.Handler) http.Handler {
			return recordAll(middleware.RecordOptions{Bodies: true, MaxBody: 100})(middleware.Inject(middleware.Injection{
				Snippet: func(middleware.Page) []byte { return nil },
			})(watch(true)(h)))
		},
	}
	for name, wrap := range wraps {
		for _, c := range middlewaretest.Cases() {
			if c.Name == "13 request as it came" {
				c.Inside = hideBody
			}
			t.Run(name+"/"+c.Name, func(t *testing.T) {
				t.Parallel()
				middlewaretest.Compare(t, c, wrap)
			})
		}
	}
}

type hiddenBody struct{ io.ReadCloser }

func hideBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner := *r
		inner.Body = hiddenBody{r.Body}
		next.ServeHTTP(w, &inner)
	})
}
