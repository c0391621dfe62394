package web

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// exceptionRecords is how many of the newest Records are read for errors and panics.
const exceptionRecords = 200

// exceptionsPage groups the errors and panics of the newest Records by what they say
// and where they happened.
func exceptionsPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	m, err := d.exceptions(r)
	if err != nil {
		return nil, err
	}
	return view.ExceptionsPage(d.shell(r, "Exceptions", "exceptions"), m), nil
}

func (d *Dashboard) exceptions(r *http.Request) (m view.Exceptions, err error) {
	q := query.Records{Limit: exceptionRecords, Budget: listBudget}
	if c, ok := parseCursor(r.URL.Query().Get("before")); ok {
		q.After = c
	}
	page, err := d.config.Store.Records(r.Context(), q)
	if err != nil {
		return m, err
	}
	groups := map[exceptionKey]*view.ExceptionRow{}
	for i := range page.Records {
		row := &page.Records[i]
		if row.Failed == 0 && !row.Flags.Has(instrument.FlagError) {
			continue
		}
		rec, err := d.config.Store.Record(r.Context(), row.ID)
		if err != nil {
			continue // pruned meanwhile
		}
		addExceptions(groups, rec)
	}
	m = view.Exceptions{Total: len(groups), Records: int64(len(page.Records)), Later: q.After != query.Cursor{}}
	if page.More {
		m.Older = cursorText(page.Next)
	}
	for _, g := range groups {
		m.Rows = append(m.Rows, *g)
	}
	slices.SortFunc(m.Rows, func(a, b view.ExceptionRow) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Message, b.Message))
	})
	return m, nil
}

type exceptionKey struct {
	handler instrument.HandlerInfo
	typ     string
	message string
}

// addExceptions counts the failed spans of a Record. The newest Record comes first, so
// the sample is the newest.
func addExceptions(groups map[exceptionKey]*view.ExceptionRow, rec *instrument.Record) {
	for i := range rec.Spans {
		s := &rec.Spans[i]
		if s.Error == "" {
			continue
		}
		key := exceptionKey{s.Handler, errorType(s), s.Error}
		g := groups[key]
		if g == nil {
			g = &view.ExceptionRow{
				Type: key.typ, Message: s.Error, Source: placeOf(s.Handler.Source), Panic: s.Flags.Has(instrument.FlagPanic),
				Handler: s.Handler.Name, Kind: kindOf(s.Handler.Kind), Last: rec.StartTime(), Sample: rec.ID.String(),
			}
			groups[key] = g
		}
		g.Count++
		g.First = rec.StartTime()
	}
}

func errorType(s *instrument.RecordSpan) string {
	for _, kv := range s.Attrs {
		if kv.Key == instrument.KeyErrorType.Name() {
			return valueText(kv.Value)
		}
	}
	return ""
}
