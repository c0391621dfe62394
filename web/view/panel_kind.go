package view

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxPanelRows is how many rows of a panel are drawn unless all are asked for.
const maxPanelRows = 200

// drawn are the rows that are drawn.
func drawn[T any](v recordView, rows []T) []T {
	if v.here.Get("rows") == "all" {
		return rows
	}
	return rows[:min(len(rows), maxPanelRows)]
}

// kindSet is the spans of one kind in one Record.
type kindSet struct {
	kind    Kind
	spans   []int
	groups  []kindGroup
	columns []kindColumn
	total   time.Duration // of all of them, however they overlap
	longest time.Duration
	errs    int

	label, one string // as the app has described the kind; "": it has not
}

// kindGroup is the spans that belong together: of one database, one host, one template set.
type kindGroup struct {
	label string
	spans []int
	total time.Duration
}

// kindColumn is an attribute that has a column of its own.
type kindColumn struct {
	label string
	keys  []string // the first that a span has
	unit  string
	sum   bool // has a total above the table
}

// class puts numbers, which have a unit or a total, to the right.
func (c kindColumn) class() string {
	if c.unit != "" || c.sum {
		return "num wide-only"
	}
	return "wide-only"
}

// kindColumns are the attributes worth a column, by OpenTelemetry's names where it has any.
var kindColumns = map[Kind][]kindColumn{
	KindTask: {
		{label: "Queue", keys: []string{"messaging.destination.name", "task.queue"}}, {label: "Attempt", keys: []string{"task.attempt"}},
		{label: "Waited", keys: []string{"task.wait"}},
	},
}

// kindEmpty is what the panel of a kind says while it has nothing.
var kindEmpty = map[Kind]struct{ title, text, code string }{
	KindCache:  {"No cache call was seen in this record", "Calls appear when the cache is wrapped by its tap, or its client reports to OpenTelemetry.", cacheCode},
	KindCall:   {"No outgoing call was made in this record", "Calls appear when the client's transport is wrapped.", callCode},
	KindRender: {"No template was rendered in this record", "Templates appear when they are executed through rendertap.", renderCode},
	KindTask:   {"No task was queued or run in this record", "A task that is queued with the request's context appears here, linked to the record of its run.", taskCode},
	KindCustom: {"No span of the app's own is in this record", "What the app measures itself appears here.", customCode},
}

// known tells whether a kind has a panel made for it, or is of the model itself.
var modelKinds = []Kind{
	KindRequest, KindLayer, KindView, KindSignal, KindReceiver, KindCommand, KindTask, KindQuery, KindCache, KindCall,
	KindRender, KindLog, KindException, KindFile,
}

// newKindSet collects the spans of a kind. Kinds that integrations registered are custom here.
func newKindSet(v recordView, k Kind) kindSet {
	set := kindSet{kind: k, columns: kindColumns[k]}
	set.shape(v.shapeOf(k))
	at := map[string]int{}
	for i, s := range v.Spans {
		if i == 0 && s.Parent < 0 || s.Setup || s.Kind != k && !(k == KindCustom && !slices.Contains(modelKinds, s.Kind) && v.shapeOf(s.Kind) == nil) {
			continue
		}
		set.spans = append(set.spans, i)
		set.total += s.Duration
		set.longest = max(set.longest, s.Duration)
		if s.Err != "" || s.Panicked {
			set.errs++
		}
		label := set.group(s)
		j, ok := at[label]
		if !ok {
			j = len(set.groups)
			at[label] = j
			set.groups = append(set.groups, kindGroup{label: label})
		}
		set.groups[j].spans = append(set.groups[j].spans, i)
		set.groups[j].total += s.Duration
	}
	set.columns = slices.DeleteFunc(slices.Clone(set.columns), func(c kindColumn) bool {
		return !slices.ContainsFunc(set.spans, func(i int) bool { return c.of(v.Spans[i]) != "" })
	})
	return set
}

