package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// shipped has the keeper ship an order whose number fits, and returns the Record of that step.
func shipped(t *testing.T, a *e2etest.App, fits func(order int) bool) (record string) {
	t.Helper()
	v := e2etest.NewVisitor(t, a.URL)
	v.LogIn()
	number := 0
	for range 20 {
		v.Post("/cart", "sku", "FH-101", "quantity", "1")
		v.Post("/orders", "street", "3 Mill Row", "city", "Bath", "method", "card", "card", "4242 4242 4242 4242")
		if err := a.Store.DB().QueryRowContext(t.Context(), "SELECT MAX(id) FROM orders").Scan(&number); err != nil {
			t.Fatal(err)
		}
		if fits(number) {
			break
		}
	}
	if !fits(number) {
		t.Fatalf("no order fits, the last is %d", number)
	}
	keeper := e2etest.NewVisitor(t, a.URL)
	keeper.Post("/login", "email", store.KeeperEmail, "password", shop.DemoPassword)
	record = keeper.Post(fmt.Sprintf("/orders/%d/status", number), "status", "shipped")
	a.Flush()
	return record
}

func calls(r e2etest.Record) (found []e2etest.Span) {
	for _, s := range r.Spans {
		if s.Kind == "call" {
			found = append(found, s)
		}
	}
	return found
}

func wantAll(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("%q is not on the page", text)
		}
	}
}

// A call that is answered by a handler of ours leads to its Record, and back.
func TestTaps_ACallLeadsToTheRecordThatAnsweredIt(t *testing.T) {
	a := e2etest.Open(t)
	id := e2etest.NewVisitor(t, a.URL).Get("/products/FH-101")
	a.Flush()

	made := calls(e2etest.Get[e2etest.Record](t, a.API("requests/"+id)))
	if len(made) != 1 || made[0].Error != "" || made[0].Attrs["url.full"] != "http://workshop.fernhill.test/firings/mug" || made[0].Attrs["http.response.status_code"] != float64(http.StatusOK) {
		t.Fatalf("the calls are %+v", made)
	}
	page := e2etest.Text(t, a.Page("requests/"+id+"/calls"))
	wantAll(t, page, "answered by GET /firings/{shape}", "curl http://workshop.fernhill.test/firings/mug", "Waiting for the answer", "workshop.go")

	var callee e2etest.Record
	for _, r := range e2etest.Get[e2etest.Records](t, a.API("requests")).Records {
		if r.Name == "GET /firings/{shape}" {
			callee = e2etest.Get[e2etest.Record](t, a.API("requests/"+r.ID))
		}
	}
	if callee.ID == "" || !strings.Contains(page, "/_toolbar/requests/"+callee.ID) {
		t.Fatalf("the call does not lead to %q", callee.ID)
	}
	own := e2etest.Get[struct {
		Trace string `json:"trace_id"`
	}](t, a.API("requests/"+id))
	its := e2etest.Get[struct {
		Trace  string `json:"trace_id"`
		Caller string `json:"caller_span_id"`
	}](t, a.API("requests/"+callee.ID))
	if own.Trace == "" || own.Trace != its.Trace || its.Caller == "" {
		t.Errorf("the call is of trace %s, its answer of %+v", own.Trace, its)
	}
	wantAll(t, e2etest.Text(t, a.Page("requests/"+callee.ID)), "/_toolbar/requests/"+id)
	wantAll(t, e2etest.Text(t, a.Page("requests/"+callee.ID+"/logs")), "calendar asked", "workshop")
}

// The courier's line is busy at first, and sometimes cut: the call is made again, and one that fails says in which phase.
func TestTaps_CallsThatAreMadeAgainAndCallsThatFail(t *testing.T) {
	a := e2etest.Open(t)
	busy := shipped(t, a, func(n int) bool { return n%2 == 0 && n%7 != 0 })
	made := calls(e2etest.Get[e2etest.Record](t, a.API("requests/"+busy)))
	if len(made) != 2 || made[0].Error != "503 Service Unavailable" || made[1].Error != "" || made[1].Attrs["http.response.status_code"] != float64(http.StatusCreated) {
		t.Errorf("the calls to a courier whose line is busy are %+v", made)
	}
	wantAll(t, e2etest.Text(t, a.Page("requests/"+busy+"/calls")), "503", "201", "answered by POST /bookings")

	cut := shipped(t, a, func(n int) bool { return n%7 == 0 })
	made = calls(e2etest.Get[e2etest.Record](t, a.API("requests/"+cut)))
	if len(made) != 3 {
		t.Fatalf("%d calls to a courier who does not answer, want one and two more", len(made))
	}
	for _, c := range made {
		if !strings.Contains(c.Error, "EOF") || c.Attrs["http.client.phase"] != "wait" {
			t.Errorf("a call whose line was cut is %+v", c)
		}
	}
	wantAll(t, e2etest.Text(t, a.Page("requests/"+cut+"/calls")), "EOF", "POST")
}

