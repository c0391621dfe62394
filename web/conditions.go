package web

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// What the requests of a route must be for the rule "error-rate".
const (
	errorRateLeast = 3    // that failed
	errorRateShare = 0.05 // of all
)

// AlertsPath is the path of the page of alerts.
func (d *Dashboard) AlertsPath() string { return d.base.Page("alerts") }

// Conditions are what has been wrong since then in what one process has recorded, by the
// rules of the page of alerts, without those of AlertsOff and without comparisons of builds:
// what handlers did, what the newest Records show, and exceptions that are new or came
// again. Nobody needs to look at a page for it.
func (d *Dashboard) Conditions(ctx context.Context, since time.Time, p query.Process) ([]notify.Condition, error) {
	list, err := d.handlerConditions(ctx, since, p)
	if err != nil {
		return nil, err
	}
	found, err := d.recordConditions(ctx, since, p)
	if err != nil {
		return nil, err
	}
	thrown, err := d.exceptionConditions(ctx, since, p)
	return append(append(list, found...), thrown...), err
}

// handlerConditions are alerts about handlers.
func (d *Dashboard) handlerConditions(ctx context.Context, since time.Time, p query.Process) (list []notify.Condition, err error) {
	rows, err := d.config.Store.Handlers(ctx, query.Handlers{Since: since, Processes: []int64{p.ID}})
	for i := range rows {
		h := &rows[i]
		for _, found := range d.problems(h) {
			list = append(list, notify.Condition{
				Rule: found.Rule, Severity: severity(found.Status), Kind: string(found.Kind), Handler: h.Handler.Name, Count: found.Count, Of: found.Of, Path: found.Href,
				Title: string(found.Kind) + " " + found.Name + " " + found.Text, Text: fmt.Sprintf("%s of %s in the last minutes.", view.Count(found.Count), calls(found.Of)),
			})
		}
		if c, ok := d.errorRate(h); ok {
			list = append(list, c)
		}
	}
	return list, err
}

func calls(n int64) string {
	if n == 1 {
		return "1 call"
	}
	return view.Count(n) + " calls"
}

// errorRate tells of a route that fails, whatever below it is to blame.
func (d *Dashboard) errorRate(h *query.HandlerStats) (c notify.Condition, bad bool) {
	share := float64(h.Errors) / float64(max(h.Count, 1))
	if h.Handler.Kind != instrument.KindRequest || d.alertsOff[alertErrorRate] || h.Errors < errorRateLeast || share < errorRateShare {
		return c, false
	}
	return notify.Condition{
		Rule: alertErrorRate, Severity: notify.Error, Kind: h.Handler.Kind.String(), Handler: h.Handler.Name, Count: int64(h.Errors), Of: int64(h.Count),
		Title: fmt.Sprintf("%s of %s failed", view.Percent(share), h.Handler.Name), Text: fmt.Sprintf("%d of %d requests in the last minutes.", h.Errors, h.Count),
		Path: d.base.Handler(kindOf(h.Handler.Kind), h.Handler.Name),
	}, true
}

// recordConditions are findings in the newest Records, one of a rule and a handler.
func (d *Dashboard) recordConditions(ctx context.Context, since time.Time, p query.Process) (list []notify.Condition, err error) {
	page, err := d.config.Store.Records(ctx, query.Records{Since: since, Processes: []int64{p.ID}, Limit: alertRecords, Budget: listBudget / 4})
	if err != nil {
		return nil, err
	}
	type place struct{ rule, handler string }
	at := map[place]int{}
	for _, rec := range d.records(ctx, idsOf(page.Records)) {
		for _, a := range view.RecordAlerts(d.recordModel(rec)) {
			if a.Rule == "" || a.Status != view.StatusBad && a.Status != view.StatusSlow {
				continue // what has no rule is on the page of exceptions, what is no trouble is advice
			}
			key := place{a.Rule, rec.Handler.Name}
			i, known := at[key]
			if !known {
				i = len(list)
				at[key] = i
				list = append(list, notify.Condition{
					Rule: a.Rule, Severity: severity(a.Status), Kind: rec.Handler.Kind.String(), Handler: rec.Handler.Name, Once: true,
					Title: rec.Handler.Name + ": " + a.Title, Text: a.Text, Fix: a.Fix, Record: rec.ID.String(), Path: d.base.RecordPanel(rec.ID.String(), "alerts"),
				})
			}
			list[i].Count++
		}
	}
	return list, nil
}

// exceptionConditions are exceptions that nobody has seen before, or that came again after
// they had been resolved. Of several processes the one that has the sample tells.
func (d *Dashboard) exceptionConditions(ctx context.Context, since time.Time, p query.Process) (list []notify.Condition, err error) {
	since = since.Truncate(time.Millisecond) // as exceptions have their times
	page, err := d.config.Store.Exceptions(ctx, query.Exceptions{States: []query.ExceptionState{query.Unresolved}, Since: since})
	for i := range page.Exceptions {
		e := &page.Exceptions[i]
		rule, what := alertNewException, "new "
		switch {
		case e.Sample.Process() != p.Number:
			continue
		case !e.Reopened.Before(since) && !e.Reopened.IsZero():
			rule, what = alertExceptionAgain, "again "
		case e.First.Before(since):
			continue
		}
		if !d.alertsOff[rule] {
			list = append(list, d.exceptionCondition(e, rule, what))
		}
	}
	return list, err
}

func (d *Dashboard) exceptionCondition(e *query.Exception, rule, what string) notify.Condition {
	word := "error"
	if e.Panic {
		word = "panic"
	}
	c := notify.Condition{
		Rule: rule, Severity: notify.Error, Kind: e.Handler.Kind.String(), Handler: e.Handler.Name, ID: e.ID.String(), Once: true, Count: int64(e.Count),
		Title: what + word + " in " + problemName(e.Handler) + ": " + cmp.Or(e.Message, e.Type), Text: e.Type + ".",
		Record: e.Sample.String(), Path: d.base.Exception(e.ID.String()),
	}
	if e.Source != (instrument.Source{}) {
		c.Text = e.Type + ", at " + e.Source.String() + "."
	}
	return c
}

func severity(s view.Status) notify.Severity {
	if s == view.StatusBad {
		return notify.Error
	}
	return notify.Warning
}
