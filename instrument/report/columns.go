package report

import (
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// column is one figure of a table that people read. Tables that are too narrow
// leave out the columns with the highest rank first.
type column struct {
	title string
	rank  int
	cell  func(r *Row) string
	mark  func(r *Row) style // nil: none
}

// columns are in the order in which they stand beside the handler's name.
var columns = []column{
	{"own", 0, func(r *Row) string { return FormatDuration(r.Self) }, nil},
	{"share", 0, func(r *Row) string { return percent(r.Share) }, nil},
	{"total", 5, func(r *Row) string { return FormatDuration(r.Total) }, nil},
	{"calls", 0, func(r *Row) string { return group(r.Count) }, nil},
	{"avg", 8, func(r *Row) string { return FormatDuration(r.Avg) }, nil},
	{"p50", 3, func(r *Row) string { return FormatDuration(r.P50) }, nil},
	{"p95", 0, func(r *Row) string { return FormatDuration(r.P95) }, nil},
	{"p99", 6, func(r *Row) string { return FormatDuration(r.P99) }, nil},
	{"max", 4, func(r *Row) string { return FormatDuration(r.Max) }, nil},
	{"slow", 2, func(r *Row) string { return about(r.Slow, r.SlowAbout) }, func(r *Row) style { return unlessZero(r.Slow, yellow) }},
	{"failed", 1, func(r *Row) string { return group(r.Errors) }, func(r *Row) style { return unlessZero(r.Errors, red) }},
	{"trend", 9, func(r *Row) string { return sparkline(r.Trend) }, nil},
	{"panics", 7, func(r *Row) string { return group(r.Panics) }, func(r *Row) style { return unlessZero(r.Panics, red) }},
}

func unlessZero(n uint64, s style) style {
	if n == 0 {
		return dim
	}
	return s
}

// width is how wide a column must be for the rows.
func (c column) width(rows []Row) int {
	w := term.Width(c.title)
	for i := range rows {
		w = max(w, term.Width(c.cell(&rows[i])))
	}
	return w
}

// style is what is sent before a text on a terminal; no other escape is written.
type style string

const (
	plain  style = ""
	bold   style = "\x1b[1m"
	dim    style = "\x1b[2m"
	red    style = "\x1b[31m"
	yellow style = "\x1b[33m"
)

func (s style) paint(text string, color bool) string {
	if !color || s == plain {
		return text
	}
	return string(s) + text + "\x1b[0m"
}
