package web

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// leftOpen are what had not ended when the Record did: bodies of answers that nobody
// closed, and work of goroutines that nobody waited for.
func leftOpen(rec *instrument.Record, v *sqltap.Verdicts) (out []view.Alert) {
	if rec.Unfinished() {
		return nil // it still runs, or its process died
	}
	for i := range rec.Spans {
		s := &rec.Spans[i]
		if i == 0 || !s.Flags.Has(instrument.FlagUnfinished) || len(out) == maxFindings || slices.Contains(v.OpenRows, i) || holdsOpen(rec, v, i) {
			continue
		}
		if s.Handler.Kind == instrument.KindCall && hasAttr(s, "http.response.status_code") {
			out = append(out, view.Alert{
				Status: view.StatusBad, Rule: alertOpenBody, Title: "A response's body was never closed", Span: i, HasSpan: true,
				Text: s.Handler.Name + " keeps a connection until it is, which no other call can use. " + callerText(s),
				Fix:  "close it: defer res.Body.Close() right after the error was looked at.",
			})
			continue
		}
		out = append(out, view.Alert{
			Status: view.StatusSlow, Rule: alertLeaked, Title: fmt.Sprintf("%s %s still ran when the record ended", s.Handler.Kind, statementOr(s.Handler)), Span: i, HasSpan: true,
			Text: fmt.Sprintf("It had begun %s before, in a goroutine that nobody waited for: it goes on for as long as it likes, with a context that is done. %s", view.Dur(max(rec.Duration-s.Start, 0)), callerText(s)),
			Fix:  "wait for it (errgroup, sync.WaitGroup) before the handler returns, or queue it as a task.",
		})
	}
	return out
}

// holdsOpen tells that a span had not ended because of one inside it, or of a transaction,
// which has a line of its own.
func holdsOpen(rec *instrument.Record, v *sqltap.Verdicts, at int) bool {
	for i := at + 1; i < len(rec.Spans); i++ {
		if rec.Spans[i].Parent == at && rec.Spans[i].Flags.Has(instrument.FlagUnfinished) {
			return true
		}
	}
	return slices.ContainsFunc(v.Transactions, func(t sqltap.Transaction) bool { return t.Begin == at && t.End < 0 })
}

// callerText says where the app asked for what a span did.
func callerText(s *instrument.RecordSpan) string {
	for _, f := range s.Stack {
		if ownFile(f.File) {
			return placeOf(instrument.Source{File: f.File, Line: f.Line})
		}
	}
	if s.Handler.Source != (instrument.Source{}) {
		return placeOf(s.Handler.Source)
	}
	return ""
}

func hasAttr(s *instrument.RecordSpan, key string) bool {
	return slices.ContainsFunc(s.Attrs, func(kv instrument.KV) bool { return kv.Key == key })
}

// lateResponses are what a handler did to a response that the client had already.
func lateResponses(rec *instrument.Record) (out []view.Alert) {
	for _, kv := range rec.Attrs {
		text, _ := kv.Value.(string)
		switch kv.Key {
		case "http.response.written_twice":
			out = append(out, view.Alert{
				Status: view.StatusBad, Rule: alertWrittenTwice, Title: "The response was written twice",
				Text: "WriteHeader was called with " + text + ". The client got the first status, and the bodies of both.",
				Fix:  "return right after a response was written, as after http.Error and http.Redirect.",
			})
		case "http.response.late_headers":
			out = append(out, view.Alert{
				Status: view.StatusBad, Rule: alertLateHeader, Title: "Headers were set after the response had begun",
				Text: text + ": the client never gets them.",
				Fix:  "set headers before the first Write, WriteHeader or Flush; for what is known at the end only, use a trailer.",
			})
		}
	}
	return out
}

// overBudget are the layers that took more time than they may.
func overBudget(rec *instrument.Record) (out []view.Alert) {
	for i := range rec.Spans {
		s := &rec.Spans[i]
		for _, kv := range s.Attrs {
			budget, ok := kv.Value.(time.Duration)
			if kv.Key != "layer.budget" || !ok || len(out) == maxFindings {
				continue
			}
			out = append(out, view.Alert{
				Status: view.StatusSlow, Rule: alertBudget, Title: "Layer " + s.Handler.Name + " is over its budget", Span: i, HasSpan: true,
				Text: fmt.Sprintf("It took %s of its own and may take %s. %s", view.Dur(s.Self), view.Dur(budget), placeOf(s.Handler.Source)),
				Fix:  "make it do less for each request, or raise what middleware.Budget gives it.",
			})
		}
	}
	return out
}
