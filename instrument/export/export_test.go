package export_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/export"
)

func ExampleCurl() {
	rec := &instrument.Record{Handler: instrument.HandlerInfo{Kind: instrument.KindRequest, Name: "GET /orders/{id}"}}
	rec.Method, rec.Path = "GET", "/orders/7"
	rec.Attrs = []instrument.KV{
		{Key: "server.address", Value: "shop.test"},
		{Key: "url.query", Value: "q=it's"},
		{Key: "http.request.headers_hidden", Value: "Authorization"},
	}
	text, err := export.Curl(rec)
	fmt.Print(text, err)
	// Output:
	// # Hidden when it was recorded; set before: AUTHORIZATION
	// curl 'http://shop.test/orders/7?q=it'\''s' \
	//   -H 'Authorization: '"$AUTHORIZATION"
	// <nil>
}

func ExampleCurlCall() {
	call := &instrument.RecordSpan{Handler: instrument.HandlerInfo{Kind: instrument.KindCall, Name: "POST pay.test/charges"}}
	call.Attrs = []instrument.KV{
		{Key: "http.request.method", Value: "POST"},
		{Key: "url.full", Value: "https://[redacted]@pay.test/charges?to=%C3%BC&key=[redacted]"},
		{Key: "http.request.headers", Value: "Authorization: [redacted]\nContent-Type: application/json"},
		{Key: "http.request.body", Value: `{"amount":5}`},
	}
	text, err := export.CurlCall(call)
	fmt.Print(text, err)
	// Output:
	// # Hidden when it was recorded; set before: HTTPS KEY AUTHORIZATION
	// curl https://"$HTTPS"'@pay.test/charges?to=%C3%BC&key='"$KEY" \
	//   -X POST \
	//   -H 'Authorization: '"$AUTHORIZATION" \
	//   -H 'Content-Type: application/json' \
	//   --data-raw '{"amount":5}'
	// <nil>
}

func TestCurlCall_OfWhatIsNoCall(t *testing.T) {
	t.Parallel()
	for _, sp := range []*instrument.RecordSpan{
		nil, {}, {Handler: instrument.HandlerInfo{Kind: instrument.KindCall}},
		{Handler: instrument.HandlerInfo{Kind: instrument.KindQuery}, Attrs: []instrument.KV{{Key: "url.full", Value: "http://a.test/"}}},
	} {
		if text, err := export.CurlCall(sp); !errors.Is(err, export.ErrNoCall) || text != "" {
			t.Errorf("%q, %v", text, err)
		}
	}
}

func TestFormats_Goldens(t *testing.T) {
	t.Parallel()
	for name, rec := range map[string]*instrument.Record{"checkout": checkout(), "upload": upload(), "get": record("GET", "/a b/ü", 304)} {
		for _, f := range export.Formats() {
			var b bytes.Buffer
			if err := export.Write(&b, f.Name, rec); err != nil {
				t.Errorf("%s as %s: %v", name, f.Name, err)
			}
			golden(t, name+"."+f.Name+".golden", b.String())
			if f.Ext == ".go" || strings.HasSuffix(f.Ext, ".go") {
				if clean, err := format.Source(b.Bytes()); err != nil || string(clean) != b.String() {
					t.Errorf("%s as %s is not as gofmt has it: %v\n%s", name, f.Name, err, clean)
				}
			}
		}
	}
}

func TestWrite_Mistakes(t *testing.T) {
	t.Parallel()
	query := &instrument.Record{Handler: instrument.HandlerInfo{Kind: instrument.KindCommand, Name: "cleanup"}}
	query.Error = "it broke"
	var unknown *export.FormatError
	if err := export.Write(&bytes.Buffer{}, "pdf", checkout()); !errors.As(err, &unknown) || !strings.Contains(err.Error(), "curl, go, test, har, markdown") {
		t.Errorf("an unknown format: %v", err)
	}
	if err := export.Write(&bytes.Buffer{}, "curl"); err == nil {
		t.Error("no Record is no error")
	}
	if err := export.Write(&bytes.Buffer{}, "curl", checkout(), checkout()); err == nil || !strings.Contains(err.Error(), "cURL") {
		t.Errorf("two Records: %v", err)
	}
	for _, name := range []string{"curl", "go", "test", "har"} {
		if err := export.Write(&bytes.Buffer{}, name, query); !errors.Is(err, export.ErrNoRequest) {
			t.Errorf("a command as %s: %v", name, err)
		}
	}
	var b bytes.Buffer
	if err := export.Write(&b, "markdown", query, checkout()); err != nil || !strings.Contains(b.String(), "it broke") || !strings.Contains(b.String(), "\n---\n") {
		t.Errorf("two Records as Markdown: %v\n%s", err, &b)
	}
}

