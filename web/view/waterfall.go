package view

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxRows is how many rows of a waterfall are drawn unless all are asked for.
const maxRows = 400

// wfRow is one line of the waterfall: a span, or alike spans of one parent.
type wfRow struct {
	i       int   // index of the span, of the first in a group
	members []int // of a group; nil for one span
	depth   int
	opens   bool // has something below it
	open    bool
	toggle  string // address that opens or closes it; "" by script only
	parents string // indexes of the rows above it, for the script that collapses
}

// waterfall is the rows with the axis that they share.
type waterfall struct {
	*timeline
	rows   []wfRow
	hidden int // rows beyond maxRows
	scale  scale
	axis   []axisText
	width  time.Duration // what the whole axis stands for
	from   time.Duration // where it begins
	zoomed bool
	kinds  []Choice // of rows, to show alone
}

func newWaterfall(t *timeline, here URL) waterfall {
	w := waterfall{timeline: t, scale: scaleFor(t.total)}
	w.zoom(here)
	w.kinds = kindChoices(t, here)
	open := openRows(here)
	show := here.Get("show")
	only := onlyKinds(here)
	passes := func(r wfRow) bool { return w.shows(r, show) && (len(only) == 0 || only[t.spans[r.i].Kind]) }
	var walk func(is []int, depth int, path string)
	walk = func(is []int, depth int, path string) {
		for _, r := range w.group(is, open) {
			r.depth, r.parents = depth, path
			below := path + strconv.Itoa(r.i) + " "
			if r.members != nil {
				r.toggle = here.With("open", openList(open, r.i))
				if passes(r) {
					w.rows = append(w.rows, r)
				}
				if r.open && passes(r) {
					for _, m := range r.members {
						w.rows = append(w.rows, wfRow{i: m, depth: depth + 1, parents: below})
					}
				}
				continue
			}
			if passes(r) {
				w.rows = append(w.rows, r)
			}
			walk(w.children[r.i], depth+1, below)
		}
	}
	walk(w.roots, 0, "")
	if here.Get("rows") != "all" && len(w.rows) > maxRows {
		w.hidden = len(w.rows) - maxRows
		w.rows = w.rows[:maxRows]
	}
	return w
}

// group joins alike siblings that have no children: forty-one equal queries are one row with forty-one ticks.
func (w waterfall) group(is []int, open map[int]bool) []wfRow {
	at := map[string]int{}
	var rows []wfRow
	for _, i := range is {
		s := w.spans[i]
		leaf := len(w.children[i]) == 0
		if s.Group == "" || !leaf {
			rows = append(rows, wfRow{i: i, opens: !leaf, open: true})
			continue
		}
		key := string(s.Kind) + " " + s.Group
		if j, ok := at[key]; ok {
			rows[j].members = append(rows[j].members, i)
			continue
		}
		at[key] = len(rows)
		rows = append(rows, wfRow{i: i, members: []int{i}})
	}
	for j := range rows {
		if len(rows[j].members) < 2 {
			rows[j].members = nil
		} else {
			rows[j].opens, rows[j].open = true, open[rows[j].i]
		}
	}
	return rows
}

// shows tells whether a row passes the filter in the address.
func (w waterfall) shows(r wfRow, show string) bool {
	any := func(ok func(Span) bool) bool {
		if r.members == nil {
			return ok(w.spans[r.i])
		}
		return slices.ContainsFunc(r.members, func(i int) bool { return ok(w.spans[i]) })
	}
	switch show {
	case "slow":
		return any(func(s Span) bool { return s.Slow }) || w.spans[r.i].Kind == KindQuery && w.looped(w.spans[r.i].Group, len(r.members))
	case "failed":
		return any(func(s Span) bool { return s.Err != "" || s.Panicked })
	default:
		return true
	}
}

// openRows reads which groups are open: "open=9,13" or "open=all".
func openRows(here URL) map[int]bool {
	open := map[int]bool{}
	for part := range strings.SplitSeq(here.Get("open"), ",") {
		if i, err := strconv.Atoi(part); err == nil {
			open[i] = true
		}
	}
	return open
}

// openList is the parameter with one group opened or closed.
func openList(open map[int]bool, toggle int) string {
	var out []int
	for i := range open {
		if i != toggle {
			out = append(out, i)
		}
	}
	if !open[toggle] {
		out = append(out, toggle)
	}
	slices.Sort(out)
	text := make([]string, len(out))
	for i, n := range out {
		text[i] = strconv.Itoa(n)
	}
	return strings.Join(text, ",")
}

