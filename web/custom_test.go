package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/web"
)

type drawing = func(context.Context, *http.Request) (templ.Component, error)

// says is a component that draws a text.
func says(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<p>"+templ.EscapeString(text)+"</p>")
		return err
	})
}

func drawn(text string) drawing {
	return func(context.Context, *http.Request) (templ.Component, error) { return says(text), nil }
}

// look asks for a page of the dashboard, as JSON if accept says so.
func look(d *web.Dashboard, path, accept string) (status int, body string) {
	r := httptest.NewRequest(http.MethodGet, "/_toolbar/"+path, nil)
	r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
	r.Header.Set("Accept", accept)
	res := serve(d, r)
	all, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(all)
}

func TestPages_OfTheAppAreInTheNavigationAndWithinTheFrame(t *testing.T) {
	t.Parallel()
	var asked *http.Request
	d := dashboard(t, &spy{}, web.Config{
		App: "shop",
		Pages: []web.Page{
			{Name: "stock", Title: "Stock & shelves", Icon: "chart", Ranges: true, Live: true, Draw: func(_ context.Context, r *http.Request) (templ.Component, error) {
				asked = r
				return says("12 pots <left>"), nil
			}},
			{Name: "crew", Title: "Crew", Draw: drawn("nobody")},
		},
	})
	status, page := look(d, "pages/stock?range=24h", "text/html")
	for _, want := range []string{"<h1>Stock &amp; shelves</h1>", "12 pots &lt;left&gt;", `href="/_toolbar/pages/crew"`, `<a href="/_toolbar/pages/stock" aria-current="true">`, "This app", "Time range", "data-live-toggle", "i-chart", "i-custom"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	since, until := web.TimeRange(asked)
	if status != http.StatusOK || until.Sub(since) != 24*time.Hour {
		t.Errorf("status %d, a window of %s", status, until.Sub(since))
	}
	if _, page = look(d, "pages/crew", "text/html"); strings.Contains(page, "Time range") || strings.Contains(page, "data-live-toggle") {
		t.Error("a page has what it did not ask for")
	}
	if status, _ = look(d, "pages/none", "text/html"); status != http.StatusNotFound {
		t.Errorf("a page that is none: %d", status)
	}
	if _, page = look(dashboard(t, &spy{}, web.Config{}), "", "text/html"); strings.Contains(page, "This app") {
		t.Error("without pages there is a place for them")
	}
}

func TestPages_OfTheAppAreJSONWhereTheAppGivesIt(t *testing.T) {
	t.Parallel()
	give := func(v any, err error) func(context.Context, *http.Request) (any, error) {
		return func(context.Context, *http.Request) (any, error) { return v, err }
	}
	d := dashboard(t, &spy{}, web.Config{
		Mask: func(s string) string { return strings.ReplaceAll(s, "hunter2", "•••") },
		Pages: []web.Page{
			{Name: "stock", Title: "Stock", Draw: drawn("x"), JSON: give(map[string]int{"pots": 12}, nil)},
			{Name: "silent", Title: "Silent", Draw: drawn("x")},
			{Name: "nothing", Title: "Nothing", Draw: drawn("x"), JSON: give(nil, nil)},
			{Name: "broken", Title: "Broken", Draw: drawn("x"), JSON: give(nil, errors.New("dial with hunter2"))},
			{Name: "mad", Title: "Mad", Draw: drawn("x"), JSON: func(context.Context, *http.Request) (any, error) { panic("mad") }},
		},
	})
	for _, c := range []struct {
		name   string
		status int
		has    string
	}{
		{"stock", 200, `{"pots":12}`}, {"nothing", 200, "{}"}, {"none", 404, "No such page"},
		{"silent", 406, "web.Page.JSON"}, {"broken", 500, "dial with •••"}, {"mad", 500, "panic: mad"},
	} {
		for _, path := range []string{"pages/" + c.name, "api/v1/pages/" + c.name} {
			if status, body := look(d, path, "application/json"); status != c.status || !strings.Contains(body, c.has) {
				t.Errorf("%s: %d %s, want %d with %s", path, status, body, c.status, c.has)
			}
		}
	}
	_, list := look(d, "api/v1/pages", "")
	if !strings.Contains(list, `{"name":"stock","title":"Stock","page":"/_toolbar/pages/stock","json":true}`) || !strings.Contains(list, `"name":"silent","title":"Silent","page":"/_toolbar/pages/silent","json":false`) {
		t.Errorf("the list is %s", list)
	}
}

// mishaps are what a function of the app's may do, and what the viewer is told.
var mishaps = map[string]struct {
	draw drawing
	want string
}{
	"an error": {func(context.Context, *http.Request) (templ.Component, error) {
		return nil, errors.New("no rows for hunter2")
	}, "no rows for •••"},
	"a panic":                  {func(context.Context, *http.Request) (templ.Component, error) { panic("nil map") }, "panic: nil map"},
	"the end of its goroutine": {func(context.Context, *http.Request) (templ.Component, error) { runtime.Goexit(); return nil, nil }, "it ended its goroutine"},
	"nothing":                  {func(context.Context, *http.Request) (templ.Component, error) { return nil, nil }, "it gave nothing to draw"},
	"a panic while it draws":   {late(func() error { panic("nil slice") }), "panic: nil slice"},
	"an error while it draws":  {late(func() error { return errors.New("half of it") }), "half of it"},
	"more than fits": {func(context.Context, *http.Request) (templ.Component, error) {
		return says(strings.Repeat("x", 5<<20)), nil
	}, "it draws more than"},
	"an error that panics itself": {func(context.Context, *http.Request) (templ.Component, error) { return nil, sulking{} }, "PANIC"},
}

func late(do func() error) drawing {
	return func(context.Context, *http.Request) (templ.Component, error) {
		return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			_, _ = io.WriteString(w, "<table><tr>")
			return do()
		}), nil
	}
}

