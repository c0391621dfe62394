package export

import (
	"errors"
	"net/url"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// ErrNoCall says that a span is not that of an outgoing HTTP call, or does not tell where
// it went.
var ErrNoCall = errors.New("not an outgoing HTTP call")

// CurlCall is Curl for a call that the app made, from the attributes that package httptap
// writes. What it did not keep, headers and bodies, is missing.
func CurlCall(sp *instrument.RecordSpan) (string, error) {
	if sp == nil || sp.Handler.Kind != instrument.KindCall {
		return "", ErrNoCall
	}
	a := attributes{}
	for _, kv := range sp.Attrs {
		a[kv.Key] = kv.Value
	}
	scheme, rest, ok := strings.Cut(a.text("url.full"), "://")
	if !ok || rest == "" {
		return "", ErrNoCall
	}
	method := or(a.text("http.request.method"), "GET")
	q := &request{rec: &instrument.Record{Summary: instrument.Summary{Method: method}, Attrs: sp.Attrs}, method: method, scheme: oneLine(scheme)}
	rest, _, _ = strings.Cut(rest, "#")
	rest, q.query, _ = strings.Cut(rest, "?")
	q.host, q.path, _ = strings.Cut(rest, "/")
	q.host, q.path = oneLine(q.host), "/"+plainPath(q.path)
	for line := range strings.Lines(a.text("http.request.headers")) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); ok {
			q.header = append(q.header, field{oneLine(name), oneLine(value)})
		}
	}
	if text := a.text("http.request.body"); text != "" {
		cut, _ := a["http.request.body.cut"].(bool)
		q.body = body{kind: "text", text: text, cut: cut, size: a.number("http.request.body.size")}
	}
	return q.curl()
}

// plainPath is a path as it was before it was escaped for the address; one that cannot be
// read, or in which something was hidden, stays as it is.
func plainPath(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}
