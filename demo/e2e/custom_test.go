package e2e_test

import (
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

// TestPages_TheShopHasOneOfItsOwn: what was sold is on its page, its card and in its JSON, and nothing of that is recorded.
func TestPages_TheShopHasOneOfItsOwn(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	type stock struct {
		Shelves []struct {
			Name             string
			Products, Pieces int
		}
		Days []struct{ Orders, Sold int }
	}
	before := e2etest.Get[stock](t, a.API("pages/stock"))
	v.Order()
	after := e2etest.Get[stock](t, a.API("pages/stock"))
	orders := func(s stock) int { return s.Days[len(s.Days)-1].Orders }
	if len(after.Shelves) != 6 || len(after.Days) != 14 || orders(after) != orders(before)+1 {
		t.Errorf("before it was %+v, after an order %+v", before, after)
	}
	page, overview := e2etest.Text(t, a.Page("pages/stock")), e2etest.Text(t, a.Page(""))
	for _, want := range []string{"Stock and sales", "Running out", "Sales by day", "Teapots &amp; jugs", "In the storeroom"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if card := between(t, overview, `id="card-stock"`, "</section>"); !strings.Contains(card, `href="/_toolbar/pages/stock"`) || !strings.Contains(card, "In the storeroom") {
		t.Errorf("the card is %s", card)
	}
	a.Flush()
	for _, h := range e2etest.Get[struct{ Handlers []struct{ Name string } }](t, a.API("handlers?kind=query")).Handlers {
		if strings.Contains(h.Name, "JOIN categories") {
			t.Errorf("what the dashboard asked for is among the app's statements: %s", h.Name)
		}
	}
}
