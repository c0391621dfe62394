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

func middlewarePage(d *Dashboard, r *http.Request) (templ.Component, error) {
	w := windowOf(r.URL.Query(), time.Now())
	s := d.shell(r, "Middleware", "middleware")
	s.Ranges = w.choices()
	d.live(r, &s, "")
	rows, err := d.config.Store.Handlers(r.Context(), query.Handlers{
		Since: w.since, Until: w.until, Kinds: []instrument.Kind{instrument.KindLayer},
	})
	if err != nil {
		return nil, err
	}
	return view.LayersPage(s, view.Layers{Rows: layerRows(rows, d.layerOrder(r))}), nil
}

func layerRows(rows []query.HandlerStats, order map[string]int) []view.LayerRow {
	whole := time.Duration(0)
	for i := range rows {
		whole += rows[i].Self
	}
	out := make([]view.LayerRow, len(rows))
	for i := range rows {
		h := &rows[i]
		out[i] = view.LayerRow{
			Name: h.Handler.Name, Source: placeOf(h.Handler.Source), Status: view.StatusOK, Calls: int64(h.Count),
			P50: h.Quantile(.5), P95: h.Quantile(.95), Total: h.Self, Share: view.Share(h.Self, whole),
			Errors: int64(h.Errors), Panics: int64(h.Panics), CutShort: -1,
		}
		if h.Errors > 0 {
			out[i].Status = view.StatusBad
		}
	}
	slices.SortStableFunc(out, func(a, b view.LayerRow) int { return cmp.Compare(order[a.Name], order[b.Name]) })
	return out
}

// layerOrder finds out how layers lie around each other, from the newest Records:
// a layer's place is how many layers were around it.
func (d *Dashboard) layerOrder(r *http.Request) map[string]int {
	order := map[string]int{}
	page, err := d.config.Store.Records(r.Context(), query.Records{Kinds: []instrument.Kind{instrument.KindRequest}, Limit: 20})
	if err != nil {
		return order
	}
	for i := range page.Records {
		rec, err := d.config.Store.Record(r.Context(), page.Records[i].ID)
		if err != nil {
			continue
		}
		depth := make([]int, len(rec.Spans))
		for j, s := range rec.Spans {
			if s.Parent >= 0 {
				depth[j] = depth[s.Parent]
			}
			if s.Handler.Kind == instrument.KindLayer {
				depth[j]++
				order[s.Handler.Name] = max(order[s.Handler.Name], depth[j])
			}
		}
	}
	return order
}
