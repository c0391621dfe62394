package middleware_test

import (
	"net/http"
	"testing"

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
