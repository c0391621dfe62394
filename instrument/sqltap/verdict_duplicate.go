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

// Duplicate is a read that was sent again with the same parameters, although nothing had
// been written since, so that it could only give what was known already.
type Duplicate struct {
	Statement string
	Sets      [][]int            // the runs, those with the same parameters together
	Callers   []instrument.Frame // the lines that ran them, each once; empty when not known
	Time      time.Duration      // of all runs but the first of each set: what they cost needlessly
}

// Most is how often the statement ran with the parameters that came most often.
func (d Duplicate) Most() (n int) {
	for _, set := range d.Sets {
		n = max(n, len(set))
	}
	return n
}

// Text says in one sentence what was seen: how many runs were needless, and from where.
func (d Duplicate) Text() string {
	runs := 0
	for _, set := range d.Sets {
		runs += len(set)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d runs asked for what had been read before, with nothing written in between", runs-len(d.Sets), runs)
	for i, f := range d.Callers[:min(len(d.Callers), 3)] {
		sep := ", "
		if i == 0 {
			sep = ": from "
		}
		fmt.Fprintf(&b, "%s%s:%d", sep, path.Base(f.File), f.Line)
	}
	return b.String()
}

// Fix says what to do about it.
func (Duplicate) Fix() string {
	return "Ask once and pass the answer on, as an argument or in the request's context; cache what seldom changes."
}

// duplicates finds reads whose answer was known. Those of an N+1 or a sequence are left to
// it: asking once for all of them ends them too.
func duplicates(spans []instrument.RecordSpan, qs []query, others ...[]Repeat) []Duplicate {
	var list []Duplicate
	place := map[string]int{}
	for _, set := range readAgain(qs) {
		if isPartOf(set, others) {
			continue
		}
		statement := spans[set[0]].Handler.Name
		i, known := place[statement]
		if !known {
			i = len(list)
			place[statement] = i
			list = append(list, Duplicate{Statement: statement})
		}
		list[i].add(spans, set)
	}
	slices.SortStableFunc(list, func(a, b Duplicate) int { return cmp.Compare(b.Time, a.Time) })
	return list
}

func (d *Duplicate) add(spans []instrument.RecordSpan, set []int) {
	d.Sets = append(d.Sets, set)
	for n, at := range set {
		if n > 0 {
			d.Time += spans[at].Duration
		}
		if f := callerOf(spans[at].Stack); f.File != "" && !slices.ContainsFunc(d.Callers, func(o instrument.Frame) bool { return o.File == f.File && o.Line == f.Line }) {
			d.Callers = append(d.Callers, f)
		}
	}
}

// readAgain are the reads of tables with the same parameters between which nothing was
// written, in the order of the first of them. What is no read may show later ones something
// else: it writes, begins another snapshot or changes a setting.
func readAgain(qs []query) (sets [][]int) {
	at := map[int64]int{} // the set of a statement and its parameters, until something is written
	for _, q := range qs {
		switch {
		case q.kind != reading:
			clear(at)
		case q.hash != 0 && !q.failed() && hasWord(q.statement, "FROM") && !q.locks():
			i, known := at[q.hash]
			if !known {
				i = len(sets)
				at[q.hash] = i
				sets = append(sets, nil)
			}
			sets[i] = append(sets[i], q.at)
		}
	}
	return slices.DeleteFunc(sets, func(set []int) bool { return len(set) < 2 })
}

// locks tells that the read is for its lock, which is another one each time.
func (q query) locks() bool {
	return hasWord(q.statement, "FOR") && (hasWord(q.statement, "UPDATE") || hasWord(q.statement, "SHARE"))
}

func isPartOf(set []int, others [][]Repeat) bool {
	for _, list := range others {
		for _, r := range list {
			if slices.Contains(r.Spans, set[0]) && slices.Contains(r.Spans, set[len(set)-1]) {
				return true
			}
		}
	}
	return false
}