// A second visitor finds in the caches what the first put there.
func TestTaps_CachesHitAndMiss(t *testing.T) {
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	first := v.Get("/products/FH-401")
	v.Get("/products/FH-402") // of the same shape
	second := v.Get("/products/FH-403")
	v.Get("/api/recommendations?sku=FH-403")
	a.Flush()
	results := func(id string) (found []string) {
		for _, s := range e2etest.Get[e2etest.Record](t, a.API("requests/"+id)).Spans {
			if s.Kind == "cache" {
				found = append(found, fmt.Sprint(s.Attrs["cache.operation"], " ", s.Attrs["cache.key"], " ", s.Attrs["cache.result"]))
			}
		}
		return found
	}
	if got := strings.Join(results(first), ", "); got != "GET all miss, SET all <nil>, GET firing:teapot miss, SET firing:teapot <nil>" {
		t.Errorf("the first visitor's calls: %s", got)
	}
	if got := strings.Join(results(second), ", "); got != "GET all hit, GET firing:teapot hit" {
		t.Errorf("the third one's calls: %s", got)
	}
	wantAll(t, e2etest.Text(t, a.Page("requests/"+first+"/cache")), "firing:teapot", "miss", "shelves", "firings")
	wantAll(t, e2etest.Text(t, a.Page("requests/"+second+"/cache")), "firing:{shape}", "67 % of 3", "In 24 hours", "answers" /* which this page did not use */)
}

// Lines carry their loggers and levels, and the same line is written once with a count.
func TestTaps_LogLinesByLevelAndLogger(t *testing.T) {
	a := e2etest.Open(t, func(o *app.Options) { o.Toolbar = nil })
	v := e2etest.NewVisitor(t, a.URL)
	v.LogIn()
	for _, sku := range []string{"FH-101", "FH-201", "FH-301"} {
		v.Post("/cart", "sku", sku, "quantity", "1")
	}
	id := v.Post("/orders", "street", "3 Mill Row", "city", "Bath", "method", "card", "card", "4242 4242 4242 4242")
	a.Flush()
	logs := a.Page("requests/" + id + "/logs")
	wantAll(t, e2etest.Text(t, logs), "DEBUG", "INFO", "storeroom", "order placed", "pieces reserved", "×3")
	only := e2etest.Text(t, logs+"?level=DEBUG&logger=storeroom")
	wantAll(t, only, "pieces reserved")
	if strings.Contains(only, "order placed") || strings.Contains(only, "piece priced") {
		t.Error("the filter by level and logger lets other lines through")
	}
}

// Pages are trees of components; what is printed is html/template's, and letters are text/template's.
func TestTaps_TemplatesAsTrees(t *testing.T) {
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	shelf := v.Get("/shelves/mugs")
	v.Order()
	a.Flush()
	number := 0
	if err := a.Store.DB().QueryRowContext(t.Context(), "SELECT MAX(id) FROM orders").Scan(&number); err != nil {
		t.Fatal(err)
	}
	invoice := v.Get(fmt.Sprintf("/orders/%d/invoice", number))
	a.Flush()

	r := e2etest.Get[e2etest.Record](t, a.API("requests/"+shelf))
	tiles := r.Find("render", "tile")
	if len(tiles) != 9 {
		t.Fatalf("%d tiles, want the nine mugs", len(tiles))
	}
	var around []string
	for _, s := range r.Above(tiles[0]) {
		if s.Kind == "render" {
			around = append(around, s.Name)
		}
	}
	if got := strings.Join(around, " > "); got != "Shelf > layout" {
		t.Errorf("a tile is below %s", got)
	}
	wantAll(t, e2etest.Text(t, a.Page("requests/"+shelf+"/templates")), "Shelf", "layout", "head", "tile", "templ", "product")

	r = e2etest.Get[e2etest.Record](t, a.API("requests/"+invoice))
	page := r.Find("render", "invoice.html")
	if len(page) != 1 || r.Spans[page[0]].Attrs["template.engine"] != "html/template" || len(r.Below(page[0])) != 2 {
		t.Errorf("the invoice is rendered from %+v", r.Spans)
	}
	wantAll(t, e2etest.Text(t, a.Page("requests/"+invoice+"/templates")), "invoice.html", "address", "line", "html/template", "Items")

	for _, r := range e2etest.Get[e2etest.Records](t, a.API("requests?kind=task")).Records {
		if r.Name == "invoice.make" {
			letter := e2etest.Get[e2etest.Record](t, a.API("requests/"+r.ID))
			if len(letter.Find("render", "invoice.txt")) != 1 || len(letter.Find("render", "line.txt")) != 1 {
				t.Errorf("the letter is rendered from %+v", letter.Spans)
			}
			return
		}
	}
	t.Error("no letter was written")
}
