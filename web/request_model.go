package web

import (
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// requestModel sorts the attributes of a request into the parts of its panel.
func requestModel(rec *instrument.Record) *view.Request {
	m := &view.Request{URL: rec.Path, Pattern: rec.Handler.Name}
	for _, kv := range rec.Attrs {
		if !requestAttr(m, kv) {
			m.Attrs = append(m.Attrs, attr(kv))
		}
	}
	for _, s := range rec.Spans {
		if s.Handler.Kind == instrument.KindView {
			m.View = s.Handler.Name
		}
	}
	return m
}

// requestAttr puts an attribute where it belongs; false when it has no place of its
// own. Names are OpenTelemetry's.
func requestAttr(m *view.Request, kv instrument.KV) bool {
	a := attr(kv)
	if name, ok := strings.CutPrefix(kv.Key, "http.request.header."); ok {
		a.Key = name
		m.Header = append(m.Header, a)
		return true
	}
	if name, ok := strings.CutPrefix(kv.Key, "http.response.header."); ok {
		a.Key = name
		m.ResponseHeader = append(m.ResponseHeader, a)
		return true
	}
	switch kv.Key {
	case "network.protocol.version":
		m.Proto = "HTTP/" + a.Value
	case "server.address":
		m.Host = a.Value
	case "client.address", "network.peer.address":
		m.Remote = a.Value
	case "url.scheme":
		m.Scheme = a.Value
	case instrument.KeyQuery.Name():
		if a.Value != "" {
			m.URL += "?" + a.Value
		}
		return false
	default:
		return false
	}
	return true
}
