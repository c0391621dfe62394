package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// tile is one figure with its trend.
type tile struct {
	label, value, unit, note, href string
	spark                          []float64
	bad                            bool
}

func sparkClass(bad bool) string {
	if bad {
		return "bad"
	}
	return ""
}

// tiles are the six figures of the overview.
func (m Overview) tiles(b Base) []tile {
	window := wholeDur(m.Window)
	rate, rateUnit := m.rate()
	p95, p95Unit := durParts(m.P95)
	failed := shareOf(m.Failed, m.Requests)
	t := m.Trend
	return []tile{
		{"Requests", rate, rateUnit, Count(m.Requests) + " in " + window, b.Page("requests"), t.Requests, false},
		{"Failed", trimUnit(Percent(failed)), "%", Count(m.Failed) + " of " + Count(m.Requests), b.Search("is:failed"), t.Failed, rises(t.Failed)},
		{"Latency p95", p95, p95Unit, "p50 " + Dur(m.P50), b.Page("slow"), t.P95, rises(t.P95)},
		{"Slow requests", Count(m.Slow), "", m.slowNote(), b.Search("is:slow"), t.Slow, rises(t.Slow)},
		{"SQL", perRequest(m.Queries, m.Requests), "/request", Count(m.Queries) + " in all", b.Page("queries"), t.Queries, false},
		{"Signals", Count(m.Signals), "sent", plural(m.SignalErrors, "receiver") + " failed", b.Page("signals"), t.Signals, false},
	}
}

// slowNote says what is slow, and how content users may be with it.
func (m Overview) slowNote() string {
	text := "over " + wholeDur(m.SlowOver)
	if m.Apdex >= 0 && m.Requests > 0 {
		text += ", Apdex " + apdex(m.Apdex)
	}
	return text
}

// rate is the requests per minute, or per second or hour where that reads better.
func (m Overview) rate() (number, unit string) {
	minutes := m.Window.Minutes()
	if minutes <= 0 {
		return Count(m.Requests), ""
	}
	perMin := float64(m.Requests) / minutes
	switch {
	case perMin >= 6000:
		return digits(perMin/60, 3), "/s"
	case perMin >= 1 || m.Requests == 0:
		return digits(perMin, 3), "/min"
	default:
		return digits(perMin*60, 3), "/h"
	}
}

// rises tells whether a series ends clearly above its first third. Only then is a trend coloured: what begins
// with nothing has nothing to be compared with.
func rises(v []float64) bool {
	if len(v) < 4 {
		return false
	}
	sum := func(v []float64) (s float64) {
		for _, x := range v {
			s += x
		}
		return s / float64(len(v))
	}
	first, second := sum(v[:len(v)/3]), sum(v[len(v)/3:])
	return first > 0 && second > 1.3*first
}

func trimUnit(p string) string { return strings.TrimSuffix(p, " %") }

func perRequest(n, requests int64) string {
	if requests == 0 {
		return "0"
	}
	return digits(float64(n)/float64(requests), 2)
}

// shareOf returns n as a share of whole, 0 to 1.
func shareOf(n, whole int64) float64 {
	if whole <= 0 || n <= 0 {
		return 0
	}
	return min(1, float64(n)/float64(whole))
}

// when says how long ago and how often.
func (p Problem) when(now time.Time) string {
	var parts []string
	if !p.Last.IsZero() {
		parts = append(parts, Ago(p.Last, now))
	}
	switch {
	case p.Of > 0:
		parts = append(parts, Count(p.Count)+" of "+Count(p.Of))
	case p.Count > 0:
		parts = append(parts, plural(p.Count, "time"))
	}
	return strings.Join(parts, ", ")
}

// badge sums the toolbar's health up.
func (h Health) badge() Badge {
	switch h.Status {
	case StatusBad:
		return Badge{StatusBad, "failing"}
	case StatusSlow:
		return Badge{StatusSlow, "needs a look"}
	case StatusOff:
		return Badge{StatusOff, "off"}
	default:
		return Badge{StatusOK, "healthy"}
	}
}

// ownCost is what follows the share of a core.
func (h Health) ownCost() string {
	perRecord := ""
	if h.PerRecord > 0 {
		perRecord = Dur(h.PerRecord) + " a record"
	}
	switch {
	case h.OwnCPU < 0:
		return perRecord
	case perRecord == "":
		return "of one core"
	default:
		return "of one core, " + perRecord
	}
}

// kept says how long Records stay.
func (h Health) kept() string {
	var parts []string
	if h.KeepFor > 0 {
		parts = append(parts, wholeDur(h.KeepFor))
	}
	if h.KeepRecords > 0 {
		parts = append(parts, "at most "+plural(h.KeepRecords, "record"))
	}
	text := strings.Join(parts, ", ")
	if h.KeepProblemsFor > 0 {
		text += "; slow and failed " + wholeDur(h.KeepProblemsFor)
	}
	return text
}

// openTo says who may look.
func (h Health) openTo() string {
	if h.Access != "" {
		return h.Access
	}
	if h.LoopbackOnly {
		return "this machine only"
	}
	return "other machines"
}

