package main

import (
	"math"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar/widget"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// customNav are the pages of an app of its own.
var customNav = []view.NavPage{{Name: "stock", Title: "Stock", Icon: "layer"}, {Name: "sales", Title: "Sales", Icon: "chart"}}

// customPage has each part that apps may use.
func customPage() view.CustomPage {
	return view.CustomPage{Body: widget.Stack{
		widget.Numbers{
			{Label: "Products", Value: widget.Count(1240), Note: "in 14 categories"},
			{Label: "Sold out", Value: "7", Note: "3 since yesterday", Bad: true, Trend: wave(1, 7), Href: string(base) + "pages/stock?only=sold-out"},
			{Label: "Sales", Value: widget.Count(18204), Unit: "€", Note: "in the last 24 hours", Trend: wave(9, 12)},
			{Label: "Packed in", Value: "41", Unit: "min", Note: "half of the parcels"},
		},
		widget.Note{Status: widget.Warning, Title: "The glaze runs out on Thursday", Text: "Ash glaze: 3.2 kg are left, 1.1 kg are used a day.", Fix: "order some.", Href: string(base) + "pages/sales", Action: "Sales"},
		widget.Card{Title: "Sold in an hour", Note: "by category", Body: widget.Lines{
			Label: "Pieces sold in an hour", Unit: "pieces", Start: now.Add(-5 * time.Hour), Step: time.Hour,
			Lines: []widget.Line{{Label: "mugs", Values: []float64{4, 7, 12, math.NaN(), 9}}, {Label: "bowls", Values: []float64{2, 2, 5, 3, 8}}},
		}},
		widget.Columns{
			widget.Card{Title: "Shelves", Href: string(base) + "pages/stock", Body: widget.Table{
				Caption: "Products and what is left of them",
				Columns: []widget.Column{{Title: "Product"}, {Title: "Left", Number: true}, {Title: "Price", Number: true}},
				Rows: []widget.Row{
					{{Text: "Tea bowl, ash", Note: "shelf 3", Href: "/products/12"}, {Text: "0", Status: widget.Error}, {Text: "48.00 €"}},
					{{Text: "Mug, cobalt", Note: "shelf 1", Href: "/products/3"}, {Text: "3", Status: widget.Warning}, {Text: "22.00 €"}},
					widget.Cells("Vase, tall", "41", "110.00 €"),
				},
			}},
			widget.Card{Title: "Sold this week", Body: widget.Bars{
				Caption: "Pieces", Head: "Category", Rows: []widget.Bar{{Label: "Mugs", Value: 240}, {Label: "Bowls", Value: 121}, {Label: "Returns", Value: 9, Bad: true}},
			}},
		},
		widget.Columns{
			widget.Card{Title: "The kiln", Body: widget.Facts{
				{Name: "State", Value: "cooling", Note: "until 18:40", Status: widget.OK}, {Name: "Temperature", Value: "612 °C"}, {Name: "Last firing", Value: widget.Duration(9 * time.Hour)},
			}},
			widget.Card{Title: "Waiting list", Body: widget.Empty{Title: "Nobody waits", Text: "Who asks for something that is sold out is listed here."}},
		},
		widget.Code{Label: "Count again", Text: "shop manage count-stock --shelf 3"},
		widget.Text("Counted by hand every first Monday of a month."),
	}}
}

func customCards() view.Overview {
	m := calm()
	m.Cards = []view.CustomCard{
		{Name: "stock", Title: "Stock", Href: string(base) + "pages/stock", Body: widget.Numbers{
			{Label: "Sold out", Value: "7", Note: "of 1,240 products", Bad: true, Trend: wave(1, 7)}, {Label: "Short", Value: "31", Note: "less than 5 left"},
		}},
		{Name: "kiln", Title: "Kiln", Failed: "dial tcp 10.0.0.7:502: connect: connection refused"},
		{Name: "sold", Title: "Sold this week", Wide: true, Body: widget.Bars{
			Caption: "Pieces", Head: "Category", Rows: []widget.Bar{{Label: "Mugs", Value: 240}, {Label: "Bowls", Value: 121}},
		}},
	}
	return m
}
