package middleware_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// sleeping takes time before and after what is inside.
func sleeping(before, after time.Duration) middleware.Layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(before)
			next.ServeHTTP(w, r)
			time.Sleep(after)
		})
	}
}

// TestA52_BudgetNamesTheLayer: its own time counts, not that of what it is around.
func TestA52_BudgetNamesTheLayer(t *testing.T) {
	var logged bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	defer slog.SetDefault(before)
	synctest.Test(t, func(t *testing.T) {
		record, m := recording(middleware.RecordOptions{})
		h := record(middleware.NewStack(
			middleware.Budget(10*time.Millisecond, middleware.Named("thrifty", sleeping(4*time.Millisecond, 4*time.Millisecond))),
			middleware.Named("spendthrift", middleware.Budget(10*time.Millisecond, sleeping(8*time.Millisecond, 8*time.Millisecond))),
			middleware.Named("free", sleeping(50*time.Millisecond, 0)),
		).ThenFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) }))
		request(h, httptest.NewRequest("GET", "/", nil))
		rec := m.one(t)
		wantAttrs(t, rec, map[string]any{"middleware.over_budget": "spendthrift"})
		for _, s := range rec.Spans {
			want := any(nil)
			if s.Handler.Name == "spendthrift" {
				want = 10 * time.Millisecond
			}
			if got := attr(s.Attrs, "layer.budget"); got != want {
				t.Errorf("%s: budget %v", s.Handler.Name, got)
			}
		}
		request(h, httptest.NewRequest("GET", "/", nil))
		if n := strings.Count(logged.String(), "layer=spendthrift own=16ms budget=10ms"); n != 1 || strings.Contains(logged.String(), "thrifty") {
			t.Errorf("logged %d times: %s", n, &logged)
		}
		time.Sleep(time.Minute)
		request(h, httptest.NewRequest("GET", "/", nil))
		if n := strings.Count(logged.String(), "layer=spendthrift"); n != 2 {
			t.Errorf("after a minute it was logged %d times", n)
		}
	})
}
