package mask

import "strings"

// Statement returns the shape of an SQL statement, with no value in it: strings
// and numbers become ?, lists after IN become (?), rows after VALUES one row,
// comments go, and runs of space become one. Keywords, identifiers and
// placeholders stay as written. Statements that differ in their values only
// have the same shape, so it serves as a fingerprint.
//
// It reads what SQLite, PostgreSQL and MySQL have in common and where they
// differ prefers hiding: "text" in double quotes is kept only where an
// identifier stands, and a string whose end depends on the dialect (a quote
// behind a backslash) hides the rest.
func (r *Rules) Statement(sql string) (shape string) {
	defer failClosed(&shape)
	w := sqlWriter{in: sql, out: make([]byte, 0, len(sql))}
	for w.at < len(w.in) {
		w.token()
	}
	return strings.TrimRight(string(w.out), "; ")
}

// sqlKind says what the last token was, as far as the next one depends on it.
type sqlKind uint8

const (
	sqlStart sqlKind = iota
	sqlName          // an identifier, or a keyword of no interest
	sqlCall          // an identifier that may be a function's name
	sqlKeyword
	sqlIn
	sqlValues
	sqlOperand // a keyword before a value, such as LIKE
	sqlValue   // ? or a placeholder
	sqlOperator
	sqlComma
	sqlDot
	sqlOpen
	sqlClose
	sqlRowEnd   // ")" of a row after VALUES
	sqlRowComma // "," after it
	sqlOther
)

type sqlWriter struct {
	in   string
	at   int
	out  []byte
	gap  bool // space or comment since the last token
	last sqlKind

	keyword string // the last keyword, for pairs such as IDENTIFIED BY
	between bool   // the next AND is followed by a value

	backslash bool // seen `name`: MySQL, where a backslash escapes
	standard  bool // seen $1 or ::, PostgreSQL, where it does not

	owned bool // the last name is that of a table or index

	groups   []sqlGroup
	deeper   int      // groups open beyond maxGroups
	row      sqlGroup // the last row after VALUES
	rowStart int
	rowEnd   int
}

// sqlGroup is an open parenthesis.
type sqlGroup struct {
	kind   sqlKind // what stood before it
	start  int     // of "(" in out
	plain  bool    // only values and commas so far
	values int
}

func (w *sqlWriter) token() {
	c := w.in[w.at]
	switch {
	case c <= ' ':
		w.at++
		w.gap = true
	case w.comment():
		w.gap = true
	case c == '\'':
		w.literal(w.stringEnd(w.at, w.backslash))
	case c == '"':
		w.doubleQuoted()
	case c == '`':
		w.backquoted()
	case c == '$' || c == '?':
		w.placeholder()
	case kindOf(c) == digit || c == '.' && w.digitAt(w.at+1) && w.last != sqlName && w.last != sqlCall:
		w.literal(numberEnd(w.in, w.at))
	case isSQLName(c):
		w.name()
	default:
		w.punctuation(c)
	}
}

func (w *sqlWriter) digitAt(i int) bool { return i < len(w.in) && kindOf(w.in[i]) == digit }

// emit writes in[at:end] and moves on.
func (w *sqlWriter) emit(kind sqlKind, end int) { w.write(kind, w.in[w.at:end], end) }

// literal writes ? for in[at:end].
func (w *sqlWriter) literal(end int) { w.write(sqlValue, "?", end) }

func (w *sqlWriter) write(kind sqlKind, text string, end int) {
	if w.gap && len(w.out) > 0 {
		w.out = append(w.out, ' ')
	}
	w.gap = false
	if n := len(w.groups); n > 0 {
		g := &w.groups[n-1]
		if kind == sqlValue {
			g.values++
		}
		g.plain = g.plain && (kind == sqlValue || kind == sqlComma)
	}
	w.out = append(w.out, text...)
	w.at, w.last = end, kind
}

// comment skips one, if it stands here. Comments nest, as in PostgreSQL; where
// they do not, more is dropped.
func (w *sqlWriter) comment() bool {
	rest := w.in[w.at:]
	switch {
	case strings.HasPrefix(rest, "--"), rest[0] == '#' && !strings.HasPrefix(rest, "#>"):
		if n := strings.IndexByte(rest, '\n'); n >= 0 {
			w.at += n
		} else {
			w.at = len(w.in)
		}
		return true
	case strings.HasPrefix(rest, "/*"):
		w.at = blockEnd(w.in, w.at)
		return true
	}
	return false
}

