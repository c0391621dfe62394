package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// pageAPI is the JSON of each page: what is served at the page's own address to who asks
// for application/json.
var pageAPI = map[string]api{
	"{$}":                    apiOverview,
	"requests":               apiRequests,
	"requests/{id}":          apiRequest,
	"requests/{id}/{panel}":  apiRequest,
	"handlers":               apiHandlers,
	"handlers/one":           apiHandler,
	"signals":                apiSignals,
	"middleware":             ofKind(instrument.KindLayer),
	"routes":                 apiRouteList,
	"queries":                ofKind(instrument.KindQuery),
	"commands":               ofKind(instrument.KindCommand),
	"tasks":                  apiTasks,
	"tasks/{job}":            apiJob,
	"exceptions":             apiExceptions,
	"exceptions/{exception}": apiException,
	"slow":                   apiReport,
	"health":                 apiHealth,
	"alerts":                 apiAlerts,
	"compare":                apiCompare,
	"logs":                   apiBrowserLogs,
	"pages/{page}":           apiCustomPage,
}

// wantsJSON tells whether a client prefers JSON to HTML: browsers never do.
func wantsJSON(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		switch media, _, _ := strings.Cut(strings.TrimSpace(part), ";"); media {
		case "application/json":
			return true
		case "text/html", "application/xhtml+xml", "*/*":
			return false
		}
	}
	return false
}

// either serves a page, or its JSON.
func (d *Dashboard) either(page, json http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		if wantsJSON(r) {
			json.ServeHTTP(w, r)
			return
		}
		page.ServeHTTP(w, r)
	})
}

type overviewJSON struct {
	Since    time.Time           `json:"since"`
	Until    time.Time           `json:"until"`
	Kinds    map[string]kindJSON `json:"kinds"`
	P50      int64               `json:"p50_ns"` // of requests
	P95      int64               `json:"p95_ns"`
	Slowest  []handlerJSON       `json:"slowest"`
	Problems []problemJSON       `json:"problems"`
	Health   healthJSON          `json:"health"`
}

type kindJSON struct {
	Handlers int    `json:"handlers"`
	Count    uint64 `json:"count"`
	Errors   uint64 `json:"errors"`
	Panics   uint64 `json:"panics"`
	Slow     uint64 `json:"slow"`
}

type problemJSON struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Text  string `json:"text"`
	Count int64  `json:"count"`
	Of    int64  `json:"of"`
	Bad   bool   `json:"bad"` // it failed; otherwise it is slow
}

// apiOverview is the first page.
func apiOverview(d *Dashboard, r *http.Request) (any, error) {
	w, m, err := d.overviewOf(r)
	if err != nil {
		return nil, err
	}
	byKind, err := d.store.Counts(r.Context(), query.Handlers{Since: w.since, Until: w.until})
	if err != nil {
		return nil, err
	}
	health, err := d.healthJSON(r)
	if err != nil {
		return nil, err
	}
	out := overviewJSON{
		Since: w.since.UTC(), Until: w.until.UTC(), Kinds: map[string]kindJSON{}, P50: int64(m.P50), P95: int64(m.P95),
		Slowest: []handlerJSON{}, Problems: []problemJSON{}, Health: health,
	}
	for k, c := range byKind {
		out.Kinds[k.String()] = kindJSON{c.Handlers, c.Count, c.Errors, c.Panics, c.Slow}
	}
	rows, err := d.store.Handlers(r.Context(), query.Handlers{Since: w.since, Until: w.until})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		for _, shown := range m.Handlers {
			if kindOf(rows[i].Handler.Kind) == shown.Kind && rows[i].Handler.Name == shown.Name {
				out.Slowest = append(out.Slowest, newHandlerJSON(&rows[i]))
			}
		}
	}
	for _, p := range m.Problems {
		name := p.Name
		if p.Code != "" {
			name = p.Code
		}
		out.Problems = append(out.Problems, problemJSON{string(p.Kind), name, p.Text, p.Count, p.Of, p.Status == view.StatusBad})
	}
	return out, nil
}

// ofKind is the handlers of one kind, for pages that list them.
func ofKind(k instrument.Kind) api {
	return func(d *Dashboard, r *http.Request) (any, error) {
		params := r.URL.Query()
		params.Set("kind", k.String())
		r.URL.RawQuery = params.Encode()
		return apiHandlers(d, r)
	}
}

type oneHandlerJSON struct {
	Handler handlerJSON   `json:"handler"`
	Points  []pointJSON   `json:"points"`
	Builds  []buildJSON   `json:"builds"`
	Why     []whyJSON     `json:"why"`
	Samples []sampleJSON  `json:"samples"`
	Callers []handlerRef  `json:"callers"`
	Hist    []histBarJSON `json:"histogram"`
}

