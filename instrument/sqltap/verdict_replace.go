package sqltap

import (
	"slices"
	"strings"
)

// Replacement is the statement that would do the work of all of them: its lookup by
// one key made one by many. "" when that cannot be told from the statement alone. It
// names the key among the columns, because the app has to tell the rows apart then.
func (r Repeat) Replacement() string {
	s := splitStatement(r.Statement)
	if len(s) == 0 {
		return ""
	}
	switch s.word(0) {
	case "SELECT":
		return s.selectMany()
	case "DELETE":
		if key, ok := s.key(); ok && !s.has("LIMIT") && !s.has("RETURNING") {
			return s.many(key).String()
		}
	case "INSERT":
		return s.insertMany()
	}
	return ""
}

// parts are the tokens of a fingerprint, which has neither strings nor comments.
type parts []string

func splitStatement(text string) (p parts) {
	for i := 0; i < len(text); {
		end := partEnd(text, i)
		if text[i] != ' ' {
			p = append(p, text[i:end])
		}
		i = end
	}
	return p
}

func partEnd(s string, i int) int {
	end := i + 1
	switch c := s[i]; {
	case c == '"' || c == '`':
		if n := strings.IndexByte(s[end:], c); n >= 0 {
			return end + n + 1
		}
		return len(s)
	case isPlaceholder(s[i:]), isNameRune(rune(c)):
		for end < len(s) && isNameRune(rune(s[end])) {
			end++
		}
	case c == '<' || c == '>' || c == '!' || c == ':' || c == '|':
		for end < len(s) && strings.IndexByte("<>=:|", s[end]) >= 0 {
			end++
		}
	}
	return end
}

func (p parts) word(i int) string {
	if i < 0 || i >= len(p) {
		return ""
	}
	return strings.ToUpper(p[i])
}

// top finds a word outside of parentheses; -1 when it is not there.
func (p parts) top(word string) int {
	depth := 0
	for i, t := range p {
		switch {
		case t == "(":
			depth++
		case t == ")":
			depth--
		case depth == 0 && strings.EqualFold(t, word):
			return i
		}
	}
	return -1
}

func (p parts) has(word string) bool { return p.top(word) >= 0 }

// String puts spaces where people do.
func (p parts) String() string {
	var b strings.Builder
	for i, t := range p {
		if i > 0 && !glued(p[i-1], t, i > 1 && p[i-1] == "(" || i > 0 && isFunction(p[i-1])) {
			b.WriteByte(' ')
		}
		b.WriteString(t)
	}
	return b.String()
}

func glued(before, t string, call bool) bool {
	return before == "(" || before == "." || t == "." || t == "," || t == ")" || t == ";" || before == "::" || t == "::" || t == "(" && call
}

func isFunction(t string) bool {
	switch strings.ToUpper(t) {
	case "COUNT", "SUM", "MIN", "MAX", "AVG", "COALESCE", "LOWER", "UPPER", "LENGTH", "ANY", "ROW_NUMBER", "NOW":
		return true
	}
	return false
}

// comparison is "column = placeholder", or "column IN (placeholder)".
type comparison struct {
	column  parts // with its table, as written
	at, end int   // of all of it
}

func (c comparison) name() string { return strings.Trim(c.column[len(c.column)-1], "\"`") }

