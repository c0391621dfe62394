package budget

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/nplusone"
)

// Source is what budgets are checked against. The store implements it.
type Source interface {
	Handlers(ctx context.Context, q query.Handlers) ([]query.HandlerStats, error)
	Records(ctx context.Context, q query.Records) (query.RecordPage, error)
	Record(ctx context.Context, id instrument.ID) (*instrument.Record, error)
}

// Options say over what budgets are checked. The zero value is all that was recorded.
type Options struct {
	Since, Until time.Time
	// Processes are those whose calls count, by query.Process.ID; empty is all.
	Processes []int64
	// Records is how many of a handler's newest Records are looked at for queries and
	// n_plus_one; 0 is 200, at most 1000. Times and errors are of all calls.
	Records int
}

// Result is what became of the budgets.
type Result struct {
	Checks []Check // broken ones first, then in the order of the file
}

// Check is one limit of one handler.
type Check struct {
	Budget  *Budget
	Handler instrument.HandlerInfo // only its name is the budget's pattern when nothing matched
	Limit   string                 // the name of the limit in the file
	Allowed string                 // as people write it
	Got     string
	State   State
	Sample  instrument.ID // a Record that shows it; 0 when there is none
	Calls   uint64
	P95     time.Duration
}

// State is the outcome of a check.
type State string

// The states.
const (
	Kept    State = "kept"
	Broken  State = "broken"
	TooFew  State = "too few calls" // to judge
	Unused  State = "no calls"      // nothing matched, and that is allowed
	Missing State = "missing"       // nothing matched, and it was required
)

// Failed tells whether a build is to fail.
func (c *Check) Failed() bool { return c.State == Broken || c.State == Missing }

// Broken are the checks that fail a build.
func (r *Result) Broken() []Check {
	var list []Check
	for _, c := range r.Checks {
		if c.Failed() {
			list = append(list, c)
		}
	}
	return list
}

