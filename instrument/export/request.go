package export

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// request is a recorded HTTP request, its secrets hidden.
type request struct {
	rec *instrument.Record

	method, scheme, host, path, query, proto string

	header []field // sorted by name; hidden ones have the value that a mask leaves
	body   body
	form   url.Values // of a multipart body
	files  []upload

	status         int
	responseHeader []field
	setCookies     []string
	response       body
}

// field is a line of a header.
type field struct{ name, value string }

// body is as much of a body as was kept.
type body struct {
	kind string // "": there was none, or bodies were not kept
	text string
	cut  bool
	size int64 // bytes that passed by
}

type upload struct {
	Field string `json:"field"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Size  int64  `json:"size"`
}

// requestOf reads the attributes that package middleware writes.
func requestOf(rec *instrument.Record) (*request, error) {
	if rec == nil || rec.Handler.Kind != instrument.KindRequest {
		return nil, ErrNoRequest
	}
	a := attributes{}
	for _, kv := range rec.Attrs {
		a[kv.Key] = kv.Value
	}
	q := &request{
		rec: rec, method: or(rec.Method, "GET"), path: or(rec.Path, "/"), status: rec.Status,
		scheme: or(a.text("url.scheme"), "http"), host: or(a.text("server.address"), "localhost"),
		query: a.text("url.query"), proto: or(a.text("network.protocol.version"), "1.1"),
		body: a.body("http.request.body"), response: a.body("http.response.body"),
		header:         a.header("http.request.header"),
		responseHeader: a.header("http.response.header"),
	}
	if strings.Contains(q.host, ":") {
		q.host = "[" + q.host + "]"
	}
	if port := a.number("server.port"); port != 0 {
		q.host += ":" + strconv.FormatInt(port, 10)
	}
	q.addHeader("User-Agent", a.text("user_agent.original"))
	q.addHeader("Accept-Encoding", a.text("toolbar.accept_encoding"))
	q.addHeader("Cookie", a.text("http.request.cookies"))
	slices.SortFunc(q.header, func(x, y field) int { return strings.Compare(x.name, y.name) })
	if text := a.text("http.response.set_cookies"); text != "" {
		q.setCookies = strings.Split(text, "\n")
	}
	q.form, _ = url.ParseQuery(a.text("http.request.form")) // what cannot be read was not written by us
	if text := a.text("http.request.files"); text != "" {
		_ = json.Unmarshal([]byte(text), &q.files) // likewise
	}
	return q, nil
}

// addHeader adds a line in place of one of that name.
func (q *request) addHeader(name, value string) {
	if value == "" {
		return
	}
	q.header = slices.DeleteFunc(q.header, func(f field) bool { return f.name == name })
	q.header = append(q.header, field{name, value})
}

// get is the value of a header of the request.
func (q *request) get(name string) string {
	for _, f := range q.header {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// target is path and query, escaped, with what was hidden left as it is.
func (q *request) target() string {
	parts := strings.Split(q.path, instrument.Redacted)
	for i, p := range parts {
		parts[i] = (&url.URL{Path: p}).EscapedPath()
	}
	t := strings.Join(parts, instrument.Redacted)
	if !strings.HasPrefix(t, "/") {
		t = "/" + t
	}
	if q.query != "" {
		t += "?" + cleanQuery(q.query)
	}
	return t
}

// cleanQuery escapes what no URL may hold.
func cleanQuery(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '#' || c == '"' || c == '<' || c == '>' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func (q *request) url() string { return q.scheme + "://" + q.host + q.target() }

// multipart reports whether the body is a form with parts, of which only these are known.
func (q *request) multipart() bool { return q.body.kind == "multipart" && len(q.form)+len(q.files) > 0 }

// notes says what is missing to make the same request again.
func (q *request) notes() (notes []string) {
	switch {
	case q.multipart() && len(q.files) > 0:
		notes = append(notes, "The files are not kept: put your own in their place.")
	case q.body.cut:
		notes = append(notes, fmt.Sprintf("The body had %d bytes: only its beginning is kept.", q.body.size))
	case q.body.kind == "" && q.rec.Method != "GET" && q.size() > 0:
		notes = append(notes, fmt.Sprintf("The body, %d bytes, was not kept.", q.size()))
	case q.body.kind != "" && q.body.text == "" && q.body.size > 0 && !q.multipart():
		notes = append(notes, fmt.Sprintf("The body, %d bytes of kind %q, is not kept.", q.body.size, q.body.kind))
	}
	return notes
}

// size is the Content-Length.
func (q *request) size() int64 {
	for _, kv := range q.rec.Attrs {
		if kv.Key == "http.request.body.size" {
			n, _ := kv.Value.(int64)
			return n
		}
	}
	return 0
}

// connectionHeaders are made anew by whoever sends the request.
var connectionHeaders = map[string]bool{
	"Connection": true, "Content-Length": true, "Host": true, "Keep-Alive": true, "Proxy-Connection": true, "Te": true,
	"Trailer": true, "Transfer-Encoding": true, "Upgrade": true, "Http2-Settings": true, "Expect": true,
	"Traceparent": true, "Tracestate": true, // another request is another trace
}

// sent are the headers to send, without those that the connection or the body brings.
func (q *request) sent() (all []field) {
	for _, f := range q.header {
		if connectionHeaders[f.name] || f.name == "Content-Type" && q.multipart() {
			continue
		}
		all = append(all, f)
	}
	return all
}

type attributes map[string]any

func (a attributes) text(key string) string {
	s, _ := a[key].(string)
	return s
}

func (a attributes) number(key string) int64 {
	n, _ := a[key].(int64)
	return n
}

func (a attributes) body(key string) body {
	cut, _ := a[key+".cut"].(bool)
	return body{a.text(key + ".kind"), a.text(key), cut, a.number(key + ".read")}
}

// header gives the lines under prefix, those whose values are hidden too.
func (a attributes) header(prefix string) (all []field) {
	for key := range a {
		if name, ok := strings.CutPrefix(key, prefix+"."); ok {
			all = append(all, field{canonical(name), oneLine(a.text(key))})
		}
	}
	for name := range strings.SplitSeq(a.text(prefix+"s_hidden"), ", ") {
		if name != "" && name != "Set-Cookie" {
			all = append(all, field{oneLine(name), instrument.Redacted})
		}
	}
	slices.SortFunc(all, func(x, y field) int { return strings.Compare(x.name, y.name) })
	return all
}

// canonical is a header's name as it is written: "content-type" is Content-Type.
func canonical(name string) string {
	parts := strings.Split(name, "-")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "-")
}

// oneLine keeps a value from beginning another line of the header.
func oneLine(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			b[i] = ' '
		}
	}
	return string(b)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
