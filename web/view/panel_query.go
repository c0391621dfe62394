package view

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// statement is the queries of one Record that share a fingerprint.
type statement struct {
	text    string
	members []int
	total   time.Duration
	longest time.Duration
	rows    int64 // negative not known
	errs    int
	parents map[int]int // how many ran under each parent
	loop    bool        // one query could replace them
	same    int         // ran with parameters with which another one ran
}

// querySet is the SQL of one Record.
type querySet struct {
	statements []statement // most time first
	count      int64       // with those left out
	total      time.Duration
	rows       int64
	errs       int
	chosen     int // statement shown in detail
	run        int // which of its runs
	setup      []int
	steps      steps // every run in the order of time; nil rows: not asked for
	verbs      []verbCount
	similar    int // ran more often than once
	duplicates int // ran with the same parameters as another one
}

// order is how the statements stand: those of most time first, unless somebody asks.
func (q querySet) order(here URL) ([]int, sorting) {
	of := func(value func(statement) int64) func(int) int64 {
		return func(i int) int64 { return value(q.statements[i]) }
	}
	return inOrder(here, len(q.statements), sorting{"time", false},
		rank{col: "calls", number: of(func(st statement) int64 { return int64(len(st.members)) })},
		rank{col: "time", number: of(func(st statement) int64 { return int64(st.total) })},
		rank{col: "mean", number: of(func(st statement) int64 { return int64(st.total) / int64(len(st.members)) })},
		rank{col: "max", number: of(func(st statement) int64 { return int64(st.longest) })},
		rank{col: "rows", number: of(func(st statement) int64 { return st.rows })},
	)
}

// verbCount is how many statements begin with a verb.
type verbCount struct {
	verb  string
	count int64
	total time.Duration
}

func newQuerySet(v recordView) querySet {
	q := querySet{rows: -1, count: v.capped(KindQuery)}
	at := map[string]int{}
	for _, i := range v.t.ofKind(KindQuery) {
		s := v.Spans[i]
		key := or(s.Group, s.Text, s.Name)
		j, ok := at[key]
		if !ok {
			j = len(q.statements)
			at[key] = j
			q.statements = append(q.statements, statement{text: key, rows: -1, parents: map[int]int{}})
		}
		q.statements[j].add(i, s)
		q.count++
		q.total += s.Duration
		q.countVerb(s)
		if s.Duplicates > 1 {
			q.duplicates++
		}
		if s.Rows >= 0 {
			q.rows = max(q.rows, 0) + s.Rows
		}
		if s.Err != "" {
			q.errs++
		}
	}
	slices.SortStableFunc(q.verbs, func(a, b verbCount) int { return cmp.Compare(b.count, a.count) })
	for j := range q.statements {
		s := &q.statements[j]
		if len(s.members) > 1 {
			q.similar += len(s.members)
		}
		s.loop = v.t.looped(s.text, s.repeats())
	}
	slices.SortStableFunc(q.statements, func(a, b statement) int { return cmp.Compare(b.total, a.total) })
	q.choose(v)
	for i, s := range v.Spans {
		if s.Setup {
			q.setup = append(q.setup, i)
		}
	}
	if v.here.Get("by") == byOrder || len(q.statements) == 0 {
		q.steps = querySteps(v, q.setup)
	}
	return q
}

// byOrder in the address asks for every run in the order of time.
const byOrder = "order"

// choose finds the statement and the run that the address names. A run says its statement
// too.
func (q *querySet) choose(v recordView) {
	if n, err := strconv.Atoi(v.here.Get("statement")); err == nil && n >= 0 && n < len(q.statements) {
		q.chosen = n
	}
	run, err := strconv.Atoi(v.here.Get("run"))
	if err != nil {
		return
	}
	for j, s := range q.statements {
		if n := slices.Index(s.members, run); n >= 0 {
			q.chosen, q.run = j, n
		}
	}
}

