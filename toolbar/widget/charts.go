package widget

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"time"
)

// Bars are values as bars, the longest of which is the largest value.
type Bars struct {
	Caption string // what is compared, read aloud
	Head    string // of the names: "Product"
	Unit    string // behind each value
	Rows    []Bar
	Empty   string // instead of no bars; "" is "Nothing yet."
}

// Bar is one of Bars.
type Bar struct {
	Label string
	Value float64
	Text  string // instead of the value and its unit
	Href  string // where the label leads
	Bad   bool   // it is red
}

// Lines is a chart of values over time. The script that the dashboard brings draws it; the
// figures are in a table below as well.
type Lines struct {
	Label string // what is to be seen, read aloud
	Unit  string // of all values
	Start time.Time
	Step  time.Duration // from one value to the next
	Lines []Line        // MaxLines at most; what is more is left out
}

// Line is one line of a chart. A value that is not known is math.NaN().
type Line struct {
	Label  string
	Values []float64 // MaxValues at most; the oldest of more are left out
}

// Bounds of a chart.
const (
	MaxLines  = 3
	MaxValues = 2000
)

// Render implements templ.Component.
func (b Bars) Render(ctx context.Context, w io.Writer) error { return bars(b).Render(ctx, w) }

// Render implements templ.Component.
func (l Lines) Render(ctx context.Context, w io.Writer) error {
	return lines(l.bounded()).Render(ctx, w)
}

func (b Bars) nothing() string { return cmp.Or(b.Empty, "Nothing yet.") }

// share is the length of a bar, 0 to 1.
func (b Bars) share(value float64) float64 {
	most := 0.0
	for _, r := range b.Rows {
		if !unknown(r.Value) {
			most = max(most, r.Value)
		}
	}
	if most == 0 || unknown(value) {
		return 0
	}
	return max(0, value/most)
}

func (b Bars) text(r Bar) string { return cmp.Or(r.Text, figure(r.Value, b.Unit)) }

func unknown(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// figure is a value with its unit, with four digits or all before the point.
func figure(v float64, unit string) string {
	if unknown(v) {
		return "–"
	}
	text := strconv.FormatFloat(v, 'g', 4, 64)
	if math.Abs(v) >= 1000 && math.Abs(v) < 1e15 {
		text = Count(int64(math.Round(v)))
	}
	if unit != "" {
		text += " " + unit
	}
	return text
}

// bounded leaves out what is too much.
func (l Lines) bounded() Lines {
	l.Lines = l.Lines[:min(len(l.Lines), MaxLines)]
	over := max(0, l.length()-MaxValues)
	if over == 0 {
		return l
	}
	cut := make([]Line, len(l.Lines))
	for i, line := range l.Lines {
		cut[i] = Line{line.Label, line.Values[min(over, len(line.Values)):]}
	}
	l.Start, l.Lines = l.Start.Add(time.Duration(over)*l.Step), cut
	return l
}

// length is how many values the longest line has.
func (l Lines) length() (n int) {
	for _, line := range l.Lines {
		n = max(n, len(line.Values))
	}
	return n
}

func (l Lines) at(i int) time.Time { return l.Start.Add(time.Duration(i) * l.Step) }

// value is what a line has at a place; NaN where it has nothing.
func (l Line) value(i int) float64 {
	if i < len(l.Values) && !math.IsInf(l.Values[i], 0) {
		return l.Values[i]
	}
	return math.NaN()
}

// data is what the dashboard's script reads.
func (l Lines) data() string {
	type line struct {
		Label string `json:"label"`
		Class string `json:"class"`
	}
	out := struct {
		X     []int64      `json:"x"`
		Lines []line       `json:"lines"`
		Y     [][]*float64 `json:"y"`
		Unit  string       `json:"unit"`
	}{Unit: l.Unit}
	for i := range l.length() {
		out.X = append(out.X, l.at(i).Unix())
	}
	for n, of := range l.Lines {
		out.Lines = append(out.Lines, line{of.Label, []string{"plot-a", "plot-b", "plot-c"}[n]})
		values := make([]*float64, len(out.X))
		for i := range values {
			if v := of.value(i); !math.IsNaN(v) {
				values[i] = &v
			}
		}
		out.Y = append(out.Y, values)
	}
	text, err := json.Marshal(out)
	if err != nil {
		return "" // there are only numbers and texts in it
	}
	return string(text)
}
