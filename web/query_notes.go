package web

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// queryNotes are what the statements of a Record show together: how the databases share
// them, transactions as brackets, and what ran in the pauses between them.
func queryNotes(rec *instrument.Record, v *sqltap.Verdicts) (notes []view.QueryNote) {
	add := func(title string, items []view.NoteItem) {
		if len(items) > 0 {
			notes = append(notes, view.QueryNote{Title: title, Items: items[:min(len(items), maxFindings)]})
		}
	}
	if by := databases(rec); len(by) > 1 {
		add("By database", by)
	}
	var brackets, pauses []view.NoteItem
	for _, t := range v.Transactions {
		end := "committed"
		switch {
		case t.End < 0:
			end = "not ended"
		case t.Rollback:
			end = "rolled back"
		}
		brackets = append(brackets, view.NoteItem{Text: fmt.Sprintf("Transaction of %d statements, %s", len(t.Spans), end), Time: t.Duration, Span: t.Begin})
	}
	for _, g := range v.Gaps {
		pauses = append(pauses, view.NoteItem{Text: g.Text(rec.Spans), Time: g.Duration, Span: g.Before})
	}
	add("Transactions", brackets)
	add("Pauses between statements, and what ran in them", pauses)
	return notes
}

// databases sums up statements and their time by the database that they went to.
func databases(rec *instrument.Record) (out []view.NoteItem) {
	type sum struct {
		n    int
		time time.Duration
	}
	sums := map[string]*sum{}
	for i := range rec.Spans {
		s := &rec.Spans[i]
		if s.Handler.Kind != instrument.KindQuery {
			continue
		}
		name := cmp.Or(attrText(s, "db.namespace"), attrText(s, "db.system.name"), "database")
		if sums[name] == nil {
			sums[name] = &sum{}
		}
		sums[name].n++
		sums[name].time += s.Duration
	}
	for name, s := range sums {
		out = append(out, view.NoteItem{Text: fmt.Sprintf("%s: %d statements", name, s.n), Time: s.time, Span: -1})
	}
	slices.SortFunc(out, func(a, b view.NoteItem) int { return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.Text, b.Text)) })
	return out
}

func attrText(s *instrument.RecordSpan, key string) string {
	for _, kv := range s.Attrs {
		if kv.Key == key {
			return valueText(kv.Value)
		}
	}
	return ""
}
