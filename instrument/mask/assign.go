package mask

import "strings"

// assignment looks at a "=" or ":" at sep and hides what stands right of it
// (from right on) if the name left of it is secret.
func (c *scanner) assignment(sep, right int) int {
	if end, found := c.columns(sep, right); found {
		return end
	}
	key := c.keyBefore(sep)
	if len(key.text) < shortestName || !c.r.Key(key.text) {
		return right
	}
	colon := c.s[sep] == ':'
	if colon && strings.HasPrefix(c.s[right:], "=") {
		return right // :=
	}
	start := skipGap(c.s, right)
	if !colon && start < len(c.s) && (c.s[start] == '>' || c.s[start] == '=') { // =>, ==
		start = skipGap(c.s, start+1)
	}
	spaced := colon && start > right
	if start == len(c.s) || c.s[start] == '\n' || c.s[start] == '\r' {
		return right
	}
	if from, q := quoteAt(c.s, start); q != 0 {
		return c.quoted(start, from)
	}
	if colon && !key.quoted && wholeLine(key.text, c.s[start:]) {
		return c.line(start, key.within)
	}
	if spaced && !key.quoted && c.isProse(key.text, start) {
		return right
	}
	return c.unquoted(start)
}

// skipGap skips spaces, at most four, so that a key does not reach across a
// table.
func skipGap(s string, i int) int {
	for n := 0; n < 4 && i < len(s) && (s[i] == ' ' || s[i] == '\t'); n++ {
		i++
	}
	return i
}

const (
	maxKey       = 128
	shortestName = 2 // of those that are ever secret: pw
)

// foundKey is a name left of a separator.
type foundKey struct {
	text   string
	quoted bool // has quotes of its own
	within byte // the quote before an unquoted name: a text that begins with it
}

func (c *scanner) keyBefore(sep int) foundKey {
	end := sep
	for n := 0; n < 4 && end > 0 && classes[c.s[end-1]]&gapByte != 0; n++ {
		end--
	}
	if end > 2 && c.s[end-3] == '%' && c.s[end-2:end] == "22" {
		end -= 3
	}
	if end == 0 {
		return foundKey{}
	}
	floor := max(0, end-maxKey)
	if isQuote(c.s[end-1]) {
		return foundKey{text: quotedKey(c.s, floor, end-1), quoted: true}
	}
	from, odd := end, false
	for from > floor && classes[c.s[from-1]]&keyByte != 0 {
		from--
		odd = odd || c.s[from] == '[' || c.s[from] == '%'
	}
	key := foundKey{text: c.s[from:end]}
	if odd {
		key.text = withoutOpening(key.text[afterEscape(key.text):])
	}
	if from > 0 && isQuote(c.s[from-1]) {
		key.within = c.s[from-1]
	}
	return key
}

// withoutOpening cuts the "map[" of map[token:abc], but not of user[token].
func withoutOpening(key string) string {
	if strings.IndexByte(key, ']') >= 0 {
		return key
	}
	return key[strings.LastIndexByte(key, '[')+1:]
}

// afterEscape returns what is behind the last percent-encoded byte that cannot
// be part of a name, as the %3F in login%3Fpassword.
func afterEscape(key string) int {
	for i := len(key) - 3; i >= 0; i-- {
		if key[i] != '%' || !isHex(key[i+1]) || !isHex(key[i+2]) {
			continue
		}
		if !isKeyChar(unhex(key[i+1])<<4 | unhex(key[i+2])) {
			return i + 3
		}
	}
	return 0
}

// quotedKey returns what is between the quote at closing and the one before.
func quotedKey(s string, floor, closing int) string {
	end := closing
	for end > floor && s[end-1] == '\\' {
		end--
	}
	open := strings.LastIndexByte(s[floor:end], s[closing])
	return s[floor+open+1 : end] // without an opening quote, all there is
}

// quoteAt returns the opening quote at i, if there is one, and what is behind
// it. Escaped quotes are those of JSON within JSON.
func quoteAt(s string, i int) (behind int, quote byte) {
	for i < len(s) && s[i] == '\\' {
		i++
	}
	if i < len(s) && isQuote(s[i]) {
		return i + 1, s[i]
	}
	return i, 0
}

// quoted hides a quoted value whose text begins at from; what precedes it,
// backslashes and quote, begins at start. Without an end, all the rest is the
// value. Text glued to the closing quote belongs to it.
func (c *scanner) quoted(start, from int) int {
	opening := c.s[start:from]
	end := closingQuote(c.s, from, opening)
	if end < 0 {
		c.hideUnlessTrivial(from, len(c.s))
		return len(c.s)
	}
	after := end + len(opening)
	if after < len(c.s) && !endsValue(c.s, after) {
		stop := valueEnd(c.s, after+markerAt(c.s[after:]))
		c.hide(from, end)
		c.hide(after, stop)
		return stop
	}
	c.hideUnlessTrivial(from, end)
	return after
}

// closingQuote returns where the closing counterpart of opening begins. Each
// level of JSON within JSON doubles the backslashes and adds one: a quote with
// n of them is closed by one with n, or n and a multiple of 2(n+1) that stand
// for themselves.
func closingQuote(s string, i int, opening string) int {
	n := len(opening) - 1
	quote := opening[n]
	for slashes := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			slashes++
			continue
		case s[i] == quote && slashes >= n && (slashes-n)%(2*n+2) == 0:
			if n > 0 || quote == '"' || i+1 == len(s) || s[i+1] != quote {
				return i - n
			}
			i++ // '' within '...'
		}
		slashes = 0
	}
	return -1
}

