package web

import (
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// maxFindings is how many findings of one sort a Record lists: the hundredth says no
// more than the tenth.
const maxFindings = 10

// findings are what is wrong with a Record beside what its spans show by themselves:
// what its SQL shows, and errors that went no further than where they happened.
func findings(rec *instrument.Record, v *sqltap.Verdicts) (out []view.Alert, loops int) {
	add := func(rule string, s view.Status, title, text, fix, code string, span int) {
		if len(out) < 4*maxFindings {
			out = append(out, view.Alert{Status: s, Rule: rule, Title: title, Text: text, Fix: fix, Code: code, Span: span, HasSpan: true})
		}
	}
	for _, r := range v.NPlusOne[:min(len(v.NPlusOne), maxFindings)] {
		add(alertNPlusOne, view.StatusSlow, fmt.Sprintf("N+1: the same query %d times", len(r.Spans)), r.Text(rec.Spans), r.Fix(), r.Replacement(), r.Spans[0])
		out[len(out)-1].Loop = true
		loops = max(loops, len(r.Spans))
	}
	for _, r := range v.Sequential[:min(len(v.Sequential), maxFindings)] {
		add(alertSequential, view.StatusSlow, fmt.Sprintf("One statement %d times, one after the other", len(r.Spans)), r.Text(rec.Spans), r.Fix(), r.Replacement(), r.Spans[0])
	}
	for _, d := range v.Duplicates[:min(len(v.Duplicates), maxFindings)] {
		title := fmt.Sprintf("The same query with the same parameters %d times", d.Most())
		text := statementName(d.Statement) + ": " + d.Text() + ". They took " + view.Dur(d.Time) + "."
		add(alertDuplicates, view.StatusSlow, title, text, d.Fix(), "", d.Sets[0][1])
	}
	for _, t := range v.Together[:min(len(v.Together), maxFindings)] {
		add(alertTogether, view.StatusSlow, fmt.Sprintf("%d queries that could run at the same time", len(t.Spans)), t.Text(rec.Spans), t.Fix(), "", t.Spans[0])
	}
	for _, i := range v.OpenRows[:min(len(v.OpenRows), maxFindings)] {
		s := &rec.Spans[i]
		add(alertOpenRows, view.StatusBad, "Rows that were never closed", statementName(s.Handler.Name)+" keeps a connection until they are: "+placeOf(s.Handler.Source),
			"close them: defer rows.Close() right after the error was looked at.", "", i)
	}
	for _, t := range v.Transactions {
		if t.End < 0 {
			add(alertOpenTx, view.StatusBad, "A transaction was not ended", "It was begun and neither committed nor rolled back within this record.", "end it on every way out: defer tx.Rollback() right after Begin.", "", t.Begin)
		}
	}
	out = append(out, leftOpen(rec, v)...)
	out = append(out, lateResponses(rec)...)
	out = append(out, overBudget(rec)...)
	return append(out, swallowed(rec)...), loops
}

// swallowed are failures inside a Record that answered as if nothing had happened.
func swallowed(rec *instrument.Record) (out []view.Alert) {
	if rec.Flags.Has(instrument.FlagError) || rec.Status >= 500 {
		return nil
	}
	for i := range rec.Spans {
		s := &rec.Spans[i]
		failed := s.Flags.Has(instrument.FlagError) && i > 0 && s.Handler.Kind != instrument.KindLog
		passed := s.Parent >= 0 && rec.Spans[s.Parent].Flags.Has(instrument.FlagError)
		if !failed || passed || len(out) == maxFindings {
			continue
		}
		out = append(out, view.Alert{
			Status: view.StatusBad, Rule: alertSwallowed, Title: fmt.Sprintf("%s %s failed, and nothing above it did", s.Handler.Kind, statementOr(s.Handler)),
			Text: fmt.Sprintf("%s The record ended with status %d.", s.Error+".", rec.Status), Span: i, HasSpan: true,
			Fix: "if that is meant, handle the error where it happens and note it; otherwise pass it up.",
		})
	}
	return out
}

func statementOr(h instrument.HandlerInfo) string {
	if h.Kind == instrument.KindQuery {
		return statementName(h.Name)
	}
	return h.Name
}
