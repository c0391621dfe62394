package sqltap

import "strings"

// tokens cuts a statement into words, names in quotes and what stands between them.
// Comments, strings and space are passed over.
type tokens struct {
	s  string
	at int
}

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenWord             // a keyword or a name
	tokenQuoted           // a name in "", ``, [], or a string in ''
	tokenOpen
	tokenClose
	tokenOther // a parameter, a number or a single character
)

type token struct {
	kind tokenKind
	text string
}

func (t token) upper() string { return strings.ToUpper(t.text) }

// is compares a word.
func (t token) is(word string) bool { return t.kind == tokenWord && strings.EqualFold(t.text, word) }

// name is a name without its quotes.
func (t token) name() string {
	if t.kind != tokenQuoted {
		return t.text
	}
	s, quote := t.text[1:], closingQuote(t.text[0])
	s = strings.TrimSuffix(s, string(quote))
	return strings.ReplaceAll(s, string(quote)+string(quote), string(quote))
}

func closingQuote(open byte) byte {
	if open == '[' {
		return ']'
	}
	return open
}

// peek tells whether a character comes next.
func (t *tokens) peek(c byte) bool {
	t.space()
	return t.at < len(t.s) && t.s[t.at] == c
}

func (t *tokens) next() token {
	t.space()
	if t.at >= len(t.s) {
		return token{}
	}
	from, c := t.at, t.s[t.at]
	t.at++
	kind := tokenOther
	switch {
	case c == '(':
		kind = tokenOpen
	case c == ')':
		kind = tokenClose
	case c == '"' || c == '`' || c == '\'' || c == '[' && isNameStart(t.ahead()):
		kind = tokenQuoted
		t.quoted(closingQuote(c))
	case c == '$' && t.dollarQuoted(from):
	case c == ':' && t.ahead() == ':':
		t.at++ // a cast
	case c == '?' || c == '$' || c == ':' || c == '@':
		t.name()
	case isNameStart(c):
		kind = tokenWord
		t.name()
	case '0' <= c && c <= '9':
		t.name()
	}
	return token{kind, t.s[from:t.at]}
}

// ahead is the next character; 0 at the end.
func (t *tokens) ahead() byte {
	if t.at < len(t.s) {
		return t.s[t.at]
	}
	return 0
}

func (t *tokens) name() {
	for t.at < len(t.s) && (isNameStart(t.s[t.at]) || t.s[t.at] == '$' || '0' <= t.s[t.at] && t.s[t.at] <= '9') {
		t.at++
	}
}

func isNameStart(c byte) bool { return c == '_' || c >= 0x80 || 'a' <= c|0x20 && c|0x20 <= 'z' }

// quoted goes behind the closing quote, or to the end where there is none.
func (t *tokens) quoted(quote byte) {
	for t.at < len(t.s) {
		c := t.s[t.at]
		t.at++
		if c != quote {
			continue
		}
		if t.ahead() != quote {
			return
		}
		t.at++ // doubled: it belongs to the name
	}
}

// dollarQuoted passes over PostgreSQL's $tag$ text $tag$; false when there is none.
func (t *tokens) dollarQuoted(from int) bool {
	end := t.at
	for end < len(t.s) && (isNameStart(t.s[end]) || end > t.at && '0' <= t.s[end] && t.s[end] <= '9') {
		end++
	}
	if end >= len(t.s) || t.s[end] != '$' {
		return false
	}
	tag := t.s[from : end+1]
	if i := strings.Index(t.s[end+1:], tag); i >= 0 {
		t.at = end + 1 + i + len(tag)
	} else {
		t.at = len(t.s)
	}
	return true
}

// space passes over white space and comments.
func (t *tokens) space() {
	for t.at < len(t.s) {
		switch c := t.s[t.at]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			t.at++
		case strings.HasPrefix(t.s[t.at:], "--"):
			t.comment("\n", 2)
		case strings.HasPrefix(t.s[t.at:], "/*"):
			t.comment("*/", 2)
		default:
			return
		}
	}
}

func (t *tokens) comment(end string, opening int) {
	if i := strings.Index(t.s[t.at+opening:], end); i >= 0 {
		t.at += opening + i + len(end)
	} else {
		t.at = len(t.s)
	}
}
