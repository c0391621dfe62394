package sqltap

import (
	"slices"
	"strings"
)

// Outline is what a statement does to which tables.
type Outline struct {
	// Verb is its first word in capitals, or behind WITH that of the statement that
	// follows: SELECT, INSERT, BEGIN. "" for an empty statement.
	Verb string
	// Tables are those that it reads or writes, without quotes, with their schema where
	// the statement names it, in the order in which they are named first. Names that WITH
	// gives are none, nor are functions. At most 64.
	Tables []string
}

// OutlineOf reads a statement in the words of SQLite, PostgreSQL and MySQL. It does not
// check the statement: of one that is cut or wrong it gives what can be read.
func OutlineOf(statement string) Outline {
	o := outliner{lex: tokens{s: statement}}
	o.levels = append(o.levels, level{})
	for {
		t := o.lex.next()
		if t.kind == tokenEnd {
			return o.out
		}
		o.take(t)
		o.last = t
	}
}

const (
	maxOutlineTables = 64
	maxOutlineDepth  = 64
	maxOutlineNames  = 64 // that WITH gives, in one level
	maxTableName     = 256
)

// outliner reads a statement word by word.
type outliner struct {
	lex    tokens
	out    Outline
	levels []level
	beyond int // how many parentheses stand deeper than what is followed
	last   token
}

// level is what is known inside of one pair of parentheses.
type level struct {
	verb string   // of the statement here; "" before it comes
	want tableAt  // what the next name is
	list bool     // a comma leads to a further table
	name string   // that WITH is about to give
	with bool     // between WITH and the verb
	rec  bool     // WITH RECURSIVE
	body bool     // these are the parentheses of name AS (...)
	ctes []string // names that WITH gave here
}

// tableAt says where a table may be named next.
type tableAt uint8

const (
	nowhere tableAt = iota
	source          // behind FROM, JOIN or USING: a table, a function or a subquery
	target          // behind INTO, UPDATE or TABLE: a table
)

func (o *outliner) level() *level { return &o.levels[len(o.levels)-1] }

func (o *outliner) take(t token) {
	if o.out.Verb == "" && t.kind == tokenWord {
		o.out.Verb = t.upper()
	}
	switch t.kind {
	case tokenOpen:
		o.open()
	case tokenClose:
		o.close()
	case tokenWord:
		o.word(t)
	case tokenQuoted:
		o.named(t)
	case tokenOther:
		o.other(t)
	}
}

// open goes into parentheses. Those where a table may stand hold a join or a subquery.
func (o *outliner) open() {
	if len(o.levels) >= maxOutlineDepth {
		o.beyond++
		return
	}
	inner := level{body: o.last.is("AS") || o.last.is("MATERIALIZED")}
	if l := o.level(); l.want == source && !o.last.is("USING") {
		inner.want, inner.list, inner.verb = source, true, "("
	}
	o.level().want = nowhere
	o.levels = append(o.levels, inner)
}

func (o *outliner) close() {
	if o.beyond > 0 {
		o.beyond--
		return
	}
	if len(o.levels) == 1 {
		return // one too many
	}
	inner := o.level().body
	o.levels = o.levels[:len(o.levels)-1]
	if l := o.level(); inner && l.with && l.name != "" {
		l.give()
	}
}

// give makes known the name that WITH gave.
func (l *level) give() {
	if len(l.ctes) < maxOutlineNames {
		l.ctes = append(l.ctes, l.name)
	}
	l.name = ""
}

func (o *outliner) other(t token) {
	l := o.level()
	switch t.text {
	case ",":
		if l.list {
			l.want = source
			if l.verb == "UPDATE" || l.verb == "TABLE" {
				l.want = target
			}
		}
	case ";":
		o.levels, o.beyond = append(o.levels[:0], level{}), 0
	case ".":
	default:
		l.want = nowhere // a parameter or a value stands there
	}
}

// modifiers stand between a keyword and the table.
var modifiers = map[tableAt][]string{
	source: {"ONLY", "LATERAL"},
	target: {"ONLY", "TABLE", "IF", "NOT", "EXISTS", "LOW_PRIORITY", "IGNORE"},
}

