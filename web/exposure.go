package web

import (
	"net"
	"net/http"
	"net/url"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// stranger is a request that the gate should refuse, and what it stands for.
type stranger struct {
	name    string
	peer    string
	host    string
	headers map[string]string
}

var strangers = []stranger{
	{"another machine", "203.0.113.7:40000", "", nil},
	{"a site whose name was pointed at this machine", "127.0.0.1:40000", "rebound.example:80", nil},
	{"a client that says it is this machine", "203.0.113.7:40000", "", map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Real-Ip": "::1"}},
	{"whoever comes through a proxy on this machine", "127.0.0.1:40000", "", map[string]string{"X-Forwarded-For": "203.0.113.7"}},
	{"a script of another site", "127.0.0.1:40000", "", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}},
}

// exposure asks the gate, as it is at this moment, to let strangers in.
func (d *Dashboard) exposure(r *http.Request) (checks []view.Check) {
	for _, s := range strangers {
		c := view.Check{Status: view.StatusOK, Name: "Refused: " + s.name}
		if d.config.Gate.Open(s.request(r)) {
			c.Status, c.Name, c.Detail = view.StatusBad, "Let in: "+s.name, "without a token: see Config.Allow"
		}
		checks = append(checks, c)
	}
	return append(checks, encrypted(r))
}

// request is the stranger's, for the page that is looked at, without what lets the viewer in.
func (s stranger) request(seen *http.Request) *http.Request {
	r := &http.Request{
		Method: http.MethodGet, URL: &url.URL{Path: seen.URL.Path}, Host: seen.Host, RemoteAddr: s.peer,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody,
	}
	if s.host != "" {
		r.Host = s.host
	}
	for k, v := range s.headers {
		r.Header.Set(k, v)
	}
	return r.WithContext(seen.Context())
}

// encrypted tells whether what is shown could be read on the way.
func encrypted(r *http.Request) view.Check {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	switch {
	case r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https":
		return view.Check{Status: view.StatusOK, Name: "What is shown is encrypted on its way to you"}
	case err == nil && ip != nil && ip.IsLoopback():
		return view.Check{Status: view.StatusOK, Name: "What is shown stays on this machine"}
	}
	return view.Check{Status: view.StatusSlow, Name: "What is shown is not encrypted on its way to you", Detail: "serve the app by HTTPS"}
}
