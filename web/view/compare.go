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

// CompareStep is what both Records did under one name.
type CompareStep struct {
	Kind         Kind
	Name         string
	CountA       int
	CountB       int
	OwnA, OwnB   time.Duration
	FailA, FailB int
}

func (s CompareStep) diff() time.Duration { return s.OwnA - s.OwnB }

// Steps are what both did, the largest difference of own time first.
func (c Compare) Steps() []CompareStep {
	type key struct {
		kind Kind
		name string
	}
	at := map[key]int{}
	var out []CompareStep
	find := func(s Span) *CompareStep {
		k := key{s.Kind, s.Name}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, CompareStep{Kind: s.Kind, Name: s.Name})
		}
		return &out[i]
	}
	ta, tb := newTimeline(c.A.Spans, c.A.Duration), newTimeline(c.B.Spans, c.B.Duration)
	for i, s := range c.A.Spans {
		st := find(s)
		st.CountA++
		st.OwnA += ta.own[i]
		if s.Err != "" || s.Panicked {
			st.FailA++
		}
	}
	for i, s := range c.B.Spans {
		st := find(s)
		st.CountB++
		st.OwnB += tb.own[i]
		if s.Err != "" || s.Panicked {
			st.FailB++
		}
	}
	slices.SortStableFunc(out, func(a, b CompareStep) int { return cmp.Compare(b.diff().Abs(), a.diff().Abs()) })
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
	for _, s := range c.Steps() {
		if (s.diff() < 0) != (d < 0) || Share(s.diff().Abs(), d.Abs()) < 0.2 {
			continue
		}
		return fmt.Sprintf("%s; %s of that in %s %s (%d × against %d ×).", lead, Percent(min(1, Share(s.diff().Abs(), d.Abs()))), s.Kind, cut(s.Name, 72), s.CountA, s.CountB)
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
func (c Compare) kinds() (out []CompareStep) {
	for i, r := range []Record{c.A, c.B} {
		for _, k := range newTimeline(r.Spans, r.Duration).byKind() {
			j := slices.IndexFunc(out, func(s CompareStep) bool { return s.Kind == k.kind })
			if j < 0 {
				j = len(out)
				out = append(out, CompareStep{Kind: k.kind, Name: k.kind.Label()})
			}
			if i == 0 {
				out[j].OwnA = k.time
			} else {
				out[j].OwnB = k.time
			}
		}
	}
	slices.SortStableFunc(out, func(a, b CompareStep) int { return cmp.Compare(b.diff().Abs(), a.diff().Abs()) })
	return out
}
