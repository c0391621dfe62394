package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

func queriesPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	w := windowOf(r.URL.Query(), time.Now())
	s := d.shell(r, "Queries", "queries")
	s.Ranges = w.choices()
	d.live(r, &s, "")
	rows, err := d.config.Store.Handlers(r.Context(), query.Handlers{
		Since: w.since, Until: w.until, Kinds: []instrument.Kind{instrument.KindQuery},
	})
	if err != nil {
		return nil, err
	}
	return view.QueriesPage(s, queryList(r, rows)), nil
}

func queryList(r *http.Request, rows []query.HandlerStats) view.Queries {
	params := r.URL.Query()
	m := view.Queries{Sort: cmp.Or(params.Get("sort"), "total"), Asc: params.Get("dir") == "asc", Total: len(rows)}
	for i := range rows {
		m.Time += rows[i].Sum
		m.Calls += int64(rows[i].Count)
	}
	for i := range rows {
		m.Rows = append(m.Rows, queryRow(&rows[i], m.Time))
	}
	order := map[string]func(a, b view.QueryRow) int{
		"total":  func(a, b view.QueryRow) int { return cmp.Compare(b.Total, a.Total) },
		"calls":  func(a, b view.QueryRow) int { return cmp.Compare(b.Calls, a.Calls) },
		"mean":   func(a, b view.QueryRow) int { return cmp.Compare(b.Mean, a.Mean) },
		"max":    func(a, b view.QueryRow) int { return cmp.Compare(b.Max, a.Max) },
		"errors": func(a, b view.QueryRow) int { return cmp.Compare(b.Errors, a.Errors) },
	}
	less, ok := order[m.Sort]
	if !ok {
		less = order["total"]
	}
	slices.SortStableFunc(m.Rows, func(a, b view.QueryRow) int {
		if m.Asc {
			return less(b, a)
		}
		return less(a, b)
	})
	m.Rows = m.Rows[:min(len(m.Rows), maxHandlerRows)]
	return m
}

func queryRow(h *query.HandlerStats, whole time.Duration) view.QueryRow {
	row := view.QueryRow{
		Text: h.Handler.Name, Calls: int64(h.Count), Errors: int64(h.Errors), Rows: -1, Total: h.Sum,
		Share: view.Share(h.Sum, whole), P95: h.Quantile(.95), Max: h.Max,
	}
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
