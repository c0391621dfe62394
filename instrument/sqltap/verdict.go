package sqltap

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Limits say from when on something is told. The zero Limits are sensible.
type Limits struct {
	// Repeats is how often a statement runs from one place before it is a loop.
	// 0: 3.
	Repeats int
	// Slow is the duration above which a statement is slow, by its fingerprint. For
	// others the Recorder's threshold holds, which set their flag.
	Slow map[string]time.Duration
	// Gap is how long a pause between queries has to be to be told of. 0: a 20th of
	// the Record, at least a millisecond.
	Gap time.Duration
}

// Verdicts are what the queries of a Record show. Numbers of spans are indexes into
// the spans that were judged.
type Verdicts struct {
	Patterns     []Pattern     // every statement once, the one that took most time first
	NPlusOne     []Repeat      // lookups in a loop over the rows of another query
	Sequential   []Repeat      // one after the other what could be one statement
	Duplicates   []Duplicate   // reads of what was known, the one that cost most first
	Together     []Together    // different reads that need not wait for each other
	Slow         []int         // above their limit, the slowest first
	OpenRows     []int         // rows that were still open when the Record ended
	Transactions []Transaction // in the order in which they began
	Gaps         []Gap         // pauses between queries, in the order of time
	PoolWait     time.Duration // for connections; 0 unless the option PoolWait was given
}

// Pattern is a statement with all its runs.
type Pattern struct {
	Statement  string // the fingerprint
	Spans      []int
	Time       time.Duration // together
	Share      float64       // of the time of all queries, 0 to 1
	Longest    time.Duration
	Rows       int64 // read or affected, as far as known
	Failed     int
	Slow       int     // runs above the limit
	Duplicates [][]int // runs that had the same parameters as another one, by parameters
}

// Similar is how many runs share the statement; 0 when there is only one.
func (p Pattern) Similar() int {
	if len(p.Spans) < 2 {
		return 0
	}
	return len(p.Spans)
}

// Duplicate is how many runs share statement and parameters with another one.
func (p Pattern) Duplicate() (n int) {
	for _, d := range p.Duplicates {
		n += len(d)
	}
	return n
}

// Repeat is a statement that ran again and again from one place below one parent.
type Repeat struct {
	Statement string
	Spans     []int
	Parent    int              // the span below which they ran
	Caller    instrument.Frame // the line that ran them; zero when not known
	Feeder    int              // the query over whose rows the loop went; -1 when there is none
	Time      time.Duration    // together
}

// Transaction is the bracket from BEGIN to its end.
type Transaction struct {
	Begin    int // the span of BEGIN
	End      int // that of COMMIT or ROLLBACK; -1 when it was still open
	Spans    []int
	Duration time.Duration // 0 when it was still open
	Rollback bool
}

// Judge reads the queries among the spans of a Record. It is a pure function, and
// takes spans of any integration that uses this package's attributes.
func Judge(spans []instrument.RecordSpan, l Limits) Verdicts {
	l.Repeats = cmp.Or(l.Repeats, 3)
	qs := queriesOf(spans)
	v := Verdicts{Patterns: patterns(qs, l), Transactions: transactionsOf(qs)}
	for _, q := range qs {
		if q.answered && q.span.Flags.Has(instrument.FlagUnfinished) {
			v.OpenRows = append(v.OpenRows, q.at)
		}
		// What is longer than the Record was there is the wait of somebody else.
		v.PoolWait += min(q.waited, q.span.Start)
		if q.slow(l) {
			v.Slow = append(v.Slow, q.at)
		}
	}
	slices.SortStableFunc(v.Slow, func(a, b int) int { return cmp.Compare(spans[b].Duration, spans[a].Duration) })
	v.NPlusOne, v.Sequential = loops(qs, l)
	v.Duplicates = duplicates(spans, qs, v.NPlusOne, v.Sequential)
	v.Together, v.Gaps = together(qs), gaps(spans, qs, l)
	return v
}

func patterns(qs []query, l Limits) []Pattern {
	var list []Pattern
	place := map[string]int{}
	byHash := map[int64][]int{}
	for _, q := range qs {
		i, known := place[q.statement]
		if !known {
			i = len(list)
			place[q.statement] = i
			list = append(list, Pattern{Statement: q.statement})
		}
		list[i].add(q, l)
		if q.hash != 0 && q.kind != control && !q.failed() {
			byHash[q.hash] = append(byHash[q.hash], q.at)
		}
	}
	for _, q := range qs {
		if same := byHash[q.hash]; len(same) > 1 && same[0] == q.at {
			p := &list[place[q.statement]]
			p.Duplicates = append(p.Duplicates, same)
		}
	}
	whole := time.Duration(0)
	for _, p := range list {
		whole += p.Time
	}
	for i := range list {
		if whole > 0 {
			list[i].Share = float64(list[i].Time) / float64(whole)
		}
	}
	slices.SortStableFunc(list, func(a, b Pattern) int { return cmp.Compare(b.Time, a.Time) })
	return list
}

func (p *Pattern) add(q query, l Limits) {
	p.Spans = append(p.Spans, q.at)
	p.Time += q.span.Duration
	p.Longest = max(p.Longest, q.span.Duration)
	p.Rows += max(q.rows, 0)
	if q.failed() {
		p.Failed++
	}
	if q.slow(l) {
		p.Slow++
	}
}

// slow goes by the statement's own limit, or by the Recorder's for all.
func (q query) slow(l Limits) bool {
	if limit, own := l.Slow[q.statement]; own {
		return q.span.Duration > limit
	}
	return q.span.Flags.Has(instrument.FlagSlow)
}

func transactionsOf(qs []query) []Transaction {
	var list []Transaction
	place := map[int64]int{}
	for _, q := range qs {
		if q.transaction == 0 {
			continue
		}
		i, known := place[q.transaction]
		if !known {
			i = len(list)
			place[q.transaction] = i
			list = append(list, Transaction{Begin: q.at, End: -1})
		}
		t := &list[i]
		t.Spans = append(t.Spans, q.at)
		if q.statement == "COMMIT" || q.statement == "ROLLBACK" {
			t.End, t.Rollback, t.Duration = q.at, q.statement == "ROLLBACK", q.lasted
		}
	}
	return list
}