// group is what a span is listed under.
func (set kindSet) group(s Span) string {
	switch set.kind {
	case KindCall:
		return or(attrOf(s, "server.address"), "Outgoing calls")
	case KindCache:
		return or(attrOf(s, "cache.name", "server.address"), "Cache")
	case KindCustom:
		if s.Kind != KindCustom {
			return string(s.Kind)
		}
	}
	return set.heading()
}

// heading names the kind.
func (set kindSet) heading() string { return or(set.label, set.kind.Label()) }

// of is the attribute of a span, with its unit.
func (c kindColumn) of(s Span) string {
	text := attrOf(s, c.keys...)
	if text != "" && c.unit != "" {
		text += " " + c.unit
	}
	return text
}

func attrOf(s Span, keys ...string) string {
	for _, k := range keys {
		for _, a := range s.Attrs {
			if a.Key == k {
				return a.Value
			}
		}
	}
	return ""
}

// rest is the attributes without a column.
func (set kindSet) rest(s Span) []Attr {
	return slices.DeleteFunc(slices.Clone(s.Attrs), func(a Attr) bool {
		return slices.ContainsFunc(set.columns, func(c kindColumn) bool { return slices.Contains(c.keys, a.Key) }) || a.Key == "server.address"
	})
}

// tiles are the totals: what every kind has, and for caches the share of hits.
func (set kindSet) tiles(v recordView) []tile {
	n, unit := durParts(set.total)
	out := []tile{
		{label: set.heading(), value: Count(int64(len(set.spans)) + v.capped(set.kind)), note: "in this record"},
		{label: "Time", value: n, unit: unit, note: Percent(Share(set.total, v.t.total)) + " of " + v.scale.with(v.t.total)},
	}
	if hits, asked := set.hits(v); asked > 0 {
		out = append(out, tile{label: "Hits", value: trimUnit(Percent(float64(hits) / float64(asked))), unit: "%", note: fmt.Sprintf("%s of %s", Count(hits), plural(asked, "lookup"))})
	}
	out = append(out, set.sums(v)...)
	ln, lunit := durParts(set.longest)
	return append(out, tile{label: "Longest", value: ln, unit: lunit, note: "of one"},
		tile{label: "Errors", value: Count(int64(set.errs)), note: "of " + Count(int64(len(set.spans))), bad: set.errs > 0})
}

// hits counts the lookups of a cache whose result is known.
func (set kindSet) hits(v recordView) (hits, asked int64) {
	if set.kind != KindCache {
		return 0, 0
	}
	for _, i := range set.spans {
		c := v.Spans[i].Cached
		switch {
		case c == nil:
		case c.Result == "hit":
			hits++
			asked++
		case c.Result != "":
			asked++
		}
	}
	return hits, asked
}

// spanStatus is what happened to a span, in one mark.
func spanStatus(s Span) Status {
	switch {
	case s.Err != "" || s.Panicked:
		return StatusBad
	case s.Slow:
		return StatusSlow
	case s.Skipped != "":
		return StatusOff
	}
	return StatusOK
}

// kindOne is one of a kind as a column's head.
func kindOne(k Kind) string {
	switch k {
	case KindCall:
		return "Call"
	case KindRender:
		return "Template"
	case KindTask:
		return "Task"
	case KindCache:
		return "Call"
	}
	return "Span"
}

// panelSpanHref links to the waterfall with a span selected.
func (v recordView) panelSpanHref(i int) string {
	u := v.here
	if v.Panel != "" {
		u.Path = strings.TrimSuffix(u.Path, "/"+v.Panel)
	}
	return u.With("span", index(i), "show", "") + "#" + rowID(i)
}

// CustomSpans counts the spans that the panel "custom" lists: the app's own, dumps, and those of kinds that
// integrations registered.
func CustomSpans(m Record) int64 {
	v := recordView{Record: m, t: newTimeline(m.Spans, m.Duration)}
	return int64(len(newKindSet(v, KindCustom).spans)) + v.capped(KindCustom)
}

// Worst is the worst that happened in spans of a kind: the status of that panel's tab.
func Worst(m Record, k Kind) Status {
	v := recordView{Record: m, t: newTimeline(m.Spans, m.Duration)}
	v.t.loops = m.loops()
	return v.worst(k)
}
