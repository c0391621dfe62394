package toolbar_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

func greet(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

type listedRoutes struct {
	Told   bool
	Routes []struct {
		Method, Pattern, Handler, Source string
		Layers, Names                    []string
		Listed                           bool
		Count, Errors                    int
		Last                             *string
	}
}

// list is the list of all routes, a line each: "GET /orders/{id} 2", with what is special.
func (b *bundle) list(params string) (lines []string) {
	b.Helper()
	var all listedRoutes
	b.api("routes?"+params, &all)
	for _, r := range all.Routes {
		line := r.Method + " " + r.Pattern + " " + strings.Repeat("x", r.Count)
		if r.Last == nil {
			line += "never"
		}
		if !r.Listed {
			line += " unlisted"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestRoutes_ListsThoseThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	layer := func(next http.Handler) http.Handler { return http.HandlerFunc(next.ServeHTTP) }
	mux := middleware.NewMux()
	b := setup(t, toolbar.Config{}, middleware.NewStack(middleware.Named("log", layer)).Then(mux))
	mux.HandleFunc("GET /orders/{id}", greet) // after Wrap, as some apps do
	mux.HandleFunc("POST /orders", greet)
	mux.Handle("/bare/", http.StripPrefix("/bare", http.NewServeMux()))
	b.get("/orders/1")
	b.get("/orders/2")
	b.get("/nowhere")
	b.flush()
	if got, want := strings.Join(b.list("range=1h"), "\n"), "GET /orders/{id} xx\nPOST /orders never\n /bare/ never\n unmatched x unlisted"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := b.list("show=never&find=ORDERS"); strings.Join(got, "") != "POST /orders never" {
		t.Errorf("never called, with a text: %q", got)
	}
	var all listedRoutes
	b.api("routes", &all)
	if r := all.Routes[0]; !all.Told || r.Handler != "toolbar_test.greet" || !strings.HasPrefix(r.Source, "toolbar/routelist_test.go:") || strings.Join(r.Layers, "") != "log" || strings.Join(r.Names, "") != "GET /orders/{id}" {
		t.Errorf("%+v", r)
	}
	_, page := b.get("/_toolbar/routes")
	for _, want := range []string{"<wbr>greet", "never called", "not listed", "2 never called", `href="/_toolbar/handlers/one?kind=request&amp;name=GET`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if _, page := b.get("/_toolbar/routes?sort=calls"); strings.Index(page, "/orders/{id}") > strings.Index(page, "/bare/") {
		t.Error("the most called route is not the first")
	}
}

func TestRoutes_OfRoutersThatWrapDoesNotSee(t *testing.T) {
	t.Parallel()
	mux := middleware.NewMux()
	mux.HandleFunc("/seen", greet)
	hidden := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mux.ServeHTTP(w, r) })
	b := setup(t, toolbar.Config{}, hidden)
	b.get("/seen")
	b.flush()
	if got := strings.Join(b.list(""), "\n"); got != "GET /seen x unlisted" {
		t.Errorf("before the app told: %s", got)
	}
	if _, page := b.get("/_toolbar/routes"); !strings.Contains(page, "has not told its routes") || !strings.Contains(page, "middleware.NewMux()") {
		t.Error("the page does not say how routes are listed")
	}
	b.tb.ListRoutes(hidden) // which has none
	b.tb.ListRoutes(mux)
	b.tb.AddRoutes(middleware.RouteTo("GET", "/of-my-own/{id}", greet))
	b.flush()
	if got := strings.Join(b.list(""), "\n"); got != " /seen x\nGET /of-my-own/{id} never" {
		t.Errorf("after it told: %s", got)
	}
}

// tooMany is a router with more routes than are kept, that fails when it is asked again.
type tooMany struct {
	http.Handler
	asked int
}

func (r *tooMany) ListRoutes() (list []middleware.RouteInfo) {
	if r.asked++; r.asked > 1 {
		panic("out of routes")
	}
	for i := range 2500 {
		list = append(list, middleware.RouteInfo{Method: "GET", Pattern: strings.Repeat("/p", 1+i%7) + "/" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + "/{" + strings.Repeat("n", 1+i/100) + "}"})
	}
	return list
}

func TestRoutes_AreBoundedAndNeverFailTheApp(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, &tooMany{Handler: http.HandlerFunc(greet)})
	b.flush()
	if _, body := b.get("/"); body != "hello" {
		t.Errorf("the app answers %q", body)
	}
	b.flush()
	var all struct {
		Left   int
		Routes []struct{ Pattern string }
	}
	b.api("routes", &all)
	if all.Left == 0 || len(all.Routes) < 1000 || len(all.Routes) > 2100 {
		t.Errorf("%d routes, %d left out", len(all.Routes), all.Left)
	}
}

func TestRoutes_OfADisabledToolbarAreNobodysBusiness(t *testing.T) {
	t.Parallel()
	tb, err := toolbar.New(toolbar.Config{Disabled: true})
	if err != nil {
		t.Fatal(err)
	}
	tb.ListRoutes(middleware.NewMux())
	tb.AddRoutes(middleware.RouteInfo{Pattern: "/"})
	tb.Wrap(middleware.NewMux())
}
