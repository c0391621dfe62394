package view

import (
	"cmp"
	"slices"
	"time"
)

// timeline is what the spans of one Record say together: who is whose child, which time is a span's own,
// what repeats, where nothing explains the time. All of it is derived here, once, so that the waterfall, the
// panels and the verdict show the same figures.
type timeline struct {
	spans    []Span
	total    time.Duration
	children [][]int
	depth    []int
	own      []time.Duration
	segments [][]segment // own time of each span, in order
	crit     []bool      // on the path that decides how long the Record takes
	roots    []int
	loops    map[string]bool // statements that run in a loop; nil: repetition tells
}

// segment is a stretch of time from the Record's start.
type segment struct {
	from, to time.Duration
	gap      bool // between two children: nothing says what was done
}

// critShare is the least part of the whole for which the critical path is drawn: below it the line would
// underline every step of a sequential handler and say nothing.
const critShare = 0.2

// gapShare is the least part of the whole that counts as an unexplained gap.
const gapShare = 0.005

func newTimeline(spans []Span, total time.Duration) *timeline {
	t := &timeline{
		spans: spans, total: total,
		children: make([][]int, len(spans)), depth: make([]int, len(spans)),
		own: make([]time.Duration, len(spans)), segments: make([][]segment, len(spans)),
		crit: make([]bool, len(spans)),
	}
	for i, s := range spans {
		t.total = max(t.total, s.Start+s.Duration)
		// A parent comes before its children. One that does not is damaged data: the span becomes a root.
		if s.Parent >= 0 && s.Parent < i {
			t.children[s.Parent] = append(t.children[s.Parent], i)
			t.depth[i] = t.depth[s.Parent] + 1
		} else {
			t.roots = append(t.roots, i)
		}
	}
	for i := range spans {
		slices.SortStableFunc(t.children[i], func(a, b int) int { return cmp.Compare(spans[a].Start, spans[b].Start) })
		t.segments[i] = t.ownSegments(i)
		for _, g := range t.segments[i] {
			t.own[i] += g.to - g.from
		}
	}
	for _, r := range t.roots {
		t.markCritical(r)
	}
	return t
}

// ownSegments returns the stretches of a span in which none of its children runs.
func (t *timeline) ownSegments(i int) []segment {
	s := t.spans[i]
	if s.Duration <= 0 {
		return nil
	}
	at, end := s.Start, s.Start+s.Duration
	var out []segment
	seen := false
	for _, c := range t.children[i] {
		from, to := t.spans[c].Start, t.spans[c].Start+t.spans[c].Duration
		if to <= at || t.spans[c].Duration <= 0 {
			continue
		}
		if from = min(from, end); from > at {
			out = append(out, segment{at, from, seen && t.isGap(from-at)})
		}
		seen = true
		if at = min(to, end); at == end {
			break
		}
	}
	if at < end {
		out = append(out, segment{from: at, to: end})
	}
	return out
}

func (t *timeline) isGap(d time.Duration) bool {
	return Share(d, t.total) >= gapShare
}

// markCritical walks from the end of a span back through the child that it waited for last.
func (t *timeline) markCritical(i int) {
	if Share(t.spans[i].Duration, t.total) < critShare {
		return
	}
	t.crit[i] = true
	at := t.spans[i].Start + t.spans[i].Duration
	byEnd := slices.Clone(t.children[i])
	slices.SortStableFunc(byEnd, func(a, b int) int { return cmp.Compare(t.end(b), t.end(a)) })
	for _, c := range byEnd {
		if t.end(c) <= at {
			t.markCritical(c)
			at = t.spans[c].Start
		}
	}
}

func (t *timeline) end(i int) time.Duration { return t.spans[i].Start + t.spans[i].Duration }

// gaps is the time that nothing explains.
func (t *timeline) gaps() (sum time.Duration) {
	for _, segs := range t.segments {
		for _, g := range segs {
			if g.gap {
				sum += g.to - g.from
			}
		}
	}
	return sum
}

// kindTime is the own time of all spans of a kind.
type kindTime struct {
	kind Kind
	time time.Duration
}

// byKind splits the own time of all spans by kind, most first. Work that ran side by side counts twice, as it
// took two processors.
func (t *timeline) byKind() []kindTime {
	sums := map[Kind]time.Duration{}
	for i, s := range t.spans {
		sums[s.Kind] += t.own[i]
	}
	var out []kindTime
	for k, d := range sums {
		if d > 0 {
			out = append(out, kindTime{k, d})
		}
	}
	slices.SortFunc(out, func(a, b kindTime) int {
		return cmp.Or(cmp.Compare(b.time, a.time), cmp.Compare(a.kind, b.kind))
	})
	return out
}

// ancestor returns the nearest span above i that the app's author named: a receiver, view, command or task.
func (t *timeline) ancestor(i int) int {
	for p := t.parent(i); p >= 0; p = t.parent(p) {
		switch t.spans[p].Kind {
		case KindReceiver, KindView, KindCommand, KindTask:
			return p
		}
	}
	return -1
}

func (t *timeline) parent(i int) int {
	if p := t.spans[i].Parent; p < i {
		return p
	}
	return -1
}

// heavy is a span, or a group of alike spans, by its own time.
type heavy struct {
	first int
	count int
	own   time.Duration
}

// heaviest returns the steps under root (all with a negative root) that took most own time. Steps of one name
// are one: a loop that calls twelve times is one reason, not twelve.
func (t *timeline) heaviest(root int) []heavy {
	at := map[string]int{}
	var out []heavy
	for i, s := range t.spans {
		if t.own[i] <= 0 || (root >= 0 && !t.under(i, root)) {
			continue
		}
		key := string(s.Kind) + " " + or(s.Group, s.Name)
		j, ok := at[key]
		if !ok {
			j = len(out)
			at[key] = j
			out = append(out, heavy{first: i})
		}
		out[j].count++
		out[j].own += t.own[i]
	}
	slices.SortStableFunc(out, func(a, b heavy) int { return cmp.Compare(b.own, a.own) })
	return out
}

// repeated is how often a statement that is a loop ran under one parent, at most; 0 when none is.
func (t *timeline) repeated() int {
	type key struct {
		parent int
		group  string
	}
	counts, most := map[key]int{}, 0
	for i, s := range t.spans {
		if s.Kind != KindQuery || s.Group == "" {
			continue
		}
		k := key{t.parent(i), s.Group}
		counts[k]++
		if t.looped(s.Group, counts[k]) {
			most = max(most, counts[k])
		}
	}
	return most
}

func (t *timeline) under(i, root int) bool {
	for i >= 0 {
		if i == root {
			return true
		}
		i = t.parent(i)
	}
	return false
}

// ofKind returns the spans of a kind, in order.
func (t *timeline) ofKind(k Kind) []int {
	var out []int
	for i, s := range t.spans {
		if s.Kind == k {
			out = append(out, i)
		}
	}
	return out
}
