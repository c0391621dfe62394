package mask

import "strings"

// sqlWord is a keyword that says what the next token is.
type sqlWord struct {
	text string
	kind sqlKind
}

var sqlWords = func() map[string]sqlWord {
	m := make(map[string]sqlWord)
	add := func(kind sqlKind, list string) {
		for _, w := range strings.Fields(list) {
			m[w] = sqlWord{w, kind}
		}
	}
	add(sqlKeyword, `SELECT FROM WHERE AND OR NOT ON USING EXISTS ANY ALL SOME BY KEY INTO AS OVER UNIQUE INDEX CHECK PRIMARY
		TABLE REFERENCES UPDATE CONFLICT JOIN WITH SET HAVING LIMIT OFFSET RETURNING DISTINCT UNION EXCEPT INTERSECT FILTER
		PARTITION IDENTIFIED RECURSIVE INCLUDE INSERT DELETE CREATE CASE IS`)
	add(sqlOperand, `LIKE ILIKE REGEXP RLIKE GLOB MATCH ESCAPE BETWEEN THEN ELSE WHEN DEFAULT COMMENT PASSWORD INTERVAL`)
	add(sqlIn, "IN")
	add(sqlValues, "VALUES VALUE")
	return m
}()

// listOwner are the keywords after which a name with parentheses is a table, an
// index or a column list, not a function.
var listOwner = map[string]bool{
	"INTO": true, "TABLE": true, "REFERENCES": true, "ON": true, "INDEX": true, "KEY": true, "UPDATE": true, "CONFLICT": true,
	"USING": true, "JOIN": true, "AS": true, "WITH": true, "RECURSIVE": true,
}

const longestSQLWord = 12

func wordOf(name string) sqlWord {
	var room [longestSQLWord]byte // a map looks a converted slice up without allocating
	if len(name) <= len(room) {
		upper := room[:len(name)]
		for i := range upper {
			upper[i] = name[i]
			if kindOf(name[i]) == lower {
				upper[i] -= 'a' - 'A'
			}
		}
		if w, ok := sqlWords[string(upper)]; ok {
			return w
		}
	}
	return sqlWord{kind: sqlName}
}

// name writes an identifier or keyword, or the literal that it is the prefix of.
func (w *sqlWriter) name() {
	end := w.at + 1
	for end < len(w.in) && (isSQLName(w.in[end]) || w.in[end] == '$') {
		end++
	}
	text := w.in[w.at:end]
	if w.last != sqlDot && w.prefixedLiteral(text, end) {
		return
	}
	found := wordOf(text)
	if w.last == sqlDot {
		found = sqlWord{kind: sqlName}
	}
	word, kind := found.text, found.kind
	if kind == sqlName {
		w.owned = listOwner[w.keyword] || w.last == sqlDot && w.owned
		if !w.owned && end < len(w.in) && w.in[end] == '(' {
			kind = sqlCall
		}
		w.emit(kind, end)
		w.keyword = ""
		return
	}
	if word == "AND" && w.between || word == "BY" && w.keyword == "IDENTIFIED" {
		kind = sqlOperand
	}
	w.between = word == "BETWEEN" || w.between && word != "AND"
	w.emit(kind, end)
	w.keyword = word
}

// prefixedLiteral writes E'..', X'..', B'..', N'..', U&'..' and _charset'..'.
func (w *sqlWriter) prefixedLiteral(text string, end int) bool {
	if (text == "u" || text == "U") && strings.HasPrefix(w.in[end:], "&") {
		end++
	}
	if end == len(w.in) || w.in[end] != '\'' && w.in[end] != '"' {
		return false
	}
	escapes := w.backslash
	switch text {
	case "e", "E":
		escapes = true
	case "b", "B", "x", "X", "n", "N", "u", "U":
	default:
		if text[0] != '_' {
			return false
		}
	}
	w.literal(w.stringEnd(end, escapes))
	return true
}

// doubleQuoted writes an identifier as it is and a string, which MySQL and
// SQLite also write so, as a literal.
func (w *sqlWriter) doubleQuoted() {
	end := w.stringEnd(w.at, w.backslash)
	qualified := w.last == sqlDot || end < len(w.in) && w.in[end] == '.'
	if end-w.at < 3 || w.in[end-1] != '"' || !looksNamed(w.in[w.at+1:end-1]) || !qualified && (w.backslash || w.valueHere()) {
		w.literal(end)
		return
	}
	w.emit(sqlName, end)
	w.keyword = ""
}

// valueHere reports whether a value is more likely here than an identifier.
func (w *sqlWriter) valueHere() bool {
	switch w.last {
	case sqlOperator, sqlOperand, sqlValues, sqlIn:
		return true
	}
	if n := len(w.groups); n > 0 {
		switch w.groups[n-1].kind {
		case sqlIn, sqlValues, sqlCall:
			return true
		}
	}
	return false
}

const longestName = 64

func looksNamed(s string) bool {
	if len(s) > longestName || kindOf(s[0]) == digit {
		return false
	}
	for i := range len(s) {
		if !isSQLName(s[i]) && s[i] != ' ' && s[i] != '$' && s[i] != '-' {
			return false
		}
	}
	return true
}

// maxGroups is how deep parentheses are told apart; deeper ones only nest.
const maxGroups = 256

func (w *sqlWriter) open() {
	kind := w.last
	if kind == sqlRowComma {
		kind = sqlValues
	}
	w.emit(sqlOpen, w.at+1)
	if len(w.groups) == maxGroups {
		w.deeper++
		return
	}
	w.groups = append(w.groups, sqlGroup{kind: kind, start: len(w.out) - 1, plain: true})
}

func (w *sqlWriter) shut() {
	n := len(w.groups)
	if n == 0 || w.deeper > 0 {
		w.emit(sqlClose, w.at+1)
		w.deeper = max(0, w.deeper-1)
		return
	}
	g := w.groups[n-1]
	w.groups = w.groups[:n-1]
	if g.kind == sqlIn && g.plain && g.values > 0 {
		w.out = append(w.out[:g.start+1], '?')
		w.gap = false
	}
	w.emit(sqlClose, w.at+1)
	if g.kind == sqlValues {
		w.endRow(g)
	}
}

// endRow drops a row after VALUES that has the shape of the one before.
func (w *sqlWriter) endRow(g sqlGroup) {
	w.last = sqlRowEnd
	follows := 0 < w.rowEnd && w.rowEnd <= g.start && strings.Trim(string(w.out[w.rowEnd:g.start]), " ,") == ""
	same := g.plain && w.row.plain && g.values == w.row.values
	if follows && (same || string(w.out[w.rowStart:w.rowEnd]) == string(w.out[g.start:])) {
		w.out = w.out[:w.rowEnd]
		return
	}
	w.row, w.rowStart, w.rowEnd = g, g.start, len(w.out)
}
