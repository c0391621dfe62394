package mask

import (
	"net/url"
	"strings"
)

// URL masks a URL, absolute or not: user info, and the values in query and
// fragment as Query does, and what Text finds in the path.
func (r *Rules) URL(u string) string {
	rest, fragment, hasFragment := strings.Cut(u, "#")
	path, query, hasQuery := strings.Cut(rest, "?")
	if unescapedUserInfo(path) {
		return r.Text(u) // what looks like a query may be part of a password
	}
	var b strings.Builder
	b.Grow(len(u))
	b.WriteString(r.path(path))
	if hasQuery {
		b.WriteByte('?')
		b.WriteString(r.Query(query))
	}
	if hasFragment {
		b.WriteByte('#')
		b.WriteString(r.Query(fragment))
	}
	return b.String()
}

// unescapedUserInfo reports whether a scheme is followed by user:pa rather than
// by a host.
func unescapedUserInfo(path string) bool {
	_, authority, ok := strings.Cut(path, "://")
	authority, _, _ = strings.Cut(authority, "/")
	return ok && !strings.Contains(authority, "@") && unescapedPassword(authority)
}

// path masks a path, also where its escapes hide what Text looks for.
func (r *Rules) path(p string) string {
	if strings.IndexByte(p, '%') < 0 {
		return r.Text(p)
	}
	plain, err := url.PathUnescape(p)
	if err != nil {
		return Redacted
	}
	if masked, n := r.TextN(plain); n > 0 {
		return masked
	}
	return r.Text(p)
}

// Query masks the raw query of a URL, or a form's body: every value by its key,
// and by what Text finds in it once decoded. A pair that cannot be decoded is
// hidden as a whole. What is not hidden stays as it was written.
func (r *Rules) Query(raw string) string {
	if raw == "" {
		return ""
	}
	var b strings.Builder
	b.Grow(len(raw))
	for {
		end := strings.IndexAny(raw, "&;")
		if end < 0 {
			r.writePair(&b, raw)
			return b.String()
		}
		r.writePair(&b, raw[:end])
		b.WriteByte(raw[end])
		raw = raw[end+1:]
	}
}

func (r *Rules) writePair(b *strings.Builder, pair string) {
	rawKey, rawValue, hasValue := strings.Cut(pair, "=")
	key, err := url.QueryUnescape(rawKey)
	if err != nil {
		b.WriteString(Redacted)
		return
	}
	b.WriteString(written(rawKey, key, r.Text(key)))
	if !hasValue {
		return
	}
	b.WriteByte('=')
	value, err := url.QueryUnescape(rawValue)
	if err != nil {
		b.WriteString(Redacted)
		return
	}
	b.WriteString(written(rawValue, value, r.Value(key, value)))
}

// written returns the raw form if masking changed nothing, else the masked text
// encoded again, with its markers left readable.
func written(raw, plain, masked string) string {
	if masked == plain {
		return raw
	}
	s := url.QueryEscape(masked)
	s = strings.ReplaceAll(s, "%5Bredacted%5D", Redacted)
	return strings.ReplaceAll(s, "%5Bredaction+failed%5D", Failed)
}

// Form returns a masked copy of a parsed form or query. A nil form stays nil.
func (r *Rules) Form(form url.Values) url.Values {
	if form == nil {
		return nil
	}
	out := make(url.Values, len(form))
	for key, values := range form {
		masked := make([]string, len(values))
		for i, v := range values {
			masked[i] = r.Value(key, v)
		}
		name := r.Text(key)
		out[name] = append(out[name], masked...)
	}
	return out
}
