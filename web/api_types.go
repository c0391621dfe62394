package web

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// The JSON of api/v1. Durations are nanoseconds and say so in their names; times are
// RFC 3339. Fields are added, never renamed or taken away.

type recordListJSON struct {
	Records  []recordJSON `json:"records"`
	Before   string       `json:"before,omitempty"` // cursor of the next page
	Complete bool         `json:"complete"`
	Searched int64        `json:"searched"`
	Total    int64        `json:"total"`
}

type recordJSON struct {
	ID       string            `json:"id"`
	Kind     string            `json:"kind"`
	Name     string            `json:"name"` // of the handler
	Method   string            `json:"method,omitempty"`
	Path     string            `json:"path,omitempty"`
	Status   int               `json:"status"`
	Started  time.Time         `json:"started"`
	Duration int64             `json:"duration_ns"`
	Query    int64             `json:"query_ns"`
	User     string            `json:"user,omitempty"`
	Tags     []string          `json:"tags,omitempty"`
	Error    string            `json:"error,omitempty"`
	Trace    string            `json:"trace_id,omitempty"`
	Span     string            `json:"span_id,omitempty"`        // the Record's own in its trace
	Caller   string            `json:"caller_span_id,omitempty"` // the span that caused it, in whatever process
	Parent   string            `json:"parent,omitempty"`
	Process  *processJSON      `json:"process,omitempty"`
	Flags    flagsJSON         `json:"flags"`
	Counts   countsJSON        `json:"counts"`
	Worst    map[string]string `json:"worst,omitempty"`          // "slow" or "bad", by the name in counts
	Size     *int64            `json:"response_bytes,omitempty"` // like the cost of recording only of a list by it
	Cost     *int64            `json:"cost_ns,omitempty"`
	Timing   *Timing           `json:"timing,omitempty"`
	Attrs    map[string]any    `json:"attributes,omitempty"`
	Spans    []spanJSON        `json:"spans,omitempty"`
}

type processJSON struct {
	PID      int    `json:"pid"`
	Host     string `json:"host"`
	Service  string `json:"service"`
	Revision string `json:"revision,omitempty"`
	Dirty    bool   `json:"dirty,omitempty"`
}

type flagsJSON struct {
	Slow       bool `json:"slow"`
	Error      bool `json:"error"`
	Panic      bool `json:"panic"`
	ClientGone bool `json:"client_gone"`
	Capped     bool `json:"capped"`
	Unfinished bool `json:"unfinished"`
	Exception  bool `json:"exception"`
}

type countsJSON struct {
	Spans     uint32 `json:"spans"`
	Left      uint32 `json:"left_out"`
	Failed    uint32 `json:"failed"`
	Queries   int    `json:"queries"`
	Signals   int    `json:"signals"`
	Receivers int    `json:"receivers"`
	Layers    int    `json:"layers"`
	Cache     int    `json:"cache"`
	Calls     int    `json:"calls"`
	Templates int    `json:"templates"`
	Tasks     int    `json:"tasks"`
	Files     int    `json:"files"`  // static ones; like custom only of one Record
	Custom    int64  `json:"custom"` // the app's own, dumps and kinds of integrations; these only of one Record, not in lists
	Logs      int    `json:"logs"`
	Alerts    int    `json:"alerts"`
	Errors    uint32 `json:"errors"`
}

type spanJSON struct {
	ID       string         `json:"id"` // in the trace, as it was passed on
	Kind     string         `json:"kind"`
	Name     string         `json:"name"`
	Source   string         `json:"source,omitempty"`
	Parent   int            `json:"parent"`
	Start    int64          `json:"start_ns"`
	Duration int64          `json:"duration_ns"`
	Self     int64          `json:"self_ns"`
	Flags    string         `json:"flags,omitempty"`
	Error    string         `json:"error,omitempty"`
	Stack    []frameJSON    `json:"stack,omitempty"`
	Attrs    map[string]any `json:"attributes,omitempty"`
}

type frameJSON struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
}

type handlerListJSON struct {
	Handlers []handlerJSON `json:"handlers"`
}