// key is the comparison that changes from one run to the next: of an id, or else of
// a parameter and not of a value in the text, or else the first.
func (p parts) key() (key comparison, ok bool) {
	where := p.top("WHERE")
	if where < 0 || slices.ContainsFunc([]string{"OR", "UNION", "INTERSECT", "EXCEPT", "HAVING"}, p.has) {
		return key, false
	}
	best := -1
	depth := 0
	for i := where + 1; i < len(p); i++ {
		switch p[i] {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth > 0 && p[i] != "(" {
			continue
		}
		c, found := p.comparisonAt(i)
		if !found {
			continue
		}
		score := 0
		if isPlaceholder(p[i+1]) && p[i+1] != "?" {
			score = 1
		}
		if strings.HasSuffix(strings.ToLower(c.name()), "id") {
			score += 2
		}
		if score > best {
			key, best = c, score
		}
	}
	return key, best >= 0
}

// comparisonAt reads the one whose "=" or IN is at i.
func (p parts) comparisonAt(i int) (c comparison, ok bool) {
	from := i
	for from > 0 && (p[from-1] == "." || isColumn(p[from-1]) && (from == i || p[from] == ".")) {
		from--
	}
	if from == i {
		return c, false
	}
	switch {
	case p[i] == "=" && i+1 < len(p) && isPlaceholder(p[i+1]):
		return comparison{p[from:i], from, i + 2}, true
	case strings.EqualFold(p[i], "IN") && i+3 < len(p) && p[i+1] == "(" && isPlaceholder(p[i+2]) && p[i+3] == ")":
		return comparison{p[from:i], from, i + 4}, true
	}
	return c, false
}

func isColumn(t string) bool {
	if t[0] == '"' || t[0] == '`' {
		return true
	}
	return isNameRune(rune(t[0])) && !slices.Contains([]string{"WHERE", "AND", "NOT", "ON"}, strings.ToUpper(t))
}

// many puts a list in the place of the key's one value.
func (p parts) many(key comparison) parts {
	list := parts{"IN", "(", "?", ",", "?", ",", "…", ")"}
	for _, t := range p[key.at:key.end] {
		if strings.HasPrefix(t, "$") {
			list = parts{"=", "ANY", "(", t, ")"}
		}
	}
	return slices.Concat(p[:key.at], key.column, list, p[key.end:])
}

func (p parts) selectMany() string {
	if p.word(1) == "EXISTS" && p.word(2) == "(" && p[len(p)-1] == ")" {
		return p[3 : len(p)-1].existsMany()
	}
	key, ok := p.key()
	from := p.top("FROM")
	if !ok || from < 2 || p.has("GROUP") || p.has("OFFSET") {
		return ""
	}
	limit, order := p.top("LIMIT"), p.top("ORDER")
	columns := p[1:from]
	switch {
	case limit >= 0 && order >= 0 && p.orderedBy(order, limit, key):
		p, limit = p[:order], -1 // the first by its own key is the only one
	case limit >= 0:
		return p.rankedMany(key, from, order, limit)
	}
	if aggregates(columns) {
		return slices.Concat(parts{"SELECT"}, key.column, parts{","}, p.many(key)[1:], parts{"GROUP", "BY"}, key.column).String()
	}
	return slices.Concat(parts{"SELECT"}, withKey(columns, key), p.many(key)[from:]).String()
}

// orderedBy reports whether the order from at to end is by the key itself.
func (p parts) orderedBy(at, end int, key comparison) bool {
	if end < at+3 {
		return false
	}
	by := p[at+2 : end]
	if last := strings.ToUpper(by[len(by)-1]); last == "ASC" || last == "DESC" {
		by = by[:len(by)-1]
	}
	return len(by) > 0 && strings.EqualFold(strings.Trim(by[len(by)-1], "\"`"), key.name()) && !slices.Contains(by, ",")
}

// existsMany asks for the keys that there are.
func (p parts) existsMany() string {
	key, ok := p.key()
	from := p.top("FROM")
	if !ok || from < 0 || p.has("LIMIT") {
		return ""
	}
	return slices.Concat(parts{"SELECT", "DISTINCT"}, key.column, p.many(key)[from:]).String()
}

// rankedMany keeps the limit for each key.
func (p parts) rankedMany(key comparison, from, order, limit int) string {
	if limit != len(p)-2 || !isPlaceholder(p[limit+1]) || order < 0 || aggregates(p[1:from]) {
		return ""
	}
	if key.at >= order {
		return ""
	}
	over := slices.Concat(parts{",", "ROW_NUMBER", "(", ")", "OVER", "(", "PARTITION", "BY"}, key.column, p[order:limit], parts{")", "AS", "n"})
	body := p[:order].many(key)[from:]
	return slices.Concat(parts{"SELECT", "*", "FROM", "(", "SELECT"}, withKey(p[1:from], key), over, body, parts{")", "AS", "ranked", "WHERE", "n", "<=", p[limit+1]}).String()
}

// withKey names the key before the columns, unless it is among them.
func withKey(columns parts, key comparison) parts {
	for i, t := range columns {
		if t == "*" && (i == 0 || columns[i-1] == "." || columns[i-1] == ",") || strings.EqualFold(strings.Trim(t, "\"`"), key.name()) {
			return columns
		}
	}
	if len(columns) > 0 && strings.EqualFold(columns[0], "DISTINCT") {
		return slices.Concat(parts{columns[0]}, key.column, parts{","}, columns[1:])
	}
	return slices.Concat(key.column, parts{","}, columns)
}

func aggregates(columns parts) bool {
	for i, t := range columns {
		switch strings.ToUpper(t) {
		case "COUNT", "SUM", "MIN", "MAX", "AVG":
			if i+1 < len(columns) && columns[i+1] == "(" {
				return true
			}
		}
	}
	return false
}

// insertMany writes more rows of the shape.
func (p parts) insertMany() string {
	values := p.top("VALUES")
	if values < 0 || p.word(values+1) != "(" {
		return ""
	}
	end := values + 1
	for depth := 0; end < len(p); end++ {
		if p[end] == "(" {
			depth++
		} else if p[end] == ")" {
			if depth--; depth == 0 {
				break
			}
		}
	}
	if end == len(p) {
		return ""
	}
	row := p[values+1 : end+1]
	if slices.ContainsFunc(row, func(t string) bool { return strings.HasPrefix(t, "$") }) {
		return slices.Concat(p[:end+1], parts{",", "(", "…", ")"}, p[end+1:]).String()
	}
	return slices.Concat(p[:end+1], parts{","}, row, parts{",", "…"}, p[end+1:]).String()
}
