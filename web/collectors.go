package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// collected are the kinds of things that are collected, and what brings those that are missing.
var collected = []struct {
	kind   instrument.Kind
	brings string
}{
	{instrument.KindRequest, "tb.Wrap(mux)"},
	{instrument.KindLayer, "middleware.NewStack(...)"},
	{instrument.KindView, "middleware.NewStack(...).Then(mux)"},
	{instrument.KindSignal, "signals.New and Send"},
	{instrument.KindReceiver, "signal.Connect"},
	{instrument.KindQuery, "sqltap.Open instead of sql.Open"},
	{instrument.KindCall, "httptap around the client's transport"},
	{instrument.KindCache, "cachetap around the cache"},
	{instrument.KindRender, "rendertap around templates"},
	{instrument.KindLog, "slogtap.New around the logger's handler"},
	{instrument.KindCommand, "commands.New"},
	{instrument.KindTask, "package tasks"},
}

// collectors tells what each of them has brought in the last hour, and of those of which
// there are Records when the last came.
func (d *Dashboard) collectors(r *http.Request) ([]view.Collector, error) {
	w := windowOf(nil, time.Now())
	byKind, err := d.store.Counts(r.Context(), query.Handlers{Since: w.since, Until: w.until})
	if err != nil {
		return nil, err
	}
	list := make([]view.Collector, len(collected))
	for i, c := range collected {
		n := byKind[c.kind]
		list[i] = view.Collector{Kind: kindOf(c.kind), Handlers: int64(n.Handlers), Calls: int64(n.Count), Errors: int64(n.Errors), Brings: c.brings}
		if n.Count == 0 && slices.Contains(listKinds, c.kind) {
			list[i].Last = d.lastOf(r, c.kind)
		}
	}
	return list, nil
}

// lastOf is when the newest Record of a kind began; zero when there is none.
func (d *Dashboard) lastOf(r *http.Request, k instrument.Kind) time.Time {
	page, err := d.store.Records(r.Context(), query.Records{Kinds: []instrument.Kind{k}, Limit: 1, Budget: asideBudget})
	if err != nil || len(page.Records) == 0 {
		return time.Time{}
	}
	return page.Records[0].StartTime()
}
