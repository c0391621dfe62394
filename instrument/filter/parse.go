package filter

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Bounds of a filter: it comes from outside.
const (
	maxLength = 4096 // bytes
	maxDepth  = 32   // of parentheses and NOTs
	maxTerms  = 100
)

// Error says what is wrong with a filter, and where.
type Error struct {
	Text    string // the filter
	Column  int    // of the mistake, in characters from 1
	Message string // what is wrong and what to write instead
}

// Error is the message with its column.
func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Message) }

// Pointer is the filter and below it a mark at the mistake, for a terminal.
func (e *Error) Pointer() string {
	text := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, e.Text)
	return text + "\n" + strings.Repeat(" ", e.Column-1) + "^"
}

// Parse reads a filter. A text of nothing but spaces passes every Record. The error
// is an [*Error].
func Parse(text string, o Options) (*Filter, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	p := &parser{text: text, context: context{now: o.Now}}
	if len(text) > maxLength {
		return nil, p.wrong(maxLength, "the filter is longer than %d bytes", maxLength)
	}
	p.space()
	if p.at == len(p.text) {
		return &Filter{}, nil
	}
	n, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.at < len(p.text) { // or stops only at a parenthesis that closes nothing
		return nil, p.wrong(p.at, "this closes nothing: remove it, or put a \"(\" before")
	}
	return &Filter{root: n}, nil
}

type parser struct {
	context
	text  string
	at    int // byte
	terms int
}

func (p *parser) wrong(at int, format string, args ...any) error {
	at = min(at, len(p.text))
	return &Error{Text: p.text, Column: utf8.RuneCountInString(p.text[:at]) + 1, Message: fmt.Sprintf(format, args...)}
}

func isSpace(r rune) bool { return unicode.IsSpace(r) }

func (p *parser) rest() string { return p.text[p.at:] }

func (p *parser) space() {
	p.at = len(p.text) - len(strings.TrimLeftFunc(p.rest(), isSpace))
}

func isKeyword(word string) bool { return word == "AND" || word == "OR" || word == "NOT" }

// keyword tells whether a keyword comes next, as a word of its own.
func (p *parser) keyword(word string) bool {
	rest, ok := strings.CutPrefix(p.rest(), word)
	if !ok {
		return false
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || isSpace(r) || r == '(' || r == ')'
}

func (p *parser) takeKeyword(word string) bool {
	if !p.keyword(word) {
		return false
	}
	p.at += len(word)
	p.space()
	return true
}

// ended tells whether nothing follows that could belong to what is being read.
func (p *parser) ended() bool { return p.at == len(p.text) || p.text[p.at] == ')' }

// or reads conditions with OR between them.
func (p *parser) or(depth int) (*node, error) {
	return p.join(query.Or, func() (*node, error) { return p.and(depth) }, func() (bool, error) { return p.takeKeyword("OR"), nil })
}

// and reads conditions with AND, or nothing, between them.
func (p *parser) and(depth int) (*node, error) {
	return p.join(query.And, func() (*node, error) { return p.not(depth) }, func() (bool, error) {
		return p.takeKeyword("AND") || !p.ended() && !p.keyword("OR"), nil
	})
}

// join reads one or more operands and flattens those of the same kind.
func (p *parser) join(op query.Op, operand func() (*node, error), next func() (bool, error)) (*node, error) {
	var of []*node
	for {
		n, err := operand()
		if err != nil {
			return nil, err
		}
		if n.op == op {
			of = append(of, n.of...)
		} else {
			of = append(of, n)
		}
		if more, err := next(); err != nil || !more {
			if len(of) == 1 {
				return of[0], err
			}
			return &node{op: op, of: of}, err
		}
	}
}

// not reads a condition with or without NOT, a term or a group.
func (p *parser) not(depth int) (*node, error) {
	start := p.at
	if depth > maxDepth {
		return nil, p.wrong(start, "this is nested more than %d deep", maxDepth)
	}
	if p.ended() || p.keyword("AND") || p.keyword("OR") {
		return nil, p.missing()
	}
	if p.takeKeyword("NOT") || p.minus() {
		n, err := p.not(depth + 1)
		if err != nil {
			return nil, err
		}
		if n.op == query.Not {
			return n.of[0], nil
		}
		return &node{op: query.Not, of: []*node{n}}, nil
	}
	if p.text[p.at] == '(' {
		return p.group(depth)
	}
	return p.term()
}

// minus takes a "-" that stands before a condition.
func (p *parser) minus() bool {
	rest, ok := strings.CutPrefix(p.rest(), "-")
	r, _ := utf8.DecodeRuneInString(rest)
	if !ok || rest == "" || isSpace(r) || r == ')' {
		return false
	}
	p.at++
	return true
}

func (p *parser) missing() error {
	switch {
	case p.at == len(p.text):
		return p.wrong(p.at, "the filter ends where a condition must follow, like status:5xx")
	case p.text[p.at] == ')':
		return p.wrong(p.at, "a condition is missing before this, like status:5xx")
	}
	return p.wrong(p.at, "a condition is missing before this: to look for the word itself, put it in quotes")
}

func (p *parser) group(depth int) (*node, error) {
	open := p.at
	p.at++
	p.space()
	n, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.at == len(p.text) {
		return nil, p.wrong(open, "this is not closed: put a \")\" behind the condition")
	}
	p.at++
	p.space()
	return n, nil
}

// cutField takes a field's name and the operator off the front of a term.
func cutField(s string) (name string, op operator, ok bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return !isNameRune(r) })
	if end <= 0 {
		return "", "", false
	}
	for _, op := range []operator{unequal, atMost, atLeast, ":>=", ":<=", ":>", ":<", ":=", colon, equal, less, more} {
		if strings.HasPrefix(s[end:], string(op)) {
			return s[:end], op, true
		}
	}
	return "", "", false
}

