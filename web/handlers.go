package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// maxHandlerRows is how many lines a table of handlers has.
const maxHandlerRows = 500

func handlersPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	w := windowOf(r.URL.Query(), time.Now())
	s := d.shell(r, "Handlers", "handlers")
	s.Ranges = w.choices()
	d.live(r, &s, "")
	rows, err := d.config.Store.Handlers(r.Context(), query.Handlers{Since: w.since, Until: w.until})
	if err != nil {
		return nil, err
	}
	return view.HandlersPage(s, d.handlerList(r, s.Here, rows)), nil
}

func (d *Dashboard) handlerList(r *http.Request, here view.URL, rows []query.HandlerStats) view.Handlers {
	params := r.URL.Query()
	kind, narrowed := instrument.ParseKind(params.Get("kind"))
	m := view.Handlers{Name: params.Get("name"), Sort: cmp.Or(params.Get("sort"), "total"), Asc: params.Get("dir") == "asc", Limit: instrument.MaxHandlersPerKind}
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
	m.Total = len(m.Rows)
	sortHandlers(m.Rows, m.Sort, m.Asc)
	m.Rows = m.Rows[:min(len(m.Rows), maxHandlerRows)]
	return m
}

// sortHandlers puts the largest first, names from A to Z, or the other way round.
func sortHandlers(rows []view.HandlerRow, by string, asc bool) {
	order := map[string]func(a, b view.HandlerRow) int{
		"total":  func(a, b view.HandlerRow) int { return cmp.Compare(b.Total, a.Total) },
		"calls":  func(a, b view.HandlerRow) int { return cmp.Compare(b.Calls, a.Calls) },
		"errors": func(a, b view.HandlerRow) int { return cmp.Compare(b.Errors, a.Errors) },
		"p50":    func(a, b view.HandlerRow) int { return cmp.Compare(b.P50, a.P50) },
		"p95":    func(a, b view.HandlerRow) int { return cmp.Compare(b.P95, a.P95) },
		"p99":    func(a, b view.HandlerRow) int { return cmp.Compare(b.P99, a.P99) },
		"name":   func(a, b view.HandlerRow) int { return strings.Compare(b.Name, a.Name) },
	}
	less, ok := order[by]
	if !ok {
		less = order["total"]
	}
	slices.SortStableFunc(rows, func(a, b view.HandlerRow) int {
		if asc {
			return less(b, a)
		}
		return less(a, b)
	})
}
