package app

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar/widget"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// What the page of the stock shows.
const (
	salesDays = 14
	shortList = 20
)

// stockPages are the shop's own page in the dashboard, and its card on the overview.
func (a *App) stockPages() (pages []web.Page, cards []web.Card) {
	pages = []web.Page{{
		Name: "stock", Title: "Stock and sales", Icon: "layer", Live: true,
		Draw: func(ctx context.Context, _ *http.Request) (templ.Component, error) {
			s, err := a.readStock(ctx)
			if err != nil {
				return nil, err
			}
			return s.page(), nil
		},
		JSON: func(ctx context.Context, _ *http.Request) (any, error) { return a.readStock(ctx) },
	}}
	cards = []web.Card{{
		Name: "stock", Title: "Stock", Page: "stock", Wide: true,
		Draw: func(ctx context.Context, _ *http.Request) (templ.Component, error) {
			s, err := a.readStock(ctx)
			if err != nil {
				return nil, err
			}
			return s.numbers(), nil
		},
	}}
	return pages, cards
}

// stock is what there is to sell and what was sold.
type stock struct {
	Shelves []store.Shelf   `json:"shelves"`
	Short   []store.Product `json:"short"`
	Days    []store.Day     `json:"days"`
}

// readStock asks the shop, which is opened after the toolbar and before anybody asks for a page.
func (a *App) readStock(ctx context.Context) (s stock, err error) {
	if s.Shelves, err = a.Store.Shelves(ctx); err != nil {
		return s, err
	}
	if s.Short, err = a.Store.Short(ctx, shortList); err != nil {
		return s, err
	}
	s.Days, err = a.Store.Days(ctx, salesDays)
	return s, err
}

func (s stock) numbers() widget.Numbers {
	var all store.Shelf
	for _, f := range s.Shelves {
		all.Products, all.Pieces, all.SoldOut, all.Low = all.Products+f.Products, all.Pieces+f.Pieces, all.SoldOut+f.SoldOut, all.Low+f.Low
	}
	today := s.Days[len(s.Days)-1]
	return widget.Numbers{
		{Label: "In the storeroom", Value: widget.Count(int64(all.Pieces)), Unit: "pieces", Note: "of " + widget.Count(int64(all.Products)) + " products"},
		{Label: "Running out", Value: widget.Count(int64(all.Low)), Note: "sold out: " + widget.Count(int64(all.SoldOut))},
		{Label: "Orders today", Value: widget.Count(int64(today.Orders)), Note: "and in two weeks:", Trend: s.orders()},
		{Label: "Sold today", Value: today.Sold.String(), Note: "and in two weeks:", Trend: s.sold()},
	}
}

func (s stock) orders() (values []float64) {
	for _, d := range s.Days {
		values = append(values, float64(d.Orders))
	}
	return values
}

// sold is in pounds.
func (s stock) sold() (values []float64) {
	for _, d := range s.Days {
		values = append(values, float64(d.Sold)/100)
	}
	return values
}

func (s stock) page() widget.Stack {
	shelves := widget.Bars{Caption: "Pieces", Head: "Shelf"}
	for _, f := range s.Shelves {
		shelves.Rows = append(shelves.Rows, widget.Bar{Label: f.Name, Value: float64(f.Pieces)})
	}
	short := widget.Table{
		Caption: "Products of which few are left", Empty: "There is enough of everything.",
		Columns: []widget.Column{{Title: "Product"}, {Title: "Left", Number: true}, {Title: "On the way", Number: true}},
	}
	for _, p := range s.Short {
		left := widget.Cell{Text: widget.Count(int64(p.Stock)), Status: widget.Warning}
		if !p.Available() {
			left.Status = widget.Error
		}
		short.Rows = append(short.Rows, widget.Row{{Text: p.Name, Note: p.SKU, Href: "/products/" + p.SKU}, left, {Text: widget.Count(int64(p.Incoming))}})
	}
	return widget.Stack{
		s.numbers(),
		widget.Card{Title: "Sales", Note: "pounds a day", Body: widget.Lines{
			Label: "Sales by day", Unit: "£", Start: s.Days[0].Start, Step: 24 * time.Hour, Lines: []widget.Line{{Label: "sold", Values: s.sold()}},
		}},
		widget.Columns{
			widget.Card{Title: "Running out", Note: "the next order to the pottery", Body: short},
			widget.Card{Title: "Shelves", Body: shelves},
		},
	}
}
