package web

import (
	"net/http"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/static"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// shell is what surrounds a page: what it cannot find out it leaves out, because the
// page matters more than the figures beside the menu.
func (d *Dashboard) shell(r *http.Request, title, active string) view.Shell {
	now := time.Now()
	s := view.Shell{
		App: d.config.App, Title: title, Active: active, Base: d.base,
		Here: d.here(r),
		CSS:  d.styles("tokens.css", "app.css"), Script: d.asset("app.js"),
		Now: now, Counts: d.counts(r), Custom: d.own.nav, Paused: d.paused(),
	}
	if h, err := d.store.Health(r.Context()); err == nil {
		s.Store = view.StoreUse{Bytes: h.FileBytes + h.WALBytes, MaxBytes: h.MaxBytes, Dropped: d.lost()}
	}
	if ps, err := d.store.Processes(r.Context()); err == nil && len(ps) > 0 {
		s.Chooser = d.chooser(s.Here, active, ps, now)
		newest := ps[0]
		for _, p := range ps {
			if p.Started.After(newest.Started) {
				newest = p
			}
		}
		s.Build = view.Build{Revision: short(newest.Build.Revision), Dirty: newest.Build.Dirty, Since: newest.Started}
	}
	return s
}

func short(revision string) string { return revision[:min(len(revision), 7)] }

// live keeps the page up to date: a list by a stream of its new lines, a page without
// a list (stream "") by asking for it again.
func (d *Dashboard) live(r *http.Request, s *view.Shell, stream string) {
	if d.config.Feed == nil {
		return
	}
	s.Live = &view.Live{Paused: r.URL.Query().Get("live") == "off"}
	if stream != "" {
		// A list that has no rows yet names no newest one: what is stored while the page is on its way is asked for by time.
		s.Live.URL = d.base.Page(stream + "&last=" + instrument.FirstID(s.Now.Add(-liveOverlap)).String())
	}
}

// liveOverlap is how long before a page was drawn a Record may have begun that was
// stored only afterwards, and still comes by the stream of a list that was empty.
const liveOverlap = time.Minute

// plots loads what draws a page's time series.
func (d *Dashboard) plots(s *view.Shell) {
	s.CSS = append(s.CSS, d.asset("uplot.css"))
	s.Scripts = append(s.Scripts, d.asset("uplot.js"), d.asset("plot.js"))
}

func (d *Dashboard) asset(name string) string {
	return d.base.Path() + static.Path(name)
}

func (d *Dashboard) styles(names ...string) []string {
	for i, n := range names {
		names[i] = d.asset(n)
	}
	return names
}

// counts are the figures beside the menu, of the page's window.
func (d *Dashboard) counts(r *http.Request) view.Counts {
	w := windowOf(r.URL.Query(), time.Now())
	byKind, err := d.store.Counts(r.Context(), query.Handlers{Since: w.since, Until: w.until})
	if err != nil {
		return view.Counts{Requests: -1, Commands: -1, Tasks: -1, Handlers: -1, Signals: -1, Layers: -1, Queries: -1, Exceptions: -1, Slow: -1}
	}
	c := view.Counts{
		Requests: int64(byKind[instrument.KindRequest].Count),
		Commands: int64(byKind[instrument.KindCommand].Count),
		Tasks:    int64(byKind[instrument.KindTask].Count),
		Signals:  int64(byKind[instrument.KindSignal].Handlers),
		Layers:   int64(byKind[instrument.KindLayer].Handlers),
		Queries:  int64(byKind[instrument.KindQuery].Handlers),
		Slow:     -1, Exceptions: -1,
	}
	open := query.Exceptions{States: []query.ExceptionState{query.Unresolved}, Since: w.since, Limit: 1}
	if page, err := d.store.Exceptions(r.Context(), open); err == nil {
		c.Exceptions = page.Total
	}
	for _, k := range byKind {
		c.Handlers += int64(k.Handlers)
	}
	return c
}

// lost is how many Records were dropped that a policy did not leave out.
func (d *Dashboard) lost() (n int64) {
	if d.config.Status == nil {
		return 0
	}
	for reason, count := range d.config.Status().Dropped {
		if reason != notKept {
			n += int64(count)
		}
	}
	return n
}

// notKept is the reason of Records that a policy left out: they are not lost.
const notKept = "not_kept"
