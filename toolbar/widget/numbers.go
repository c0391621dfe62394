package widget

import (
	"context"
	"io"
)

// Number is a figure with its name, and how it went.
type Number struct {
	Label string
	Value string    // as it is shown: Count, Bytes, Duration and Percent write it
	Unit  string    // quieter, behind the value: "€", "/ hour"
	Note  string    // below: "of 240 products"
	Trend []float64 // a line below, the oldest value first; fewer than two draw none
	Bad   bool      // the line is red
	Href  string    // where the figure leads
}

// Numbers are figures side by side.
type Numbers []Number

// Render implements templ.Component.
func (n Number) Render(ctx context.Context, w io.Writer) error { return Numbers{n}.Render(ctx, w) }

// Render implements templ.Component.
func (n Numbers) Render(ctx context.Context, w io.Writer) error { return numbers(n).Render(ctx, w) }