// clauses end the list of tables.
var clauses = []string{"WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "SET", "RETURNING", "WINDOW", "FETCH", "OFFSET", "FOR", "VALUES", "UNION", "INTERSECT", "EXCEPT", "DEFAULT"}

// verbs are what a statement inside of another, or behind WITH, begins with.
var verbs = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "VALUES", "TRUNCATE"}

func (o *outliner) word(t token) {
	l := o.level()
	if o.last.text == "." && o.last.kind == tokenOther {
		return // part of a name
	}
	w := t.upper()
	if o.out.Verb == "WITH" && len(o.levels) == 1 && slices.Contains(verbs, w) {
		o.out.Verb = w
	}
	switch {
	case l.open() && slices.Contains(verbs, w) && (w == "SELECT" || w == "VALUES" || !o.lex.peek('(')): // REPLACE(...) is a function
		l.begin(w)
	case w == "WITH" && l.open() && !l.with:
		l.with, l.want = true, nowhere
	case l.with:
		o.giving(t, w)
	case slices.Contains(clauses, w):
		l.want, l.list = nowhere, false
	case w == "FROM" && !l.open() && !o.last.is("DISTINCT"):
		l.want, l.list = source, true
	case w == "JOIN" || w == "STRAIGHT_JOIN":
		l.want = source
	case w == "USING" && (l.verb == "DELETE" || l.verb == "MERGE"):
		l.want, l.list = source, true
	case w == "INTO" && slices.Contains(verbs, l.verb):
		l.want = target
	case w == "TABLE" && l.verb == "" && slices.Contains([]string{"CREATE", "DROP", "ALTER"}, o.out.Verb):
		l.verb, l.want, l.list = "TABLE", target, o.out.Verb == "DROP"
	case slices.Contains(modifiers[l.want], w):
	case l.want == target && (w == "OR" || o.last.is("OR")): // SQLite's UPDATE OR ROLLBACK t
	case l.want == target && (w == "OUTFILE" || w == "DUMPFILE"): // MySQL's SELECT INTO OUTFILE 'file'
		l.want = nowhere
	default:
		o.named(t)
	}
}

// open tells that no statement has begun in the level.
func (l *level) open() bool { return l.verb == "" || l.verb == "(" }

// begin is the verb of the statement in a level.
func (l *level) begin(verb string) {
	l.verb, l.with, l.want, l.list = verb, false, nowhere, false
	switch verb {
	case "UPDATE":
		l.want, l.list = target, true
	case "TRUNCATE":
		l.verb, l.want, l.list = "TABLE", target, true
	}
}

// giving follows WITH: name (columns) AS (statement), name AS ...
func (o *outliner) giving(t token, w string) {
	l := o.level()
	switch {
	case w == "RECURSIVE" && o.last.is("WITH"):
		l.rec = true
	case w == "AS" || w == "NOT" || w == "MATERIALIZED":
		if l.rec && l.name != "" { // it may name itself
			l.give()
		}
	case o.last.is("WITH") || o.last.is("RECURSIVE") || o.last.text == ",":
		l.name = t.name()
	}
}

// named is a name or a word that is none of the language: of a table where one may stand.
func (o *outliner) named(t token) {
	l := o.level()
	if o.last.kind == tokenOther && o.last.text == "." {
		return
	}
	if l.with {
		o.giving(t, "")
		return
	}
	if l.want == nowhere || t.kind == tokenQuoted && t.text[0] == '\'' {
		return
	}
	name := t.name()
	qualified := false
	for o.lex.peek('.') {
		o.lex.next()
		part := o.lex.next()
		if part.kind != tokenWord && part.kind != tokenQuoted {
			break
		}
		qualified = true
		name += "." + part.name()
	}
	call := l.want == source && o.lex.peek('(')
	l.want = nowhere
	if call || name == "" || len(name) > maxTableName || !qualified && o.given(name) {
		return
	}
	if len(o.out.Tables) < maxOutlineTables && !slices.ContainsFunc(o.out.Tables, func(s string) bool { return strings.EqualFold(s, name) }) {
		o.out.Tables = append(o.out.Tables, name)
	}
}

// given tells that WITH gave a name here or around.
func (o *outliner) given(name string) bool {
	for _, l := range o.levels {
		if slices.ContainsFunc(l.ctes, func(s string) bool { return strings.EqualFold(s, name) }) {
			return true
		}
	}
	return false
}
