package middleware

import (
	"html"
	"strings"
)

// A page may carry a policy in <meta http-equiv="Content-Security-Policy">.
// It turns up after the header was sent, so it can only keep the snippet out;
// what was promised as Content-Length is then made up with white space.

// maxMeta is how much of a meta tag is read.
const maxMeta = 8 << 10

// metaPolicy finds the policy in the attributes of a meta tag.
func metaPolicy(attrs string) (policy string, ok bool) {
	var equiv, content string
	for attrs != "" {
		var name, value string
		name, value, attrs = nextAttr(attrs)
		switch {
		case equiv == "" && strings.EqualFold(name, "http-equiv"):
			equiv = value
		case content == "" && strings.EqualFold(name, "content"):
			content = value
		}
	}
	return html.UnescapeString(content), strings.EqualFold(equiv, "Content-Security-Policy")
}

const htmlSpace = " \t\r\n\f"

// nextAttr cuts the first attribute off.
func nextAttr(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, htmlSpace+"/")
	if s == "" {
		return "", "", ""
	}
	end := len(s)
	if i := strings.IndexAny(s[1:], htmlSpace+"/="); i >= 0 { // a "=" may begin a name
		end = i + 1
	}
	name, rest = s[:end], strings.TrimLeft(s[end:], htmlSpace)
	if !strings.HasPrefix(rest, "=") {
		return name, "", rest
	}
	rest = strings.TrimLeft(rest[1:], htmlSpace)
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		value, rest, _ = strings.Cut(rest[1:], rest[:1])
		return name, value, rest
	}
	end = len(rest)
	if i := strings.IndexAny(rest, htmlSpace); i >= 0 {
		end = i
	}
	return name, rest[:end], rest[end:]
}
