package toolbar_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar/widget"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// A page of the app's own in the dashboard, and a card on the overview that leads to it.
func ExampleConfig_pages() {
	shelf := map[string]int64{"tea bowl": 0, "mug": 31}
	stock := func(context.Context, *http.Request) (templ.Component, error) {
		table := widget.Table{Caption: "Stock", Columns: []widget.Column{{Title: "Product"}, {Title: "Left", Number: true}}}
		for _, name := range []string{"mug", "tea bowl"} {
			left := widget.Cell{Text: widget.Count(shelf[name])}
			if shelf[name] == 0 {
				left.Status = widget.Error
			}
			table.Rows = append(table.Rows, widget.Row{{Text: name, Href: "/products/" + name}, left})
		}
		return widget.Card{Title: "Shelves", Body: table}, nil
	}
	soldOut := func(context.Context, *http.Request) (templ.Component, error) {
		return widget.Number{Label: "Sold out", Value: "1", Note: "of 2 products", Trend: []float64{0, 0, 1}, Bad: true}, nil
	}
	tb, err := toolbar.New(toolbar.Config{
		Path: ":memory:", NotDefault: true,
		Pages: []web.Page{{Name: "stock", Title: "Stock", Icon: "layer", Draw: stock, JSON: func(context.Context, *http.Request) (any, error) { return shelf, nil }}},
		Cards: []web.Card{{Name: "stock", Title: "Stock", Page: "stock", Draw: soldOut}},
	})
	if err != nil {
		panic(err)
	}
	defer tb.Close(context.Background())
	ask := func(path, accept string) string {
		r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
		r.RemoteAddr = "127.0.0.1:1234"
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		tb.Handler().ServeHTTP(w, r)
		return w.Body.String()
	}
	fmt.Println(strings.Contains(ask("/_toolbar/pages/stock", "text/html"), "tea bowl"))
	fmt.Println(strings.Contains(ask("/_toolbar/", "text/html"), "Sold out"))
	fmt.Print(ask("/_toolbar/pages/stock", "application/json"))
	// Output:
	// true
	// true
	// {"mug":31,"tea bowl":0}
}
