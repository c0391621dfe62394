package view

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Compare is two Records side by side. A zero one asks which.
type Compare struct {
	A, B     Record
	MedianOf int // B is the median of so many of the same handler; 0: it was chosen
}

// compareStep is what both Records did under one name.
type compareStep struct {
	kind         Kind
	name         string
	countA       int
	countB       int
	ownA, ownB   time.Duration
	failA, failB int
}

func (s compareStep) diff() time.Duration { return s.ownA - s.ownB }

// steps are what both did, the largest difference of own time first.
func (c Compare) steps() []compareStep {
	type key struct {
		kind Kind
		name string
	}
	at := map[key]int{}
	var out []compareStep
	find := func(s Span) *compareStep {
		k := key{s.Kind, s.Name}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, compareStep{kind: s.Kind, name: s.Name})
		}
		return &out[i]
	}
	ta, tb := newTimeline(c.A.Spans, c.A.Duration), newTimeline(c.B.Spans, c.B.Duration)
	for i, s := range c.A.Spans {
		st := find(s)
		st.countA++
		st.ownA += ta.own[i]
		if s.Err != "" || s.Panicked {
			st.failA++
		}
	}
	for i, s := range c.B.Spans {
		st := find(s)
		st.countB++
		st.ownB += tb.own[i]
		if s.Err != "" || s.Panicked {
			st.failB++
		}
	}
	slices.SortStableFunc(out, func(a, b compareStep) int { return cmp.Compare(b.diff().Abs(), a.diff().Abs()) })
	return out
}

// verdict says in one sentence what makes the difference.
func (c Compare) verdict() string {
	d := c.A.Duration - c.B.Duration
	if d == 0 {
		return "Both took the same time."
	}
	lead := fmt.Sprintf("The first took %s longer", Dur(d))
	if d < 0 {
		lead = fmt.Sprintf("The first was %s quicker", Dur(-d))
	}
	for _, s := range c.steps() {
		if (s.diff() < 0) != (d < 0) || Share(s.diff().Abs(), d.Abs()) < 0.2 {
			continue
		}
		return fmt.Sprintf("%s; %s of that in %s %s (%d × against %d ×).", lead, Percent(min(1, Share(s.diff().Abs(), d.Abs()))), s.kind, cut(s.name, 72), s.countA, s.countB)
	}
	return lead + "; no single step makes the difference."
}

// signed writes a difference with its sign.
func signed(d time.Duration, sc scale) string {
	switch {
	case d > 0:
		return "+" + sc.num(d)
	case d < 0:
		return "−" + sc.num(-d)
	}
	return "0"
}

// kinds are own times by kind, of both.
func (c Compare) kinds() (out []compareStep) {
	for i, r := range []Record{c.A, c.B} {
		for _, k := range newTimeline(r.Spans, r.Duration).byKind() {
			j := slices.IndexFunc(out, func(s compareStep) bool { return s.kind == k.kind })
			if j < 0 {
				j = len(out)
				out = append(out, compareStep{kind: k.kind, name: k.kind.Label()})
			}
			if i == 0 {
				out[j].ownA = k.time
			} else {
				out[j].ownB = k.time
			}
		}
	}
	slices.SortStableFunc(out, func(a, b compareStep) int { return cmp.Compare(b.diff().Abs(), a.diff().Abs()) })
	return out
}
