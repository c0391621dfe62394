package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// column is what a table can be ordered by, and what a URL calls it.
type column[T any] struct {
	name  string
	value func(*T) int64 // nil: by the rows' names
}

// pageRows is how many rows a page of a table of statistics has.
const pageRows = 100

// ordered sorts rows as the parameters "sort" and "dir" ask, by the first column when
// they ask for none, and takes the page that begins after the cursor in "after". Rows of
// the same value stand by their names, which differ: so each row has its place, and the
// next page begins behind the last row of this one, also when statistics have changed
// meanwhile.
func ordered[T any](params url.Values, rows []T, columns []column[T], name func(*T) string) ([]T, view.Order) {
	by, asked := columns[0], params.Get("sort") == ""
	for _, c := range columns {
		if c.name == params.Get("sort") {
			by, asked = c, true
		}
	}
	// What another table of the page is ordered by says nothing of this one's direction.
	o := view.Order{Column: by.name, Asc: asked && params.Get("dir") == "asc", Total: len(rows), Later: params.Get("after") != ""}
	value := func(r *T) int64 {
		if by.value == nil {
			return 0
		}
		return by.value(r)
	}
	compare := func(v, w int64, a, b string) int {
		c := cmp.Compare(w, v)
		if by.value == nil {
			c = strings.Compare(b, a)
		}
		if o.Asc {
			c = -c
		}
		return cmp.Or(c, strings.Compare(a, b))
	}
	slices.SortFunc(rows, func(a, b T) int { return compare(value(&a), value(&b), name(&a), name(&b)) })
	if v, n, ok := parsePlace(params.Get("after")); ok {
		rows = rows[placeIn(rows, func(r *T) int { return compare(value(r), v, name(r), n) }):]
	}
	if len(rows) > pageRows {
		rows = rows[:pageRows]
		last := &rows[pageRows-1]
		o.Next = strconv.FormatInt(value(last), 36) + "." + name(last)
	}
	return rows, o
}

// placeIn is the first row that is behind the place.
func placeIn[T any](rows []T, compare func(*T) int) int {
	i, _ := slices.BinarySearchFunc(rows, 0, func(r T, _ int) int {
		if compare(&r) <= 0 {
			return -1
		}
		return 1
	})
	return i
}

// parsePlace reads a cursor: a value and a name.
func parsePlace(text string) (value int64, name string, ok bool) {
	number, name, ok := strings.Cut(text, ".")
	value, err := strconv.ParseInt(number, 36, 64)
	return value, name, ok && err == nil
}
