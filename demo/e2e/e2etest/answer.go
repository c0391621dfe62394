package e2etest

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"
)

// Records is api/v1/requests.
type Records struct {
	Records []Record `json:"records"`
	Total   int64    `json:"total"`
}

// Record is an element of it, and api/v1/requests/ID with spans.
type Record struct {
	ID, Kind, Name, Method, Path, User, Error string

	Status   int
	Duration int64 `json:"duration_ns"`
	Query    int64 `json:"query_ns"`
	Started  time.Time
	Attrs    map[string]any `json:"attributes"`
	Flags    struct{ Slow, Error, Panic bool }
	Counts   struct{ Spans, Failed, Queries, Signals, Receivers, Layers, Logs, Errors int }
	Spans    []Span
}

// Span is one step of a Record; the first is the Record's own, and Parent is an index.
type Span struct {
	Kind, Name, Source, Flags, Error string

	Parent   int
	Duration int64          `json:"duration_ns"`
	Self     int64          `json:"self_ns"`
	Attrs    map[string]any `json:"attributes"`
	Stack    []struct {
		Func, File string
		Line       int
	}
}

// Find returns the spans of a kind and name.
func (r *Record) Find(kind, name string) (found []int) {
	for i := range r.Spans {
		if r.Spans[i].Kind == kind && r.Spans[i].Name == name {
			found = append(found, i)
		}
	}
	return found
}

// Above returns the spans around a span, outermost first.
func (r *Record) Above(i int) (above []Span) {
	for range r.Spans {
		if i = r.Spans[i].Parent; i < 0 {
			break
		}
		above = append([]Span{r.Spans[i]}, above...)
	}
	return above
}

// Below returns the spans that a span directly holds.
func (r *Record) Below(i int) (below []int) {
	for k := range r.Spans {
		if k != i && r.Spans[k].Parent == i {
			below = append(below, k)
		}
	}
	return below
}

// Handlers is api/v1/handlers.
type Handlers struct{ Handlers []Handler }

// Handler is the statistics of a handler, there and in the report's JSON.
type Handler struct {
	Kind, Name string

	Count, Errors, Panics, Slow uint64

	Sum   int64 `json:"sum_ns"`   // api/v1/handlers
	Total int64 `json:"total_ns"` // report
	Self  int64 `json:"self_ns"`
	P95   int64 `json:"p95_ns"`
	Max   int64 `json:"max_ns"`
}

// Report is "toolbar report --format json".
type Report struct {
	Verdict string
	Rows    []Handler
}

// Health is api/v1/health.
type Health struct {
	Produced, Stored uint64
	Queued           int
	Dropped          map[string]uint64
	Records          int64
	StoreBytes       int64  `json:"store_bytes"`
	LastError        string `json:"last_error"`
}

// timeout bounds every request of a test.
const timeout = time.Minute

// client keeps no connections, so that no goroutine outlives a request, and asks for no compression, which takes much longer
// under the race detector than all else.
var client = &http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}

// Fetch reads what is at an address; headers are names and values in turn.
func Fetch(tb testing.TB, url string, headers ...string) (status int, body string) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// Text is Fetch of what has to be there.
func Text(tb testing.TB, url string) string {
	tb.Helper()
	status, body := Fetch(tb, url)
	if status != http.StatusOK {
		tb.Fatalf("%s: %d\n%.500s", url, status, body)
	}
	return body
}

// Get is Text, read as JSON.
func Get[T any](tb testing.TB, url string) T {
	tb.Helper()
	return Decode[T](tb, Text(tb, url))
}

// Decode reads JSON.
func Decode[T any](tb testing.TB, text string) (v T) {
	tb.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		tb.Fatalf("%v:\n%.500s", err, text)
	}
	return v
}
