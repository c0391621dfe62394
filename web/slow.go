package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// slowPage is the report of the command line as a page.
func slowPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	w := windowOf(r.URL.Query(), time.Now())
	s := d.shell(r, "Slow handlers", "slow")
	s.Ranges = w.choices()
	d.live(r, &s, "")
	samples, records := d.samples(r.Context(), w.since, w.until)
	rep, err := report.Build(r.Context(), sampled{remember(untrended{d.store}, records...), samples}, report.Options{Since: w.since, Until: w.until, Limit: 30})
	if err != nil {
		return nil, err
	}
	byKind, err := d.store.Counts(r.Context(), query.Handlers{Since: w.since, Until: w.until})
	if err != nil {
		return nil, err
	}
	m := d.slowReport(rep)
	m.From, m.To, m.Build = w.since, w.until, s.Build.Revision
	m.Requests = int64(byKind[instrument.KindRequest].Count)
	m.Commands = int64(byKind[instrument.KindCommand].Count)
	m.Tasks = int64(byKind[instrument.KindTask].Count)
	m.Command = "toolbar report --since " + w.value + d.choice.flags()
	return view.SlowPage(s, m), nil
}

// untrended is a source without trends: the page shows none, and without them the store
// reads minutes that are over in blocks.
type untrended struct{ report.Source }

func (d *Dashboard) slowReport(rep *report.Report) view.SlowReport {
	m := view.SlowReport{Handlers: int64(rep.Matched)}
	for i := range rep.Rows {
		row := &rep.Rows[i]
		v := view.SlowRow{
			Kind: kindOf(row.Kind), Name: row.Name, Source: placeOf(row.Source), Status: view.StatusOK,
			Calls: int64(row.Count), Errors: int64(row.Errors), P50: row.P50, P95: row.P95,
			Limit: d.config.Recorder.Slow(row.Kind), Total: row.Self,
		}
		switch {
		case row.Slow > 0 && !contains(row.Kind):
			v.Status = view.StatusSlow
			m.Over++
		case row.Errors > 0:
			v.Status = view.StatusBad
		}
		m.Rows = append(m.Rows, v)
		if row.Why != nil {
			m.Causes = append(m.Causes, slowCause(row))
		}
	}
	if len(rep.Rows) > 0 {
		m.Summary = fmt.Sprintf("Most own time: %s, %s of all recorded.", rep.Rows[0].Name, view.Percent(rep.Rows[0].Share))
	}
	m.Facts = []view.Attr{
		{Key: "Order", Value: "by own time: what a handler takes outside of what it calls"},
		{Key: "Percentiles", Value: "from histograms, within 2 % of exact; statistics count every call"},
		{Key: "Why", Value: fmt.Sprintf("from the slowest Records that are kept; of what runs inside them, from the %d slowest and the %d newest requests, and some others", searchedRecords, searchedRecords)},
	}
	return m
}

func slowCause(row *report.Row) view.SlowCause {
	c := view.SlowCause{Kind: kindOf(row.Kind), Name: row.Name, Where: placeOf(row.Source)}
	if row.Why.Caller != nil {
		c.Where = row.Kind.String() + " of " + row.Why.Caller.Name + ", " + c.Where
	}
	for _, p := range row.Why.Parts {
		share := view.CauseShare{Share: p.Share, Kind: kindOf(p.Handler.Kind), Text: fmt.Sprintf("in %d ×", p.Calls), Code: p.Handler.Name}
		if p.Own {
			share = view.CauseShare{Share: p.Share, Text: "its own code"}
		}
		c.Shares = append(c.Shares, share)
	}
	if len(row.Why.Samples) > 0 {
		c.Sample = row.Why.Samples[0].String()
	}
	return c
}
