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
	rows, err := d.everHandlers(r.Context(), query.Handlers{Kinds: kinds})
	if err != nil {
		return nil, err
	}
	newest, err := d.store.Records(r.Context(), query.Records{Kinds: kinds, Limit: commandRuns, Budget: listBudget / 4})
	if err != nil {
		return nil, err
	}
	page, last := newest, lastRuns(newest.Records)
	if c, ok := parseCursor(r.URL.Query().Get("before")); ok {
		page, err = d.store.Records(r.Context(), query.Records{Kinds: kinds, Limit: listLimit, Budget: listBudget / 4, After: c})
		if err != nil {
			return nil, err
		}
	} else if len(page.Records) > listLimit {
		page.Records, page.More = page.Records[:listLimit], true
		page.Next = query.Cursor{ID: page.Records[listLimit-1].ID}
	}
	m := view.Commands{Runs: rowModels(page.Records)}
	if page.More {
		m.Older = cursorText(page.Next)
	}
	for i := range rows {
		m.Rows = append(m.Rows, commandRow(&rows[i], last[rows[i].Handler.Name]))
	}
	m.Rows, m.Order = ordered(r.URL.Query(), m.Rows, commandColumns, func(c *view.CommandRow) string { return c.Name })
	return view.CommandsPage(s, m), nil
}

// commandColumns are what commands can be ordered by.
var commandColumns = []column[view.CommandRow]{
	{"last", func(c *view.CommandRow) int64 { return c.LastRun.Unix() }},
	{"runs", func(c *view.CommandRow) int64 { return c.Runs }},
	{"failed", func(c *view.CommandRow) int64 { return c.Failed }},
	{"p50", func(c *view.CommandRow) int64 { return int64(c.P50) }},
	{"p95", func(c *view.CommandRow) int64 { return int64(c.P95) }},
	{"max", func(c *view.CommandRow) int64 { return int64(c.Max) }},
	{"name", nil},
}

// commandRuns is how many of the newest runs are looked through for the last of each
// command.
const commandRuns = 300

// lastRuns are the newest run of each command: one that has not run for so long has none.
func lastRuns(rows []query.Row) map[string]*query.Row {
	last := map[string]*query.Row{}
	for i := range rows {
		if name := rows[i].Handler.Name; last[name] == nil {
			last[name] = &rows[i]
		}
	}
	return last
}

func commandRow(h *query.HandlerStats, last *query.Row) view.CommandRow {
	row := view.CommandRow{
		Name: h.Handler.Name, Source: placeOf(h.Handler.Source), Status: view.StatusOK, Runs: int64(h.Count), Failed: int64(h.Errors),
		P50: h.Quantile(.5), P95: h.Quantile(.95), Max: h.Max,
	}
	if last != nil {
		row.LastRun, row.LastCode, row.Status = last.StartTime(), last.Status, statusOf(&last.Summary)
	}
	return row
}