// unquoted hides a value that ends at a space or a delimiter, or is a bracketed
// group.
func (c *scanner) unquoted(start int) int {
	from := start
	if b := c.s[start]; (b == '[' || b == '{') && markerAt(c.s[start:]) == 0 {
		end := groupEnd(c.s, start)
		if end == len(c.s) || endsValue(c.s, end+1) {
			c.hide(start+1, end)
			return end
		}
		from = end + 1
	}
	end := valueEnd(c.s, from+markerAt(c.s[from:]))
	if isScheme(c.s[start:end]) && end+1 < len(c.s) && c.s[end] == ' ' {
		end = valueEnd(c.s, end+1)
	}
	c.hideUnlessTrivial(start, end)
	return end
}

func isScheme(s string) bool {
	n, _ := schemeAt(s)
	return n > 0 && n == len(s) || strings.EqualFold(s, "digest") || strings.EqualFold(s, "negotiate")
}

// groupEnd returns where the bracket at i closes, or len(s).
func groupEnd(s string, i int) int {
	open, shut := s[i], s[i]+2 // in ASCII "]" and "}" follow two after "[" and "{"
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		case '"':
			end := closingQuote(s, i+1, `"`)
			if end < 0 {
				return len(s)
			}
			i = end
		}
	}
	return len(s)
}

// valueEnd returns the end of an unquoted value. A delimiter ends it only where
// something else follows, since passwords hold delimiters too.
func valueEnd(s string, i int) int {
	for i < len(s) && !endsValue(s, i) {
		i++
	}
	return i
}

func endsValue(s string, i int) bool {
	if i >= len(s) || s[i] <= ' ' {
		return true
	}
	switch s[i] {
	case ',', ';', '&':
		return i+1 == len(s) || s[i+1] <= ' ' || s[i+1] == '\\' || isQuote(s[i+1]) || closes(s[i+1]) || nameFollows(s[i+1:])
	case ')', ']', '}', '>', '"', '\'', '`':
		return i+1 == len(s) || s[i+1] <= ' ' || strings.IndexByte(`,;.:&\`, s[i+1]) >= 0 || isQuote(s[i+1]) || closes(s[i+1])
	case '\\':
		return i+1 < len(s) && isQuote(s[i+1]) && endsValue(s, i+1)
	case '%':
		return strings.HasPrefix(s[i:], "%26")
	}
	return false
}

func closes(c byte) bool { return c == ')' || c == ']' || c == '}' || c == '>' }

// nameFollows reports whether s begins with a name and a separator.
func nameFollows(s string) bool {
	i := 0
	for i < len(s) && i < maxKey && isKeyChar(s[i]) {
		i++
	}
	return i > 0 && i < len(s) && (s[i] == '=' || s[i] == ':' || s[i] == '%')
}

// line hides to the end of the line, or to the quote around key and value.
func (c *scanner) line(start int, quote byte) int {
	if b := c.s[start]; b == '[' && markerAt(c.s[start:]) == 0 {
		return c.unquoted(start)
	}
	end := start
	for end < len(c.s) && c.s[end] != '\n' && c.s[end] != '\r' && (quote == 0 || c.s[end] != quote) {
		end++
	}
	for quote != 0 && end > start && c.s[end-1] == '\\' {
		end-- // the backslash belongs to the quote
	}
	c.hideUnlessTrivial(start, end)
	return end
}

// wholeLine reports whether a header's value is all that follows: credentials
// have spaces, cookies semicolons.
func wholeLine(key, value string) bool {
	switch {
	case strings.EqualFold(key, "Authorization"), strings.EqualFold(key, "Proxy-Authorization"):
		return true
	case strings.EqualFold(key, "Cookie"), strings.EqualFold(key, "Set-Cookie"):
		return strings.IndexByte(value[:valueEnd(value, 0)], '=') > 0 || strings.HasPrefix(value, Redacted) || value[0] == '['
	}
	return false
}

// isProse reports whether "key: word" is a sentence, as in "auth: user not
// found", rather than a value.
func (c *scanner) isProse(key string, start int) bool {
	end := start
	for end < len(c.s) && c.s[end] > ' ' {
		end++
	}
	word := strings.TrimRight(c.s[start:end], ".,;:!?)")
	if prose[strings.ToLower(word)] {
		return true
	}
	return plainWord(word) && alone[strings.ToLower(key)]
}

// plainWord reports whether a text is one word as sentences have them: letters
// only, not long, with no capital but the first or all.
func plainWord(s string) bool {
	if len(s) == 0 || len(s) > 20 {
		return false
	}
	capitals := 0
	for i := range len(s) {
		switch kindOf(s[i]) {
		case upper:
			capitals++
		case lower:
		default:
			return false
		}
	}
	return capitals == 0 || capitals == len(s) || capitals == 1 && kindOf(s[0]) == upper
}

// markerAt returns the length of the marker that s begins with, or 0.
func markerAt(s string) int {
	switch {
	case strings.HasPrefix(s, Redacted):
		return len(Redacted)
	case strings.HasPrefix(s, Failed):
		return len(Failed)
	}
	return 0
}

// hideUnlessTrivial hides s[from:to] unless it says nothing: null, a placeholder.
func (c *scanner) hideUnlessTrivial(from, to int) {
	if !trivial(c.s[from:to]) {
		c.hide(from, to)
	}
}

func trivial(s string) bool {
	switch s {
	case "", "null", "nil", "<nil>", "true", "false", "?", "%s", "%v", "%d", "%q":
		return true
	}
	return len(s) <= 3 && s[0] == '$' && strings.Trim(s[1:], "0123456789") == ""
}
