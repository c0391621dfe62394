package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// predicate is a query.Where in SQL. Where SQL cannot say all of it, it passes more,
// and the rows are looked at once more in Go.
type predicate struct {
	text  string // "" passes all
	args  []any
	exact bool // it passes no more than the condition
}

// always passes every row, which is more than was asked for.
var always = predicate{}

// translation makes predicates.
type translation struct {
	handlers  map[int64]instrument.HandlerInfo
	processes []query.Process
}

// addWhere adds a query's condition, and says what is left to look at in Go.
func (s *Store) addWhere(ctx context.Context, c *condition, q *query.Records) error {
	if q.Where.Op == query.Pass {
		return nil
	}
	var t translation
	var err error
	if t.handlers, err = s.catalog.load(ctx, s.db); err != nil {
		return err
	}
	if q.Where.Uses(query.FieldBuild, query.FieldService, query.FieldHost) {
		if t.processes, err = s.processes(ctx); err != nil {
			return err
		}
	}
	for _, w := range append([]query.Where{q.Where}, andOf(&q.Where)...) {
		if w.Field == query.FieldFlags && w.Op == query.Equal && instrument.Flags(w.Number).Has(instrument.FlagPinned) {
			c.addPinned()
		}
		c.few = c.few || w.Field == query.FieldParent && w.Op == query.Equal && w.Number != 0
	}
	p := t.of(&q.Where)
	if p.text != "" {
		c.add("("+p.text+")", p.args...)
	}
	if p.exact {
		return nil
	}
	find := func(*query.Row, []byte) func(*query.Where) bool { return nil }
	if c.bodies = q.Where.Uses(query.FieldText); c.bodies {
		search, err := s.textSearch(ctx, &q.Where, t.handlers)
		if err != nil {
			return err
		}
		find, c.sieve = search.in, search.sieve(&q.Where)
	}
	where := textLast(q.Where)
	c.match = func(r *query.Row, body []byte) bool {
		return where.MatchWith(r, processByID(t.processes, r.Process), find(r, body))
	}
	return nil
}

// andOf are the conditions each of which must hold.
func andOf(w *query.Where) []query.Where {
	if w.Op != query.And {
		return nil
	}
	return w.Of
}

func processByID(list []query.Process, id int64) *query.Process {
	for i := range list {
		if list[i].ID == id {
			return &list[i]
		}
	}
	return nil
}

func (t *translation) of(w *query.Where) predicate {
	switch w.Op {
	case query.Pass:
		return predicate{exact: true}
	case query.And:
		return t.and(w.Of)
	case query.Or:
		return t.or(w.Of)
	case query.Not:
		if len(w.Of) != 1 {
			return predicate{text: "0", exact: true}
		}
		return t.not(&w.Of[0])
	}
	return t.comparison(w)
}

func (t *translation) and(of []query.Where) predicate {
	all := predicate{exact: true}
	var texts []string
	for i := range of {
		p := t.of(&of[i])
		all.exact = all.exact && p.exact
		if p.text != "" {
			texts = append(texts, "("+p.text+")")
			all.args = append(all.args, p.args...)
		}
	}
	all.text = strings.Join(texts, " AND ")
	return all
}

func (t *translation) or(of []query.Where) predicate {
	one := predicate{exact: true}
	texts := []string{"0"}
	for i := range of {
		p := t.of(&of[i])
		if p.text == "" {
			return predicate{exact: p.exact}
		}
		one.exact = one.exact && p.exact
		texts = append(texts, "("+p.text+")")
		one.args = append(one.args, p.args...)
	}
	one.text = strings.Join(texts, " OR ")
	return one
}

func (t *translation) not(w *query.Where) predicate {
	p := t.of(w)
	switch {
	case !p.exact:
		return always
	case p.text == "":
		return predicate{text: "0", exact: true}
	}
	p.text = "NOT ifnull(" + p.text + ", 0)"
	return p
}

// columns are the fields that are columns as they are.
var textColumns = map[query.Field]string{
	query.FieldMethod: "method", query.FieldPath: "path", query.FieldUser: "user", query.FieldError: "error",
}

var numberColumns = map[query.Field]string{
	query.FieldID: "id", query.FieldProcess: "process", query.FieldDuration: "duration", query.FieldStatus: "status",
}