type pointJSON struct {
	Start  time.Time `json:"start"`
	Count  int64     `json:"count"`
	Errors int64     `json:"errors"`
	P50    int64     `json:"p50_ns"`
	P95    int64     `json:"p95_ns"`
	P99    int64     `json:"p99_ns"`
}

type buildJSON struct {
	Name   string    `json:"name"`
	Since  time.Time `json:"since"`
	Alive  bool      `json:"alive"`
	Count  int64     `json:"count"`
	Errors int64     `json:"errors"`
	P50    int64     `json:"p50_ns"`
	P95    int64     `json:"p95_ns"`
	P99    int64     `json:"p99_ns"`
}

type whyJSON struct {
	Share float64 `json:"share"` // 0 to 1
	Kind  string  `json:"kind,omitempty"`
	Text  string  `json:"text"`
	Name  string  `json:"name,omitempty"`
}

type sampleJSON struct {
	Record   string    `json:"record"`
	Started  time.Time `json:"started"`
	Duration int64     `json:"duration_ns"` // of the handler in it
}

type handlerRef struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Calls int64  `json:"calls"`
}

type histBarJSON struct {
	Upper int64 `json:"upper_ns"`
	Count int64 `json:"count"`
}

// apiHandler is one handler: parameters kind, name and range.
func apiHandler(d *Dashboard, r *http.Request) (any, error) {
	params := r.URL.Query()
	kind, ok := instrument.ParseKind(params.Get("kind"))
	if !ok {
		return nil, badRequest{errNoKind}
	}
	w := windowOf(params, time.Now())
	rows, err := d.store.Handlers(r.Context(), query.Handlers{Kinds: []instrument.Kind{kind}, Handler: params.Get("name"), Since: w.since, Until: w.until})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, query.ErrNotFound
	}
	m, err := d.handler(r, w, kind, params.Get("name"))
	if err != nil {
		return nil, err
	}
	out := oneHandlerJSON{
		Handler: apdexed(newHandlerJSON(&rows[0]), m.Apdex), Points: []pointJSON{}, Builds: []buildJSON{}, Why: []whyJSON{}, Samples: []sampleJSON{}, Callers: []handlerRef{}, Hist: []histBarJSON{},
	}
	for _, p := range m.Points {
		out.Points = append(out.Points, pointJSON{p.Start.UTC(), p.Calls, p.Errors, int64(p.P50), int64(p.P95), int64(p.P99)})
	}
	for _, b := range m.Builds {
		out.Builds = append(out.Builds, buildJSON{b.Name, b.Since.UTC(), b.Alive, b.Calls, b.Errors, int64(b.P50), int64(b.P95), int64(b.P99)})
	}
	for _, c := range m.Why {
		out.Why = append(out.Why, whyJSON{c.Share, string(c.Kind), c.Text, c.Code})
	}
	for _, s := range m.Slowest {
		out.Samples = append(out.Samples, sampleJSON{s.ID, s.Start.UTC(), int64(s.Took)})
	}
	for _, c := range m.Callers {
		out.Callers = append(out.Callers, handlerRef{string(c.Kind), c.Name, c.Calls})
	}
	if m.Hist != nil {
		for _, b := range m.Hist.Bars {
			out.Hist = append(out.Hist, histBarJSON{int64(b.Upper), b.Count})
		}
	}
	return out, nil
}

type compareJSON struct {
	A        recordJSON        `json:"a"`
	B        recordJSON        `json:"b"`
	MedianOf int               `json:"median_of,omitempty"` // b is the median of so many
	Steps    []compareStepJSON `json:"steps"`
}

type compareStepJSON struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	CountA int    `json:"count_a"`
	CountB int    `json:"count_b"`
	OwnA   int64  `json:"own_a_ns"`
	OwnB   int64  `json:"own_b_ns"`
}

// apiCompare sets two Records side by side: parameters a and b as in the page.
func apiCompare(d *Dashboard, r *http.Request) (any, error) {
	params := r.URL.Query()
	a, b, m, err := d.compareRecords(r.Context(), params.Get("a"), params.Get("b"))
	if err != nil {
		return nil, err
	}
	out := compareJSON{A: newRecordJSON(&a.Summary, a.Handler), B: newRecordJSON(&b.Summary, b.Handler), MedianOf: m.MedianOf, Steps: []compareStepJSON{}}
	for _, s := range m.Steps() {
		out.Steps = append(out.Steps, compareStepJSON{string(s.Kind), s.Name, s.CountA, s.CountB, int64(s.OwnA), int64(s.OwnB)})
	}
	return out, nil
}