func blockEnd(s string, i int) int {
	depth := 0
	for i+1 < len(s) {
		switch s[i : i+2] {
		case "/*":
			depth++
			i += 2
		case "*/":
			i += 2
			if depth--; depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(s)
}

// stringEnd returns the end of the string whose opening quote is at i. Where
// the dialects disagree, that is the end of the statement.
func (w *sqlWriter) stringEnd(i int, escapes bool) int {
	s, quote := w.in, w.in[i]
	for i++; i < len(s); i++ {
		switch {
		case s[i] == '\\' && escapes:
			i++
		case s[i] == '\\' && !w.standard:
			slashes := i
			for i+1 < len(s) && s[i+1] == '\\' {
				i++
			}
			if i+1 < len(s) && s[i+1] == quote && (i-slashes)%2 == 0 {
				return len(s)
			}
		case s[i] == quote:
			if i+1 == len(s) || s[i+1] != quote {
				return i + 1
			}
			i++
		}
	}
	return len(s)
}

func numberEnd(s string, i int) int {
	start := i
	for i++; i < len(s); i++ {
		c := s[i]
		exponent := (c == '+' || c == '-') && s[i-1]|0x20 == 'e' && i+1 < len(s) && kindOf(s[i+1]) == digit && !isHexNumber(s[start:i])
		if c != '.' && c != '_' && kindOf(c) == noKind && !exponent {
			break
		}
	}
	return i
}

func isHexNumber(s string) bool { return len(s) > 1 && s[0] == '0' && s[1]|0x20 == 'x' }

func isSQLName(c byte) bool { return kindOf(c) != noKind || c == '_' || c >= 0x80 }

// maxNumbered is how many digits a placeholder has at most: a longer number is
// not one.
const maxNumbered = 5

func (w *sqlWriter) placeholder() {
	end := w.at + 1
	for w.digitAt(end) {
		end++
	}
	switch {
	case end-w.at-1 > maxNumbered:
		w.emit(sqlOther, w.at+1)
	case w.in[w.at] == '?':
		w.emit(sqlValue, end)
	case end > w.at+1:
		w.standard = true
		w.emit(sqlValue, end)
	default:
		w.dollar()
	}
}

// dollar writes $$text$$ and $tag$text$tag$ as a literal, $name as it is.
func (w *sqlWriter) dollar() {
	tag := w.at + 1
	for tag < len(w.in) && isSQLName(w.in[tag]) {
		tag++
	}
	if tag == len(w.in) || w.in[tag] != '$' {
		w.emit(sqlValue, tag)
		return
	}
	quote := w.in[w.at : tag+1]
	if n := strings.Index(w.in[tag+1:], quote); n >= 0 {
		w.literal(tag + 1 + n + len(quote))
		return
	}
	w.literal(len(w.in))
}

func (w *sqlWriter) backquoted() {
	w.backslash = true
	n := strings.IndexByte(w.in[w.at+1:], '`')
	if n < 0 {
		w.literal(len(w.in))
		return
	}
	w.emit(sqlName, w.at+n+2)
}

func (w *sqlWriter) punctuation(c byte) {
	end := w.at + 1
	switch c {
	case '(':
		w.open()
	case ')':
		w.shut()
	case ',':
		if w.last == sqlRowEnd {
			w.emit(sqlRowComma, end)
			return
		}
		w.emit(sqlComma, end)
	case '.':
		w.emit(sqlDot, end)
	case '-', '+':
		if w.valueNext() && w.digitAt(end) {
			w.at++ // the sign is part of the value
			return
		}
		w.emit(sqlOperator, end)
	case '=', '<', '>', '!', '~', '|', '*', '/', '%', '&', '^':
		w.emit(sqlOperator, end)
	case ':':
		w.standard = w.standard || strings.HasPrefix(w.in[end:], ":")
		w.emit(sqlOther, end)
	default:
		w.emit(sqlOther, end)
	}
}

// valueNext reports whether the next token cannot continue an expression.
func (w *sqlWriter) valueNext() bool {
	switch w.last {
	case sqlStart, sqlOperand, sqlKeyword, sqlOperator, sqlComma, sqlOpen:
		return true
	}
	return false
}
