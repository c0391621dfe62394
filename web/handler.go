package web

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// handlerPage is one handler: parameters kind and name.
func handlerPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	params := r.URL.Query()
	kind, ok := instrument.ParseKind(params.Get("kind"))
	if !ok {
		return nil, missingError{view.Missing{Title: "No such kind of handler", Text: "The kind " + params.Get("kind") + " is not known.", Href: d.base.Page("handlers"), Action: "All handlers"}}
	}
	w := windowOf(params, time.Now())
	s := d.shell(r, params.Get("name"), "handlers")
	s.Ranges = w.choices()
	d.live(r, &s, "")
	d.plots(&s)
	m, err := d.handler(r, w, kind, params.Get("name"))
	if err != nil {
		return nil, err
	}
	return view.HandlerPage(s, m), nil
}

func (d *Dashboard) handler(r *http.Request, w window, kind instrument.Kind, name string) (m view.Handler, err error) {
	ctx, store := r.Context(), d.store
	one := query.Handlers{Kinds: []instrument.Kind{kind}, Handler: name, Since: w.since, Until: w.until}
	rows, err := store.Handlers(ctx, one)
	if err != nil {
		return m, err
	}
	if len(rows) == 0 {
		return m, d.noHandler(r, one)
	}
	h := &rows[0]
	m = view.Handler{HandlerRow: d.handlerRow(h, 0), Limit: d.config.Recorder.Slow(kind), Window: w.length(), Self: h.Self}
	if kind == instrument.KindQuery {
		m.Tables = sqltap.OutlineOf(name).Tables
	}
	m.Apdex = apdexOf(&h.Stats, m.Limit)
	m.Hist = histOf(&h.Hist, m.P50, m.P95, m.Limit)
	points, err := store.Series(ctx, query.Series{Handlers: one, Step: w.step})
	if err != nil {
		return m, err
	}
	if m.Heat = heatOf(points, w); m.Heat != nil {
		m.Heat.Title, m.Heat.Label, m.Heat.Unit = "Latency over time", "Latency of "+name+" over time", "calls in "+stepText(w.step)
	}
	for i := range points {
		p := &points[i]
		m.Points = append(m.Points, view.Point{Start: p.Start, Calls: int64(p.Count), Errors: int64(p.Errors), P50: p.Quantile(.5), P95: p.Quantile(.95), P99: p.Quantile(.99)})
	}
	if m.Builds, err = d.handlerBuilds(r, one); err != nil {
		return m, err
	}
	if kind == instrument.KindRequest {
		m.Samples = d.newest(r, name)
	}
	var records []*instrument.Record
	if len(h.Slowest) == 0 {
		var samples spanSamples
		samples, records = d.samples(ctx, w.since, w.until)
		h.Slowest = samples.of(h.Handler, h.RollRow)
	}
	m.Prometheus = d.prometheus(kind, name)
	return m, d.why(r, &m, h, w, records)
}

// apdexOf is below 0 when it is not known.
func apdexOf(s *instrument.Stats, limit time.Duration) float64 {
	if score, ok := report.Apdex(s, limit); ok {
		return score
	}
	return -1
}

// prometheus is the graph of a handler's 95th percentile on the team's own server.
func (d *Dashboard) prometheus(kind instrument.Kind, name string) string {
	if d.config.Prometheus == "" {
		return ""
	}
	expr := fmt.Sprintf("histogram_quantile(0.95, sum by (le) (rate(toolbar_handler_duration_seconds_bucket{kind=%q, handler=%q}[5m])))", kind, name)
	return strings.TrimSuffix(d.config.Prometheus, "/") + "/graph?" + url.Values{"g0.expr": {expr}, "g0.tab": {"0"}, "g0.range_input": {"1h"}}.Encode()
}

// noHandler says whether the handler is quiet or unknown.
func (d *Dashboard) noHandler(r *http.Request, one query.Handlers) error {
	one.Since, one.Until = time.Time{}, time.Time{}
	rows, err := d.store.Handlers(r.Context(), one)
	if err != nil {
		return err
	}
	miss := view.Missing{Title: "No such handler", Text: "Nothing of this kind and name has statistics.", Href: d.base.Page("handlers"), Action: "All handlers"}
	if d.choice.part != nil {
		here := d.here(r)
		miss.Text = "Nothing of this kind and name has statistics in what is chosen."
		miss.Href, miss.Action = here.With(view.ParamService, "", view.ParamProcess, ""), "All services"
	}
	if len(rows) > 0 {
		here := d.here(r)
		miss = view.Missing{
			Title: one.Handler, Text: "It was not called in this time.", Action: "The last 7 days", Href: here.With("range", "7d"),
		}
	}
	return missingError{miss}
}