type sulking struct{}

func (sulking) Error() string { panic("leave me alone") }

func TestPages_WhatFailsHarmsNothingElse(t *testing.T) {
	t.Parallel()
	for name, c := range mishaps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dashboard(t, &spy{}, web.Config{
				Mask:  func(s string) string { return strings.ReplaceAll(s, "hunter2", "•••") },
				Pages: []web.Page{{Name: "bad", Title: "Bad", Draw: c.draw}, {Name: "good", Title: "Good", Draw: drawn("all is well")}},
				Cards: []web.Card{{Name: "bad", Title: "Bad", Draw: c.draw, Page: "bad"}, {Name: "good", Title: "Good", Draw: drawn("all is well"), Wide: true}},
			})
			status, page := look(d, "pages/bad", "text/html")
			if status != http.StatusInternalServerError || !strings.Contains(page, "This page failed") || !strings.Contains(page, c.want) || strings.Contains(page, "<table><tr>") {
				t.Errorf("the page: %d, without %q", status, c.want)
			}
			status, page = look(d, "", "text/html")
			if status != http.StatusOK || !strings.Contains(page, "This card failed") || !strings.Contains(page, c.want) || !strings.Contains(page, "<p>all is well</p>") ||
				!strings.Contains(page, `<a class="plainlink" href="/_toolbar/pages/bad">Bad</a>`) {
				t.Errorf("the overview: %d, without %q or the other card", status, c.want)
			}
			if status, page = look(d, "pages/good", "text/html"); status != http.StatusOK || !strings.Contains(page, "all is well") {
				t.Errorf("the other page: %d", status)
			}
		})
	}
}

func TestPages_AFailureIsLoggedOnceInAWhileWithItsStack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		d, err := web.New(web.Config{
			Store: &spy{}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Cards: []web.Card{{Name: "bad", Title: "Bad", Draw: mishaps["a panic"].draw}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 12 { // a minute of a page that is live
			look(d, "", "text/html")
			time.Sleep(5 * time.Second)
		}
		if n := strings.Count(log.String(), "nil map"); n != 1 || !strings.Contains(log.String(), "custom_test.go") {
			t.Errorf("%d lines: %s", n, log.String())
		}
		look(d, "", "text/html")
		if n := strings.Count(log.String(), "nil map"); n != 2 {
			t.Errorf("%d lines a minute later", n)
		}
	})
}

