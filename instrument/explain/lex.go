package explain

import (
	"errors"
	"strings"
)

// token is a piece of a statement, as far as Check has to tell pieces apart.
type token struct {
	kind tokenKind
	text string // a word in capitals; of others as written
}

type tokenKind uint8

const (
	word tokenKind = iota
	quoted
	literal
	number
	placeholder
	punct
)

var (
	errUnfinished = errors.New("a string, name or comment in it has no end")
	errAmbiguous  = errors.New("what is in it would be read differently by another setting of the database")
	errControl    = errors.New("there is a control character in it")
)

// lexer reads a statement. Where engines or their settings disagree about where
// something ends it gives up: a statement that can be read in two ways is not explained.
type lexer struct {
	in       string
	at       int
	postgres bool
	out      []token
}

func lex(system, s string) ([]token, error) {
	l := &lexer{in: s, postgres: system == PostgreSQL}
	for l.at < len(l.in) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	return l.out, nil
}

func (l *lexer) next() error {
	c, rest := l.in[l.at], l.in[l.at:]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
		l.at++
	case c < ' ' || c == 0x7f:
		return errControl
	case strings.HasPrefix(rest, "--"):
		if n := strings.IndexAny(rest, "\n\r"); n >= 0 {
			l.at += n
		} else {
			l.at = len(l.in)
		}
	case strings.HasPrefix(rest, "/*"):
		return l.comment()
	case c == '\'':
		return l.text(l.at, false)
	case c == '"':
		return l.name('"')
	case c == '`', c == '[':
		if l.postgres {
			l.add(punct, l.at+1)
			return nil
		}
		return l.name(map[byte]byte{'`': '`', '[': ']'}[c])
	case c == '$':
		return l.dollar()
	case c == '?' || (c == ':' || c == '@') && l.nameAt(l.at+1):
		l.parameter()
	case isDigit(c) || c == '.' && l.digitAt(l.at+1):
		l.number()
	case isName(c):
		return l.word()
	case c == ':' && l.postgres && strings.HasPrefix(rest, "::"):
		l.add(punct, l.at+2)
	default:
		l.add(punct, l.at+1)
	}
	return nil
}

func (l *lexer) add(k tokenKind, end int) {
	text := l.in[l.at:end]
	if k == word {
		text = strings.ToUpper(text)
	}
	l.out = append(l.out, token{k, text})
	l.at = end
}

// comment skips one. PostgreSQL nests them and SQLite does not, so one in another is
// refused, and so is MySQL's that is run.
func (l *lexer) comment() error {
	end := strings.Index(l.in[l.at+2:], "*/")
	if end < 0 {
		return errUnfinished
	}
	inside := l.in[l.at+2 : l.at+2+end]
	if strings.Contains(inside, "/*") || strings.HasPrefix(inside, "!") || strings.HasSuffix(inside, "/") {
		return errAmbiguous
	}
	l.at += end + 4
	return nil
}

// text reads a string. A backslash before a quote ends it or does not, by a setting.
func (l *lexer) text(open int, escapes bool) error {
	for i := open + 1; i < len(l.in); i++ {
		switch l.in[i] {
		case 0:
			return errControl
		case '\\':
			if escapes && i+1 < len(l.in) && l.in[i+1] != '\'' {
				i++
				continue
			}
			if i+1 < len(l.in) && (l.in[i+1] == '\'' || l.in[i+1] == '\\') {
				return errAmbiguous
			}
		case '\'':
			if i+1 < len(l.in) && l.in[i+1] == '\'' {
				i++
				continue
			}
			l.add(literal, i+1)
			return nil
		}
	}
	return errUnfinished
}

func (l *lexer) name(end byte) error {
	for i := l.at + 1; i < len(l.in); i++ {
		switch l.in[i] {
		case 0:
			return errControl
		case end:
			if end != ']' && i+1 < len(l.in) && l.in[i+1] == end {
				i++
				continue
			}
			l.add(quoted, i+1)
			return nil
		}
	}
	return errUnfinished
}

// dollar reads $1, $name and, for PostgreSQL, $tag$text$tag$.
func (l *lexer) dollar() error {
	tag := l.at + 1
	for tag < len(l.in) && isName(l.in[tag]) && l.in[tag] != '$' {
		tag++
	}
	if tag < len(l.in) && l.in[tag] == '$' && !l.digitAt(l.at+1) {
		if !l.postgres {
			return errAmbiguous
		}
		quote := l.in[l.at : tag+1]
		end := strings.Index(l.in[tag+1:], quote)
		if end < 0 {
			return errUnfinished
		}
		l.add(literal, tag+1+end+len(quote))
		return nil
	}
	l.parameter()
	return nil
}

func (l *lexer) parameter() {
	end := l.at + 1
	for l.nameAt(end) {
		end++
	}
	l.add(placeholder, end)
}

func (l *lexer) number() {
	end := l.at + 1
	for end < len(l.in) && (isName(l.in[end]) || l.in[end] == '.') {
		end++
	}
	l.add(number, end)
}

// word reads one, and the string that it may be the prefix of.
func (l *lexer) word() error {
	end := l.at + 1
	for l.nameAt(end) || end < len(l.in) && l.in[end] == '$' {
		end++
	}
	if end == len(l.in) || l.in[end] != '\'' {
		l.add(word, end)
		return nil
	}
	switch w := l.in[l.at:end]; w {
	case "x", "X", "b", "B", "n", "N":
		return l.text(end, false)
	case "e", "E":
		return l.text(end, true)
	}
	l.add(word, end)
	return nil
}

func (l *lexer) nameAt(i int) bool  { return i < len(l.in) && isName(l.in[i]) }
func (l *lexer) digitAt(i int) bool { return i < len(l.in) && isDigit(l.in[i]) }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isName(c byte) bool {
	return c == '_' || c >= 0x80 || isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z'
}
