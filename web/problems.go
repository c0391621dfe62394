package web

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// problems are the findings about one handler: it panics, it fails, it is slow. A
// handler that only contains the culprit is not accused: requests, layers and views
// are slow because of what they call, which has a line of its own.
func (d *Dashboard) problems(h *query.HandlerStats) (found []view.Problem) {
	p := view.Problem{
		Kind: kindOf(h.Handler.Kind), Name: h.Handler.Name,
		Href: d.base.Handler(kindOf(h.Handler.Kind), h.Handler.Name), Of: int64(h.Count),
	}
	if h.Handler.Kind == instrument.KindQuery {
		p.Name, p.Code = statementName(h.Handler.Name), h.Handler.Name
	}
	add := func(rule string, s view.Status, n uint64, text string) {
		if d.alertsOff[rule] {
			return
		}
		p.Rule, p.Status, p.Count, p.Text = rule, s, int64(n), text
		found = append(found, p)
	}
	if contains(h.Handler.Kind) {
		return nil
	}
	if h.Panics > 0 {
		add(alertHandlerPanics, view.StatusBad, h.Panics, "panics")
	}
	if n := h.Errors - h.Panics; n > 0 {
		add(alertHandlerFails, view.StatusBad, n, "fails")
	}
	if h.Slow > 0 {
		limit := d.config.Recorder.Slow(h.Handler.Kind)
		add(alertHandlerSlow, view.StatusSlow, h.Slow, fmt.Sprintf("took over %s, %s at most", view.Dur(limit), view.Dur(h.Max)))
	}
	return found
}

// contains are the kinds that other kinds run inside.
func contains(k instrument.Kind) bool {
	switch k {
	case instrument.KindRequest, instrument.KindLayer, instrument.KindView, instrument.KindSignal, instrument.KindLog:
		return true
	}
	return false
}

// sortProblems puts failures before slowness, and what happens most before the rest.
func sortProblems(ps []view.Problem) {
	slices.SortStableFunc(ps, func(a, b view.Problem) int {
		if a.Status != b.Status {
			return cmp.Compare(a.Status, b.Status) // "bad" before "slow"
		}
		return cmp.Compare(b.Count, a.Count)
	})
}

// handlerRow is a handler's line in a table; whole is what its share is a share of.
func (d *Dashboard) handlerRow(h *query.HandlerStats, whole time.Duration) view.HandlerRow {
	row := view.HandlerRow{
		Kind: kindOf(h.Handler.Kind), Name: h.Handler.Name, Source: placeOf(h.Handler.Source), Status: view.StatusOK,
		Calls: int64(h.Count), Errors: int64(h.Errors), Panics: int64(h.Panics), SlowCalls: int64(h.Slow),
		P50: h.Quantile(.5), P95: h.Quantile(.95), P99: h.Quantile(.99), Max: h.Max, Own: h.Self, Total: h.Sum,
		Share: view.Share(h.Sum, whole),
	}
	switch {
	case h.Errors > 0:
		row.Status = view.StatusBad
	case h.Slow > 0:
		row.Status = view.StatusSlow
	}
	if known := instrument.LookupHandler(h.Handler.Kind, h.Handler.Name); known != nil && d.answers() {
		row.InFlight = d.config.Recorder.Stats(known).InFlight
	}
	return row
}
