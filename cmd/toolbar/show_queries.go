package main

import (
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// maxShownQueries is how many statements of one sort are told of.
const maxShownQueries = 10

// queries tells of statements that one query or none would replace.
func (v *recordView) queries() {
	verdicts := sqltap.Judge(v.rec.Spans, sqltap.Limits{})
	for _, r := range verdicts.NPlusOne[:min(len(verdicts.NPlusOne), maxShownQueries)] {
		v.finding("N+1: "+r.Statement, r.Text(v.rec.Spans), r.Fix())
	}
	for _, d := range verdicts.Duplicates[:min(len(verdicts.Duplicates), maxShownQueries)] {
		v.finding("duplicates: "+d.Statement, d.Text(), d.Fix())
	}
}

func (v *recordView) finding(title string, lines ...string) {
	fmt.Fprintf(v.w, "\n%s\n", term.Fit(term.Line(title), v.width))
	for _, text := range lines {
		for _, line := range term.Wrap(term.Line(text), max(v.width-2, 1)) {
			fmt.Fprintln(v.w, "  "+line)
		}
	}
}
