package view

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// or returns the first text that is not empty.
func or(texts ...string) string { return cmp.Or(texts...) }

// visible widens a share that is above zero so that its bar can be seen.
func visible(share float64) float64 {
	if share <= 0 {
		return 0
	}
	return max(0.01, min(1, share))
}

// sparkPath turns values into a line over 100 by 24 units, scaled from zero to the highest.
// Fewer than two values make no line.
func sparkPath(values []float64) string {
	if len(values) < 2 {
		return ""
	}
	high := 0.0
	for _, v := range values {
		high = max(high, v)
	}
	var b strings.Builder
	for i, v := range values {
		y := 23.0
		if high > 0 {
			y = 23 - 22*v/high
		}
		if i == 0 {
			b.WriteByte('M')
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.FormatFloat(100*float64(i)/float64(len(values)-1), 'f', 1, 64))
		b.WriteByte(' ')
		b.WriteString(strconv.FormatFloat(y, 'f', 1, 64))
	}
	return b.String()
}

// An alert without a status is a note: its mark is not the tick of something that went well.
func alertStatus(s Status) string { return string(cmp.Or(s, StatusNew)) }

func alertIcon(s Status) string {
	if s == StatusNew || s == "" {
		return "info"
	}
	return string(s)
}

func alertClass(s Status) string {
	if s == StatusBad || s == StatusSlow {
		return string(s)
	}
	return "info"
}

func alertWord(s Status) string {
	switch s {
	case StatusBad:
		return "Error"
	case StatusSlow:
		return "Warning"
	default:
		return "Note"
	}
}

// sorting is how a table is ordered.
type sorting struct {
	col string
	asc bool
}

// aria marks the head of the column that orders the table.
func (o sorting) aria(col string) templ.Attributes {
	if o.col != col {
		return nil
	}
	if o.asc {
		return templ.Attributes{"aria-sort": "ascending"}
	}
	return templ.Attributes{"aria-sort": "descending"}
}

// href links to the table ordered by col, numbers from the largest and names from A; a
// second click turns the order round.
func (o sorting) href(here URL, col string, names bool) string {
	dir := ""
	if o.col == col && !o.asc || o.col != col && names {
		dir = "asc"
	}
	return here.With("sort", col, "dir", dir)
}

// ofNames tells from a column's class that it holds texts: these begin with A.
func ofNames(class string) bool { return class == "" || strings.HasSuffix(class, "names") }

// titled is an explanation that shows on pointing; none for "".
func titled(title string) templ.Attributes {
	if title == "" {
		return nil
	}
	return templ.Attributes{"title": title}
}

// statementLabel is a statement as one line shows it.
func statementLabel(text string) string {
	return instrument.HandlerInfo{Kind: instrument.KindQuery, Name: text}.Label()
}