// querySteps are the statements of a Record, and what was asked of databases beside them, in
// the order in which they began, on an axis that is as long as the Record.
func querySteps(v recordView, setup []int) steps {
	st := steps{v: v, to: v.t.total}
	for _, i := range append(v.t.ofKind(KindQuery), setup...) {
		st.rows = append(st.rows, stepRow{i: i, status: spanStatus(v.Spans[i])})
	}
	slices.SortStableFunc(st.rows, func(a, b stepRow) int { return cmp.Compare(v.Spans[a.i].Start, v.Spans[b.i].Start) })
	return st
}

// runLabel says a run's place in the Record in words.
func runLabel(v recordView, s Span) string {
	text := "starts at " + v.scale.with(s.Start) + ", takes " + v.scale.with(s.Duration)
	if s.Waited > 0 {
		text += ", waited " + v.scale.with(s.Waited) + " for a connection"
	}
	return text
}

// runBadges are what is to be said of one run.
func (q querySet) runBadges(v recordView, i int) (out []Badge) {
	s := v.Spans[i]
	if s.Duplicates > 1 {
		out = append(out, Badge{StatusSlow, "Duplicated " + plural(int64(s.Duplicates), "time")})
	}
	if s.Waited > 0 {
		out = append(out, Badge{StatusSlow, "waited " + Dur(s.Waited)})
	}
	return out
}

// setupText says in words what was asked of a database beside statements.
func setupText(s Span) string {
	switch s.Kind {
	case "connect":
		return "Connection opened: " + s.Name
	case "disconnect":
		return "Connection closed: " + s.Name
	}
	return "Prepared: " + s.Name
}

// setupTile counts connections and prepares; none where there were none.
func (q querySet) setupTile(v recordView) (out []tile) {
	count, total := map[Kind]int64{}, time.Duration(0)
	for _, i := range q.setup {
		count[v.Spans[i].Kind]++
		total += v.Spans[i].Duration
	}
	if v.PoolWait > 0 {
		n, unit := durParts(v.PoolWait)
		out = append(out, tile{label: "Pool wait", value: n, unit: unit, note: "for connections"})
	}
	var parts []string
	for _, w := range []struct {
		kind  Kind
		words string
	}{{"connect", "opened"}, {"disconnect", "closed"}, {"prepare", "prepared"}} {
		if n := count[w.kind]; n > 0 {
			parts = append(parts, Count(n)+" "+w.words)
		}
	}
	if len(parts) > 0 {
		n, unit := durParts(total)
		out = append(out, tile{label: "Setting up", value: n, unit: unit, note: strings.Join(parts, ", ")})
	}
	return out
}

func (s *statement) add(i int, sp Span) {
	s.members = append(s.members, i)
	s.total += sp.Duration
	s.longest = max(s.longest, sp.Duration)
	s.parents[sp.Parent]++
	if sp.Duplicates > 1 {
		s.same++
	}
	if sp.Rows >= 0 {
		s.rows = max(s.rows, 0) + sp.Rows
	}
	if sp.Err != "" {
		s.errs++
	}
}

// repeats is how often the statement ran under one parent. Only for what reads one
// statement could do the work of many; transactions come as often as they come.
func (s statement) repeats() int {
	most := 0
	if !strings.HasPrefix(strings.ToUpper(s.text), "SELECT") {
		return most
	}
	for _, n := range s.parents {
		most = max(most, n)
	}
	return most
}

func (s statement) badges() []Badge {
	var out []Badge
	if s.errs > 0 {
		out = append(out, Badge{StatusBad, plural(int64(s.errs), "error")})
	}
	switch n := s.repeats(); {
	case s.loop:
		out = append(out, Badge{StatusSlow, "N+1"})
	case n > 1:
		out = append(out, Badge{"", Count(int64(len(s.members))) + " similar"})
	}
	if s.same > 0 {
		out = append(out, Badge{StatusSlow, plural(int64(s.same), "duplicate")})
	}
	return out
}