// TestHAR_FollowsTheSpecification checks what version 1.2 asks for: which fields must be
// there, of which type, and which exclude each other.
func TestHAR_FollowsTheSpecification(t *testing.T) {
	t.Parallel()
	text, err := export.HAR(checkout(), upload(), record("GET", "/", 200), record("POST", "/form", 200,
		kv("http.request.header.content-type", "application/x-www-form-urlencoded"),
		kv("http.request.body.kind", "form"), kv("http.request.body", "a=1&b=x%20y&a=2")))
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	h := harCheck{t}
	log := h.object(doc, "log").(map[string]any)
	h.text(log, "version", "1.2")
	h.text(h.object(log, "creator"), "name", "")
	entries := h.list(log, "entries")
	if len(entries) != 4 {
		t.Fatalf("%d entries", len(entries))
	}
	for _, e := range entries {
		h.entry(e)
	}
	params := h.list(h.object(h.object(entries[3], "request"), "postData"), "params")
	if fmt.Sprint(params) != "[map[name:a value:1] map[name:b value:x y] map[name:a value:2]]" {
		t.Errorf("the form is %v", params)
	}
}

type harCheck struct{ *testing.T }

func (h harCheck) get(v any, name string) any {
	h.Helper()
	m, ok := v.(map[string]any)
	if !ok {
		h.Fatalf("%s is asked of %T", name, v)
	}
	got, ok := m[name]
	if !ok {
		h.Errorf("%s is missing in %v", name, m)
	}
	return got
}

func (h harCheck) object(v any, name string) any {
	h.Helper()
	got := h.get(v, name)
	if _, ok := got.(map[string]any); !ok {
		h.Errorf("%s is %T", name, got)
	}
	return got
}

func (h harCheck) list(v any, name string) []any {
	h.Helper()
	got, ok := h.get(v, name).([]any)
	if !ok {
		h.Errorf("%s is no list", name)
	}
	return got
}

func (h harCheck) text(v any, name, want string) {
	h.Helper()
	got, ok := h.get(v, name).(string)
	if !ok || want != "" && got != want {
		h.Errorf("%s is %q", name, got)
	}
}

func (h harCheck) number(v any, name string, least float64) float64 {
	h.Helper()
	got, ok := h.get(v, name).(float64)
	if !ok || got < least {
		h.Errorf("%s is %v", name, got)
	}
	return got
}

func (h harCheck) pairs(v any, name string) {
	h.Helper()
	for _, p := range h.list(v, name) {
		h.text(p, "name", "")
		h.text(p, "value", "")
	}
}

func (h harCheck) entry(e any) {
	h.Helper()
	started, _ := h.get(e, "startedDateTime").(string)
	if _, err := time.Parse(time.RFC3339Nano, started); err != nil {
		h.Error(err)
	}
	total := h.number(e, "time", 0)
	h.object(e, "cache")
	timings := h.object(e, "timings")
	if sum := h.number(timings, "send", 0) + h.number(timings, "wait", 0) + h.number(timings, "receive", 0); sum != total {
		h.Errorf("time is %v, its parts %v", total, sum)
	}
	req, res := h.object(e, "request"), h.object(e, "response")
	for _, name := range []string{"method", "url", "httpVersion"} {
		h.text(req, name, "")
	}
	for _, name := range []string{"statusText", "httpVersion", "redirectURL"} {
		h.text(res, name, "")
	}
	h.number(res, "status", 0)
	for _, side := range []any{req, res} {
		h.pairs(side, "cookies")
		h.pairs(side, "headers")
		h.number(side, "headersSize", -1)
		h.number(side, "bodySize", -1)
	}
	h.pairs(req, "queryString")
	content := h.object(res, "content")
	h.number(content, "size", -1)
	h.text(content, "mimeType", "")
	if post, ok := req.(map[string]any)["postData"]; ok {
		h.text(post, "mimeType", "")
		_, text := post.(map[string]any)["text"]
		_, params := post.(map[string]any)["params"]
		if text == params {
			h.Errorf("postData must have text or params: %v", post)
		}
	}
	if req.(map[string]any)["method"] == "GET" && req.(map[string]any)["postData"] != nil {
		h.Error("a GET has postData")
	}
}