// processes names the programs that write to the store.
func (h Health) processes() string {
	names := make([]string, len(h.Processes))
	for i, p := range h.Processes {
		names[i] = fmt.Sprintf("%s (pid %d)", p.Name, p.PID)
	}
	return strings.Join(names, ", ")
}

// checksBadge counts how many checks are fine.
func checksBadge(cs []Check) Badge {
	fine, worst := 0, StatusOK
	for _, c := range cs {
		switch {
		case c.Status == StatusOK:
			fine++
		case c.Status == StatusBad || worst == StatusOK:
			worst = c.Status
		}
	}
	return Badge{worst, fmt.Sprintf("%d of %d fine", fine, len(cs))}
}

// heatChart is a heat map as geometry.
type heatChart struct {
	rows, times, marks []axisText
	cells              []heatCell
	width, height      string
	most               string // what the darkest cell means
}

// axisText is a text at a place, in per cent or pixels.
type axisText struct {
	at, label, anchor, dx, y string
	when                     time.Time // what the label says; zero when it is no time
}

type heatCell struct {
	class, x, y, title string
}

var heatClasses = [...]string{"h1", "h2", "h3", "h4", "h5", "h6"}

const heatHeight = 140.0

// chart lays the heat map out. Rows grow upwards, as an axis of latency does.
func (h Heat) chart() heatChart {
	cols, rows := len(h.Cells), len(h.Bounds)+1
	if cols == 0 {
		return heatChart{most: "1"}
	}
	high := heatHeight / float64(rows)
	most := h.most()
	c := heatChart{
		width:  pct(0.9 / float64(cols)),
		height: px(high - 1.4),
		most:   heatMost(most),
		times:  h.timeAxis(),
	}
	for r := range h.Bounds {
		// A bound is the line between two rows; each second one is named so that they never touch.
		if rows <= 6 || r%2 == rows%2 {
			c.rows = append(c.rows, axisText{at: px(heatHeight - high*float64(r+1) + 4), label: Dur(h.Bounds[r])})
		}
	}
	for i, col := range h.Cells {
		for r, n := range col {
			if n <= 0 || r >= rows {
				continue
			}
			c.cells = append(c.cells, heatCell{
				class: heatClasses[heatLevel(n, most)],
				x:     pct(float64(i) / float64(cols)),
				y:     px(heatHeight - high*float64(r+1)),
				title: h.cellTitle(i, r, n),
			})
		}
	}
	c.marks = h.marks()
	return c
}

func (h Heat) most() int64 {
	var most int64
	for _, col := range h.Cells {
		most = max(most, slices.Max(append([]int64{0}, col...)))
	}
	return most
}

func heatMost(most int64) string {
	if most <= 1 {
		return "1"
	}
	return Count(most)
}

// heatLevel places n on the ramp by its order of magnitude: counts differ by far more than six steps.
func heatLevel(n, most int64) int {
	if most <= int64(len(heatClasses)) {
		return int(min(n, int64(len(heatClasses)))) - 1
	}
	level := 0
	for bound := 1.0; level < len(heatClasses)-1 && float64(n) > bound; level++ {
		bound *= growth(most)
	}
	return level
}

// growth is the factor between two steps of the ramp.
func growth(most int64) float64 {
	// Fifth root: six colours have five steps between them.
	lo, hi := 1.0, 1e4
	for range 40 {
		mid := (lo + hi) / 2
		if mid*mid*mid*mid*mid < float64(most) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

func (h Heat) cellTitle(col, row int, n int64) string {
	at := h.Start.Add(time.Duration(col) * h.Step).Format("15:04")
	switch {
	case row == len(h.Bounds):
		return fmt.Sprintf("%s: %s over %s", at, Count(n), Dur(h.Bounds[row-1]))
	case row == 0:
		return fmt.Sprintf("%s: %s up to %s", at, Count(n), Dur(h.Bounds[0]))
	default:
		return fmt.Sprintf("%s: %s from %s to %s", at, Count(n), Dur(h.Bounds[row-1]), Dur(h.Bounds[row]))
	}
}

// timeAxis names five instants.
func (h Heat) timeAxis() []axisText {
	total := h.Step * time.Duration(len(h.Cells))
	layout := "15:04"
	if total > 48*time.Hour {
		layout = "2 Jan"
	}
	var out []axisText
	for i := range 5 {
		anchor := "middle"
		if i == 0 {
			anchor = "start"
		} else if i == 4 {
			anchor = "end"
		}
		at := h.Start.Add(total * time.Duration(i) / 4)
		out = append(out, axisText{at: pct(float64(i) / 4), label: at.Format(layout), anchor: anchor, when: at})
	}
	return out
}

func (h Heat) marks() []axisText {
	total := h.Step * time.Duration(len(h.Cells))
	var out []axisText
	for _, m := range h.Marks {
		at := m.At.Sub(h.Start)
		if at < 0 || at > total {
			continue
		}
		share := float64(at) / float64(total)
		t := axisText{at: pct(share), label: m.Label, anchor: "start", dx: "4"}
		if share > 0.8 {
			t.anchor, t.dx = "end", "-4"
		}
		out = append(out, t)
	}
	return slices.Clip(out)
}

// px writes a length in pixels.
func px(f float64) string { return fmt.Sprintf("%.1f", cmp.Or(f, 0)) }