// tiles are the totals of the panel.
func (q querySet) tiles(v recordView) []tile {
	n, unit := durParts(q.total)
	out := []tile{
		{label: "Queries", value: Count(q.count), note: q.alike()},
		{label: "Time", value: n, unit: unit, note: Percent(Share(q.total, v.t.total)) + " of " + v.scale.with(v.t.total)},
		{label: "Rows", value: known(q.rows), note: "read or written"},
		{label: "Errors", value: Count(int64(q.errs)), note: "of " + Count(q.count)},
	}
	out = append(out, q.setupTile(v)...)
	for i, c := range q.verbs {
		if i == maxVerbs-1 && len(q.verbs) > maxVerbs {
			return append(out, otherVerbs(q.verbs[i:], v))
		}
		out = append(out, c.tile(v))
	}
	return out
}

// maxVerbs is how many verbs have a tile of their own.
const maxVerbs = 6

func (c verbCount) tile(v recordView) tile {
	return tile{label: cut(c.verb, 20), value: Count(c.count), note: v.scale.with(c.total)}
}

// otherVerbs are those that come least often.
func otherVerbs(rest []verbCount, v recordView) tile {
	other := verbCount{verb: "Other"}
	for _, c := range rest {
		other.count += c.count
		other.total += c.total
	}
	return other.tile(v)
}

func (q *querySet) countVerb(s Span) {
	verb, _, _ := strings.Cut(strings.TrimSpace(or(s.Text, s.Name)), " ")
	verb = or(s.Verb, strings.ToUpper(verb))
	i := slices.IndexFunc(q.verbs, func(c verbCount) bool { return c.verb == verb })
	if i < 0 {
		i = len(q.verbs)
		q.verbs = append(q.verbs, verbCount{verb: verb})
	}
	q.verbs[i].count++
	q.verbs[i].total += s.Duration
}

// alike says how many of the queries are alike, in the words of django-debug-toolbar.
func (q querySet) alike() string {
	switch {
	case q.similar > 0 && q.duplicates > 0:
		return fmt.Sprintf("including %s similar and %s", Count(int64(q.similar)), plural(int64(q.duplicates), "duplicate"))
	case q.similar > 0:
		return fmt.Sprintf("including %s similar", Count(int64(q.similar)))
	}
	return plural(int64(len(q.statements)), "different statement")
}

// tableList names tables in a sentence.
func tableList(tables []string) string {
	if len(tables) == 1 {
		return "Table: " + tables[0]
	}
	return "Tables: " + strings.Join(tables, ", ")
}

// known writes a count that may not be known.
func known(n int64) string {
	if n < 0 {
		return "?"
	}
	return Count(n)
}

// alerts are the repeated statements, each with the sum that it costs.
func (q querySet) alerts(v recordView) []Alert {
	var out []Alert
	for _, s := range q.statements {
		n := s.repeats()
		if n < repeatsFrom {
			continue
		}
		first := v.Spans[s.members[0]]
		text := fmt.Sprintf("%d of %s are this statement, %s together.", len(s.members), plural(q.count, "query"), Dur(s.total))
		if first.Source != "" {
			text += " They are sent from " + first.Source + "."
		}
		out = append(out, Alert{
			Status: StatusSlow, Title: fmt.Sprintf("N+1: the same query %d times", n), Text: text,
			Fix: "load what the loop needs in one query before it.",
		})
	}
	return out
}

// share of all SQL time.
func (q querySet) share(s statement) float64 { return Share(s.total, q.total) }

// ordered tells that every run is shown, in the order of time.
func (q querySet) ordered() bool { return q.steps.rows != nil }

// ShownQuery is the span of the statement that the SQL panel of a Record shows in detail at
// an address; negative when it has none.
func ShownQuery(here URL, m Record) int {
	q := newQuerySet(newRecordView(Shell{Here: here}, m))
	if len(q.statements) == 0 {
		return -1
	}
	return q.statements[q.chosen].members[q.run]
}
