package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// overviewHandlers is how many of the slowest handlers the overview shows.
const overviewHandlers = 8

func overviewPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	s := d.shell(r, "Overview", "overview")
	d.live(r, &s, "")
	cards := d.customCards(r)
	w, m, err := d.overviewOf(r)
	s.Ranges = w.choices()
	if m.Cards = cards(); len(m.Cards) > 0 {
		d.plots(&s)
	}
	if err != nil {
		return nil, err
	}
	return view.OverviewPage(s, m), nil
}

// overviewOf is the overview of the range that is asked for. When none is, and of the
// hour nothing but the last quarter has anything, as in the first minutes of an app, it
// is of that.
func (d *Dashboard) overviewOf(r *http.Request) (window, view.Overview, error) {
	params, now := r.URL.Query(), time.Now()
	w := windowOf(params, now)
	m, err := d.overview(r, w)
	if err != nil || params.Get("range") != "" || m.HandlersTotal == 0 {
		return w, m, err
	}
	quarter := windowOf(url.Values{"range": {ranges[0].value}}, now)
	if slices.ContainsFunc(m.Trend.Requests[:quarter.since.Sub(w.since)/w.step], func(n float64) bool { return n > 0 }) {
		return w, m, nil // which is known without asking
	}
	before, err := d.store.Handlers(r.Context(), query.Handlers{Since: w.since, Until: quarter.since})
	if err != nil || len(before) > 0 {
		return w, m, err
	}
	m, err = d.overview(r, quarter)
	return quarter, m, err
}

func (d *Dashboard) overview(r *http.Request, w window) (m view.Overview, err error) {
	m = view.Overview{Window: w.length(), SlowOver: d.config.Recorder.Slow(instrument.KindRequest)}
	requests, err := d.series(r, w, instrument.KindRequest)
	if err != nil {
		return m, err
	}
	queries, err := d.series(r, w, instrument.KindQuery)
	if err != nil {
		return m, err
	}
	sends, err := d.series(r, w, instrument.KindSignal)
	if err != nil {
		return m, err
	}
	d.requestFigures(&m, requests)
	m.Heat = heatOf(requests, w)
	for i := range queries {
		m.Queries += int64(queries[i].Count)
		m.Signals += int64(sends[i].Count)
		m.Trend.Queries = append(m.Trend.Queries, float64(queries[i].Count))
		m.Trend.Signals = append(m.Trend.Signals, float64(sends[i].Count))
	}
	rows, err := d.store.Handlers(r.Context(), query.Handlers{Since: w.since, Until: w.until})
	if err != nil {
		return m, err
	}
	d.overviewHandlers(&m, rows)
	m.Health, err = d.health(r)
	if m.Requests == 0 && m.Health.StoreRecords == 0 {
		m.Start = d.start(r)
	}
	return m, err
}

func (d *Dashboard) series(r *http.Request, w window, k instrument.Kind) ([]query.Point, error) {
	return d.store.Series(r.Context(), query.Series{
		Handlers: query.Handlers{Since: w.since, Until: w.until, Kinds: []instrument.Kind{k}}, Step: w.step,
	})
}

// requestFigures adds up what the series of requests has.
func (d *Dashboard) requestFigures(m *view.Overview, points []query.Point) {
	var all instrument.Stats
	for i := range points {
		p := &points[i]
		all.Add(&p.Stats)
		m.Trend.Requests = append(m.Trend.Requests, float64(p.Count))
		m.Trend.Failed = append(m.Trend.Failed, float64(p.Errors))
		m.Trend.Slow = append(m.Trend.Slow, float64(p.Slow))
		m.Trend.P95 = append(m.Trend.P95, float64(p.Quantile(.95)))
	}
	m.Requests, m.Failed, m.Slow = int64(all.Count), int64(all.Errors), int64(all.Slow)
	m.P50, m.P95 = all.Quantile(.5), all.Quantile(.95)
	m.Apdex = apdexOf(&all, d.config.Recorder.Slow(instrument.KindRequest))
}

// overviewHandlers fills in the table of handlers, and what is wrong with them. What
// only contains others, as a layer does, would stand above all of them: it has pages of
// its own.
func (d *Dashboard) overviewHandlers(m *view.Overview, rows []query.HandlerStats) {
	whole := timeOfRecords(rows)
	for i := range rows {
		h := &rows[i]
		if h.Handler.Kind == instrument.KindReceiver {
			m.SignalErrors += int64(h.Errors)
		}
		if timed(h.Handler.Kind) {
			m.HandlersTotal++
		}
		if timed(h.Handler.Kind) && !contains(h.Handler.Kind) || h.Handler.Kind == instrument.KindView {
			if len(m.Handlers) < overviewHandlers {
				m.Handlers = append(m.Handlers, d.handlerRow(h, whole))
			}
		}
		m.Problems = append(m.Problems, d.problems(h)...)
	}
	sortProblems(m.Problems)
	m.ProblemsTotal = len(m.Problems)
	m.Problems = m.Problems[:min(len(m.Problems), 6)]
}

// timed are the kinds that take time of their own.
func timed(k instrument.Kind) bool {
	return k != instrument.KindLog && k != instrument.KindException
}

// timeOfRecords is the time of all requests, commands, tasks and loose signals: what
// shares are shares of.
func timeOfRecords(rows []query.HandlerStats) (sum time.Duration) {
	for i := range rows {
		switch rows[i].Handler.Kind {
		case instrument.KindRequest, instrument.KindCommand, instrument.KindTask:
			sum += rows[i].Sum
		}
	}
	return sum
}

// start is what to do while nothing is recorded.
func (d *Dashboard) start(r *http.Request) *view.Start {
	off := func(k view.Kind, name, note string) view.Source { return view.Source{Kind: k, Name: name, Note: note} }
	return &view.Start{
		Address: r.Host,
		Steps: []view.Step{
			{Title: "Open a page of the app: its request appears here", Code: "http.ListenAndServe(addr, tb.Wrap(mux))", Done: true},
			{Title: "See each middleware layer", Code: "stack := middleware.NewStack(requestLog, session, csrf)\nhttp.ListenAndServe(addr, tb.Wrap(stack.Then(mux)))"},
			{Title: "See each statement", Code: "db, err := sqltap.Open(\"sqlite\", dsn) // instead of sql.Open"},
			{Title: "See each log line", Code: "logger := slog.New(slogtap.New(slog.NewTextHandler(os.Stderr, nil)))"},
		},
		Checks: []view.Check{
			{Status: view.StatusOK, Name: "The store answers"},
			{Status: view.StatusOK, Name: "You may look", Detail: "asked from " + r.RemoteAddr},
		},
		Sources: []view.Source{
			off(view.KindRequest, "Requests", "on, 0 yet"), off(view.KindSignal, "Signals", "on, 0 yet"),
			off(view.KindQuery, "SQL", "on once a database is opened through sqltap"),
			off(view.KindLog, "Logs", "on once a logger goes through slogtap"),
			off(view.KindCommand, "Commands", "on once commands are run"),
		},
	}
}
