package view

import (
	"fmt"
	"math"
	"time"
)

// layerStrip is the own time of one layer over time: a cell for each step in which it ran.
type layerStrip struct {
	name       string
	cells      []heatCell
	fails      []heatCell // steps in which it failed
	last, most string     // mean own time of a call, in ms
	mostAt     time.Time
}

// strips draws the layers over time. All have one scale, so that the dear ones stand out.
func (m Layers) strips() (strips []layerStrip, most time.Duration) {
	for _, r := range m.Rows {
		for _, s := range r.Over {
			most = max(most, s.own())
		}
	}
	for _, r := range m.Rows {
		if len(r.Over) > 0 {
			strips = append(strips, m.strip(r, most))
		}
	}
	return strips, most
}

func (m Layers) strip(r LayerRow, most time.Duration) layerStrip {
	out := layerStrip{name: r.Name}
	peak := time.Duration(-1)
	for i, s := range r.Over {
		if s.Calls <= 0 && s.Failed <= 0 {
			continue
		}
		at := m.Start.Add(time.Duration(i) * m.Step)
		c := heatCell{
			class: heatClasses[ownLevel(s.own(), most)], x: pct(float64(i) / float64(len(r.Over))),
			title: fmt.Sprintf("%s: %s own, %s", at.Format("15:04"), Dur(s.own()), plural(s.Calls, "call")),
		}
		if s.Failed > 0 {
			c.title += ", " + Count(s.Failed) + " failed"
			out.fails = append(out.fails, c)
		}
		out.cells = append(out.cells, c)
		out.last = Ms(s.own())
		if s.own() > peak {
			peak, out.most, out.mostAt = s.own(), Ms(s.own()), at
		}
	}
	return out
}

// ownLevel places a time on the ramp: each step below the darkest is half of the one above.
func ownLevel(d, most time.Duration) int {
	top := len(heatClasses) - 1
	if d <= 0 || most <= 0 {
		return 0
	}
	return max(0, top-int(math.Log2(float64(most)/float64(d))))
}

// rampFrom is the time below which all cells have the palest colour.
func rampFrom(most time.Duration) time.Duration {
	return most >> (len(heatClasses) - 1)
}

// timeAxis names five instants below the strips.
func (m Layers) timeAxis() []axisText {
	n := 0
	for _, r := range m.Rows {
		n = max(n, len(r.Over))
	}
	return Heat{Start: m.Start, Step: m.Step, Cells: make([][]int64, n)}.timeAxis()
}

// acts are the layers of which it is known what they do beside taking time; hooks tells
// whether any of them acts in more phases than one, or is not used.
func (m Layers) acts() (rows []LayerRow, hooks bool) {
	for _, r := range m.Rows {
		if len(r.Hooks)+len(r.Headers)+len(r.Context) > 0 || r.CutShort > 0 || r.Unused {
			rows = append(rows, r)
			hooks = hooks || len(r.Hooks) > 0 || r.Unused
		}
	}
	return rows, hooks
}

// cutText says how often a layer answered by itself.
func (m Layers) cutText(r LayerRow) string {
	return fmt.Sprintf("It answered %s of the newest %s itself", Count(r.CutShort), plural(m.Records, "request"))
}

// order is how the table of layers stands: as the stack does, unless somebody asks.
func (m Layers) order(here URL) ([]int, sorting) {
	of := func(value func(LayerRow) int64) func(int) int64 { return func(i int) int64 { return value(m.Rows[i]) } }
	return inOrder(here, len(m.Rows), byPlace,
		rank{col: "place", number: rowOf},
		rank{col: "name", text: func(i int) string { return m.Rows[i].Name }},
		rank{col: "calls", number: of(func(r LayerRow) int64 { return r.Calls })},
		rank{col: "own", number: of(func(r LayerRow) int64 { return int64(r.own()) })},
		rank{col: "share", number: of(func(r LayerRow) int64 { return int64(r.Total) })},
		rank{col: "p95", number: of(func(r LayerRow) int64 { return int64(r.P95) })},
		rank{col: "cut", number: of(func(r LayerRow) int64 { return r.CutShort })},
		rank{col: "failed", number: of(func(r LayerRow) int64 { return r.Errors })},
	)
}

// nameHead is the head of the layers' names: it says so when they stand as in the stack.
func nameHead(by sorting) string {
	if by == byPlace {
		return "Layer, outermost first"
	}
	return "Layer"
}

// cellWidth is how much of the width the cell of a step takes.
func (m Layers) cellWidth() string {
	n := 1
	for _, r := range m.Rows {
		n = max(n, len(r.Over))
	}
	return pct(0.9 / float64(n))
}

// stackTitle names what the stack is around.
func (m Layers) stackTitle() string { return or(m.View, "view") }

// layerDid is what a layer changed in one request, a line for each sort of change.
func layerDid(sp Span) (lines []string) {
	if sp.Kind != KindLayer {
		return nil
	}
	for _, a := range sp.Attrs {
		switch a.Key {
		case "layer.headers":
			lines = append(lines, "headers "+a.Value)
		case "layer.context":
			lines = append(lines, "context "+a.Value)
		case "layer.cut_short":
			lines = append(lines, "it answered the request itself")
		}
	}
	return lines
}
