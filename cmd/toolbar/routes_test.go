package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// tellRoutes writes down what a shop serves: a route that is called, one that never was, and one for every method.
func (a *app) tellRoutes() {
	a.t.Helper()
	body, err := json.Marshal(query.Routes{Left: 3, Routes: []query.Route{
		{Method: "POST", Pattern: "/orders", Handler: "checkout.Create", File: "/src/shop/checkout/create.go", Line: 58, Layers: []string{"session"}},
		{Method: "GET", Pattern: "/admin/\x1b[31m", Handler: "admin.Orders"},
		{Pattern: "/static/", Handler: "http.StripPrefix"},
	}})
	if err != nil {
		a.t.Fatal(err)
	}
	if err := a.store.PutDocument(a.t.Context(), query.DocRoutes, body); err != nil {
		a.t.Fatal(err)
	}
}

func TestRoutes_ListsWhatWasNeverCalled(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	if r := toolbar(t, "routes", "--db", a.path); r.code != exitFailed || !strings.Contains(r.stderr, "has no routes") {
		t.Errorf("an empty store: %+v", r)
	}
	a.order()
	a.order()
	a.flush()
	if text := mustRun(t, "routes", "--db", a.path); !strings.Contains(text, "POST    /orders") || !strings.Contains(text, "has told no routes") {
		t.Errorf("routes that were asked for:\n%s", text)
	}
	a.tellRoutes()
	text := mustRun(t, "routes", "--db", a.path)
	for _, want := range []string{
		`3 routes, 2 never called`, `POST +/orders +2 +\d+ +\S+ +\S+ ago +checkout.Create  checkout/create.go:58`,
		`GET +/admin/\\x1b\[31m +0 +0 +- +never called +admin.Orders`, `any +/static/ +0 `, `3 more routes of the app are not kept`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	if text := mustRun(t, "routes", "--db", a.path, "--never-called", "STRIPprefix"); !strings.Contains(text, "/static/") || strings.Contains(text, "/orders") || strings.Contains(text, "/admin") {
		t.Errorf("some of them:\n%s", text)
	}
	var list struct {
		Told   bool
		Left   int
		Routes []struct {
			Method, Pattern string
			Listed          bool
			Count           int
			Last            *string
		}
	}
	if err := json.Unmarshal([]byte(mustRun(t, "routes", "--db", a.path, "--format", "json")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Routes) != 3 || !list.Told || list.Left != 3 || list.Routes[0].Count != 2 || list.Routes[0].Last == nil || list.Routes[1].Last != nil || !list.Routes[1].Listed {
		t.Errorf("%+v", list)
	}
	for _, args := range [][]string{{"--format", "xml"}, {"--since", "soon"}, {"a", "b"}} {
		if r := toolbar(t, append([]string{"routes", "--db", a.path}, args...)...); r.code != exitUsage {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

func TestRoutes_WhatIsNotListedComesLast(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	a.order()
	a.flush()
	body := []byte(`{"routes":[{"method":"GET","pattern":"/zzz"}]}`)
	if err := a.store.PutDocument(t.Context(), query.DocRoutes, body); err != nil {
		t.Fatal(err)
	}
	text := mustRun(t, "routes", "--db", a.path)
	if strings.Index(text, "/orders") < strings.Index(text, "/zzz") || !strings.Contains(text, "not listed by the app") {
		t.Error(text)
	}
	if text := mustRun(t, "routes", "--db", a.path, "--unlisted"); strings.Contains(text, "/zzz") || !strings.Contains(text, "/orders") {
		t.Error(text)
	}
}
