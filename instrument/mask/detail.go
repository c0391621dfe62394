package mask

import "strings"

// rowEnds follow the values in what PostgreSQL says of a row that it refuses.
var rowEnds = []string{") already exists", ") is not present", ") is still referenced", ") conflicts with"}

// columns looks at the "=" of "Key (email, token)=(a@b, x) already exists" and hides the values if one of the names is
// secret: which is which cannot be told when a value has a comma. It tells whether it was such a place.
func (c *scanner) columns(sep, right int) (end int, found bool) {
	if c.s[sep] != '=' || sep == 0 || c.s[sep-1] != ')' || !strings.HasPrefix(c.s[right:], "(") {
		return right, false
	}
	floor := max(0, sep-1-maxKey)
	open := strings.LastIndexByte(c.s[floor:sep-1], '(')
	if open < 0 {
		return right, false
	}
	for name := range strings.SplitSeq(c.s[floor+open+1:sep-1], ",") {
		if name = strings.Trim(name, ` "`); len(name) < shortestName || !c.r.Key(name) {
			continue
		}
		end := rowEnd(c.s, right+1)
		c.hide(right+1, end)
		return end, true
	}
	return right, false
}

// maxRow bounds how far the end of a row's values is looked for, so that hostile text costs linear time.
const maxRow = 4 << 10

// rowEnd is where the values that begin at i end: before the first of rowEnds, or with the line.
func rowEnd(s string, i int) int {
	near := s[i:min(len(s), i+maxRow)]
	end := -1
	for _, text := range rowEnds {
		if n := strings.Index(near, text); n >= 0 && (end < 0 || n < end) {
			end = n
		}
	}
	if end >= 0 {
		return i + end
	}
	if n := strings.IndexByte(s[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(s)
}

// entry hides the value in MySQL's "Duplicate entry 'a@b' for key 'users.email'", i being at the "y". The index has a
// name of its own, which need not say what is in it, so the value goes whatever it is. It tells whether it was such a place.
func (c *scanner) entry(i int) (end int, found bool) {
	const before, after = "Duplicate entry", "' for key "
	open := i + len("y '")
	if open > len(c.s) || c.s[i:open] != "y '" || !strings.HasSuffix(c.s[:i+1], before) {
		return i, false
	}
	near := c.s[open:min(len(c.s), open+maxRow)]
	end = strings.Index(near, after) // the value is written as it is: it may have quotes
	if end < 0 {
		if end = strings.IndexByte(near, '\n'); end < 0 {
			end = len(c.s) - open
		}
	}
	c.hide(open, open+end)
	return open + end, true
}
