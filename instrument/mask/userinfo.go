package mask

import "strings"

// userInfo hides what stands between "//" and "@" in a URL. i is behind "//".
// User names go too: they are often the token itself.
func (c *scanner) userInfo(i int) int {
	end := i
	for end < len(c.s) && classes[c.s[end]]&hostEnd == 0 {
		end++
	}
	if at := strings.LastIndexByte(c.s[i:end], '@'); at >= 0 {
		c.hide(i, i+at)
		return i + at + 1
	}
	if !unescapedPassword(c.s[i:end]) {
		return i
	}
	if at := c.lastAt(end); at >= 0 {
		c.hide(i, at)
		return at + 1
	}
	return i
}

// unescapedPassword reports whether what precedes the first slash is no host
// and port, but user:pa, of a password with a slash in it.
func unescapedPassword(s string) bool {
	colon := strings.LastIndexByte(s, ':')
	return colon >= 0 && !strings.HasSuffix(s, "]") && strings.Trim(s[colon+1:], "0123456789") != ""
}

// lastAt returns the last "@" from i to the end of the URL, or -1.
func (c *scanner) lastAt(i int) int {
	if i >= c.urlEnd {
		c.urlEnd, c.urlAt = i, -1
		for ; c.urlEnd < len(c.s) && c.s[c.urlEnd] > ' ' && !isQuote(c.s[c.urlEnd]) && c.s[c.urlEnd] != '<'; c.urlEnd++ {
			if c.s[c.urlEnd] == '@' {
				c.urlAt = c.urlEnd
			}
		}
	}
	if c.urlAt < i {
		return -1
	}
	return c.urlAt
}

const maxUserInfo = 256

// dsn hides user:password before @tcp(host) and its like, which is how MySQL
// drivers write an address. at is where "@" stands.
func (c *scanner) dsn(at int) int {
	open := at + 1
	for open < len(c.s) && open < at+8 && kindOf(c.s[open]) != noKind {
		open++
	}
	if open == len(c.s) || c.s[open] != '(' {
		return at + 1
	}
	floor := max(c.dsnFloor, at-maxUserInfo)
	c.dsnFloor = at + 1
	from, colon := at, -1
	for from > floor && c.s[from-1] > ' ' && !isQuote(c.s[from-1]) {
		from--
		if c.s[from] == ':' {
			colon = from
		}
	}
	if colon < 0 {
		return at + 1
	}
	from += strings.LastIndexAny(c.s[from:colon], "=([{<,;") + 1
	c.hide(from, at)
	return at + 1
}
