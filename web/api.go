package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// api answers a request with a value to be written as JSON. Nil without an error is
// 204: there is nothing yet.
type api func(d *Dashboard, r *http.Request) (any, error)

// apiRoute is a path below api/v1/ with what the OpenAPI file says of it.
type apiRoute struct {
	api     api
	says    string
	params  []string // names of apiParams
	answer  any      // a zero value of what it gives; nil is described elsewhere
	missing bool     // it may be 404
	later   bool     // it may be 204
	own     bool     // the app says what it gives, and may give nothing as JSON: 406
}

// apiRoutes are the paths below api/v1/.
var apiRoutes map[string]apiRoute

func init() { // because the OpenAPI file is one of them and describes them all
	apiRoutes = map[string]apiRoute{
		"overview":               {api: apiOverview, says: "What the first page shows.", params: []string{"range", "service", "process"}, answer: overviewJSON{}},
		"requests":               {api: apiRequests, says: "A page of Records, the newest first.", params: []string{"kind", "q", "sort", "dir", "before", "deeper", "service", "process"}, answer: recordListJSON{}},
		"requests/{id}":          {api: apiRequest, says: "One Record with its spans.", params: []string{"id", "pending"}, answer: recordJSON{}, missing: true, later: true},
		"requests/{id}/tree":     {api: apiTree, says: "The chain of causes of a Record and what it caused.", params: []string{"id"}, answer: treeJSON{}, missing: true},
		"handlers":               {api: apiHandlers, says: "Statistics of everything that runs.", params: []string{"range", "kind", "name", "service", "process"}, answer: handlerListJSON{}},
		"handlers/one":           {api: apiHandler, says: "One handler over time, by build, with its slowest samples.", params: []string{"range", "kind", "name", "service", "process"}, answer: oneHandlerJSON{}, missing: true},
		"signals":                {api: apiSignals, says: "The signals with their receivers and statistics.", params: []string{"range", "service", "process"}, answer: signalListJSON{}},
		"signals/catalogue":      {api: apiCatalogue, says: "All that the running app knows of its signals.", answer: []Signal{}},
		"routes":                 {api: apiRouteList, says: "All routes that the app serves, also those that were never called, with how they were used.", params: []string{"range", "show", "find", "service", "process"}, answer: routeListJSON{}},
		"exceptions":             {api: apiExceptions, says: "Errors that nobody caught, reported ones and panics, alike ones together.", params: []string{"is", "only", "q", "order", "before", "service", "process"}, answer: exceptionListJSON{}},
		"exceptions/{exception}": {api: apiException, says: "One exception with its stack, what it wraps, and where, when and to whom it came.", params: []string{"exception"}, answer: exceptionDetailJSON{}, missing: true},
		"tasks":                  {api: apiTasks, says: "Queues, workers, schedules, kinds of tasks, and a page of jobs.", params: []string{"state", "queue", "kind", "tag", "worker", "q", "after"}, answer: tasksJSON{}},
		"tasks/{job}":            {api: apiJob, says: "One job with its attempts and what happened to it.", params: []string{"job"}, answer: jobs.Detail{}, missing: true},
		"alerts":                 {api: apiAlerts, says: "Everything that is wrong: handlers, findings in Records, what became worse.", params: []string{"range", "service", "process"}, answer: alertListJSON{}},
		"compare":                {api: apiCompare, says: "Two Records side by side.", params: []string{"a", "b"}, answer: compareJSON{}, missing: true},
		"logs":                   {api: apiBrowserLogs, says: "The log lines of one browser that is followed, and which browsers are.", params: []string{"browser"}, answer: browserLogsJSON{}},
		"complete":               {api: apiComplete, says: "Ways to go on with a filter that is being typed.", params: []string{"q", "at"}, answer: completionListJSON{}},
		"report":                 {api: apiReport, says: "The report of the command line; its form is described there.", params: []string{"range", "service", "process"}},
		"processes":              {api: apiProcesses, says: "What has written to the store, the newest first: which services and processes there are to choose from.", answer: processListJSON{}},
		"health":                 {api: apiHealth, says: "How recording and the store are.", answer: healthJSON{}},
		"pages":                  {api: apiCustomPages, says: "The app's own pages.", answer: customListJSON{}},
		"pages/{page}":           {api: apiCustomPage, says: "What a page of the app's own gives; its form is the app's. 406 if it gives nothing as JSON.", params: []string{"page", "range"}, missing: true, own: true},
		"openapi.json":           {api: apiOpenAPI, says: "This description."},
	}
}

