// Package views holds the shop's pages: templ components that take what they show and fetch nothing.
//
// The *_templ.go files are generated and committed; after a change in a .templ file, run
//
//	go run github.com/a-h/templ/cmd/templ@v0.3.1020 generate
package views

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// Page is what every page knows besides its own subject.
type Page struct {
	Title  string
	Path   string      // of the request, marks the present shelf in the head
	User   *store.User // nil = nobody is logged in
	Cart   int         // pieces in the cart
	Flash  string      // said once, after the step before
	Search string      // what was searched for
}

// Line is one line of the cart.
type Line struct {
	Product  store.Product
	Quantity int
}

// Sum is what the line costs.
func (l Line) Sum() store.Money { return l.Product.Price * store.Money(l.Quantity) }

// Total is what the lines cost together.
func Total(lines []Line) store.Money {
	var sum store.Money
	for _, l := range lines {
		sum += l.Sum()
	}
	return sum
}

// Form is what somebody typed, shown again beside what was wrong with it.
type Form struct {
	Values  map[string]string
	Problem string // "" = nothing wrong so far
}

// Get returns what was typed into a field.
func (f Form) Get(name string) string { return f.Values[name] }

// StockText says in words whether a piece can be had.
func StockText(p store.Product) string {
	switch {
	case p.Stock >= store.LowStock:
		return "In stock, leaves tomorrow"
	case p.Stock > 1:
		return "Only " + number(p.Stock) + " left, more are in the kiln"
	case p.Stock == 1:
		return "The last one on the shelf"
	case p.Incoming > 0:
		return "Fresh from the kiln within days"
	}
	return "Sold out"
}

func number(n int) string {
	words := []string{"none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	return words[min(n, len(words)-1)]
}

// day writes a date as the shop does.
func day(t time.Time) string { return t.Format("2 January 2006") }

// moment writes a date with its time of day.
func moment(t time.Time) string { return t.Format("2 January 2006, 15:04") }

// verb names the step that leads to a status.
func verb(s store.Status) string {
	switch s {
	case store.Confirmed:
		return "confirm"
	case store.Shipped:
		return "ship"
	}
	return "cancel"
}