func TestCards_TheOverviewDoesNotWaitForThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		running := make(chan struct{}, 99)
		d := dashboard(t, &spy{}, web.Config{Cards: []web.Card{
			{Name: "deaf", Title: "Deaf", Draw: func(context.Context, *http.Request) (templ.Component, error) {
				running <- struct{}{}
				<-release
				return says("at last"), nil
			}},
			{Name: "slow", Title: "Slow", Draw: func(ctx context.Context, _ *http.Request) (templ.Component, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}},
			{Name: "quick", Title: "Quick", Draw: drawn("here it is")},
		}})
		for i := range 6 {
			began := time.Now()
			_, page := look(d, "", "text/html")
			if took := time.Since(began); took < time.Second || took > 1300*time.Millisecond {
				t.Errorf("the overview took %s", took)
			}
			for _, want := range []string{"context deadline exceeded", "here it is", map[bool]string{true: "took too long", false: "still wait for it"}[i < 4]} {
				if !strings.Contains(page, want) {
					t.Errorf("%d: the overview lacks %q", i, want)
				}
			}
		}
		if n := len(running); n != 4 {
			t.Errorf("%d of a card that does not end are under way, want no more than 4", n)
		}
		close(release)
		synctest.Wait()
		if _, page := look(d, "", "text/html"); !strings.Contains(page, "at last") {
			t.Error("it is not there when it works again")
		}
	})
}

func TestPages_APageThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		d := dashboard(t, &spy{}, web.Config{Pages: []web.Page{{Name: "deaf", Title: "Deaf", Draw: func(context.Context, *http.Request) (templ.Component, error) {
			<-release
			return says(""), nil
		}}}})
		began := time.Now()
		status, page := look(d, "pages/deaf", "text/html")
		if took := time.Since(began); status != http.StatusInternalServerError || took > 10*time.Second || !strings.Contains(page, "took too long") {
			t.Errorf("%d after %s", status, took)
		}
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() { look(d, "pages/deaf", "text/html") })
		}
		time.Sleep(time.Millisecond)
		began = time.Now()
		if status, _ := look(d, "requests", "text/html"); status != http.StatusOK || time.Since(began) > 4*time.Second {
			t.Errorf("another page: %d after %s", status, time.Since(began))
		}
		all.Wait()
		close(release)
	})
}

func TestPages_ConfigSaysWhatCannotBeUsed(t *testing.T) {
	t.Parallel()
	ok := drawn("x")
	many := make([]web.Card, 25)
	for i := range many {
		many[i] = web.Card{Name: fmt.Sprint(i), Title: "x", Draw: ok}
	}
	for want, c := range map[string]web.Config{
		"lower-case letters":       {Pages: []web.Page{{Name: "Stock/1", Title: "x", Draw: ok}}},
		"without a Title":          {Pages: []web.Page{{Name: "stock", Draw: ok}}},
		"without a Draw":           {Pages: []web.Page{{Name: "stock", Title: "x"}}},
		"twice":                    {Pages: []web.Page{{Name: "stock", Title: "x", Draw: ok}, {Name: "stock", Title: "y", Draw: ok}}},
		"the dashboard has a page": {Pages: []web.Page{{Name: "requests", Title: "x", Draw: ok}}},
		"the icons are bad, cache": {Pages: []web.Page{{Name: "stock", Title: "x", Icon: "pot", Draw: ok}}},
		"Cards has \"a\" twice":    {Cards: []web.Card{{Name: "a", Title: "x", Draw: ok}, {Name: "a", Title: "y", Draw: ok}}},
		"which Config.Pages":       {Cards: []web.Card{{Name: "a", Title: "x", Draw: ok, Page: "stock"}}},
		"24 are the most":          {Cards: many},
	} {
		c.Store = &spy{}
		if _, err := web.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