// json serves an api.
func (d *Dashboard) json(a api) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := d.seen(r)
		ctx, cancel := context.WithTimeout(r.Context(), pageTime)
		defer cancel()
		release, ok := d.enter(ctx)
		if !ok {
			return
		}
		defer release()
		var v any
		d, err := d.choose(r.WithContext(ctx))
		if err == nil {
			v, err = a(d, r.WithContext(ctx))
		}
		status := http.StatusOK
		if err != nil {
			status = d.apiStatus(r, err)
			v = apiError{errorText(err)}
		} else if v == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		body, err := json.Marshal(v)
		if err != nil {
			d.config.Logger.ErrorContext(ctx, "debug toolbar: write JSON", "path", r.URL.Path, "error", err)
			http.Error(w, "The answer could not be written as JSON; the app's log has the reason.", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		write(w, r, status, append(body, '\n'))
	})
}

type apiError struct {
	Error string `json:"error"`
}

// errorText is an error for a program: of a page for what is missing all that it says.
func errorText(err error) string {
	if m, ok := errors.AsType[missingError](err); ok && m.page.Text != "" {
		return m.page.Title + ": " + m.page.Text
	}
	return err.Error()
}

// badRequest is an error in what the client asked.
type badRequest struct{ error }

func (d *Dashboard) apiStatus(r *http.Request, err error) int {
	if errors.Is(err, query.ErrNotFound) {
		return http.StatusNotFound
	}
	if _, ok := errors.AsType[missingError](err); ok {
		return http.StatusNotFound
	}
	if _, ok := errors.AsType[badRequest](err); ok {
		return http.StatusBadRequest
	}
	if _, ok := errors.AsType[notAcceptable](err); ok {
		return http.StatusNotAcceptable
	}
	if _, ok := errors.AsType[ownError](err); ok {
		return http.StatusInternalServerError
	}
	d.config.Logger.ErrorContext(r.Context(), "debug toolbar: api", "path", r.URL.Path, "error", err)
	return http.StatusInternalServerError
}

// apiRequests lists Records: parameters kind, q, sort, dir and before as in the page.
func apiRequests(d *Dashboard, r *http.Request) (any, error) {
	s := view.Shell{Here: d.here(r)}
	m, q := d.recordList(r, &s)
	if m.Error != "" {
		return nil, badRequest{errors.New(m.Error)}
	}
	page, err := d.store.Records(r.Context(), q)
	if err != nil {
		return nil, err
	}
	out := recordListJSON{Records: make([]recordJSON, len(page.Records)), Complete: page.Complete, Searched: page.Searched, Total: page.Total}
	for i := range page.Records {
		row := &page.Records[i]
		out.Records[i] = newRecordJSON(&row.Summary, row.Handler)
		switch cost := int64(row.Cost); {
		case q.By == query.ColumnSize && row.Size >= 0:
			out.Records[i].Size = &row.Size
		case q.By == query.ColumnCost:
			out.Records[i].Cost = &cost
		}
	}
	if page.More {
		out.Before = cursorText(page.Next)
	}
	return out, nil
}

// apiRequest is one Record with its spans. With pending=1 a Record that is not stored
// yet is 204 and not 404: the element in the page asks right after its request.
func apiRequest(d *Dashboard, r *http.Request) (any, error) {
	d = d.whole()
	id, err := instrument.ParseID(r.PathValue("id"))
	if err != nil {
		return nil, badRequest{err}
	}
	rec, err := d.store.Record(r.Context(), id)
	if errors.Is(err, query.ErrNotFound) && r.URL.Query().Get("pending") != "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := newRecordJSON(&rec.Summary, rec.Handler)
	out.Attrs = attrsJSON(rec.Attrs)
	m := d.recordModel(rec)
	out.Worst, out.Counts.Alerts, out.Counts.Custom = worst(m), len(view.RecordAlerts(m)), view.CustomSpans(m)
	for i := range m.Spans {
		if m.Spans[i].Kind == view.KindFile {
			out.Counts.Files++
		}
	}
	if t, ok := d.timingOf(r.Context(), rec.ID); ok {
		out.Timing = &t
	}
	if p, _, ok := d.processOf(r.Context(), rec.ID); ok {
		out.Process = &processJSON{p.PID, p.Host, p.Service, p.Build.Revision, p.Build.Dirty}
	}
	for i := range rec.Spans {
		out.Spans = append(out.Spans, newSpanJSON(rec, i))
	}
	return out, nil
}

// apiHandlers gives statistics: parameters range, kind and name.
func apiHandlers(d *Dashboard, r *http.Request) (any, error) {
	params := r.URL.Query()
	q := query.Handlers{Handler: params.Get("name")}
	if params.Get("range") != "all" {
		w := windowOf(params, time.Now())
		q.Since, q.Until = w.since, w.until
	}
	if k, ok := instrument.ParseKind(params.Get("kind")); ok {
		q.Kinds = []instrument.Kind{k}
	}
	rows, err := d.store.Handlers(r.Context(), q)
	if err != nil {
		return nil, err
	}
	out := handlerListJSON{Handlers: make([]handlerJSON, len(rows))}
	for i := range rows {
		out.Handlers[i] = newHandlerJSON(&rows[i])
	}
	return out, nil
}

