package view

import (
	"cmp"
	"slices"
	"strings"
)

// Order is how the rows of a table of statistics stand, and where the page ends.
type Order struct {
	Column string
	Asc    bool
	Total  int    // rows, with those of other pages
	Later  bool   // rows before these are on other pages
	Next   string // cursor of the page behind; "" at the end
}

func (o Order) sorting() sorting { return sorting{o.Column, o.Asc} }

// shown says how many rows are on the page.
func (o Order) shown(rows int, noun string) string {
	if o.Later || o.Next != "" {
		return Count(int64(rows)) + " of " + plural(int64(o.Total), noun)
	}
	return plural(int64(rows), noun)
}

// rank is what a table can be ordered by that stands whole on its page: a number, or a text.
type rank struct {
	col    string
	number func(i int) int64 // of a row
	text   func(i int) string
}

func (k rank) compare(i, j int) int {
	if k.text != nil {
		return strings.Compare(k.text(i), k.text(j))
	}
	return cmp.Compare(k.number(i), k.number(j))
}

// inOrder gives the order of n rows that the address asks for, by the rows' places, and how the heads show it. Asked
// for nothing or for what the table does not have, it is the rows' own order, in which equal ones stand, too. Where a
// page has several tables, the names of their columns differ.
func inOrder(here URL, n int, own sorting, ranks ...rank) (order []int, by sorting) {
	order = make([]int, n)
	for i := range order {
		order[i] = i
	}
	at := slices.IndexFunc(ranks, func(k rank) bool { return k.col == here.Get("sort") })
	if at < 0 {
		return order, own
	}
	by = sorting{ranks[at].col, here.Get("dir") == "asc"}
	if by == own {
		return order, own
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if by.asc {
			return ranks[at].compare(i, j)
		}
		return ranks[at].compare(j, i)
	})
	return order, by
}

// byPlace is for rows whose own order means something, as that of a stack.
var byPlace = sorting{"place", true}

func rowOf(i int) int64 { return int64(i) }
