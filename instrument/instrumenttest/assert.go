package instrumenttest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// Records are what was recorded so far: the test's own Record first, as it is now, then
// those that it caused, in the order in which they ended. It waits for requests that are
// about to end.
func (t *Test) Records() []*instrument.Record {
	t.TB.Helper()
	t.settle()
	t.mu.Lock()
	defer t.mu.Unlock()
	list := slices.Clone(t.ended)
	if own := t.rec.Snapshot(); own != nil {
		list = slices.Insert(list, 0, own)
	}
	return list
}

// Spans are those of one kind in all Records of the test.
func (t *Test) Spans(kind instrument.Kind) []instrument.RecordSpan {
	t.TB.Helper()
	var spans []instrument.RecordSpan
	for _, r := range t.Records() {
		for _, s := range r.Spans {
			if s.Handler.Kind == kind {
				spans = append(spans, s)
			}
		}
	}
	return spans
}

// NoNPlusOne fails the test for each statement that ran once for each row of another
// query, in the test or in one request, and names the statement, the line that ran it, how
// often, and what to do. The database must be behind package sqltap.
func (t *Test) NoNPlusOne() {
	t.TB.Helper()
	for _, r := range t.Records() {
		for _, n := range sqltap.Judge(r.Spans, sqltap.Limits{}).NPlusOne {
			t.Errorf("N+1 in %s: %s\n\t%s\n\t%s", place(r), n.Statement, n.Text(r.Spans), n.Fix())
		}
	}
}

// MaxQueries fails the test if its Records have more than n queries together, and lists
// them by statement. As in the dashboard's lists the statements that begin and end a
// transaction count.
func (t *Test) MaxQueries(n int) {
	t.TB.Helper()
	total := 0
	var list []statement
	for _, r := range t.Records() {
		total += r.Count(instrument.KindQuery)
		list = addStatements(list, r)
	}
	if total > n {
		t.Errorf("%d queries, want at most %d:%s", total, n, lines(list))
	}
}

// Times fails the test unless something of this kind and name happened exactly n times: a
// signal was sent, a template rendered, a page asked for. The name is as the dashboard
// shows it: of a request its pattern, "GET /cart".
func (t *Test) Times(kind instrument.Kind, name string, n int) {
	t.TB.Helper()
	got := 0
	var others []string
	for _, s := range t.Spans(kind) {
		if s.Handler.Name == name {
			got++
		} else if !slices.Contains(others, s.Handler.Name) {
			others = append(others, s.Handler.Name)
		}
	}
	if got == n {
		return
	}
	text := fmt.Sprintf("%s %q happened %d times, want %d", kind, name, got, n)
	if got == 0 && len(others) > 0 {
		text += "; there were: " + strings.Join(others[:min(len(others), maxListed)], ", ")
	}
	t.Error(text)
}

// statement is a query with how often it ran.
type statement struct {
	text, from string
	runs       int
}

// addStatements counts the queries of a Record, those that run most often first.
func addStatements(list []statement, r *instrument.Record) []statement {
	for _, s := range r.Spans {
		if s.Handler.Kind != instrument.KindQuery {
			continue
		}
		q := statement{text: s.Handler.Name, from: from(s.Stack)}
		i := slices.IndexFunc(list, func(o statement) bool { return o.text == q.text && o.from == q.from })
		if i < 0 {
			i = len(list)
			list = append(list, q)
		}
		list[i].runs++
	}
	slices.SortStableFunc(list, func(a, b statement) int { return b.runs - a.runs })
	return list
}

// maxListed is how many lines a failure shows.
const maxListed = 10

func lines(list []statement) string {
	var b strings.Builder
	for _, s := range list[:min(len(list), maxListed)] {
		fmt.Fprintf(&b, "\n\t%d× %s%s", s.runs, s.text, s.from)
	}
	if more := len(list) - maxListed; more > 0 {
		fmt.Fprintf(&b, "\n\tand %d more statements", more)
	}
	return b.String()
}

// from says where in the app's own code a query was run.
func from(stack []instrument.Frame) string {
	for _, f := range stack {
		if instrument.IsOwnFile(f.File) {
			return fmt.Sprintf(" (%s)", instrument.Source{File: f.File, Line: f.Line})
		}
	}
	return ""
}

// place names a Record in a failure.
func place(r *instrument.Record) string { return r.Handler.Kind.String() + " " + r.Handler.Name }