// apiSignals is the catalogue with statistics.
func apiSignals(d *Dashboard, r *http.Request) (any, error) {
	stats, err := d.statsByHandler(r, windowOf(r.URL.Query(), time.Now()), instrument.KindSignal, instrument.KindReceiver)
	if err != nil {
		return nil, err
	}
	out := signalListJSON{Signals: []signalJSON{}}
	for _, sig := range d.catalogue(r.Context(), stats) {
		row := signalRow(sig, stats, 0)
		s := signalJSON{
			Name: sig.Name, Payload: sig.Payload, Source: sig.Source.String(),
			Sent: row.Sent, Calls: row.Calls, Failed: row.Failed, Panics: row.Panics, Receivers: []receiverJSON{},
		}
		for _, rc := range sig.Receivers {
			rj := receiverJSON{Name: rc.Name, Source: rc.Source.String(), Options: rc.Options}
			if st := stats[handlerKey{instrument.KindReceiver, rc.Name}]; st != nil {
				h := newHandlerJSON(st)
				rj.Stats = &h
			}
			s.Receivers = append(s.Receivers, rj)
		}
		out.Signals = append(out.Signals, s)
	}
	return out, nil
}

// apiCatalogue is all that the running app knows of its signals: what "toolbar
// signals" prints.
func apiCatalogue(d *Dashboard, _ *http.Request) (any, error) {
	if d.config.Signals == nil {
		return []Signal{}, nil
	}
	return d.config.Signals(), nil
}

// apiReport is the report of the command line, in the form that it has there.
func apiReport(d *Dashboard, r *http.Request) (any, error) {
	o := report.Options{Limit: -1}
	if r.URL.Query().Get("range") != "all" {
		w := windowOf(r.URL.Query(), time.Now())
		o.Since, o.Until = w.since, w.until
	}
	rep, err := report.Build(r.Context(), d.store, o)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := rep.JSON(&b); err != nil {
		return nil, err
	}
	return json.RawMessage(b.Bytes()), nil
}

// apiHealth is how recording and the store are.
func apiHealth(d *Dashboard, r *http.Request) (any, error) {
	return d.healthJSON(r)
}

func (d *Dashboard) healthJSON(r *http.Request) (out healthJSON, err error) {
	h, err := d.store.Health(r.Context())
	if err != nil {
		return out, err
	}
	out = healthJSON{Dropped: map[string]uint64{}, StoreBytes: h.FileBytes + h.WALBytes, StoreLimit: h.MaxBytes, Records: h.Records, Gone: h.Gone, Paused: d.paused()}
	if d.config.Status != nil {
		st := d.config.Status()
		out.Produced, out.Stored, out.Queued = st.Produced, st.Stored, st.QueueRecords
		maps.Copy(out.Dropped, st.Dropped)
		out.LastError, out.CPU, out.Notifier = st.LastError, int64(st.CPU), notifierToJSON(st.Notifier)
	}
	if d.config.Host != nil {
		s := d.config.Host()
		out.Machine = &machineJSON{
			CPUs: s.CPUs, Load1: s.Load[0], Load5: s.Load[1], Load15: s.Load[2], Uptime: int64(s.Uptime), Memory: s.Memory, MemoryFree: s.MemoryFree, Disk: s.Disk, DiskFree: s.DiskFree,
			Resident: s.Resident, Files: s.Files, FileLimit: s.FileLimit, Threads: s.Threads, Goroutines: s.Goroutines,
		}
	}
	return out, nil
}

// number reads a parameter; what is no number is the fallback.
func number(text string, fallback int) int {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return n
	}
	return fallback
}

var errNoKind = errors.New("say which kind of handler: kind=receiver")

type treeJSON struct {
	Causes       []treeLinkJSON `json:"causes"` // what began it all first
	Consequences []treeLinkJSON `json:"consequences"`
}

type treeLinkJSON struct {
	Record   string `json:"record"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Duration int64  `json:"duration_ns"`
}

// apiTree is what led to a Record and what it led to.
func apiTree(d *Dashboard, r *http.Request) (any, error) {
	d = d.whole()
	rec, err := d.recordOf(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	var m view.Record
	d.links(r, rec, &m)
	links := func(ls []view.Link) []treeLinkJSON {
		out := []treeLinkJSON{}
		for _, l := range ls {
			out = append(out, treeLinkJSON{l.ID, string(l.Kind), l.Name, int64(l.Duration)})
		}
		return out
	}
	return treeJSON{links(m.Causes), links(m.Consequences)}, nil
}