// timeAxis puts marks at round times of a window. With all in it, it is a little wider than the whole time.
func timeAxis(from, width time.Duration, s scale) (axis []axisText) {
	step := niceStep(width)
	first := (from + step - 1) / step * step
	for at := first; at <= from+width; at += step {
		share := float64(at-from) / float64(width)
		t := axisText{at: pct(share), anchor: "middle", label: axisNum(at, s)}
		if at == first {
			t.label += " " + s.unit
		}
		if share < 0.03 {
			t.anchor = "start"
		}
		if share > 0.97 {
			t.anchor = "end"
		}
		axis = append(axis, t)
	}
	return axis
}

// zoom reads the window of time that is looked at, from the parameters "from" and "to" in nanoseconds.
func (w *waterfall) zoom(here URL) {
	w.width = max(1, w.total+w.total/22)
	from, err1 := strconv.ParseInt(here.Get("from"), 10, 64)
	to, err2 := strconv.ParseInt(here.Get("to"), 10, 64)
	if err1 == nil && err2 == nil && from >= 0 && to > from && time.Duration(to) <= w.width {
		w.from, w.width, w.zoomed = time.Duration(from), time.Duration(to-from), true
	}
	if w.total > 0 {
		w.axis = timeAxis(w.from, w.width, w.scale)
	}
}

// leastZoom is the shortest window: below it bars are wider than what a clock can tell apart.
const leastZoom = time.Microsecond

// zoomHref is the page with a window of another width around the middle of this one; "" when that is not possible.
func (w waterfall) zoomHref(here URL, factor float64) string {
	width := time.Duration(float64(w.width) * factor)
	whole := max(1, w.total+w.total/22)
	switch {
	case width >= whole:
		if !w.zoomed {
			return ""
		}
		return here.With("from", "", "to", "")
	case width < leastZoom:
		return ""
	}
	mid := w.from + w.width/2
	if i, err := strconv.Atoi(here.Get("span")); err == nil && i >= 0 && i < len(w.spans) && !w.zoomed {
		mid = w.spans[i].Start + w.spans[i].Duration/2
	}
	from := min(max(0, mid-width/2), whole-width)
	return zoomTo(here, from, from+width)
}

func zoomTo(here URL, from, to time.Duration) string {
	return here.With("from", strconv.FormatInt(int64(from), 10), "to", strconv.FormatInt(int64(to), 10))
}

// spanZoom is the page with a window that a span fills; "" for a moment.
func (v recordView) spanZoom(i int) string {
	s := v.Spans[i]
	if s.Duration < leastZoom || s.Duration > v.t.total*9/10 {
		return ""
	}
	room := s.Duration / 20
	return zoomTo(v.here, max(0, s.Start-room), min(s.Start+s.Duration+room, v.t.total+v.t.total/22)) + "#" + rowID(i)
}

// onlyKinds reads which kinds are shown alone: "kinds=query,call". Empty is all.
func onlyKinds(here URL) map[Kind]bool {
	only := map[Kind]bool{}
	for part := range strings.SplitSeq(here.Get("kinds"), ",") {
		if part != "" {
			only[Kind(part)] = true
		}
	}
	return only
}

// kindChoices are the kinds of a Record, each a link that adds it to those that are shown or takes it away.
func kindChoices(t *timeline, here URL) (out []Choice) {
	only := onlyKinds(here)
	var seen []Kind
	for _, s := range t.spans {
		if !slices.Contains(seen, s.Kind) {
			seen = append(seen, s.Kind)
		}
	}
	if len(seen) < 3 {
		return nil
	}
	for _, k := range seen {
		var chosen []string
		for _, o := range seen {
			if only[o] != (o == k) {
				chosen = append(chosen, string(o))
			}
		}
		out = append(out, Choice{Label: string(k), Href: here.With("kinds", strings.Join(chosen, ",")), Count: int64(len(t.ofKind(k))), Current: only[k]})
	}
	return out
}

// axisNum writes a round time without the places that the column beside it has.
func axisNum(d time.Duration, s scale) string {
	if d%s.div == 0 {
		return Count(int64(d / s.div))
	}
	return digits(float64(d)/float64(s.div), 6)
}

// niceStep is the smallest of 1, 2, 5 times a power of ten that makes at most four steps.
func niceStep(total time.Duration) time.Duration {
	raw := float64(total) / 4
	mag := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, f := range []float64{1, 2, 5, 10} {
		if f*mag >= raw {
			return max(1, time.Duration(f*mag))
		}
	}
	return max(1, time.Duration(10*mag))
}

// x is a time as a place on the axis.
func (w waterfall) x(d time.Duration) string { return pct(float64(d-w.from) / float64(w.width)) }

// wide is a duration as a width that can still be seen.
func (w waterfall) wide(d time.Duration) string {
	return pct(max(0.002, float64(d)/float64(w.width)))
}

