package sqltap

import (
	"cmp"
	"slices"
)

// place is where a statement is run from: below a span, by a line.
type place struct {
	parent    int
	statement string
	site      string
}

// loops finds statements that ran again and again from one place, and tells those
// that went over the rows of another query from the rest.
func loops(qs []query, l Limits) (nPlusOne, sequential []Repeat) {
	groups := map[place][]query{}
	var order []place
	for _, q := range qs {
		if q.kind == control || q.failed() {
			continue
		}
		p := place{q.span.Parent, q.statement, q.site}
		if groups[p] == nil {
			order = append(order, p)
		}
		groups[p] = append(groups[p], q)
	}
	for _, p := range order {
		g := groups[p]
		if len(g) < l.Repeats || distinct(g) < 2 {
			continue
		}
		switch feeder, fed := feederOf(g, qs); {
		case g[0].isLookup() && !g[0].isPage() && fed:
			nPlusOne = append(nPlusOne, repeatOf(p, g, feeder))
		case couldBeOne(g, l):
			sequential = append(sequential, repeatOf(p, g, feeder))
		}
	}
	byTime := func(a, b Repeat) int { return cmp.Compare(b.Time, a.Time) }
	slices.SortStableFunc(nPlusOne, byTime)
	slices.SortStableFunc(sequential, byTime)
	return nPlusOne, sequential
}

func repeatOf(p place, g []query, feeder int) Repeat {
	r := Repeat{Statement: p.statement, Parent: p.parent, Caller: callerOf(g[0].span.Stack), Feeder: feeder}
	for _, q := range g {
		r.Spans = append(r.Spans, q.at)
		r.Time += q.span.Duration
	}
	return r
}

// distinct is how many different parameters a group has. Runs with the same ones
// are duplicates, which is another verdict.
func distinct(g []query) int {
	seen := map[int64]bool{}
	n := 0
	for _, q := range g {
		if q.hash == 0 || !seen[q.hash] {
			n++
		}
		seen[q.hash] = true
	}
	return n
}

// couldBeOne reports whether the group ran one after the other and each asked for,
// or wrote, something of its own.
func couldBeOne(g []query, l Limits) bool {
	if distinct(g) < l.Repeats || g[0].kind == reading && (!g[0].isLookup() || g[0].isPage()) {
		return false
	}
	for i := 1; i < len(g); i++ {
		if g[i].span.Start < g[i-1].end() {
			return false
		}
	}
	return true
}

// feederOf finds the query over whose rows the group went: the latest that was
// there before and whose number of rows fits. A page of many rows of which a few were
// looked up does not fit, because with three lookups anything would.
func feederOf(g, qs []query) (at int, ok bool) {
	first, last := g[0], g[len(g)-1]
	sums := map[string]int64{}
	var chain []query // of statements that may have fed together, latest first
	for i := len(qs) - 1; i >= 0; i-- {
		c := qs[i]
		if c.kind != reading || c.statement == first.statement || c.span.Start > last.span.Start || c.rows < 1 {
			continue
		}
		sums[c.statement] += c.rows
		if c.span.Start > first.span.Start {
			continue
		}
		if c.rows > 1 && (fits(len(g), c.rows) || during(c, g)) {
			return c.at, true
		}
		chain = append(chain, c)
	}
	// A loop in a loop: the inner one goes over the rows of all runs of a query.
	for _, c := range chain {
		if c.rows > 1 && fits(len(g), sums[c.statement]) {
			return c.at, true
		}
	}
	return -1, false
}

// fits reports whether n lookups may be one for each row, or for half of them.
func fits(n int, rows int64) bool { return int64(n) <= rows && 2*int64(n) >= rows }

// during reports whether the group ran while the rows of c were being read.
func during(c query, g []query) bool {
	inside := 0
	for _, q := range g {
		if q.span.Start > c.span.Start && q.span.Start < c.closed {
			inside++
		}
	}
	return inside == len(g)
}
