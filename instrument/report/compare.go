package report

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// CompareOptions choose what a comparison covers. The zero value is sensible.
type CompareOptions struct {
	// Kinds and Handler choose handlers as Options.Kinds and Options.Handler do.
	Kinds   []instrument.Kind
	Handler string
	// MinCalls is how many calls a side must have for its times to be judged; 0 is 20.
	MinCalls uint64
	// MinChange is the smallest change of a time that counts, as a share: 0 is 0.05.
	MinChange float64
	// Confidence is that of the intervals, and one less it the chance at which a
	// change counts as one although there is none; 0 is 0.99. Every handler is a
	// guess of its own: with 0.95 one in twenty would be a false alarm.
	Confidence float64
}

func (o CompareOptions) withDefaults() CompareOptions {
	o.MinCalls = cmp.Or(o.MinCalls, 20)
	o.MinChange = cmp.Or(o.MinChange, 0.05)
	o.Confidence = cmp.Or(o.Confidence, 0.99)
	return o
}

// Change is what became of a handler between two sides of a comparison.
type Change string

// The changes, worst first.
const (
	ChangeSlower   Change = "slower"
	ChangeFailing  Change = "failing" // errors are more frequent
	ChangeNew      Change = "new"     // only the second side has calls
	ChangeTooFew   Change = "too few calls"
	ChangeNone     Change = "same"
	ChangeGone     Change = "gone" // only the first side has calls
	ChangeRepaired Change = "fewer errors"
	ChangeFaster   Change = "faster"
)

var changes = []Change{ChangeSlower, ChangeFailing, ChangeNew, ChangeTooFew, ChangeNone, ChangeGone, ChangeRepaired, ChangeFaster}

// Worse tells whether the change is one to fail a build on.
func (c Change) Worse() bool { return c == ChangeSlower || c == ChangeFailing }

// Comparison says how handlers changed from a side A to a side B.
type Comparison struct {
	Options CompareOptions
	Rows    []Compared // worst first
	// Loops are N+1 that B has and A had not. Compare leaves it empty: it looks at
	// statistics, and these stand in Records; see package nplusone.
	Loops []Finding
}

// Compared is one handler on both sides.
type Compared struct {
	instrument.HandlerInfo
	A, B   Side
	Change Change
	// Median, P95 and Mean are by which factor B's is A's, with the interval in which
	// that lies with the Options' confidence. Zero where a side has too few calls.
	Median, P95, Mean Ratio
	// Chance is how likely times differ this much when nothing has changed: the
	// two-sided p-value of the rank test of Mann and Whitney. 1 where it was not made.
	Chance float64
	// ErrorChance is the same for the shares of failed calls.
	ErrorChance float64
}

// Side is what a handler did on one side.
type Side struct {
	Count, Errors       uint64
	Self                time.Duration
	Mean, P50, P95, Max time.Duration
}

// ErrorRate is the share of calls that failed.
func (s Side) ErrorRate() float64 {
	if s.Count == 0 {
		return 0
	}
	return float64(s.Errors) / float64(s.Count)
}

// Ratio is by which factor something changed, and between which bounds that lies.
type Ratio struct {
	Value, Low, High float64
}

