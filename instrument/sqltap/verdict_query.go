package sqltap

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// query is a span as the verdicts look at it.
type query struct {
	at          int
	span        *instrument.RecordSpan
	statement   string
	kind        statementKind
	hash        int64
	rows        int64  // read or affected; -1 when not known
	args        int    // how many parameters
	values      string // of the parameters, where they are kept
	answered    bool   // it had rows to read
	closed      time.Duration
	transaction int64
	lasted      time.Duration // of its transaction, at the end
	waited      time.Duration // for a connection
	site        string        // the calls that led to it
}

func (q query) failed() bool { return q.span.Flags.Has(instrument.FlagError) }

func (q query) end() time.Duration { return q.span.Start + q.span.Duration }

func queriesOf(spans []instrument.RecordSpan) []query {
	var qs []query
	for i := range spans {
		s := &spans[i]
		if s.Handler.Kind == instrument.KindQuery && !s.Flags.Has(instrument.FlagSkipped) {
			qs = append(qs, queryOf(i, s))
		}
	}
	// A span that was noted after its query has a later place than those that began
	// while it ran.
	slices.SortStableFunc(qs, func(a, b query) int { return cmp.Compare(a.span.Start, b.span.Start) })
	return qs
}

func queryOf(at int, s *instrument.RecordSpan) query {
	q := query{at: at, span: s, statement: s.Handler.Name, kind: kindOf(s.Handler.Name), rows: -1, site: siteOf(s.Stack)}
	q.closed = q.end()
	for _, kv := range s.Attrs {
		q.read(kv)
	}
	if q.answered && s.Flags.Has(instrument.FlagUnfinished) {
		q.closed = s.Start + s.Duration
	}
	return q
}

func (q *query) read(kv instrument.KV) {
	n, _ := kv.Value.(int64)
	d, _ := kv.Value.(time.Duration)
	switch kv.Key {
	case keyHash.Name():
		q.hash = n
	case keyRowsReturned.Name(), keyRowsAffected.Name():
		q.rows = n
	case keyAnswered.Name():
		q.answered = true
	case keyOpen.Name():
		q.closed = q.span.Start + d
	case keyTransaction.Name():
		q.transaction = n
	case keyTransactionTime.Name():
		q.lasted = d
	case keyPoolWait.Name():
		q.waited = d
	case keyArgs.Name():
		text, _ := kv.Value.(string)
		q.args = countShapes(text)
	case keyParameters.Name():
		q.values, _ = kv.Value.(string)
	}
}

// countShapes is how many parameters shapes described.
func countShapes(text string) int {
	if text == "" {
		return 0
	}
	parts := strings.Split(text, ", ")
	last, more := strings.CutPrefix(parts[len(parts)-1], "and ")
	if !more {
		return len(parts)
	}
	n, _ := strconv.Atoi(strings.TrimSuffix(last, " more"))
	return len(parts) - 1 + n
}

// siteOf tells two ways to a statement apart, helper functions that several places
// call included: all calls that are known count, not the last alone.
func siteOf(stack []instrument.Frame) string {
	var b strings.Builder
	for _, f := range stack {
		fmt.Fprintf(&b, "%s:%d\n", f.File, f.Line)
	}
	return b.String()
}

// callerOf is the innermost call in the app's own code.
func callerOf(stack []instrument.Frame) instrument.Frame {
	for _, f := range stack {
		if instrument.IsOwnFile(f.File) {
			return f
		}
	}
	if len(stack) > 0 {
		return stack[0]
	}
	return instrument.Frame{}
}

type statementKind uint8

const (
	control statementKind = iota // BEGIN, SAVEPOINT, PRAGMA and what else moves no rows
	reading
	writing
)

func kindOf(statement string) statementKind {
	verb, rest, _ := strings.Cut(strings.TrimLeft(statement, "( "), " ")
	switch strings.ToUpper(verb) {
	case "SELECT":
		return reading
	case "WITH":
		if hasWord(rest, "INSERT") || hasWord(rest, "UPDATE") || hasWord(rest, "DELETE") {
			return writing
		}
		return reading
	case "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "UPSERT":
		return writing
	}
	return control
}

// hasWord looks for a keyword, which is in capitals.
func hasWord(statement, word string) bool {
	for w := range strings.FieldsFuncSeq(statement, func(c rune) bool { return !isNameRune(c) }) {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// isLookup reports whether the query asks for what belongs to one key, so that one
// query could ask for what belongs to many.
func (q query) isLookup() bool {
	if q.kind != reading {
		return false
	}
	equal, placeholders := comparisons(q.statement)
	if in := hasWord(q.statement, "IN"); in && q.args != placeholders {
		return false // a list: it asks for many already
	} else if in {
		return true
	}
	return equal
}

// isPage reports whether the query is one page of many: nothing is wrong with the
// next page being another query.
func (q query) isPage() bool {
	if hasWord(q.statement, "OFFSET") {
		return true
	}
	if !hasWord(q.statement, "LIMIT") && !hasWord(q.statement, "FETCH") {
		return false
	}
	for i := range len(q.statement) {
		if c := q.statement[i]; (c == '<' || c == '>') && placeholderAfter(q.statement[i+1:]) {
			return true
		}
	}
	return false
}

// comparisons reports whether a column is compared with one value, and counts the
// placeholders.
func comparisons(statement string) (equal bool, placeholders int) {
	for i := range len(statement) {
		switch c := statement[i]; {
		case isPlaceholder(statement[i:]) && (i == 0 || !isPlaceholder(statement[i-1:])):
			placeholders++
		case c == '=' && i > 0 && !strings.ContainsRune("<>!", rune(statement[i-1])) && placeholderAfter(statement[i+1:]):
			equal = true
		}
	}
	return equal, placeholders
}

// placeholderAfter looks beyond "=" of ">=", space and "(".
func placeholderAfter(s string) bool { return isPlaceholder(strings.TrimLeft(s, "= (")) }

// isPlaceholder knows ?, ?1, $1, $name, :name and @name.
func isPlaceholder(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '?':
		return true
	case '$', ':', '@':
		return len(s) > 1 && isNameRune(rune(s[1])) && s[1] != ':'
	}
	return false
}