// rowTime is the time that a row stands for: of a group, the sum.
func (w waterfall) rowTime(r wfRow) (total, own time.Duration) {
	if r.members == nil {
		return w.spans[r.i].Duration, w.own[r.i]
	}
	for _, i := range r.members {
		total += w.spans[i].Duration
		own += w.own[i]
	}
	return total, own
}

// extent is from the start of a group to its end.
func (w waterfall) extent(r wfRow) (from, to time.Duration) {
	from, to = w.spans[r.i].Start, w.end(r.i)
	for _, i := range r.members {
		from, to = min(from, w.spans[i].Start), max(to, w.end(i))
	}
	return from, to
}

// ticks draws the members of a group as one path over 1000 units: a rectangle each would weigh more than
// all other rows together.
func (w waterfall) ticks(r wfRow) string {
	from, to := w.extent(r)
	if to <= from {
		return ""
	}
	var b strings.Builder
	last := -1.0
	for _, i := range r.members {
		x := 1000 * float64(w.spans[i].Start-from) / float64(to-from)
		width := max(1.5, 1000*float64(w.spans[i].Duration)/float64(to-from)-2)
		if x < last {
			continue
		}
		last = x + width/2
		fmt.Fprintf(&b, "M%.1f 0h%.1fv10h-%.1fz", x, width, width)
	}
	return b.String()
}

// label says in words what a row draws.
func (w waterfall) label(r wfRow) string {
	s := w.spans[r.i]
	if s.Skipped != "" {
		return "not called"
	}
	if s.isEvent() {
		return "at " + w.scale.with(s.Start)
	}
	total, own := w.rowTime(r)
	text := fmt.Sprintf("starts at %s, lasts %s, %s its own", w.scale.with(s.Start), w.scale.with(total), w.scale.with(own))
	if r.members != nil {
		text = fmt.Sprintf("%d times from %s, together %s", len(r.members), w.scale.with(s.Start), w.scale.with(total))
	}
	if w.crit[r.i] && r.members == nil {
		text += ", on the critical path"
	}
	if s.Err != "" || s.Panicked {
		text += ", failed"
	}
	return text
}

// isEvent tells a moment from a stretch of time.
func (s Span) isEvent() bool {
	return s.Duration <= 0 && (s.Kind == KindLog || s.Kind == KindException || s.Kind == KindCustom)
}

// badges are what is to be said beside the name of a row.
func (w waterfall) badges(r wfRow) []Badge {
	var out []Badge
	s := w.spans[r.i]
	if n := len(r.members); s.Kind == KindQuery && w.looped(s.Group, n) {
		out = append(out, Badge{StatusSlow, fmt.Sprintf("N+1 ×%d", n)})
	}
	switch {
	case s.Panicked:
		out = append(out, Badge{StatusBad, "panic"})
	case s.Err != "" && s.Kind != KindException:
		out = append(out, Badge{StatusBad, "failed"})
	case s.Slow:
		out = append(out, Badge{StatusSlow, "slow"})
	}
	return out
}

// note is the quiet text beside the name of a row.
func (w waterfall) note(r wfRow) string {
	s := w.spans[r.i]
	switch {
	case s.Skipped != "":
		return "not called"
	case len(r.members) > 0 && (s.Kind != KindQuery || !w.looped(s.Group, len(r.members))):
		return fmt.Sprintf("×%d", len(r.members))
	case s.Running:
		return or(s.Note, "not ended")
	default:
		return s.Note
	}
}

// repeatsFrom is how often a statement must repeat under one parent to be called an N+1.
const repeatsFrom = 5

// looped tells whether n statements of one group are a loop that one query could replace.
func (t *timeline) looped(group string, n int) bool {
	if t.loops == nil {
		return n >= repeatsFrom
	}
	return n > 1 && t.loops[group]
}

func rowID(i int) string { return "s" + strconv.Itoa(i) }

func index(i int) string { return strconv.Itoa(i) }

// maxIndent is the deepest step that is still indented further: a stack of twenty layers would otherwise leave no room for
// the names of what it leads to.
const maxIndent = 8

// depthText is how deep a name stands that is not indented any further; "" for one that is.
func depthText(d int) string {
	if d <= maxIndent {
		return ""
	}
	return strconv.Itoa(d)
}

// depthClass indents a name; beyond the last step all are indented alike.
func depthClass(d int) string { return "d" + strconv.Itoa(min(d, maxIndent)) }

func boolText(b bool) string { return strconv.FormatBool(b) }

func openWord(open bool) string {
	if open {
		return "Collapse"
	}
	return "Expand"
}

func twist(open bool) string {
	if open {
		return "down"
	}
	return "right"
}