// Check holds what was recorded against the budgets.
func (f *File) Check(ctx context.Context, src Source, o Options) (*Result, error) {
	stats, err := src.Handlers(ctx, query.Handlers{Since: o.Since, Until: o.Until, Kinds: f.Kinds(), Processes: o.Processes})
	if err != nil {
		return nil, fmt.Errorf("read handlers: %w", err)
	}
	c := &checker{src: src, options: o, seen: map[instrument.HandlerInfo]*looked{}}
	for i := range f.Budgets {
		if err := c.budget(ctx, &f.Budgets[i], stats); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(c.result.Checks, func(a, b Check) int {
		return cmp.Compare(boolInt(b.Failed()), boolInt(a.Failed()))
	})
	return &c.result, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

type checker struct {
	src     Source
	options Options
	result  Result
	seen    map[instrument.HandlerInfo]*looked
}

func (c *checker) budget(ctx context.Context, b *Budget, stats []query.HandlerStats) error {
	found := false
	for i := range stats {
		s := &stats[i]
		if s.Handler.Kind != b.Kind || s.Count == 0 || !report.Matches(s.Handler.Name, b.Handler) {
			continue
		}
		found = true
		c.times(b, s)
		if err := c.records(ctx, b, s); err != nil {
			return err
		}
	}
	if !found {
		state := Unused
		if b.Required {
			state = Missing
		}
		c.result.Checks = append(c.result.Checks, Check{
			Budget: b, Handler: instrument.HandlerInfo{Kind: b.Kind, Name: b.Handler},
			Limit: "calls", Allowed: "some", Got: "none", State: state,
		})
	}
	return nil
}

// times checks what all calls are in.
func (c *checker) times(b *Budget, s *query.HandlerStats) {
	sample := instrument.ID(0)
	if len(s.Slowest) > 0 {
		sample = s.Slowest[0].ID
	}
	add := func(limit, allowed, got string, broken bool) {
		k := Check{Budget: b, Handler: s.Handler, Limit: limit, Allowed: allowed, Got: got, State: Kept, Calls: s.Count, Sample: sample, P95: min(s.Hist.Quantile(0.95), s.Max)}
		switch {
		case s.Count < b.MinCalls:
			k.State = TooFew
		case broken:
			k.State = Broken
		}
		c.result.Checks = append(c.result.Checks, k)
	}
	for _, l := range []struct {
		name  string
		limit *time.Duration
		got   time.Duration
	}{
		{"p50", b.P50, min(s.Hist.Quantile(0.50), s.Max)},
		{"p95", b.P95, min(s.Hist.Quantile(0.95), s.Max)},
		{"p99", b.P99, min(s.Hist.Quantile(0.99), s.Max)},
		{"max", b.Max, s.Max},
	} {
		if l.limit != nil {
			add(l.name, report.FormatDuration(*l.limit), report.FormatDuration(l.got), l.got > *l.limit)
		}
	}
	if b.Errors != nil {
		got := float64(s.Errors) / float64(s.Count)
		add("errors", percentage(*b.Errors), percentage(got), got > *b.Errors)
	}
}

func percentage(share float64) string { return strconv.FormatFloat(share*100, 'g', 3, 64) + " %" }

// looked is what a handler's newest Records say.
type looked struct {
	records    int
	queries    int
	queriesAt  instrument.ID
	nPlusOne   int
	nPlusOneAt instrument.ID
	statement  string
	judged     bool
}

// records checks what only Records know.
func (c *checker) records(ctx context.Context, b *Budget, s *query.HandlerStats) error {
	if b.Queries == nil && b.NPlusOne == nil {
		return nil
	}
	l, err := c.look(ctx, s.Handler, b.NPlusOne != nil)
	if err != nil {
		return err
	}
	base := Check{Budget: b, Handler: s.Handler, State: Kept, Calls: s.Count, P95: min(s.Hist.Quantile(0.95), s.Max)}
	add := func(limit string, allowed, got int, text string, sample instrument.ID) {
		k := base
		k.Limit, k.Allowed, k.Got, k.Sample = limit, strconv.Itoa(allowed), strconv.Itoa(got)+text, sample
		switch {
		case l.records == 0:
			k.State, k.Got = TooFew, "no record kept"
		case got > allowed:
			k.State = Broken
		}
		c.result.Checks = append(c.result.Checks, k)
	}
	if b.Queries != nil {
		add("queries", *b.Queries, l.queries, "", l.queriesAt)
	}
	if b.NPlusOne != nil {
		text := ""
		if l.nPlusOne > 0 {
			text = fmt.Sprintf(" of %d records, with %s", l.records, l.statement)
		}
		add("n_plus_one", *b.NPlusOne, l.nPlusOne, text, l.nPlusOneAt)
	}
	return nil
}

func (c *checker) look(ctx context.Context, h instrument.HandlerInfo, judge bool) (*looked, error) {
	key := instrument.HandlerInfo{Kind: h.Kind, Name: h.Name}
	l := c.seen[key]
	if l != nil && (l.judged || !judge) {
		return l, nil
	}
	l = &looked{judged: judge}
	q := query.Records{
		Kinds: []instrument.Kind{h.Kind}, Handler: h.Name, Since: c.options.Since, Until: c.options.Until,
		Processes: c.options.Processes, Limit: min(cmp.Or(c.options.Records, 200), 1000), Budget: 2 * time.Second,
	}
	if judge {
		loops, err := nplusone.Find(ctx, c.src, q)
		if err != nil {
			return nil, fmt.Errorf("read records of %s: %w", h.Name, err)
		}
		if l.nPlusOne = loops.With; len(loops.Loops) > 0 {
			l.nPlusOneAt, l.statement = loops.Loops[0].Sample, loops.Loops[0].String()
		}
	}
	page, err := c.src.Records(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read records of %s: %w", h.Name, err)
	}
	for i := range page.Records {
		row := &page.Records[i]
		if row.Unfinished() {
			continue
		}
		l.records++
		if n := row.Count(instrument.KindQuery); n > l.queries || l.queriesAt == 0 {
			l.queries, l.queriesAt = n, row.ID
		}
	}
	c.seen[key] = l
	return l, nil
}
