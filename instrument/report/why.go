package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// maxSamples is how many Records are read to explain a row. They are the slowest
// ones, which rarely disagree: more would cost reading and say the same.
const maxSamples = 3

// maxParts is how many parts of an explanation are told apart.
const maxParts = 4

// Why is what the slowest samples of a handler spent their time on.
type Why struct {
	// Samples are the Records that were read.
	Samples []instrument.ID
	// Calls is how often the handler ran in them, Time how long altogether.
	Calls int
	Time  time.Duration
	// Parts are the handlers called from it and its own time, longest first; Rest is
	// how many smaller ones are left out. Calls that ran at the same time can add
	// up to more than Time.
	Parts []Part
	Rest  int
	// Causes are what that time was spent on or waited for, the greatest first. Unlike
	// Parts they look through all that was called, and add up to Time.
	Causes []Blame
	// Caller is what called it, in most of the time; nil when it is a root.
	Caller *instrument.HandlerInfo
}

// Part is the time of one handler below another, or that handler's own time.
type Part struct {
	Handler instrument.HandlerInfo // zero for own time
	Own     bool
	Calls   int // 0 for own time
	Time    time.Duration
	Share   float64 // of Why.Time
}

// explain reads the row's samples. A Record that cannot be read is passed over:
// old ones are pruned while their ids still stand in the statistics.
func (r *Row) explain(ctx context.Context, src Source) error {
	a := analysis{children: map[instrument.HandlerInfo]*Part{}, callers: map[instrument.HandlerInfo]*Part{}, blame: newBlame()}
	for _, s := range r.Samples[:min(len(r.Samples), maxSamples)] {
		rec, err := src.Record(ctx, s.ID)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || rec == nil {
			continue
		}
		if a.add(rec, r.HandlerInfo) {
			a.why.Samples = append(a.why.Samples, s.ID)
		}
	}
	if a.why.Time > 0 {
		r.Why = a.result()
	}
	return nil
}

// analysis adds up what samples say about one handler.
type analysis struct {
	why      Why
	own      time.Duration
	children map[instrument.HandlerInfo]*Part // by bare handler
	callers  map[instrument.HandlerInfo]*Part
	blame    *blame
}

// add tells whether the Record holds a call of h.
func (a *analysis) add(rec *instrument.Record, h instrument.HandlerInfo) (found bool) {
	counted := make([]bool, len(rec.Spans))
	var calls []int
	for i, s := range rec.Spans {
		if !same(s.Handler, h) || within(rec.Spans, s.Parent, h) {
			continue
		}
		found, counted[i] = true, true
		calls = append(calls, i)
		a.why.Calls++
		a.why.Time += s.Duration
		a.own += s.Self
		if parent, ok := spanAt(rec.Spans, s.Parent); ok {
			count(a.callers, parent.Handler, s.Duration)
		}
	}
	a.blame.add(rec, calls)
	for _, s := range rec.Spans {
		if s.Parent < 0 || s.Parent >= len(counted) || !counted[s.Parent] {
			continue
		}
		count(a.children, s.Handler, s.Duration)
	}
	return found
}

func count(parts map[instrument.HandlerInfo]*Part, h instrument.HandlerInfo, d time.Duration) {
	part := parts[bare(h)]
	if part == nil {
		part = &Part{Handler: h}
		parts[bare(h)] = part
	}
	part.Calls++
	part.Time += d
}

func (a *analysis) result() *Why {
	w := a.why
	parts := []Part{{Own: true, Time: a.own}}
	for _, p := range a.children {
		parts = append(parts, *p)
	}
	for i := range parts {
		parts[i].Share = float64(parts[i].Time) / float64(w.Time)
	}
	slices.SortFunc(parts, longestFirst)
	w.Parts = parts[:min(len(parts), maxParts)]
	w.Rest = len(parts) - len(w.Parts)
	w.Causes = a.blame.result(w.Time)
	if len(a.callers) > 0 {
		callers := make([]Part, 0, len(a.callers))
		for _, p := range a.callers {
			callers = append(callers, *p)
		}
		most := slices.MinFunc(callers, longestFirst)
		w.Caller = &most.Handler
	}
	return &w
}

func longestFirst(x, y Part) int {
	return cmp.Or(cmp.Compare(y.Time, x.Time), cmp.Compare(x.Handler.Kind, y.Handler.Kind), cmp.Compare(x.Handler.Name, y.Handler.Name))
}

// within tells whether the span at index i or one above it is a call of h: the
// time of a call inside a call of the same handler is counted already.
func within(spans []instrument.RecordSpan, i int, h instrument.HandlerInfo) bool {
	for range spans { // as many steps as there are spans: a broken Record may hold a circle
		s, ok := spanAt(spans, i)
		if !ok {
			return false
		}
		if same(s.Handler, h) {
			return true
		}
		i = s.Parent
	}
	return false
}

func spanAt(spans []instrument.RecordSpan, i int) (instrument.RecordSpan, bool) {
	if i < 0 || i >= len(spans) {
		return instrument.RecordSpan{}, false
	}
	return spans[i], true
}

// same compares what identifies a handler; its place in the code does not.
func same(a, b instrument.HandlerInfo) bool { return a.Kind == b.Kind && a.Name == b.Name }

// bare is a handler without its place, for use as a key.
func bare(h instrument.HandlerInfo) instrument.HandlerInfo {
	return instrument.HandlerInfo{Kind: h.Kind, Name: h.Name}
}