func (t *translation) comparison(w *query.Where) predicate {
	if column, ok := textColumns[w.Field]; ok {
		return compareText(column, w)
	}
	if column, ok := numberColumns[w.Field]; ok {
		return compareNumber(column, w)
	}
	switch w.Field {
	case query.FieldParent:
		if w.Op == query.Equal && w.Number != 0 {
			return compareNumber("parent", w) // which has an index
		}
		return compareNumber("ifnull(parent, 0)", w)
	case query.FieldCount:
		if w.Kind == instrument.KindQuery {
			return compareNumber("queries", w)
		}
	case query.FieldStart:
		return compareStart(w)
	case query.FieldFlags:
		return predicate{text: "(flags & ?) = ?", args: []any{w.Number, w.Number}, exact: w.Op == query.Equal}
	case query.FieldTag:
		return compareTag(w)
	case query.FieldTrace:
		return compareTrace(w)
	case query.FieldKind, query.FieldHandler:
		return t.compareHandler(w)
	case query.FieldBuild, query.FieldService, query.FieldHost:
		return t.compareProcess(w)
	}
	return always
}

var sqlOps = map[query.Op]string{query.Equal: "=", query.Less: "<", query.AtMost: "<=", query.More: ">", query.AtLeast: ">="}

func compareNumber(column string, w *query.Where) predicate {
	op, ok := sqlOps[w.Op]
	if !ok {
		return predicate{text: "0", exact: true}
	}
	return predicate{text: column + " " + op + " ?", args: []any{w.Number}, exact: true}
}

// compareStart turns a time into ids, which have milliseconds.
func compareStart(w *query.Where) predicate {
	first := int64(instrument.FirstID(time.Unix(0, w.Number)))
	next := int64(instrument.FirstID(time.Unix(0, w.Number).Add(time.Millisecond)))
	whole := w.Number%int64(time.Millisecond) == 0
	switch {
	case !whole:
		return always
	case w.Op == query.AtLeast:
		return predicate{text: "id >= ?", args: []any{first}, exact: true}
	case w.Op == query.Less:
		return predicate{text: "id < ?", args: []any{first}, exact: true}
	case w.Op == query.More:
		return predicate{text: "id >= ?", args: []any{next}, exact: true}
	case w.Op == query.AtMost:
		return predicate{text: "id < ?", args: []any{next}, exact: true}
	}
	return predicate{text: "id >= ? AND id < ?", args: []any{first, next}, exact: true}
}

// compareText compares a column that is NULL where the text is empty.
func compareText(column string, w *query.Where) predicate {
	value := w.Text
	if w.Field == query.FieldError {
		column, value = "lower("+column+")", strings.ToLower(value)
		if !isASCII(w.Text) { // Match leaves the case of other letters alone
			return always
		}
	}
	switch {
	case w.Op == query.Contains && value == "":
		return predicate{exact: true}
	case w.Op == query.Contains:
		return predicate{text: "instr(" + column + ", ?) > 0", args: []any{value}, exact: true}
	case w.Op == query.Equal:
		return predicate{text: column + " IS ?", args: []any{textOrNull(value)}, exact: true}
	case w.Op == query.Like && strings.Trim(value, "*") == "":
		return always
	case w.Op == query.Like:
		return predicate{text: column + " GLOB ?", args: []any{glob(value)}, exact: true}
	}
	return predicate{text: "0", exact: true}
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

// glob is a pattern in the language of SQLite's GLOB.
func glob(pattern string) string {
	return strings.NewReplacer("?", "[?]", "[", "[[]").Replace(pattern)
}

func compareTag(w *query.Where) predicate {
	if w.Op == query.Equal {
		return predicate{text: "instr(tags, ?) > 0", args: []any{"\n" + w.Text + "\n"}, exact: !strings.Contains(w.Text, "\n")}
	}
	return predicate{text: "tags IS NOT NULL"}
}

func compareTrace(w *query.Where) predicate {
	b, err := hex.DecodeString(w.Text)
	if err != nil || w.Op != query.Equal || len(b) != len(instrument.TraceID{}) {
		return always
	}
	if isZero(b) {
		return always
	}
	return predicate{text: fmt.Sprintf("substr(trace, 1, %d) = ?", len(b)), args: []any{b}, exact: true}
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// compareHandler looks at the handlers instead of the Records.
func (t *translation) compareHandler(w *query.Where) predicate {
	var rows []int64
	for row, h := range t.handlers {
		text := h.Name
		if w.Field == query.FieldKind {
			text = h.Kind.String()
		}
		if w.MatchText(text) {
			rows = append(rows, row)
		}
	}
	return predicate{text: "handler IN (" + numbers(rows) + ")", exact: true}
}

func (t *translation) compareProcess(w *query.Where) predicate {
	var ids []int64
	for i := range t.processes {
		row := query.Row{Process: t.processes[i].ID}
		if w.Match(&row, &t.processes[i]) {
			ids = append(ids, t.processes[i].ID)
		}
	}
	return predicate{text: "process IN (" + numbers(ids) + ")", exact: true}
}
