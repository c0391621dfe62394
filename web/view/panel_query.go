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
}

// querySet is the SQL of one Record.
type querySet struct {
	statements []statement // most time first
	count      int64       // with those left out
	total      time.Duration
	rows       int64
	errs       int
	chosen     int // statement shown in detail
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
		if s.Rows >= 0 {
			q.rows = max(q.rows, 0) + s.Rows
		}
		if s.Err != "" {
			q.errs++
		}
	}
	for j := range q.statements {
		s := &q.statements[j]
		s.loop = v.t.looped(s.text, s.repeats())
	}
	slices.SortStableFunc(q.statements, func(a, b statement) int { return cmp.Compare(b.total, a.total) })
	if n, err := strconv.Atoi(v.here.Get("statement")); err == nil && n >= 0 && n < len(q.statements) {
		q.chosen = n
	}
	return q
}

func (s *statement) add(i int, sp Span) {
	s.members = append(s.members, i)
	s.total += sp.Duration
	s.longest = max(s.longest, sp.Duration)
	s.parents[sp.Parent]++
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
		out = append(out, Badge{"", "similar"})
	}
	return out
}

// tiles are the totals of the panel.
func (q querySet) tiles(v recordView) []tile {
	n, unit := durParts(q.total)
	return []tile{
		{label: "Queries", value: Count(q.count), note: plural(int64(len(q.statements)), "different statement")},
		{label: "Time", value: n, unit: unit, note: Percent(Share(q.total, v.t.total)) + " of " + v.scale.with(v.t.total)},
		{label: "Rows", value: known(q.rows), note: "read or written"},
		{label: "Errors", value: Count(int64(q.errs)), note: "of " + Count(q.count)},
	}
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
