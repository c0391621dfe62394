package mask

import "strings"

// Text returns free text (a log line, an error, a panic value, a header) with
// every secret that it recognises replaced by Redacted: user info in URLs and
// MySQL DSNs, Bearer, Basic and Token credentials, JWTs, PEM blocks, the
// prefixed keys of well-known services, payment card numbers, and the value in
// key=value, key: value and "key":"value" wherever Key is true. Text without
// any comes back as it is, without allocation.
func (r *Rules) Text(s string) string {
	s, _ = r.TextN(s)
	return s
}

// TextN is Text, and reports how many values it hid.
func (r *Rules) TextN(s string) (masked string, hidden int) {
	r = r.orDefault()
	if i := nextTrigger(s, 0); i < len(s) {
		s, hidden = r.scanAll(s, i)
	}
	for _, p := range r.patterns {
		var n int
		s, n = replacePattern(s, p)
		hidden += n
	}
	return s, hidden
}

// maxScans bounds how often a text is looked at.
const maxScans = 4

// scanAll scans until nothing more is found: a value that was hidden may have held the
// quote by which the next name was read, and masking twice must not hide more than
// masking once.
func (r *Rules) scanAll(s string, from int) (masked string, hidden int) {
	masked, hidden = r.scan(s, from)
	for range maxScans - 1 {
		if hidden == 0 {
			break
		}
		again, n := r.scan(masked, nextTrigger(masked, 0))
		if n == 0 {
			break
		}
		masked, hidden = again, Hidden(again)-Hidden(s)
	}
	return masked, hidden
}

func (r *Rules) scan(s string, from int) (masked string, hidden int) {
	defer func() {
		if recover() != nil {
			masked, hidden = Failed, 1
		}
	}()
	sc := scanner{r: r, s: s}
	for i := from; i < len(s); {
		i = nextTrigger(s, max(sc.at(i), i+1))
	}
	return sc.result(), len(sc.hits)
}

// scanner walks over one text and notes what to hide.
type scanner struct {
	r    *Rules
	s    string
	hits []hit // ascending, apart from each other

	// What a look to the far side found, so that no byte is searched twice for
	// the same thing.
	urlEnd, urlAt int // the end of the last URL, and its last "@" or -1
	dsnFloor      int // where the last search backwards for a DSN began
}

type hit struct{ from, to int }

// hide notes that s[from:to] must go. Earlier, smaller findings inside are
// swallowed.
func (c *scanner) hide(from, to int) {
	if from >= to || c.s[from:to] == Redacted || c.s[from:to] == Failed {
		return
	}
	for n := len(c.hits); n > 0 && c.hits[n-1].to > from; n-- {
		from, to = min(from, c.hits[n-1].from), max(to, c.hits[n-1].to)
		c.hits = c.hits[:n-1]
	}
	c.hits = append(c.hits, hit{from, to})
}

func (c *scanner) result() string {
	if len(c.hits) == 0 {
		return c.s
	}
	var b strings.Builder
	b.Grow(len(c.s) + len(Redacted)) // enough for one short value; more is rare
	at := 0
	for _, h := range c.hits {
		b.WriteString(c.s[at:h.from])
		b.WriteString(Redacted)
		at = h.to
	}
	b.WriteString(c.s[at:])
	return b.String()
}

// at looks closer at a trigger and returns where to go on.
func (c *scanner) at(i int) int {
	switch b := c.s[i]; {
	case b == '=':
		return c.assignment(i, i+1)
	case b == ':':
		if strings.HasPrefix(c.s[i:], "://") {
			return c.userInfo(i + 3)
		}
		return c.assignment(i, i+1)
	case b == '%':
		return c.assignment(i, i+3)
	case b == '@':
		return c.dsn(i)
	case b == '-':
		return c.pem(i)
	case '0' <= b && b <= '9':
		return c.card(i)
	}
	if end, found := c.entry(i); found {
		return end
	}
	if !c.wordStart(i) {
		return i + 1
	}
	if end := c.scheme(i); end > i {
		return end
	}
	return c.prefixed(i)
}

// wordStart reports whether a token may begin at i: not within a word, unless
// what stands before is an escape such as %3D or \n.
func (c *scanner) wordStart(i int) bool {
	if i == 0 || kindOf(c.s[i-1]) == noKind {
		return true
	}
	return i >= 3 && c.s[i-3] == '%' || i >= 2 && c.s[i-2] == '\\'
}