// newest are the last Records of a route.
func (d *Dashboard) newest(r *http.Request, name string) []view.RecordRow {
	page, err := d.store.Records(r.Context(), query.Records{Kinds: []instrument.Kind{instrument.KindRequest}, Handler: name, Limit: 10, Budget: asideBudget})
	if err != nil {
		return nil
	}
	return rowModels(page.Records)
}

// why adds what the slowest samples of the handler spent their time on, and the samples.
// Records that are read already are not read again.
func (d *Dashboard) why(r *http.Request, m *view.Handler, h *query.HandlerStats, w window, records []*instrument.Record) error {
	src := remember(oneSource{d.store, h}, records...)
	rep, err := report.Build(r.Context(), src, report.Options{Since: w.since, Until: w.until, Limit: 1, Explain: 1})
	if err != nil || len(rep.Rows) == 0 {
		return err
	}
	var own ownTimes
	for _, s := range rep.Rows[0].Samples {
		rec, err := src.Record(r.Context(), s.ID)
		if err != nil {
			continue
		}
		m.Slowest = append(m.Slowest, view.SlowSample{
			Link: linkModel(&rec.Summary, rec.Handler), Start: rec.StartTime(), Took: s.Duration, Span: slowestSpan(rec, h.Handler),
		})
		countCallers(m, rec, h.Handler)
		own.add(rec, h.Handler)
	}
	m.Why, m.WhyCalls, m.WhyTime = own.shares(h.Handler), own.calls, own.time
	if why := rep.Rows[0].Why; why != nil {
		for _, c := range why.Causes[:min(len(why.Causes), maxShares)] {
			m.SpentOn = append(m.SpentOn, view.CauseShare{Share: c.Share, Text: string(c.Cause)})
		}
	}
	return nil
}

// ownTimes is where the calls of a handler spend their time: the own time of whatever ran
// inside them. What only contains others, as layers do, has next to none.
type ownTimes struct {
	calls  int           // of the handler
	time   time.Duration // of these
	all    time.Duration // all own time inside; more than time where things ran side by side
	inside map[handlerKey]*ownTime
}

type ownTime struct {
	calls int
	time  time.Duration
}

// maxShares is how many parts of the time are told apart.
const maxShares = 5

func (o *ownTimes) add(rec *instrument.Record, h instrument.HandlerInfo) {
	if o.inside == nil {
		o.inside = map[handlerKey]*ownTime{}
	}
	in := make([]bool, len(rec.Spans))
	for i := range rec.Spans { // parents stand before their children
		s := &rec.Spans[i]
		if s.Parent >= 0 && s.Parent < i && in[s.Parent] {
			in[i] = true
		} else if s.Handler.Kind == h.Kind && s.Handler.Name == h.Name {
			in[i] = true
			o.calls++
			o.time += s.Duration
		}
		if !in[i] || s.Self <= 0 {
			continue
		}
		key := handlerKey{s.Handler.Kind, s.Handler.Name}
		if o.inside[key] == nil {
			o.inside[key] = &ownTime{}
		}
		o.inside[key].calls++
		o.inside[key].time += s.Self
		o.all += s.Self
	}
}

// shares are the greatest parts, and what remains.
func (o *ownTimes) shares(h instrument.HandlerInfo) (out []view.CauseShare) {
	keys := slices.SortedFunc(maps.Keys(o.inside), func(a, b handlerKey) int {
		return cmp.Or(cmp.Compare(o.inside[b].time, o.inside[a].time), cmp.Compare(a.name, b.name))
	})
	shown := time.Duration(0)
	for _, key := range keys[:min(len(keys), maxShares)] {
		part := o.inside[key]
		if len(out) > 0 && part.time*1000 < o.all { // below a thousandth it says nothing
			break
		}
		shown += part.time
		share := view.CauseShare{Share: view.Share(part.time, o.all), Kind: kindOf(key.kind), Text: fmt.Sprintf("in %d ×", part.calls), Code: key.name}
		if key == (handlerKey{h.Kind, h.Name}) {
			share = view.CauseShare{Share: share.Share, Text: "its own code"}
		}
		out = append(out, share)
	}
	if rest := o.all - shown; rest*200 > o.all {
		out = append(out, view.CauseShare{Share: view.Share(rest, o.all), Text: "all the rest"})
	}
	return out
}

