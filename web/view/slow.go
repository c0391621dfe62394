package view

import (
	"fmt"
	"strings"
	"time"
)

// base says what the report covers.
func (m SlowReport) base() string {
	const layout = "2 Jan 2006, 15:04"
	text := m.From.Format(layout) + " to "
	if sameDay(m.From, m.To) {
		text += m.To.Format("15:04 MST")
	} else {
		text += m.To.Format(layout + " MST")
	}
	if m.Build != "" {
		text += ". Build " + m.Build
	}
	parts := []string{plural(m.Handlers, "handler"), plural(m.Requests, "request")}
	if m.Tasks > 0 {
		parts = append(parts, plural(m.Tasks, "task"))
	}
	if m.Commands > 0 {
		parts = append(parts, plural(m.Commands, "command"))
	}
	return text + ". " + strings.Join(parts, ", ") + "."
}

func (m SlowReport) sentence() string {
	return fmt.Sprintf("%d of %s broke a limit.", m.Over, plural(m.Handlers, "handler"))
}

// histChart is a histogram as geometry.
type histChart struct {
	bars         []histRect
	marks, ticks []axisText
	width, most  string
}

type histRect struct {
	class, x, y, height, title string
}

// chart lays the bars out side by side: they have equal width because each holds the durations of one factor.
func (h Histogram) chart() histChart {
	n := len(h.Bars)
	if n == 0 {
		return histChart{most: "0"}
	}
	var most int64 = 1
	for _, b := range h.Bars {
		most = max(most, b.Count)
	}
	c := histChart{width: pct(0.86 / float64(n)), most: Count(most)}
	for i, b := range h.Bars {
		if b.Count == 0 {
			continue
		}
		high := max(1, 96*float64(b.Count)/float64(most))
		r := histRect{x: pct(float64(i) / float64(n)), y: px(96 - high), height: px(high), title: Count(b.Count) + " up to " + Dur(b.Upper)}
		if h.Limit > 0 && b.Upper > h.Limit {
			r.class = "over"
		}
		c.bars = append(c.bars, r)
	}
	c.marks = append(h.mark("p50", h.P50, "end", "-4"), h.mark("p95", h.P95, "start", "4")...)
	c.ticks = h.ticks()
	return c
}

// mark draws a line at a duration.
func (h Histogram) mark(name string, d time.Duration, anchor, dx string) []axisText {
	if d <= 0 {
		return nil
	}
	t := axisText{at: pct(h.place(d)), label: name + " " + Dur(d), anchor: anchor, dx: dx, y: "0"}
	if anchor == "start" && h.place(d) > 0.8 {
		t.anchor, t.dx, t.y = "end", "-4", "12" // turned round, and below the other label
	} else if anchor == "end" && h.place(d) < 0.2 {
		t.anchor, t.dx, t.y = "start", "4", "12"
	}
	return []axisText{t}
}

// place is where a duration lies among the bars.
func (h Histogram) place(d time.Duration) float64 {
	for i, b := range h.Bars {
		if d <= b.Upper {
			return (float64(i) + 0.5) / float64(len(h.Bars))
		}
	}
	return 1
}

// ticks names the first, the middle and the last bound.
func (h Histogram) ticks() []axisText {
	n := len(h.Bars)
	return []axisText{
		{at: "0%", label: Dur(h.Bars[0].Upper), anchor: "start"},
		{at: pct(float64(n/2) / float64(n)), label: Dur(h.Bars[n/2].Upper), anchor: "middle"},
		{at: "100%", label: Dur(h.Bars[n-1].Upper), anchor: "end"},
	}
}

// code is what a part of the time is named by: a statement in a few words.
func (c CauseShare) code() string {
	if c.Kind == KindQuery {
		return cut(statementLabel(c.Code), 64)
	}
	return c.Code
}

// order is how the table of handlers stands: those of most own time first, unless somebody asks.
func (m SlowReport) order(here URL) ([]int, sorting) {
	of := func(value func(SlowRow) int64) func(int) int64 { return func(i int) int64 { return value(m.Rows[i]) } }
	return inOrder(here, len(m.Rows), sorting{"own", false},
		rank{col: "name", text: func(i int) string { return m.Rows[i].Name }},
		rank{col: "calls", number: of(func(r SlowRow) int64 { return r.Calls })},
		rank{col: "errors", number: of(func(r SlowRow) int64 { return r.Errors })},
		rank{col: "p50", number: of(func(r SlowRow) int64 { return int64(r.P50) })},
		rank{col: "p95", number: of(func(r SlowRow) int64 { return int64(r.P95) })},
		rank{col: "limit", number: of(func(r SlowRow) int64 { return int64(r.Limit) })},
		rank{col: "own", number: of(func(r SlowRow) int64 { return int64(r.Total) })},
	)
}
