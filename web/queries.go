package web

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

func queriesPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	w := windowOf(r.URL.Query(), time.Now())
	s := d.shell(r, "Queries", "queries")
	s.Ranges = w.choices()
	d.live(r, &s, "")
	rows, err := d.store.Handlers(r.Context(), query.Handlers{
		Since: w.since, Until: w.until, Kinds: []instrument.Kind{instrument.KindQuery},
	})
	if err != nil {
		return nil, err
	}
	return view.QueriesPage(s, queryList(r, rows)), nil
}

func queryList(r *http.Request, rows []query.HandlerStats) view.Queries {
	params := r.URL.Query()
	m := view.Queries{}
	for i := range rows {
		m.Time += rows[i].Sum
		m.Calls += int64(rows[i].Count)
	}
	for i := range rows {
		m.Rows = append(m.Rows, queryRow(&rows[i], m.Time))
	}
	m.Rows, m.Order = ordered(params, m.Rows, queryColumns, func(q *view.QueryRow) string { return q.Text })
	return m
}

// queryColumns are what statements can be ordered by.
var queryColumns = []column[view.QueryRow]{
	{"total", func(q *view.QueryRow) int64 { return int64(q.Total) }},
	{"calls", func(q *view.QueryRow) int64 { return q.Calls }},
	{"errors", func(q *view.QueryRow) int64 { return q.Errors }},
	{"mean", func(q *view.QueryRow) int64 { return int64(q.Mean) }},
	{"p95", func(q *view.QueryRow) int64 { return int64(q.P95) }},
	{"max", func(q *view.QueryRow) int64 { return int64(q.Max) }},
	{"name", nil},
}

func queryRow(h *query.HandlerStats, whole time.Duration) view.QueryRow {
	row := view.QueryRow{
		Text: h.Handler.Name, Calls: int64(h.Count), Errors: int64(h.Errors), Rows: -1, Total: h.Sum,
		Share: view.Share(h.Sum, whole), P95: h.Quantile(.95), Max: h.Max,
	}
	row.Tables = sqltap.OutlineOf(row.Text).Tables
	if h.Count > 0 {
		row.Mean = h.Sum / time.Duration(h.Count)
	}
	if len(h.Slowest) > 0 {
		row.Sample = h.Slowest[0].ID.String()
	}
	if h.Slow > 0 {
		row.Badges = append(row.Badges, view.Badge{Status: view.StatusSlow, Text: view.Count(int64(h.Slow)) + " slow"})
	}
	return row
}
