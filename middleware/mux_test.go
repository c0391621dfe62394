package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

func listOrders(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "orders") }

// TestMux_ServesAsTheMuxInIt: a Mux does on the wire what http.ServeMux does.
func TestMux_ServesAsTheMuxInIt(t *testing.T) {
	t.Parallel()
	middlewaretest.RunAgainst(t, func(h http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/", h)
		return mux
	}, func(h http.Handler) http.Handler {
		mux := middleware.NewMux()
		mux.Handle("/", h)
		return mux
	})
}

func TestMux_ListsItsRoutesAsRequestsAreCounted(t *testing.T) {
	t.Parallel()
	layer := func(next http.Handler) http.Handler { return http.HandlerFunc(next.ServeHTTP) }
	var inner middleware.Mux
	inner.HandleFunc("GET /api/orders", listOrders)
	own := http.NewServeMux()
	mux := middleware.NewMux()
	mux.HandleFunc("GET /orders/{id}", listOrders)
	mux.HandleFunc("POST  /orders", func(http.ResponseWriter, *http.Request) {})
	mux.Handle("/api/", &inner)
	mux.Handle("shop.example.com/own/", own)
	mux.Handle("/admin/{$}", middleware.NewStack(middleware.Named("auth", layer)).ThenFunc(listOrders))
	mux.Handle("/static/", http.StripPrefix("/static/", http.NotFoundHandler()))
	h := middleware.NewStack(middleware.Named("log", layer)).Then(mux)
	want := `GET /orders/{id} middleware_test.listOrders [log]
POST /orders middleware_test.TestMux_ListsItsRoutesAsRequestsAreCounted [log]
GET /api/orders middleware_test.listOrders [log]
* shop.example.com/own/ *http.ServeMux [log]
* /admin/{$} middleware_test.listOrders [log auth]
* /static/ http.StripPrefix [log]
`
	if got := middlewaretest.Routes(h); got != want {
		t.Errorf("listed\n%s\nwant\n%s", got, want)
	}
	middlewaretest.CheckRoutes(t, h, map[string]string{
		"/orders/7": "/orders/{id}", "/api/orders": "/api/orders", "/admin/": "/admin/{$}", "/static/x": "/static/",
	})
}

func TestMux_NamesViewsAsAMuxDoes(t *testing.T) {
	t.Parallel()
	mux := middleware.NewMux()
	mux.HandleFunc("GET /orders/{id}", listOrders)
	records := middlewaretest.NewRecords()
	records.Wrap(middleware.NewStack(middleware.Named("log", func(next http.Handler) http.Handler { return next })).Then(mux)).
		ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/orders/7", nil))
	if tree := middlewaretest.Tree(records.Next(t)); !strings.Contains(tree, "view middleware_test.listOrders") {
		t.Error(tree)
	}
}

func TestMux_WhatIsAddedLaterIsListedToo(t *testing.T) {
	t.Parallel()
	mux := middleware.NewMux()
	if list, again := middleware.RoutesOf(mux); len(list) > 0 || !again {
		t.Errorf("an empty mux has %v, to be asked again: %v", list, again)
	}
	mux.HandleFunc("/later", listOrders)
	if list, _ := middleware.RoutesOf(mux); len(list) != 1 || list[0].Pattern != "/later" || list[0].Source.Line == 0 {
		t.Errorf("listed %+v", list)
	}
	if list, again := middleware.RoutesOf(http.NewServeMux()); list != nil || again {
		t.Error("a mux that cannot tell has routes")
	}
}

func TestMux_RefusesWhatAMuxRefuses(t *testing.T) {
	t.Parallel()
	for name, add := range map[string]func(*middleware.Mux){
		"twice":        func(m *middleware.Mux) { m.HandleFunc("/x", listOrders); m.HandleFunc("/x", listOrders) },
		"no pattern":   func(m *middleware.Mux) { m.HandleFunc("", listOrders) },
		"nil function": func(m *middleware.Mux) { m.HandleFunc("/x", nil) },
		"nil handler":  func(m *middleware.Mux) { m.Handle("/x", nil) },
	} {
		mux := middleware.NewMux()
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.Contains(text, "http: ") && !strings.Contains(text, "pattern") {
					t.Errorf("%s: %s", name, text)
				}
			}()
			add(mux)
		}()
		if list, _ := middleware.RoutesOf(mux); len(list) > 1 {
			t.Errorf("%s: listed %v", name, list)
		}
	}
}