func isNameRune(r rune) bool {
	return r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// term reads a comparison or a word.
func (p *parser) term() (*node, error) {
	start := p.at
	if p.terms++; p.terms > maxTerms {
		return nil, p.wrong(start, "there are more than %d conditions", maxTerms)
	}
	name, op, hasField := cutField(p.rest())
	if hasField {
		p.at += len(name) + len(op)
	}
	valueAt := p.at
	value, quoted, err := p.value()
	if err != nil {
		return nil, err
	}
	p.space()
	if !hasField {
		return word(value), nil
	}
	f := fieldOf(name)
	if f == nil {
		return nil, p.wrong(start, "there is no field %q: %s; to look for the text itself, put it in quotes", name, nearField(name))
	}
	if value == "" && !quoted {
		return nil, p.wrong(valueAt, "a value must follow %s%s, like %s", name, op, f.Example)
	}
	if len(op) > 1 && op[0] == ':' { // dur:>1s
		op = op[1:]
	}
	return p.comparison(f, op, value, quoted, valueAt)
}

// word is a text that is looked for where people expect it.
func word(value string) *node {
	op := query.Contains
	if strings.Contains(value, "*") {
		op = query.Like
	}
	return &node{term: Term{Value: value, quoted: true}, where: query.Where{Op: query.Or, Of: []query.Where{
		{Op: op, Field: query.FieldPath, Text: value}, {Op: op, Field: query.FieldHandler, Text: value},
	}}}
}

// comparison makes a term of its parts. Without quotes, commas separate alternatives.
func (p *parser) comparison(f *Field, op operator, value string, quoted bool, at int) (*node, error) {
	values := []string{value}
	if !quoted {
		values = strings.Split(value, ",")
	}
	w := query.Where{Op: query.Or}
	for _, v := range values {
		if v == "" && !quoted {
			return nil, p.wrong(at, "a value is missing beside the comma: to look for the comma itself, put the value in quotes")
		}
		one, err := f.read(p.context, op, v)
		if err != nil {
			return nil, p.wrong(at, "%s%s%s: %v", f.Name, op, v, err)
		}
		w.Of = append(w.Of, one)
		at += len(v) + 1
	}
	if len(w.Of) == 1 {
		w = w.Of[0]
	}
	if op == unequal {
		w = query.Where{Op: query.Not, Of: []query.Where{w}}
	}
	return &node{term: Term{Field: f.Name, Operator: string(op), Value: value, quoted: quoted}, where: w}, nil
}

// value reads what stands behind an operator, or a word: up to a space or to a
// parenthesis that was not opened in it.
func (p *parser) value() (value string, quoted bool, err error) {
	if strings.HasPrefix(p.rest(), `"`) {
		value, err = p.quotedValue()
		return value, true, err
	}
	depth := 0
	end := strings.IndexFunc(p.rest(), func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		return depth < 0 || isSpace(r)
	})
	if end < 0 {
		end = len(p.rest())
	}
	value = p.rest()[:end]
	if i := strings.IndexByte(value, '"'); i >= 0 {
		return "", false, p.wrong(p.at+i, "a quote inside a value: put the whole value in quotes, and a backslash before this one")
	}
	p.at += end
	return value, false, nil
}

func (p *parser) quotedValue() (string, error) {
	start := p.at
	var b strings.Builder
	for i := start + 1; i < len(p.text); i++ {
		switch c := p.text[i]; c {
		case '"':
			p.at = i + 1
			if r, _ := utf8.DecodeRuneInString(p.rest()); p.rest() != "" && !isSpace(r) && r != ')' {
				return "", p.wrong(p.at, "a space must follow the closing quote")
			}
			return b.String(), nil
		case '\\':
			if i++; i == len(p.text) || p.text[i] != '"' && p.text[i] != '\\' {
				return "", p.wrong(i-1, `in quotes a backslash stands before a quote or a backslash only: write \\`)
			}
			b.WriteByte(p.text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", p.wrong(start, "this quote is not closed")
}

// nearField proposes fields for a name that is none.
func nearField(name string) string {
	var names []string
	for _, f := range fields {
		names = append(append(names, f.Name), f.Aliases...)
	}
	if near := nearest(strings.ToLower(name), names); near != "" {
		return "did you mean " + near + "?"
	}
	return "use one of " + strings.Join(fieldNames(), ", ")
}

// nearest is the name that a mistyped one may have meant; "" when none is near.
func nearest(name string, names []string) string {
	best, distance := "", 3
	for _, n := range names {
		if d := editDistance(name, n); d < distance {
			best, distance = n, d
		}
	}
	return best
}

// editDistance is that of Levenshtein.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