type handlerJSON struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Source string `json:"source,omitempty"`
	Count  uint64 `json:"count"`
	Errors uint64 `json:"errors"`
	Panics uint64 `json:"panics"`
	Slow   uint64 `json:"slow"`
	Sum    int64  `json:"sum_ns"`
	Self   int64  `json:"self_ns"`
	P50    int64  `json:"p50_ns"`
	P95    int64  `json:"p95_ns"`
	P99    int64  `json:"p99_ns"`
	Max    int64  `json:"max_ns"`

	Apdex *float64 `json:"apdex,omitempty"` // only of one handler, and where it has a limit
	// Tables are those that a statement reads or writes; none for other kinds.
	Tables []string `json:"tables,omitempty"`
}

type signalListJSON struct {
	Signals []signalJSON `json:"signals"`
}

type signalJSON struct {
	Name      string         `json:"name"`
	Payload   string         `json:"payload,omitempty"`
	Source    string         `json:"source,omitempty"`
	Sent      int64          `json:"sent"`
	Calls     int64          `json:"calls"`
	Failed    int64          `json:"failed"`
	Panics    int64          `json:"panics"`
	Receivers []receiverJSON `json:"receivers"`
}

type receiverJSON struct {
	Name    string       `json:"name"`
	Source  string       `json:"source,omitempty"`
	Options []string     `json:"options,omitempty"`
	Stats   *handlerJSON `json:"stats,omitempty"`
}

type healthJSON struct {
	Produced   uint64            `json:"produced"`
	Stored     uint64            `json:"stored"`
	Queued     int               `json:"queued"`
	Dropped    map[string]uint64 `json:"dropped"`
	Records    int64             `json:"records"`
	StoreBytes int64             `json:"store_bytes"`
	StoreLimit int64             `json:"store_limit_bytes"`
	Gone       bool              `json:"store_gone"`
	Paused     bool              `json:"paused"` // recording is switched off in the process that answers
	LastError  string            `json:"last_error,omitempty"`
	CPU        int64             `json:"cpu_ns"`
	Machine    *machineJSON      `json:"machine,omitempty"`
	Notifier   *notifierJSON     `json:"notifications,omitempty"` // missing: nobody is notified of alerts
}

// notifierJSON is how those were told who are notified of alerts.
type notifierJSON struct {
	Sent      uint64     `json:"sent"`
	Failed    uint64     `json:"failed"`
	Dropped   uint64     `json:"dropped"`
	Quieted   uint64     `json:"quieted"`
	Waiting   int        `json:"waiting"`
	LastSent  *time.Time `json:"last_sent,omitempty"`
	LastLook  *time.Time `json:"last_look,omitempty"`
	LastError string     `json:"last_error,omitempty"`
}

func notifierToJSON(s *NotifierStatus) *notifierJSON {
	if s == nil {
		return nil
	}
	when := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	return &notifierJSON{s.Sent, s.Failed, s.Dropped, s.Quieted, s.Waiting, when(s.LastSent), when(s.LastLook), s.LastError}
}

// machineJSON is a reading of the machine; what the system does not tell is -1.
type machineJSON struct {
	CPUs       int     `json:"cpus"`
	Load1      float64 `json:"load_1m"`
	Load5      float64 `json:"load_5m"`
	Load15     float64 `json:"load_15m"`
	Uptime     int64   `json:"uptime_ns"`
	Memory     int64   `json:"memory_bytes"`
	MemoryFree int64   `json:"memory_free_bytes"`
	Disk       int64   `json:"disk_bytes"`
	DiskFree   int64   `json:"disk_free_bytes"`
	Resident   int64   `json:"resident_bytes"`
	Files      int64   `json:"open_files"`
	FileLimit  int64   `json:"open_files_limit"`
	Threads    int64   `json:"threads"`
	Goroutines int64   `json:"goroutines"`
}

