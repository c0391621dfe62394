package widget

import (
	"cmp"
	"context"
	"io"
)

// Table is rows under heads. A row may have fewer cells than there are columns.
type Table struct {
	Caption string // what it is a table of, read aloud
	Columns []Column
	Rows    []Row
	Empty   string // instead of a table without rows; "" is "Nothing yet."
}

// Column is the head of a column.
type Column struct {
	Title  string
	Number bool // its cells stand to the right
}

// Row is a row of a Table.
type Row []Cell

// Cell is one place in a row.
type Cell struct {
	Text   string
	Note   string // quieter, below
	Href   string // where the text leads
	Status Status // with an icon before the text
}

// Cells makes a row of texts.
func Cells(texts ...string) Row {
	row := make(Row, len(texts))
	for i, t := range texts {
		row[i].Text = t
	}
	return row
}

func (t Table) nothing() string { return cmp.Or(t.Empty, "Nothing yet.") }

// at is a cell of a row, an empty one beyond its end.
func (r Row) at(i int) Cell {
	if i < len(r) {
		return r[i]
	}
	return Cell{}
}

// Render implements templ.Component.
func (t Table) Render(ctx context.Context, w io.Writer) error { return table(t).Render(ctx, w) }
