package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// requestModel sorts the attributes of a request into the parts of its panel. Names are
// OpenTelemetry's where it has any.
func requestModel(rec *instrument.Record) *view.Request {
	m := &view.Request{URL: rec.Path, Pattern: rec.Handler.Name}
	all := attrTexts{}
	for _, kv := range rec.Attrs {
		if a := attr(kv); !headerAttr(m, a) {
			all[kv.Key] = a
		}
	}
	m.Header = append(m.Header, hidden(all.take("http.request.headers_hidden"))...)
	m.ResponseHeader = append(m.ResponseHeader, hidden(all.take("http.response.headers_hidden"))...)
	if p := all.take("network.protocol.version"); p != "" {
		m.Proto = "HTTP/" + p
	}
	m.Host, m.Scheme = all.take("server.address"), all.take("url.scheme")
	m.Remote = cmp.Or(all.take("client.address"), all.take("network.peer.address"))
	all.take("network.peer.address")
	if q := all.take(instrument.KeyQuery.Name()); q != "" {
		m.URL, m.Query = m.URL+"?"+q, values(q)
	}
	m.PathValues = values(all.take("http.route.values"))
	m.Form = values(all.take("http.request.form"))
	m.Cookies = cookies(all.take("http.request.cookies"))
	m.SetCookies = lines(all.take("http.response.set_cookies"))
	m.Session, m.SessionChanged = session(all.take("session.values")), all.take("session.changed")
	m.Files = files(all.take("http.request.files"))
	m.Body = body(all, "http.request.body")
	m.ResponseBody = body(all, "http.response.body")
	if m.Body != nil && m.Body.Kind == "form" {
		m.Form = append(m.Form, values(m.Body.Text)...)
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		m.Attrs = append(m.Attrs, all[key])
	}
	for _, s := range rec.Spans {
		if s.Handler.Kind == instrument.KindView {
			m.View = s.Handler.Name
		}
	}
	return m
}

// attrTexts are attributes that have no place yet, by their key.
type attrTexts map[string]view.Attr

// take gives an attribute a place.
func (t attrTexts) take(key string) string {
	text := t[key].Value
	delete(t, key)
	return text
}

// headerAttr puts a header where it belongs.
func headerAttr(m *view.Request, a view.Attr) bool {
	if name, ok := strings.CutPrefix(a.Key, "http.request.header."); ok {
		a.Key = name
		m.Header = append(m.Header, a)
		return true
	}
	if name, ok := strings.CutPrefix(a.Key, "http.response.header."); ok {
		a.Key = name
		m.ResponseHeader = append(m.ResponseHeader, a)
		return true
	}
	return false
}

// hidden are headers of which only the names were kept.
func hidden(names string) (out []view.Attr) {
	for name := range strings.SplitSeq(names, ", ") {
		if name != "" {
			out = append(out, view.Attr{Key: name, Masked: true})
		}
	}
	return out
}

// values are those of a query, form or path, in the order of their names.
func values(encoded string) (out []view.Attr) {
	if encoded == "" {
		return nil
	}
	vs, err := url.ParseQuery(encoded)
	if err != nil && len(vs) == 0 {
		return []view.Attr{{Key: "not readable", Value: encoded}}
	}
	for _, k := range slices.Sorted(maps.Keys(vs)) {
		for _, v := range vs[k] {
			out = append(out, masked(k, v))
		}
	}
	return out
}

func masked(key, value string) view.Attr {
	return view.Attr{Key: key, Value: value, Masked: value == instrument.Redacted}
}

func cookies(header string) (out []view.Attr) {
	for part := range strings.SplitSeq(header, "; ") {
		if name, value, _ := strings.Cut(part, "="); name != "" {
			out = append(out, masked(name, value))
		}
	}
	return out
}

func lines(text string) (out []view.Attr) {
	for line := range strings.SplitSeq(text, "\n") {
		if name, value, _ := strings.Cut(line, "="); name != "" {
			out = append(out, view.Attr{Key: name, Value: value})
		}
	}
	return out
}

// session is a JSON object of names and texts.
func session(text string) (out []view.Attr) {
	var vs map[string]any
	if text == "" || json.Unmarshal([]byte(text), &vs) != nil {
		return nil
	}
	for _, k := range slices.Sorted(maps.Keys(vs)) {
		out = append(out, masked(k, valueText(vs[k])))
	}
	return out
}

// files are the uploads of a form.
func files(text string) (out []view.Attr) {
	var all []struct {
		Field, Name, Type string
		Size              int64
	}
	if text == "" || json.Unmarshal([]byte(text), &all) != nil {
		return nil
	}
	for _, f := range all {
		size := "length not known"
		if f.Size >= 0 {
			size = view.Bytes(f.Size)
		}
		out = append(out, view.Attr{Key: f.Field, Value: f.Name, Type: fmt.Sprintf("%s, %s", f.Type, size)})
	}
	return out
}

// bodyWhy says why a body of a kind was not kept.
var bodyWhy = map[string]string{
	"encoded": "It was compressed by the app, so it is not shown.", "binary": "Not text: it is not shown.",
	"file": "It was sent from a file by the system, past the app.", "asset": "Styles and scripts are not kept.",
}

// body is a body as it was kept; nil when the Record says nothing about one.
func body(all attrTexts, prefix string) *view.Body {
	kind := all.take(prefix + ".kind")
	b := &view.Body{
		Kind: kind, Text: all.take(prefix), Why: bodyWhy[kind], Cut: all.take(prefix+".cut") == "true", Flaw: all.take(prefix + ".flaw"),
		Bytes: -1, Read: -1,
	}
	for key, to := range map[string]*int64{prefix + ".size": &b.Bytes, prefix + ".read": &b.Read} {
		if _, err := fmt.Sscan(all.take(key), to); err != nil {
			*to = -1
		}
	}
	if kind == "" && b.Text == "" {
		return nil
	}
	if kind == "json" {
		var pretty bytes.Buffer
		if json.Indent(&pretty, []byte(b.Text), "", "  ") == nil {
			b.Text = pretty.String()
		}
	}
	return b
}
