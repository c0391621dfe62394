package sqltap

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Together is reads that ran one after the other below one parent although none
// needed the answer of another: they could run at the same time, or be one query.
type Together struct {
	Parent int
	Spans  []int
	Time   time.Duration // one after the other
	Saved  time.Duration // if they took as long as the longest of them
}

// leastSaved is what starting goroutines has to be worth.
const leastSaved = time.Millisecond

// together finds reads that follow each other and do not depend on each other. What a
// query needs is known by its parameters only, so it counts as independent when it has
// none or the same ones as the first of them had. In a transaction there is but one
// connection: nothing runs at the same time there.
func together(qs []query) []Together {
	var list []Together
	var run []query
	flush := func() {
		if t, ok := togetherOf(run); ok {
			list = append(list, t)
		}
		run = nil
	}
	byParent := slices.Clone(qs)
	slices.SortStableFunc(byParent, func(a, b query) int { return cmp.Compare(a.span.Parent, b.span.Parent) })
	for _, q := range byParent {
		if len(run) > 0 && !follows(run, q) {
			flush()
		}
		if q.mayRunAtAnyTime() {
			run = append(run, q)
		}
	}
	flush()
	slices.SortStableFunc(list, func(a, b Together) int { return cmp.Compare(b.Saved, a.Saved) })
	return list
}

func (q query) mayRunAtAnyTime() bool {
	return q.kind == reading && q.transaction == 0 && !q.failed() && !q.isPage() && !hasWord(q.statement, "FOR")
}

// independent reports whether the query's parameters are known to come from no query:
// there are none, or they are those given.
func (q query) independent(values string) bool {
	if q.args > 0 {
		return values != "" && q.values == values
	}
	// A value in the text may be the app's own or come from a query; how many rows
	// are asked for is the app's.
	own := 0
	for i, p := range strings.Fields(q.statement) {
		if i > 0 && p == "LIMIT" {
			own++
		}
	}
	_, placeholders := comparisons(q.statement)
	return placeholders <= own
}

// follows reports whether q may join the run: it began when the last had ended, asks
// something else, and does not depend on it.
func follows(run []query, q query) bool {
	first, last := run[0], run[len(run)-1]
	if q.span.Parent != first.span.Parent || !q.mayRunAtAnyTime() || !q.independent(first.values) || q.span.Start < last.end() || q.span.Start < last.closed {
		return false
	}
	return !slices.ContainsFunc(run, func(o query) bool { return o.statement == q.statement })
}

func togetherOf(run []query) (t Together, ok bool) {
	if len(run) < 2 {
		return t, false
	}
	t.Parent = run[0].span.Parent
	longest := time.Duration(0)
	for _, q := range run {
		t.Spans = append(t.Spans, q.at)
		t.Time += q.span.Duration
		longest = max(longest, q.span.Duration)
	}
	t.Saved = t.Time - longest
	return t, t.Saved >= leastSaved
}

// Text says in one sentence what was seen. spans are those that were judged.
func (t Together) Text(spans []instrument.RecordSpan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d queries that do not need each other ran one after the other, %s together", len(t.Spans), t.Time.Round(time.Microsecond))
	if len(t.Spans) > 0 && t.Spans[0] < len(spans) {
		if f := callerOf(spans[t.Spans[0]].Stack); f.File != "" {
			fmt.Fprintf(&b, ", from %s:%d on", path.Base(f.File), f.Line)
		}
	}
	return b.String()
}

// Fix says what to do about it.
func (t Together) Fix() string {
	return fmt.Sprintf("Run them at the same time (errgroup), which saves up to %s here, or ask for all in one query.", t.Saved.Round(time.Microsecond))
}
