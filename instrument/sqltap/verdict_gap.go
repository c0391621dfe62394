package sqltap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Gap is a time in which no query ran, with what ran instead.
type Gap struct {
	After    int // the query before it; -1: it is before the first one
	Before   int // the query after it; -1: it is after the last one
	Start    time.Duration
	Duration time.Duration
	Ran      []GapPart // what took most of it first
}

// GapPart is the time that a span itself, without those below it, took of a gap.
type GapPart struct {
	Span int
	Time time.Duration
}

const (
	maxGaps     = 10
	maxGapParts = 5
	gapShare    = 20 // a gap is told of from a 20th of the Record on
)

// gaps finds the longest pauses. A Record without queries has none: all of it would
// be one.
func gaps(spans []instrument.RecordSpan, qs []query, l Limits) []Gap {
	if len(qs) == 0 || len(spans) == 0 {
		return nil
	}
	root := &spans[0]
	least := cmp.Or(l.Gap, max(time.Millisecond, root.Duration/gapShare))
	var list []Gap
	add := func(after, before int, from, to time.Duration) {
		if to-from >= least {
			list = append(list, Gap{After: after, Before: before, Start: from, Duration: to - from})
		}
	}
	last, until := -1, root.Start
	for _, q := range qs {
		add(last, q.at, until, q.span.Start)
		if end := q.end(); end >= until {
			last, until = q.at, end
		}
	}
	add(last, -1, until, root.Start+root.Duration)
	slices.SortStableFunc(list, func(a, b Gap) int { return cmp.Compare(b.Duration, a.Duration) })
	list = list[:min(len(list), maxGaps)]
	for i := range list {
		list[i].Ran = ranIn(spans, list[i].Start, list[i].Start+list[i].Duration)
	}
	slices.SortFunc(list, func(a, b Gap) int { return cmp.Compare(a.Start, b.Start) })
	return list
}

// ranIn shares a time out to the spans that ran in it, each without those below it.
// Children that ran at the same time may take more than their parent had: it has
// nothing left then.
func ranIn(spans []instrument.RecordSpan, from, to time.Duration) []GapPart {
	self := make([]time.Duration, len(spans))
	for i := range spans {
		s := &spans[i]
		inside := min(s.Start+s.Duration, to) - max(s.Start, from)
		if inside <= 0 {
			continue
		}
		self[i] += inside
		if s.Parent >= 0 && s.Parent < len(spans) {
			self[s.Parent] -= inside
		}
	}
	var parts []GapPart
	for i, d := range self {
		if d > 0 && spans[i].Handler.Kind != instrument.KindQuery {
			parts = append(parts, GapPart{i, d})
		}
	}
	slices.SortStableFunc(parts, func(a, b GapPart) int { return cmp.Compare(b.Time, a.Time) })
	return parts[:min(len(parts), maxGapParts)]
}

// Text says in one sentence what ran in the gap. spans are those that were judged.
func (g Gap) Text(spans []instrument.RecordSpan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s without a query", g.Duration.Round(time.Microsecond))
	switch {
	case g.After < 0:
		b.WriteString(" before the first one")
	case g.Before < 0:
		b.WriteString(" after the last one")
	}
	for i, p := range g.Ran {
		if p.Span >= len(spans) {
			break
		}
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		h := &spans[p.Span].Handler
		fmt.Fprintf(&b, "%s%s in %s %s", sep, p.Time.Round(time.Microsecond), h.Kind, h.Name)
	}
	return b.String()
}
