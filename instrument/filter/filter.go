package filter

import (
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Filter is a filter that was read. The zero Filter passes every Record.
type Filter struct {
	root *node // nil passes all
}

// node is a part of a filter: a term, or others joined.
type node struct {
	op    query.Op // And, Or, Not, or Pass for a term
	of    []*node
	term  Term
	where query.Where // of a term
}

// Term is one comparison as it was written.
type Term struct {
	Field    string // its name, not an alias; "" for a word without a field
	Operator string // ":", "=", "!=", "<", "<=", ">" or ">="
	Value    string // without quotes
	Not      bool   // a NOT stands before it
	// Text is the whole part of the filter: also of parts that are no single
	// comparison, which have only this.
	Text string

	quoted bool // it had quotes: a comma in it is a comma
}

// Options say what the meaning of a filter depends on. The zero value is right for
// most.
type Options struct {
	// Now is what ages and times of day are counted from. Zero: time.Now().
	Now time.Time
}

// Where is the filter as a store understands it.
func (f *Filter) Where() query.Where {
	if f == nil || f.root == nil {
		return query.Where{}
	}
	return f.root.condition()
}

func (n *node) condition() query.Where {
	if n.op == query.Pass {
		return n.where
	}
	w := query.Where{Op: n.op}
	for _, o := range n.of {
		w.Of = append(w.Of, o.condition())
	}
	return w
}

// Narrow adds the filter to a query. What bounds time or kinds in every case becomes
// the query's own bounds, which stores answer without a search.
func (f *Filter) Narrow(q *query.Records) {
	w := f.Where()
	parts := []query.Where{w}
	if w.Op == query.And {
		parts = w.Of
	}
	for _, p := range parts {
		narrow(q, p)
	}
	parts = slices.DeleteFunc(slices.Clone(parts), func(p query.Where) bool { return p.Op == query.Pass || isBound(p) })
	if q.Where.Op != query.Pass {
		parts = append(parts, q.Where)
	}
	switch len(parts) {
	case 0:
		q.Where = query.Where{}
	case 1:
		q.Where = parts[0]
	default:
		q.Where = query.Where{Op: query.And, Of: parts}
	}
}

// isBound tells whether narrow takes a condition over altogether.
func isBound(w query.Where) bool {
	return w.Field == query.FieldStart && (w.Op == query.AtLeast || w.Op == query.Less)
}

func narrow(q *query.Records, w query.Where) {
	switch {
	case w.Field == query.FieldStart && w.Op == query.AtLeast:
		if t := time.Unix(0, w.Number); t.After(q.Since) {
			q.Since = t
		}
	case w.Field == query.FieldStart && w.Op == query.Less:
		if t := time.Unix(0, w.Number); q.Until.IsZero() || t.Before(q.Until) {
			q.Until = t
		}
	case w.Field == query.FieldKind && w.Op == query.Equal && len(q.Kinds) == 0:
		if k, ok := instrument.ParseKind(w.Text); ok {
			q.Kinds = []instrument.Kind{k}
		}
	}
}

// Kind is the only kind that the filter lets pass; false when there may be several.
func (f *Filter) Kind() (instrument.Kind, bool) {
	var q query.Records
	f.Narrow(&q)
	if len(q.Kinds) != 1 {
		return 0, false
	}
	return q.Kinds[0], true
}

// parts are the conditions of which each must hold.
func (f *Filter) parts() []*node {
	switch {
	case f == nil || f.root == nil:
		return nil
	case f.root.op == query.And:
		return f.root.of
	}
	return []*node{f.root}
}

// Terms are the parts of the filter of which each must hold: what a page shows one by
// one.
func (f *Filter) Terms() []Term {
	var terms []Term
	for _, n := range f.parts() {
		t := n.term
		if n.op == query.Not && n.of[0].op == query.Pass {
			t = n.of[0].term
			t.Not = true
		}
		t.Text = n.text(query.And)
		terms = append(terms, t)
	}
	return terms
}

// Without is the filter without the part at an index of Terms.
func (f *Filter) Without(i int) *Filter {
	parts := f.parts()
	if i < 0 || i >= len(parts) {
		return f
	}
	return joined(query.And, slices.Delete(slices.Clone(parts), i, i+1))
}

// With is the filter and another, both of which must hold.
func (f *Filter) With(other *Filter) *Filter {
	return joined(query.And, slices.Concat(f.parts(), other.parts()))
}

func joined(op query.Op, of []*node) *Filter {
	switch len(of) {
	case 0:
		return &Filter{}
	case 1:
		return &Filter{root: of[0]}
	}
	return &Filter{root: &node{op: op, of: of}}
}

// String writes the filter so that Parse reads the same again.
func (f *Filter) String() string {
	if f == nil || f.root == nil {
		return ""
	}
	return f.root.text(query.Pass)
}

// text writes a node that stands below another.
func (n *node) text(below query.Op) string {
	switch n.op {
	case query.Pass:
		return n.term.String()
	case query.Not:
		if n.of[0].op == query.Pass {
			return "-" + n.of[0].text(query.Not)
		}
		return "NOT " + n.of[0].text(query.Not)
	}
	between := " "
	if n.op == query.Or {
		between = " OR "
	}
	texts := make([]string, len(n.of))
	for i, o := range n.of {
		texts[i] = o.text(n.op)
	}
	s := strings.Join(texts, between)
	if below == query.Not || below == query.And || below == query.Or && n.op == query.Or {
		s = "(" + s + ")"
	}
	return s
}

// String writes the term as Parse reads it.
func (t Term) String() string {
	return t.Field + t.Operator + inQuotes(t.Value, t.Field != "", t.quoted)
}

// inQuotes puts a value in quotes where it would be read as something else without.
func inQuotes(s string, afterField, literal bool) string {
	plain := s != "" && !strings.ContainsAny(s, "\"\\()") && !strings.ContainsFunc(s, isSpace)
	switch {
	case !plain:
	case afterField:
		plain = !strings.ContainsAny(s[:1], "=<>") && !(literal && strings.Contains(s, ","))
	default:
		_, _, isTerm := cutField(s)
		plain = !isTerm && s[0] != '-' && !isKeyword(s)
	}
	if plain {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
