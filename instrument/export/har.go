package export

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// HAR is an HTTP Archive of version 1.2 with an entry for each Record, as browsers and
// proxies read it (http://www.softwareishard.com/blog/har-12-spec/). The whole time is
// given as "wait", which it is for the server. What was hidden stays "[redacted]". It
// fails with ErrNoRequest if one of the Records is not that of a request.
func HAR(recs ...*instrument.Record) ([]byte, error) {
	log := harLog{Version: "1.2", Creator: harCreator{Name: creatorName, Version: "1"}, Entries: []harEntry{}}
	for _, rec := range recs {
		q, err := requestOf(rec)
		if err != nil {
			return nil, err
		}
		log.Entries = append(log.Entries, q.har())
	}
	b, err := json.MarshalIndent(map[string]harLog{"log": log}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write HAR: %w", err)
	}
	return append(term.JSON(b), '\n'), nil
}

// creatorName is the module's name.
var creatorName = path.Base(path.Dir(path.Dir(reflect.TypeFor[Format]().PkgPath())))

type harLog struct {
	Version string     `json:"version"`
	Creator harCreator `json:"creator"`
	Entries []harEntry `json:"entries"`
}

type harCreator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type harEntry struct {
	Started  string      `json:"startedDateTime"`
	Time     float64     `json:"time"` // ms
	Request  harRequest  `json:"request"`
	Response harResponse `json:"response"`
	Cache    struct{}    `json:"cache"`
	Timings  harTimings  `json:"timings"`
	Comment  string      `json:"comment,omitempty"`
	Record   string      `json:"_record"`
}

type harTimings struct {
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

type harRequest struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []harPair `json:"cookies"`
	Headers     []harPair `json:"headers"`
	Query       []harPair `json:"queryString"`
	PostData    *harPost  `json:"postData,omitempty"`
	HeadersSize int       `json:"headersSize"` // -1: not known
	BodySize    int64     `json:"bodySize"`
}

type harResponse struct {
	Status      int        `json:"status"`
	StatusText  string     `json:"statusText"`
	HTTPVersion string     `json:"httpVersion"`
	Cookies     []harPair  `json:"cookies"`
	Headers     []harPair  `json:"headers"`
	Content     harContent `json:"content"`
	RedirectURL string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int64      `json:"bodySize"`
}

type harContent struct {
	Size     int64  `json:"size"`
	MimeType string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// harPost has params or text, not both.
type harPost struct {
	MimeType string     `json:"mimeType"`
	Params   []harParam `json:"params,omitempty"`
	Text     string     `json:"text,omitempty"`
	Comment  string     `json:"comment,omitempty"`
}

type harParam struct {
	Name        string `json:"name"`
	Value       string `json:"value,omitempty"`
	FileName    string `json:"fileName,omitempty"`
	ContentType string `json:"contentType,omitempty"`
}

func (q *request) har() harEntry {
	ms := float64(max(q.rec.Duration, 0)) / float64(time.Millisecond)
	e := harEntry{
		Started: q.rec.StartTime().UTC().Format("2006-01-02T15:04:05.000Z07:00"), Time: ms, Timings: harTimings{Wait: ms},
		Comment: strings.Join(q.notes(), " "), Record: q.rec.ID.String(),
		Request: harRequest{
			Method: q.method, URL: q.url(), HTTPVersion: "HTTP/" + q.proto,
			Cookies: cookiePairs(q.get("Cookie"), "; "), Headers: pairs(q.header), Query: queryPairs(q.query),
			PostData: q.harPost(), HeadersSize: -1, BodySize: max(q.body.size, q.size()),
		},
		Response: harResponse{
			Status: q.status, StatusText: http.StatusText(q.status), HTTPVersion: "HTTP/" + q.proto,
			Headers: pairs(q.responseHeader), Cookies: []harPair{}, HeadersSize: -1, BodySize: q.written(),
			RedirectURL: value(q.responseHeader, "Location"),
			Content:     harContent{Size: q.written(), MimeType: or(value(q.responseHeader, "Content-Type"), "x-unknown"), Text: q.response.text},
		},
	}
	for _, line := range q.setCookies {
		e.Response.Headers = append(e.Response.Headers, harPair{"Set-Cookie", line})
		first, _, _ := strings.Cut(line, ";")
		e.Response.Cookies = append(e.Response.Cookies, cookiePairs(first, ";")...)
	}
	if q.response.cut {
		e.Response.Content.Comment = "only the beginning is kept"
	}
	return e
}

func (q *request) harPost() *harPost {
	if q.body.kind == "" || q.body.text == "" && !q.multipart() {
		return nil
	}
	p := &harPost{MimeType: q.get("Content-Type")}
	switch {
	case q.multipart():
		for name, values := range sorted(q.form) {
			for _, v := range values {
				p.Params = append(p.Params, harParam{Name: name, Value: v})
			}
		}
		for _, f := range q.files {
			p.Params = append(p.Params, harParam{Name: f.Field, FileName: f.Name, ContentType: f.Type})
		}
	case q.body.kind == "form":
		for _, pair := range queryPairs(q.body.text) {
			p.Params = append(p.Params, harParam{Name: pair.Name, Value: pair.Value})
		}
	default:
		p.Text = q.body.text
	}
	if q.body.cut {
		p.Comment = "only the beginning is kept"
	}
	return p
}

// written is the size of the response's body.
func (q *request) written() int64 {
	for _, kv := range q.rec.Attrs {
		if kv.Key == instrument.KeyBytesOut.Name() {
			n, _ := kv.Value.(int64)
			return n
		}
	}
	return -1
}

func value(fields []field, name string) string {
	for _, f := range fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func pairs(fields []field) []harPair {
	all := make([]harPair, len(fields))
	for i, f := range fields {
		all[i] = harPair{f.name, f.value}
	}
	return all
}

func cookiePairs(header, separator string) []harPair {
	all := []harPair{}
	for part := range strings.SplitSeq(header, separator) {
		if name, v, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
			all = append(all, harPair{name, v})
		}
	}
	return all
}

// queryPairs are the parameters in their order.
func queryPairs(raw string) []harPair {
	all := []harPair{}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, v, _ := strings.Cut(part, "=")
		all = append(all, harPair{unescaped(name), unescaped(v)})
	}
	return all
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
