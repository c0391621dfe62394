package httptap

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// Names of attributes are OpenTelemetry's where it has any.
var (
	keyURL          = instrument.NewKey("url.full")
	keyHost         = instrument.NewKey("server.address")
	keyPort         = instrument.NewKey("server.port")
	keyProtocol     = instrument.NewKey("network.protocol.version")
	keyBytesSent    = instrument.NewKey("http.request.body.size")
	keyRedirects    = instrument.NewKey("http.request.redirect_count") // how many led here
	keyEarly        = instrument.NewKey("http.response.body.closed_early")
	keySentHeaders  = instrument.NewKey("http.request.headers")
	keyHeaders      = instrument.NewKey("http.response.headers")
	keySentBody     = instrument.NewKey("http.request.body")
	keyBody         = instrument.NewKey("http.response.body")
	keySentBodyCut  = instrument.NewKey("http.request.body.cut")
	keyBodyCut      = instrument.NewKey("http.response.body.cut")
	keyUncompressed = instrument.NewKey("http.response.uncompressed") // by the transport, unasked
)

// names finds the handlers of calls. It remembers as many as there may be.
type names struct {
	known sync.Map // name before it is masked -> *instrument.Handler
	count atomic.Int32
}

func (t *transport) handler(r *http.Request) *instrument.Handler {
	name := ""
	if t.name != nil {
		name = t.askName(r)
	}
	if name == "" {
		name = method(r) + " " + host(r.URL) + mask.Shape(r.URL.EscapedPath())
	}
	if h, ok := t.names.known.Load(name); ok {
		return h.(*instrument.Handler)
	}
	h := instrument.NewHandler(instrument.KindCall, t.rules.Text(name), instrument.Source{})
	if t.names.count.Add(1) <= instrument.MaxHandlersPerKind {
		t.names.known.Store(name, h)
	}
	return h
}

func (t *transport) askName(r *http.Request) (name string) {
	defer func() {
		if recover() != nil {
			name = ""
		}
	}()
	return t.name(r)
}

func method(r *http.Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// host is the host with its port, unless that is the scheme's own.
func host(u *url.URL) string {
	switch port := u.Port(); {
	case port == "80" && u.Scheme == "http", port == "443" && u.Scheme == "https":
		return strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.Host
}

// propagates reports whether a call passes its trace on. The app may have done so.
func (t *transport) propagates(r *http.Request) bool {
	return len(r.Header["Traceparent"]) == 0 && (t.propagate == nil || t.asked(r))
}

func (t *transport) asked(r *http.Request) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	return t.propagate(r)
}

// describe writes down what is known before the call.
func (c *call) describe(r *http.Request) {
	attrs := make([]instrument.Attr, 0, 12)
	attrs = append(attrs, instrument.KeyMethod.String(method(r)), keyURL.String(c.t.address(r.URL)), keyHost.String(r.URL.Hostname()))
	if port, err := strconv.Atoi(r.URL.Port()); err == nil {
		attrs = append(attrs, keyPort.Int(port))
	}
	if !c.t.noCallers {
		attrs = append(attrs, instrument.Callers(0, maxCallers))
	}
	if set := r.Header["Traceparent"]; len(set) == 1 {
		if own, ok := instrument.ParseTraceparent(set[0]); ok { // by that one the callee knows it
			attrs = append(attrs, instrument.KeySpanID.Masked(own.SpanID.String()))
		}
	}
	if r.ContentLength > 0 {
		attrs = append(attrs, keyBytesSent.Int64(r.ContentLength))
	}
	if n := redirects(r); n > 0 {
		attrs = append(attrs, keyRedirects.Int(n))
	}
	if c.t.headers && len(r.Header) > 0 {
		attrs = append(attrs, keySentHeaders.Masked(c.t.headerLines(r.Header)))
	}
	c.span.Set(attrs...)
}

// address is a URL without its secrets.
func (t *transport) address(u *url.URL) string {
	s := u.String()
	if u.User == nil && u.RawQuery == "" && u.Fragment == "" && strings.IndexByte(s, '%') < 0 {
		return s // the Recorder looks at it as at any text
	}
	return t.rules.URL(s)
}

// maxRedirects bounds how far back a chain is followed.
const maxRedirects = 20

func redirects(r *http.Request) (n int) {
	for res := r.Response; res != nil && n < maxRedirects; n++ {
		if res.Request == nil {
			return n + 1
		}
		res = res.Request.Response
	}
	return n
}

// describeAnswer writes down what a response's beginning tells.
func (c *call) describeAnswer(res *http.Response, now int64) {
	attrs := make([]instrument.Attr, 0, 16)
	attrs = append(attrs, instrument.KeyStatus.Int(res.StatusCode))
	if v := version(res); v != "" {
		attrs = append(attrs, keyProtocol.Masked(v))
	}
	if res.Uncompressed {
		attrs = append(attrs, keyUncompressed.Bool(true))
	}
	if c.t.headers && len(res.Header) > 0 {
		attrs = append(attrs, keyHeaders.Masked(c.t.headerLines(res.Header)))
	}
	attrs, _ = c.phases.describe(attrs, now)
	c.span.Set(attrs...)
}

func version(res *http.Response) string {
	switch {
	case res.ProtoMajor == 1 && res.ProtoMinor == 1:
		return "1.1"
	case res.ProtoMajor == 1:
		return "1.0"
	case res.ProtoMajor == 2:
		return "2"
	case res.ProtoMajor == 3:
		return "3"
	}
	return ""
}

// describeFailure writes down how far a call came.
func (c *call) describeFailure(now int64) {
	attrs, phase := c.phases.describe(make([]instrument.Attr, 0, 10), now)
	if phase != "" {
		attrs = append(attrs, keyPhase.Masked(phase))
	}
	c.span.Set(attrs...)
}

// maxHeaders bounds what is kept of a header.
const maxHeaders = 2 << 10

// headerLines are the lines of a header, sorted, masked.
func (t *transport) headerLines(h http.Header) string {
	lines := make([]string, 0, len(h))
	for name, values := range h {
		for _, v := range values {
			lines = append(lines, t.rules.Text(name)+": "+t.rules.Header(name, v))
		}
	}
	slices.Sort(lines)
	var b strings.Builder
	for _, l := range lines {
		if b.Len()+len(l) > maxHeaders {
			b.WriteString("…")
			break
		}
		b.WriteString(l)
		b.WriteByte('\n')
	}
	return strings.TrimSuffix(b.String(), "\n")
}
