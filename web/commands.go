package web

import (
	"net/http"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// commandsPage lists the commands that ever ran, not those of a window: cron jobs run
// once a day or week.
func commandsPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	s := d.shell(r, "Commands", "commands")
	d.live(r, &s, "events?kind=command")
	kinds := []instrument.Kind{instrument.KindCommand}
	rows, err := d.config.Store.Handlers(r.Context(), query.Handlers{Kinds: kinds})
	if err != nil {
		return nil, err
	}
	q := query.Records{Kinds: kinds, Limit: listLimit}
	if c, ok := parseCursor(r.URL.Query().Get("before")); ok {
		q.After = c
	}
	page, err := d.config.Store.Records(r.Context(), q)
	if err != nil {
		return nil, err
	}
	m := view.Commands{Runs: rowModels(page.Records)}
	if page.More {
		m.Older = cursorText(page.Next)
	}
	for i := range rows {
		m.Rows = append(m.Rows, d.commandRow(r, &rows[i]))
	}
	return view.CommandsPage(s, m), nil
}

func (d *Dashboard) commandRow(r *http.Request, h *query.HandlerStats) view.CommandRow {
	row := view.CommandRow{
		Name: h.Handler.Name, Source: placeOf(h.Handler.Source), Status: view.StatusOK, Runs: int64(h.Count), Failed: int64(h.Errors),
		P50: h.Quantile(.5), P95: h.Quantile(.95), Max: h.Max,
	}
	last, err := d.config.Store.Records(r.Context(), query.Records{
		Kinds: []instrument.Kind{instrument.KindCommand}, Handler: h.Handler.Name, Limit: 1,
	})
	if err == nil && len(last.Records) == 1 {
		row.LastRun, row.LastCode = last.Records[0].StartTime(), last.Records[0].Status
		row.Status = statusOf(&last.Records[0].Summary)
	}
	return row
}