func newRecordJSON(s *instrument.Summary, h instrument.HandlerInfo) recordJSON {
	r := recordJSON{
		ID: s.ID.String(), Kind: h.Kind.String(), Name: h.Name, Method: s.Method, Path: s.Path, Status: s.Status,
		Started: s.StartTime().UTC(), Duration: int64(s.Duration), Query: int64(s.QueryTime),
		User: s.User, Tags: s.Tags, Error: s.Error, Trace: s.Trace.TraceID.String(), Span: s.Trace.SpanID.String(), Caller: s.Caller.String(),
		Flags: flagsJSON{
			Slow: s.Flags.Has(instrument.FlagSlow), Error: s.Flags.Has(instrument.FlagError), Panic: s.Flags.Has(instrument.FlagPanic),
			ClientGone: s.Flags.Has(instrument.FlagClientGone), Capped: s.Flags.Has(instrument.FlagCapped),
			Unfinished: s.Flags.Has(instrument.FlagUnfinished), Exception: s.Flags.Has(instrument.FlagException),
		},
		Counts: countsJSON{
			Spans: s.Spans, Left: s.Left, Failed: s.Failed, Errors: s.Failed,
			Queries: s.Count(instrument.KindQuery), Signals: s.Count(instrument.KindSignal), Receivers: s.Count(instrument.KindReceiver),
			Layers: s.Count(instrument.KindLayer), Logs: s.Count(instrument.KindLog), Cache: s.Count(instrument.KindCache),
			Calls: s.Count(instrument.KindCall), Templates: s.Count(instrument.KindRender), Tasks: s.Count(instrument.KindTask),
		},
	}
	if r.Flags.Error {
		r.Counts.Errors++
	}
	if s.Parent != 0 {
		r.Parent = s.Parent.String()
	}
	return r
}

func newSpanJSON(rec *instrument.Record, i int) spanJSON {
	s := &rec.Spans[i]
	out := spanJSON{
		ID: rec.SpanID(i).String(), Kind: s.Handler.Kind.String(), Name: s.Handler.Name, Source: s.Handler.Source.String(), Parent: s.Parent,
		Start: int64(s.Start), Duration: int64(s.Duration), Self: int64(s.Self), Flags: s.Flags.String(),
		Error: s.Error, Attrs: attrsJSON(s.Attrs),
	}
	for _, f := range s.Stack {
		out.Stack = append(out.Stack, frameJSON(f))
	}
	return out
}

// attrsJSON gives durations as nanoseconds; their names carry no unit, so the value is
// a number of them.
func attrsJSON(kvs []instrument.KV) map[string]any {
	if len(kvs) == 0 {
		return nil
	}
	m := make(map[string]any, len(kvs))
	for _, kv := range kvs {
		if d, ok := kv.Value.(time.Duration); ok {
			m[kv.Key] = int64(d)
			continue
		}
		m[kv.Key] = kv.Value
	}
	return m
}

func newHandlerJSON(h *query.HandlerStats) handlerJSON {
	var tables []string
	if h.Handler.Kind == instrument.KindQuery {
		tables = sqltap.OutlineOf(h.Handler.Name).Tables
	}
	return handlerJSON{
		Tables: tables,
		Kind:   h.Handler.Kind.String(), Name: h.Handler.Name, Source: h.Handler.Source.String(),
		Count: h.Count, Errors: h.Errors, Panics: h.Panics, Slow: h.Slow, Sum: int64(h.Sum), Self: int64(h.Self),
		P50: int64(h.Quantile(.5)), P95: int64(h.Quantile(.95)), P99: int64(h.Quantile(.99)), Max: int64(h.Max),
	}
}

// apdexed adds a score that is known.
func apdexed(h handlerJSON, score float64) handlerJSON {
	if score >= 0 {
		h.Apdex = &score
	}
	return h
}

// countNames are the names in counts of the kinds that a panel is about.
var countNames = map[view.Kind]string{
	view.KindQuery: "queries", view.KindSignal: "signals", view.KindLayer: "layers", view.KindCache: "cache", view.KindCall: "calls",
	view.KindRender: "templates", view.KindTask: "tasks", view.KindLog: "logs",
}

// worst says of each panel that is not fine what is the matter.
func worst(m view.Record) map[string]string {
	out := map[string]string{}
	for kind, name := range countNames {
		if s := view.Worst(m, kind); s != "" {
			out[name] = string(s)
		}
	}
	return out
}
