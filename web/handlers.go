package web

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

func handlersPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	w := windowOf(r.URL.Query(), time.Now())
	s := d.shell(r, "Handlers", "handlers")
	s.Ranges = w.choices()
	d.live(r, &s, "")
	rows, err := d.store.Handlers(r.Context(), query.Handlers{Since: w.since, Until: w.until})
	if err != nil {
		return nil, err
	}
	return view.HandlersPage(s, d.handlerList(r, s.Here, rows)), nil
}

func (d *Dashboard) handlerList(r *http.Request, here view.URL, rows []query.HandlerStats) view.Handlers {
	params := r.URL.Query()
	kind, narrowed := instrument.ParseKind(params.Get("kind"))
	m := view.Handlers{Name: params.Get("name"), Limit: instrument.MaxHandlersPerKind}
	m.Kinds = append(m.Kinds, view.Choice{Label: "All", Href: here.With("kind", ""), Count: -1, Current: !narrowed})
	whole := timeOfRecords(rows)
	seen := map[instrument.Kind]int64{}
	for i := range rows {
		h := &rows[i]
		if !timed(h.Handler.Kind) {
			continue
		}
		seen[h.Handler.Kind]++
		if h.Handler.Name == instrument.OtherHandler {
			m.Capped += int64(h.Count)
		}
		if narrowed && h.Handler.Kind != kind || m.Name != "" && h.Handler.Name != m.Name {
			continue
		}
		m.Rows = append(m.Rows, d.handlerRow(h, whole))
	}
	for _, k := range instrument.Kinds() {
		if seen[k] > 0 {
			m.Kinds = append(m.Kinds, view.Choice{Label: kindOf(k).Label(), Href: here.With("kind", k.String()), Count: seen[k], Current: k == kind})
		}
	}
	m.Rows, m.Order = ordered(params, m.Rows, handlerColumns, func(h *view.HandlerRow) string { return h.Name + " " + string(h.Kind) })
	return m
}

// handlerColumns are what handlers can be ordered by. Own time is the first, because what
// only contains others, as a layer does, has the most of the whole.
var handlerColumns = []column[view.HandlerRow]{
	{"own", func(h *view.HandlerRow) int64 { return int64(h.Own) }},
	{"total", func(h *view.HandlerRow) int64 { return int64(h.Total) }},
	{"calls", func(h *view.HandlerRow) int64 { return h.Calls }},
	{"errors", func(h *view.HandlerRow) int64 { return h.Errors }},
	{"p50", func(h *view.HandlerRow) int64 { return int64(h.P50) }},
	{"p95", func(h *view.HandlerRow) int64 { return int64(h.P95) }},
	{"p99", func(h *view.HandlerRow) int64 { return int64(h.P99) }},
	{"max", func(h *view.HandlerRow) int64 { return int64(h.Max) }},
	{"name", nil},
}
