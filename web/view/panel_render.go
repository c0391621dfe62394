package view

import (
	"slices"
	"strings"
	"time"
)

// renderRow is a line of the templates panel: a template, or several of the same that ran one after the other.
type renderRow struct {
	first   int // span
	members []int
	depth   int
	total   time.Duration
	own     time.Duration
	bytes   int64 // negative not known
}

// renderSet is the templates of one Record as a tree.
type renderSet struct {
	kindSet
	rows     []renderRow
	steps    steps
	distinct int
	bytes    int64 // that were written by templates that no other called; negative not known
}

func newRenderSet(v recordView) renderSet {
	set := renderSet{kindSet: newKindSet(v, KindRender), bytes: -1}
	set.steps = steps{v: v}
	names := map[string]bool{}
	var roots []int
	below := map[int][]int{}
	for _, i := range set.spans {
		names[v.Spans[i].Name] = true
		set.steps.rows = append(set.steps.rows, stepRow{i: i})
		if up := v.renderedIn(i); up >= 0 {
			below[up] = append(below[up], i)
		} else {
			roots = append(roots, i)
			if r := v.Spans[i].Rendered; r != nil && r.Bytes >= 0 {
				set.bytes = max(set.bytes, 0) + r.Bytes
			}
		}
	}
	set.distinct = len(names)
	set.steps = set.steps.fit()
	set.collect(v, roots, below, 0)
	return set
}

// renderedIn is the template that called a template; negative for none.
func (v recordView) renderedIn(i int) int {
	for p := v.t.parent(i); p >= 0; p = v.t.parent(p) {
		if v.Spans[p].Kind == KindRender {
			return p
		}
	}
	return -1
}

// collect adds the rows of siblings, each with what it called below it. Those that ran several times in a row,
// and called nothing, are one row.
func (set *renderSet) collect(v recordView, siblings []int, below map[int][]int, depth int) {
	for n := 0; n < len(siblings); n++ {
		i := siblings[n]
		row := renderRow{first: i, members: []int{i}, depth: depth, bytes: -1}
		for len(below[i]) == 0 && n+1 < len(siblings) && v.Spans[siblings[n+1]].Name == v.Spans[i].Name && len(below[siblings[n+1]]) == 0 {
			n++
			row.members = append(row.members, siblings[n])
		}
		for _, m := range row.members {
			s := v.Spans[m]
			row.total += s.Duration
			row.own += set.ownOf(v, m, below)
			if s.Rendered != nil && s.Rendered.Bytes >= 0 {
				row.bytes = max(row.bytes, 0) + s.Rendered.Bytes
			}
		}
		set.rows = append(set.rows, row)
		set.collect(v, below[i], below, depth+1)
	}
}

// ownOf is a template's time without the templates that it called: a query in it is its own.
func (set *renderSet) ownOf(v recordView, i int, below map[int][]int) time.Duration {
	own := v.Spans[i].Duration
	for _, c := range below[i] {
		own -= v.Spans[c].Duration
	}
	return max(own, 0)
}

func (set renderSet) tiles(v recordView) []tile {
	out := set.kindSet.tiles(v)
	out[0].note = plural(int64(set.distinct), "different one")
	top := time.Duration(0)
	for _, r := range set.rows {
		if r.depth == 0 {
			top += r.total
		}
	}
	out[1].value, out[1].unit = durParts(top)
	out[1].note = Percent(Share(top, v.t.total)) + " of " + v.scale.with(v.t.total)
	if set.bytes >= 0 {
		n, unit, _ := strings.Cut(Bytes(set.bytes), " ")
		out = slices.Insert(out, 2, tile{label: "Written", value: n, unit: unit, note: "by all of them"})
	}
	return out
}

func (r renderRow) size() string {
	if r.bytes < 0 {
		return ""
	}
	return Bytes(r.bytes)
}

// failedOnly marks what went wrong and nothing else.
func failedOnly(s Span) Status {
	if st := spanStatus(s); st != StatusOK {
		return st
	}
	return ""
}