// Compare compares what handlers did on two sides: in two windows of time, of two
// builds, in two files. Handlers are told apart by kind and name.
//
// A handler is slower, or faster, when three things hold: the rank test says that times
// differ, the median or the 95th percentile has changed by MinChange or more, and the
// interval of that change does not hold "no change". Intervals of percentiles are those
// of Woodruff (1952): the percentiles at the bounds of the rank's own interval.
func Compare(a, b []query.HandlerStats, o CompareOptions) *Comparison {
	c := &Comparison{Options: o.withDefaults()}
	type pair struct{ a, b *query.HandlerStats }
	pairs := map[instrument.HandlerInfo]*pair{}
	at := func(h *query.HandlerStats) *pair {
		p := pairs[bare(h.Handler)]
		if p == nil {
			p = &pair{}
			pairs[bare(h.Handler)] = p
		}
		return p
	}
	listed := Options{Kinds: o.Kinds, Handler: o.Handler}
	for i := range a {
		if a[i].Count > 0 && listed.lists(a[i].Handler) {
			at(&a[i]).a = &a[i]
		}
	}
	for i := range b {
		if b[i].Count > 0 && listed.lists(b[i].Handler) {
			at(&b[i]).b = &b[i]
		}
	}
	for _, p := range pairs {
		c.Rows = append(c.Rows, c.compare(p.a, p.b))
	}
	slices.SortFunc(c.Rows, func(x, y Compared) int {
		return cmp.Or(
			cmp.Compare(slices.Index(changes, x.Change), slices.Index(changes, y.Change)),
			cmp.Compare(y.lost(), x.lost()),
			cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name),
		)
	})
	return c
}

// lost is about how much time the change has cost.
func (r *Compared) lost() float64 {
	return math.Abs(float64(r.B.Mean-r.A.Mean)) * float64(max(r.B.Count, 1))
}

// Worse are the rows to fail a build on.
func (c *Comparison) Worse() []Compared {
	var worse []Compared
	for _, r := range c.Rows {
		if r.Change.Worse() {
			worse = append(worse, r)
		}
	}
	return worse
}

// Count is how many handlers have changed so.
func (c *Comparison) Count(change Change) (n int) {
	for i := range c.Rows {
		if c.Rows[i].Change == change {
			n++
		}
	}
	return n
}

func sideOf(h *query.HandlerStats) Side {
	if h == nil {
		return Side{}
	}
	return Side{
		Count: h.Count, Errors: h.Errors, Self: h.Self, Mean: h.Sum / time.Duration(h.Count), Max: h.Max,
		P50: min(h.Hist.Quantile(0.50), h.Max), P95: min(h.Hist.Quantile(0.95), h.Max),
	}
}

func (c *Comparison) compare(a, b *query.HandlerStats) Compared {
	r := Compared{A: sideOf(a), B: sideOf(b), Chance: 1, ErrorChance: 1}
	switch {
	case a == nil:
		r.HandlerInfo, r.Change = b.Handler, ChangeNew
		return r
	case b == nil:
		r.HandlerInfo, r.Change = a.Handler, ChangeGone
		return r
	}
	r.HandlerInfo = b.Handler
	o := &c.Options
	r.ErrorChance = proportionTest(a.Errors, a.Count, b.Errors, b.Count)
	if min(a.Count, b.Count) < o.MinCalls {
		r.Change = ChangeTooFew
		return r
	}
	z := normalQuantile(1 - (1-o.Confidence)/2)
	r.Chance = rankTest(&a.Hist, &b.Hist)
	r.Median = ratioOfQuantiles(&a.Hist, &b.Hist, 0.50, z)
	r.P95 = ratioOfQuantiles(&a.Hist, &b.Hist, 0.95, z)
	r.Mean = ratioOfMeans(a, b, z)
	r.Change = c.judge(&r)
	return r
}

func (c *Comparison) judge(r *Compared) Change {
	o := &c.Options
	alpha := 1 - o.Confidence
	moved := func(up bool) bool {
		return r.Chance < alpha && (r.Median.moved(up, o.MinChange) || r.P95.moved(up, o.MinChange))
	}
	fails := r.ErrorChance < alpha && math.Abs(r.B.ErrorRate()-r.A.ErrorRate()) >= 0.001
	switch {
	case moved(true):
		return ChangeSlower
	case fails && r.B.ErrorRate() > r.A.ErrorRate():
		return ChangeFailing
	case moved(false):
		return ChangeFaster
	case fails:
		return ChangeRepaired
	}
	return ChangeNone
}

// moved tells whether the ratio is surely above, or below, 1, and by enough.
func (r Ratio) moved(up bool, least float64) bool {
	if up {
		return r.Value >= 1+least && r.Low > 1
	}
	return r.Value > 0 && r.Value <= 1/(1+least) && r.High < 1
}
