package middleware

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Names of attributes are OpenTelemetry's.
var (
	keyHost       = instrument.NewKey("server.address")
	keyPort       = instrument.NewKey("server.port")
	keyScheme     = instrument.NewKey("url.scheme")
	keyProtocol   = instrument.NewKey("network.protocol.version")
	keyClient     = instrument.NewKey("client.address")
	keyUserAgent  = instrument.NewKey("user_agent.original")
	keyBytesIn    = instrument.NewKey("http.request.body.size")
	keyReferer    = instrument.NewKey("http.request.header.referer")
	keyHidden     = instrument.NewKey("http.request.headers_hidden") // names only
	keyAsked      = instrument.NewKey("toolbar.accept_encoding")     // before it became identity
	keyTracestate = instrument.NewKey("http.request.header.tracestate")
)

// safeHeaders are kept with their values. They say what kind of answer a
// client wants and nothing about who it is. The table is fixed, because
// clients may send any name and names of attributes are never forgotten.
var safeHeaders = func() *headerTable {
	t := new(headerTable)
	for _, name := range []string{
		"Accept", "Accept-Charset", "Accept-Datetime", "Accept-Encoding", "Accept-Language",
		"Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Range",
		"Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User",
		"Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range",
		"Traceparent",
	} {
		t.add(name, instrument.NewKey("http.request.header."+strings.ToLower(name)))
	}
	return t
}()

// describe writes down what is known before the handler runs.
func (m *recorder) describe(rec *instrument.Recording, r *http.Request) {
	host, port := splitPort(r.Host)
	client, _ := splitPort(r.RemoteAddr)
	if len(m.opt.TrustedProxies) > 0 {
		if addr := ClientAddr(r, m.opt.TrustedProxies...); addr.IsValid() {
			client = addr.String()
		}
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	attrs := make([]instrument.Attr, 0, 16)
	attrs = append(attrs, keyScheme.Masked(scheme), keyHost.String(host), keyClient.String(client), keyProtocol.Masked(protocol(r)))
	if port != 0 {
		attrs = append(attrs, keyPort.Int(port))
	}
	if r.URL.RawQuery != "" {
		attrs = append(attrs, instrument.KeyQuery.String(r.URL.RawQuery))
	}
	if r.ContentLength > 0 {
		attrs = append(attrs, keyBytesIn.Int64(r.ContentLength))
	}
	if !m.opt.NoHeaders {
		attrs = describeHeaders(attrs, r.Header)
	} else if agent := r.Header["User-Agent"]; len(agent) > 0 {
		attrs = append(attrs, keyUserAgent.String(agent[0]))
	}
	rec.Set(attrs...)
}

// protocol is the version of HTTP: "1.1".
func protocol(r *http.Request) string {
	switch {
	case r.ProtoMajor == 1 && r.ProtoMinor == 1:
		return "1.1"
	case r.ProtoMajor == 2:
		return "2"
	case r.ProtoMajor == 1:
		return "1.0"
	}
	return "3"
}

// splitPort splits "host:port" without failing; port is 0 if there is none.
func splitPort(s string) (host string, port int) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || s[len(s)-1] == ']' {
		return unbracketed(s), 0
	}
	for _, c := range []byte(s[i+1:]) {
		if port = port*10 + int(c) - '0'; c < '0' || c > '9' || port > maxPort {
			return s, 0
		}
	}
	return unbracketed(s[:i]), port
}

const maxPort = 1<<16 - 1

// unbracketed is an address without the brackets of IPv6.
func unbracketed(s string) string {
	if s == "" || s[0] != '[' && s[len(s)-1] != ']' {
		return s
	}
	return strings.Trim(s, "[]")
}

// describeHeaders leaves the baggage out: the Record has that as its own.
func describeHeaders(attrs []instrument.Attr, h http.Header) []instrument.Attr {
	var hidden []string
	for name, values := range h {
		if len(values) == 0 {
			continue
		}
		key, safe := safeHeaders.find(name)
		switch {
		case safe:
			attrs = append(attrs, key.String(joined(values)))
		case name == "User-Agent":
			attrs = append(attrs, keyUserAgent.String(values[0]))
		case name == "Baggage":
		case name == "Referer":
			attrs = append(attrs, keyReferer.String(pathOnly(values[0])))
		case name == "Tracestate" && len(values[0]) <= instrument.MaxTraceState:
			attrs = append(attrs, keyTracestate.String(values[0]))
		default:
			hidden = append(hidden, name)
		}
	}
	if len(hidden) > 0 {
		attrs = append(attrs, keyHidden.String(listNames(hidden)))
	}
	return attrs
}

// listNames sorts names, which come from a map, into one line.
func listNames(names []string) string {
	slices.Sort(names)
	return joined(names)
}

func joined(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return strings.Join(values, ", ")
}

// pathOnly is the path of a URL: its host and query may tell more than is
// needed.
func pathOnly(url string) string {
	if i := strings.Index(url, "://"); i >= 0 {
		slash := strings.IndexByte(url[i+3:], '/')
		if slash < 0 {
			return "/"
		}
		url = url[i+3+slash:]
	}
	for _, end := range [...]byte{'?', '#'} {
		if i := strings.IndexByte(url, end); i >= 0 {
			url = url[:i]
		}
	}
	return url
}

// traceOf is the trace that a request continues, by its traceparent headers. Anything but
// exactly one that is well-formed is as good as none.
func traceOf(parents []string) (t instrument.TraceContext) {
	if len(parents) == 1 {
		t, _ = instrument.ParseTraceparent(parents[0])
	}
	return t
}

// carriedBy is what came with the trace. A tracestate belongs to its traceparent;
// baggage travels by itself.
func carriedBy(h http.Header, t *instrument.TraceContext) (c instrument.Carried) {
	if *t != (instrument.TraceContext{}) {
		if v := h["Tracestate"]; v != nil {
			c.State = joined(v)
		}
	}
	if v := h["Baggage"]; v != nil {
		c.Baggage = joined(v)
	}
	return c
}
