package mask

import (
	"net/http"
	"strings"
)

// openHeaders are shown, after Text has looked at them: they describe the
// message, not who sends it. A name that ends in "-" stands for all that begin
// so.
var openHeaders = []string{
	"accept-", "access-control-", "content-", "if-", "sec-ch-", "sec-fetch-", "x-content-type-", "x-frame-",
	"accept", "age", "allow", "alt-svc", "cache-control", "connection", "date", "dnt", "etag", "expect", "expires", "host",
	"last-modified", "origin", "pragma", "range", "referrer-policy", "retry-after", "save-data", "server", "server-timing",
	"strict-transport-security", "te", "traceparent", "trailer", "transfer-encoding", "upgrade", "upgrade-insecure-requests",
	"user-agent", "vary", "x-request-id", "x-xss-protection",
}

// Headers returns a masked copy in which every name is kept, and the values of
// those on the safe list (Accept, Content-Type, User-Agent and so on). More
// names may be allowed; a sensitive one stays hidden all the same. Nil stays
// nil.
func (r *Rules) Headers(h http.Header, allow ...string) http.Header {
	if h == nil {
		return nil
	}
	out := make(http.Header, len(h))
	for name, values := range h {
		masked := make([]string, len(values))
		for i, v := range values {
			masked[i] = r.header(name, v, allow)
		}
		shown := r.Text(name)
		out[shown] = append(out[shown], masked...)
	}
	return out
}

// Header masks the value of one header as Headers does.
func (r *Rules) Header(name, value string) string { return r.header(name, value, nil) }

func (r *Rules) header(name, value string, allow []string) string {
	r = r.orDefault()
	switch {
	case value == "":
		return ""
	case strings.EqualFold(name, "Cookie"):
		return r.Cookies(value)
	case strings.EqualFold(name, "Set-Cookie"):
		return r.SetCookie(value)
	case r.Key(name):
		return Redacted
	case strings.EqualFold(name, "Referer"):
		return r.referer(value)
	case strings.EqualFold(name, "Location"), strings.EqualFold(name, "Content-Location"):
		return r.URL(value)
	case isOpenHeader(name) || containsFold(allow, name) || r.allows(name):
		return r.open(name, value)
	}
	return Redacted
}

// referer keeps where the visitor came from, not what was asked there.
func (r *Rules) referer(value string) string {
	end := strings.IndexAny(value, "?#")
	if end < 0 {
		end = len(value)
	}
	return r.URL(value[:end])
}

func isOpenHeader(name string) bool {
	for _, open := range openHeaders {
		if len(name) == len(open) && strings.EqualFold(name, open) {
			return true
		}
		if open[len(open)-1] == '-' && foldPrefix(name, open) {
			return true
		}
	}
	return false
}

func containsFold(list []string, name string) bool {
	for _, s := range list {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}

// allows reports whether Options.Allow has this name.
func (r *Rules) allows(name string) bool {
	if len(r.allow) == 0 {
		return false
	}
	n := readKey(name, nil, nil)
	return r.allow[string(n.text)]
}

// Cookies masks a Cookie header: names are kept, values hidden unless the name
// is in Options.Allow. A malformed header is hidden as a whole.
func (r *Rules) Cookies(header string) string {
	r = r.orDefault()
	if header == "" {
		return ""
	}
	cookies, err := http.ParseCookie(header)
	if err != nil {
		return Redacted
	}
	parts := make([]string, len(cookies))
	for i, c := range cookies {
		parts[i] = r.Text(c.Name) + "=" + r.cookie(c.Name, c.Value)
	}
	return strings.Join(parts, "; ")
}

// SetCookie masks a Set-Cookie header: name and attributes are kept. A
// malformed header is hidden as a whole.
func (r *Rules) SetCookie(header string) string {
	r = r.orDefault()
	if header == "" {
		return ""
	}
	c, err := http.ParseSetCookie(header)
	if err != nil {
		return Redacted
	}
	s := r.Text(c.Name) + "=" + r.cookie(c.Name, c.Value)
	if _, attributes, ok := strings.Cut(header, ";"); ok {
		s += ";" + r.Text(attributes)
	}
	return s
}

func (r *Rules) cookie(name, value string) string {
	if value != "" && (r.Key(name) || !r.allows(name)) {
		return Redacted
	}
	return r.open(name, value)
}
