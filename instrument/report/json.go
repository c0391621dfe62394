package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// JSONVersion is the "version" of the JSON form. It changes when a field changes
// its meaning or goes away, not when one is added.
const JSONVersion = 1

// The JSON form. Durations are nanoseconds and their names end in _ns; shares are
// 0 to 1; times are RFC 3339, null where the window is open.
type (
	jsonReport struct {
		Version  int        `json:"version"`
		Since    *time.Time `json:"since"`
		Until    *time.Time `json:"until"`
		Verdict  string     `json:"verdict"`
		Sort     Sort       `json:"sort"`
		SlowNS   int64      `json:"slow_limit_ns"` // 0: the limits that the app is configured with
		Handlers int        `json:"handlers"`      // with calls in the window
		Matched  int        `json:"matched"`       // of them, asked for
		Recorded int64      `json:"recorded_ns"`   // own time of all handlers: what "share" is of
		Rows     []jsonRow  `json:"rows"`
	}
	jsonHandler struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
		Func string `json:"func,omitempty"`
		File string `json:"file,omitempty"`
		Line int    `json:"line,omitempty"`
	}
	jsonRow struct {
		jsonHandler
		Count     uint64       `json:"count"`
		Errors    uint64       `json:"errors"` // panics included
		Panics    uint64       `json:"panics"`
		Slow      uint64       `json:"slow"`
		SlowAbout bool         `json:"slow_approximate"`
		Share     float64      `json:"share"`
		Total     int64        `json:"total_ns"`
		Self      int64        `json:"self_ns"`
		Avg       int64        `json:"avg_ns"`
		P50       int64        `json:"p50_ns"`
		P95       int64        `json:"p95_ns"`
		P99       int64        `json:"p99_ns"`
		Max       int64        `json:"max_ns"`
		Samples   []jsonSample `json:"samples"` // slowest first
		Why       *jsonWhy     `json:"why,omitempty"`
	}
	jsonSample struct {
		ID       string `json:"id"`
		Duration int64  `json:"duration_ns"`
	}
	jsonWhy struct {
		Samples []string     `json:"samples"`
		Calls   int          `json:"calls"`
		Time    int64        `json:"time_ns"`
		Parts   []jsonPart   `json:"parts"`
		Rest    int          `json:"rest"` // smaller parts left out
		Causes  []jsonBlame  `json:"causes"`
		Caller  *jsonHandler `json:"caller,omitempty"`
	}
	jsonBlame struct {
		Cause   Cause        `json:"cause"`
		Time    int64        `json:"time_ns"`
		Share   float64      `json:"share"`
		Calls   int          `json:"calls,omitempty"` // of the worst one behind it
		Handler *jsonHandler `json:"handler,omitempty"`
		Place   string       `json:"place,omitempty"`
	}
	jsonPart struct {
		Own     bool         `json:"own"`
		Handler *jsonHandler `json:"handler,omitempty"` // absent for own time
		Calls   int          `json:"calls"`
		Time    int64        `json:"time_ns"`
		Share   float64      `json:"share"`
	}
)

// JSON writes the report for programs. Text keeps every character that was
// captured; those that a terminal would act on are written as escapes.
func (r *Report) JSON(w io.Writer) error {
	out := jsonReport{
		Version: JSONVersion, Since: jsonTime(r.Options.Since), Until: jsonTime(r.Options.Until),
		Verdict: r.Verdict(), Sort: r.Options.Sort, SlowNS: int64(r.Options.Slow),
		Handlers: r.Handlers, Matched: r.Matched, Recorded: int64(r.Recorded),
		Rows: make([]jsonRow, len(r.Rows)),
	}
	for i := range r.Rows {
		out.Rows[i] = toJSON(&r.Rows[i])
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	_, err = w.Write(append(escapeUnsafe(b), '\n'))
	return err
}

func toJSON(r *Row) jsonRow {
	row := jsonRow{
		jsonHandler: toJSONHandler(r.HandlerInfo),
		Count:       r.Count, Errors: r.Errors, Panics: r.Panics,
		Slow: r.Slow, SlowAbout: r.SlowAbout, Share: r.Share,
		Total: int64(r.Total), Self: int64(r.Self), Avg: int64(r.Avg),
		P50: int64(r.P50), P95: int64(r.P95), P99: int64(r.P99), Max: int64(r.Max),
		Samples: make([]jsonSample, len(r.Samples)),
	}
	for i, s := range r.Samples {
		row.Samples[i] = jsonSample{s.ID.String(), int64(s.Duration)}
	}
	if r.Why != nil {
		row.Why = toJSONWhy(r.Why)
	}
	return row
}

func toJSONWhy(w *Why) *jsonWhy {
	out := &jsonWhy{Calls: w.Calls, Time: int64(w.Time), Rest: w.Rest, Caller: nil}
	for _, id := range w.Samples {
		out.Samples = append(out.Samples, id.String())
	}
	for _, p := range w.Parts {
		part := jsonPart{Own: p.Own, Calls: p.Calls, Time: int64(p.Time), Share: p.Share}
		if !p.Own {
			h := toJSONHandler(p.Handler)
			part.Handler = &h
		}
		out.Parts = append(out.Parts, part)
	}
	out.Causes = []jsonBlame{}
	for _, c := range w.Causes {
		b := jsonBlame{Cause: c.Cause, Time: int64(c.Time), Share: c.Share, Calls: c.Calls, Place: c.Place.String()}
		if c.Calls > 0 {
			h := toJSONHandler(c.Handler)
			b.Handler = &h
		}
		out.Causes = append(out.Causes, b)
	}
	if w.Caller != nil {
		h := toJSONHandler(*w.Caller)
		out.Caller = &h
	}
	return out
}

func toJSONHandler(h instrument.HandlerInfo) jsonHandler {
	return jsonHandler{h.Kind.String(), h.Name, h.Source.Func, h.Source.File, h.Source.Line}
}

func jsonTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func escapeUnsafe(b []byte) []byte { return term.JSON(b) }

// EscapeJSON writes as escapes what a terminal acts on in a JSON text.
func EscapeJSON(text string) string { return string(escapeUnsafe([]byte(text))) }
