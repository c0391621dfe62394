// Package widget has parts for pages and cards of an app's own in the dashboard: figures,
// tables, bars, charts, and what they stand in. They look like the dashboard's own, in both
// themes and on a narrow window, without a line of CSS:
//
//	web.Card{Name: "stock", Title: "Stock", Draw: func(ctx context.Context, _ *http.Request) (templ.Component, error) {
//		n, err := shop.OutOfStock(ctx)
//		return widget.Number{Label: "Sold out", Value: widget.Count(n), Bad: n > 0}, err
//	}}
//
// Each part is a templ.Component, so that it also goes into templates: @widget.Number{...}. All
// texts are escaped. A zero field is left out.
package widget

import (
	"context"
	"io"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// Status marks something as good or bad, with an icon and a colour. "" marks nothing.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "slow"
	Error   Status = "bad"
	Off     Status = "off"
)

func (s Status) icon() templ.Component { return view.StatusIcon(view.Status(s)) }

// Count writes a number with separators: "12,418".
func Count(n int64) string { return view.Count(n) }

// Bytes writes a size: "2.05 KiB".
func Bytes(n int64) string { return view.Bytes(n) }

// Duration writes a duration with three digits: "612 ms".
func Duration(d time.Duration) string { return view.Dur(d) }

// Percent writes a share, 0 to 1: "42 %".
func Percent(share float64) string { return view.Percent(share) }

// Stack sets parts one below the other.
type Stack []templ.Component

// Columns sets parts side by side, and one below the other where there is little room.
type Columns []templ.Component

// Card is a frame with a title.
type Card struct {
	Title string
	Note  string // quieter, behind the title
	Href  string // where the title leads
	Body  templ.Component
}

// Note is a message: what is the matter, and what to do.
type Note struct {
	Status Status // Error, Warning; anything else is a mere note
	Title  string
	Text   string
	Fix    string // what to do, in words
	Href   string // where to look further
	Action string // label of that link; "" is "Show"
}

// Empty says that there is nothing yet.
type Empty struct{ Title, Text string }

// Code is code, or other text that keeps its lines, with a button that copies it. Label is
// read aloud.
type Code struct{ Label, Text string }

// Text is a paragraph.
type Text string

// Facts are names with values.
type Facts []Fact

// Fact is a name with a value.
type Fact struct {
	Name, Value string
	Note        string // quieter, behind the value
	Status      Status
}

// Render implements templ.Component.
func (s Stack) Render(ctx context.Context, w io.Writer) error { return stack(s).Render(ctx, w) }

// Render implements templ.Component.
func (c Columns) Render(ctx context.Context, w io.Writer) error { return columns(c).Render(ctx, w) }

// Render implements templ.Component.
func (c Card) Render(ctx context.Context, w io.Writer) error { return card(c).Render(ctx, w) }

// Render implements templ.Component.
func (n Note) Render(ctx context.Context, w io.Writer) error {
	return view.AlertBox(view.Alert{
		Status: view.Status(n.Status), Title: n.Title, Text: n.Text, Fix: n.Fix, Href: n.Href, Action: n.Action,
	}).Render(ctx, w)
}

// Render implements templ.Component.
func (e Empty) Render(ctx context.Context, w io.Writer) error {
	return view.EmptyBox(e.Title, e.Text).Render(ctx, w)
}

// Render implements templ.Component.
func (c Code) Render(ctx context.Context, w io.Writer) error {
	return view.CodeBlock(c.Label, c.Text).Render(ctx, w)
}

// Render implements templ.Component.
func (t Text) Render(ctx context.Context, w io.Writer) error {
	return paragraph(string(t)).Render(ctx, w)
}

// Render implements templ.Component.
func (f Facts) Render(ctx context.Context, w io.Writer) error { return facts(f).Render(ctx, w) }