// oneSource is a store in which one handler has statistics, for a report about it alone.
type oneSource struct {
	Store
	h *query.HandlerStats
}

func (s oneSource) EachHandler(_ context.Context, _, _ time.Time, fn func(instrument.HandlerInfo, instrument.RollRow) error) error {
	return fn(s.h.Handler, s.h.RollRow)
}

// slowestSpan is the longest span of a handler in a Record.
func slowestSpan(rec *instrument.Record, h instrument.HandlerInfo) (at int) {
	longest := time.Duration(-1)
	for i, s := range rec.Spans {
		if s.Handler.Kind == h.Kind && s.Handler.Name == h.Name && s.Duration > longest {
			at, longest = i, s.Duration
		}
	}
	return at
}

// countCallers counts, in one Record, what called the handler.
func countCallers(m *view.Handler, rec *instrument.Record, h instrument.HandlerInfo) {
	for _, s := range rec.Spans {
		if s.Handler.Kind != h.Kind || s.Handler.Name != h.Name || s.Parent < 0 {
			continue
		}
		by := rec.Spans[s.Parent].Handler
		i := slices.IndexFunc(m.Callers, func(c view.Caller) bool { return c.Kind == kindOf(by.Kind) && c.Name == by.Name })
		if i < 0 {
			i = len(m.Callers)
			m.Callers = append(m.Callers, view.Caller{Kind: kindOf(by.Kind), Name: by.Name, Source: placeOf(by.Source)})
		}
		m.Callers[i].Calls++
	}
	slices.SortStableFunc(m.Callers, func(a, b view.Caller) int { return int(b.Calls - a.Calls) })
}

// handlerBuilds is what the handler did in each build that is known, newest first.
func (d *Dashboard) handlerBuilds(r *http.Request, one query.Handlers) (out []view.BuildRow, err error) {
	builds, err := d.builds(r)
	if err != nil {
		return nil, err
	}
	one.Since, one.Until = time.Time{}, time.Time{}
	for _, b := range builds[:min(len(builds), maxBuilds)] {
		one.Processes = b.processes
		rows, err := d.everHandlers(r.Context(), one)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		h := &rows[0]
		out = append(out, view.BuildRow{
			Name: b.name, Since: b.since, Alive: b.alive, Calls: int64(h.Count), Errors: int64(h.Errors),
			P50: h.Quantile(.5), P95: h.Quantile(.95), P99: h.Quantile(.99),
		})
	}
	for i := range out {
		if i+1 < len(out) && out[i+1].P50 > 0 {
			out[i].Change = float64(out[i].P50)/float64(out[i+1].P50) - 1
			out[i].HasChange = true
		}
	}
	return out, nil
}

// maxBuilds is how many builds are set side by side.
const maxBuilds = 8

// histBars is how many bars a histogram has.
const histBars = 32

// histOf draws a histogram in bars of one factor each, from the quickest to the slowest.
func histOf(h *instrument.Histogram, p50, p95, limit time.Duration) *view.Histogram {
	n := h.Count()
	if n == 0 {
		return nil
	}
	low, high := float64(max(h.Quantile(0), 1)), float64(max(h.Quantile(1), 2))
	out := &view.Histogram{
		Label: fmt.Sprintf("Distribution of %s calls, from %s to %s", view.Count(int64(n)), view.Dur(time.Duration(low)), view.Dur(time.Duration(high))),
		P50:   p50, P95: p95, Limit: limit,
	}
	below := uint64(0)
	for i := range histBars {
		upper := time.Duration(low * math.Pow(high/low, float64(i+1)/histBars))
		upTo := n
		if i < histBars-1 {
			upTo = max(below, h.CountBelow(upper))
		}
		out.Bars = append(out.Bars, view.HistBar{Upper: upper, Count: int64(upTo - below)})
		below = upTo
	}
	return out
}
