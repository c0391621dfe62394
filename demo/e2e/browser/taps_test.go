package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
)

// texts are what the elements say that a selector finds.
func (p *tab) texts(selector string) []string {
	p.t.Helper()
	return value[[]string](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.textContent.replace(/\s+/g, ' ').trim())`, selector))
}

// somewhere fails the test unless one of the rows has all the texts.
func (p *tab) somewhere(rows []string, texts ...string) {
	p.t.Helper()
	for _, row := range rows {
		found := true
		for _, text := range texts {
			found = found && strings.Contains(row, text)
		}
		if found {
			return
		}
	}
	p.t.Errorf("%s: no row has all of %q:\n%s", p.where(), texts, strings.Join(rows, "\n"))
}

// What the shop calls, caches, logs and renders is in the panels, which are read and followed as a visitor of the dashboard does.
func TestBrowser_PanelsOfCallsCachesLogsAndTemplates(t *testing.T) {
	a := e2etest.Open(t, func(o *app.Options) { o.Toolbar = nil })
	v := e2etest.NewVisitor(t, a.URL)
	product := v.Get("/products/FH-401")
	again := v.Get("/products/FH-402")
	shelf := v.Get("/shelves/mugs")
	v.LogIn()
	for _, sku := range []string{"FH-101", "FH-201", "FH-301"} {
		v.Post("/cart", "sku", sku, "quantity", "1")
	}
	order := v.Post("/orders", "street", "3 Mill Row", "city", "Bath", "method", "card", "card", "4242 4242 4242 4242")
	a.Flush()
	p := openBrowser(t).tab()
	p.prefer("light")
	look := func(name string) {
		t.Helper()
		for _, width := range []int64{wide, narrow} {
			p.size(width)
			for _, theme := range []string{"light", "dark"} {
				p.prefer(theme)
				p.fits(name + ", " + theme)
				p.accessible(fmt.Sprintf("%s at %d px, %s", name, width, theme))
				p.shoot(fmt.Sprintf("taps-%s-%d-%s", name, width, theme))
			}
		}
		p.size(wide)
		p.quiet()
	}

	p.open(a.Page("requests/" + product + "/calls"))
	p.somewhere(p.texts("table.steps-t tbody tr"), "GET workshop.fernhill.test/firings/teapot", "200", "answered by GET /firings/{shape}", "shop.(*Shop).product")
	p.somewhere(p.texts("section pre, section code"), "curl http://workshop.fernhill.test/firings/teapot")
	for _, phase := range []string{"Connecting", "Waiting for the answer", "Reading the answer"} {
		p.somewhere(p.texts("table.tight tbody tr"), phase)
	}
	look("calls")
	p.leave(`table.steps-t a[href*="/requests/"]:not([href*="call="])`)
	p.somewhere(p.texts("h1"), "GET /firings/teapot")
	p.leave(`.causal a`) // back to who called
	p.somewhere(p.texts("h1"), "GET /products/FH-401")

	p.open(a.Page("requests/" + product + "/cache"))
	p.somewhere(p.texts("tbody tr"), "GET", "firing:teapot", "firings", "miss")
	look("cache-misses")
	p.open(a.Page("requests/" + again + "/cache"))
	p.somewhere(p.texts("tbody tr"), "GET", "firing:teapot", "firings", "hit")
	p.somewhere(p.texts("tbody tr"), "firing:{shape}", "100 %", "50 % of 2")
	look("cache-hits")

	p.open(a.Page("requests/" + order + "/logs"))
	p.somewhere(p.texts("tbody tr"), "DEBUG", "pieces reserved", "×3", "storeroom", "reserve-stock")
	p.somewhere(p.texts("tbody tr"), "INFO", "order placed", "checkout.go")
	look("logs")
	all := len(p.texts("table.t tbody tr"))
	p.leave(`a[href*="level=DEBUG"]`)
	p.leave(`a[href*="logger=storeroom"]`)
	rows := p.texts("table.t tbody tr")
	if len(rows) == 0 || len(rows) >= all {
		t.Errorf("%d of %d lines are DEBUG of the storeroom", len(rows), all)
	}
	for _, row := range rows {
		if !strings.Contains(row, "pieces reserved") {
			t.Errorf("the filter lets %q through", row)
		}
	}
	look("logs-filtered")

	p.open(a.Page("requests/" + shelf + "/templates"))
	rows = p.texts("table.steps-t tbody tr")
	for _, name := range []string{"Shelf", "layout", "head", "tile"} {
		p.somewhere(rows, name)
	}
	p.somewhere(rows, "tile", "×9", "product")
	look("templates")
}
