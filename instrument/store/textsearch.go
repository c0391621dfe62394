package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// textSearch looks into bodies for the comparisons with FieldText of a condition. Bodies
// are not decoded: their texts stand in them as they are, and of the numbers of handlers
// those whose names are found are known before the search begins. No index has texts, as
// one would cost more than four times the row.
type textSearch map[textKey]*foundText

// textKey is what tells comparisons with FieldText apart.
type textKey struct {
	op   query.Op
	text string
}

// foundText is one comparison.
type foundText struct {
	finder   *query.TextFinder
	handlers []int64                   // rows of those whose name is found
	names    map[int64]map[uint32]bool // their numbers, by process
}

// textSearch makes ready what a condition looks for.
func (s *Store) textSearch(ctx context.Context, w *query.Where, handlers map[int64]instrument.HandlerInfo) (textSearch, error) {
	t := textSearch{}
	t.add(w)
	for _, f := range t {
		for row, h := range handlers {
			if f.finder.Text([]byte(h.Name)) {
				f.handlers = append(f.handlers, row)
			}
		}
		if err := f.load(ctx, s.db); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t textSearch) add(w *query.Where) {
	if key := (textKey{w.Op, w.Text}); w.Field == query.FieldText && t[key] == nil {
		t[key] = &foundText{finder: query.NewTextFinder(w), names: map[int64]map[uint32]bool{}}
	}
	for i := range w.Of {
		t.add(&w.Of[i])
	}
}

// load reads the numbers that processes gave to the handlers.
func (f *foundText) load(ctx context.Context, db *sql.DB) error {
	if len(f.handlers) == 0 {
		return nil
	}
	rows, err := db.QueryContext(ctx, "SELECT process, id FROM name WHERE process IN (SELECT id FROM process) AND space = ? AND ref IN ("+numbers(f.handlers)+")", spaceHandler)
	if err != nil {
		return err
	}
	return each(rows, func(rows *sql.Rows) error {
		var process, id int64
		err := rows.Scan(&process, &id)
		if f.names[process] == nil {
			f.names[process] = map[uint32]bool{}
		}
		f.names[process][uint32(id)] = true
		return err
	})
}

// in gives what answers for one Record.
func (t textSearch) in(r *query.Row, body []byte) func(*query.Where) bool {
	return func(w *query.Where) bool {
		f := t[textKey{w.Op, w.Text}]
		return f.finder.Row(r) || f.in(r.Process, body)
	}
}

func (f *foundText) in(process int64, body []byte) bool {
	search := instrument.Search{Text: f.finder.Text, Int: f.finder.Int}
	if names := f.names[process]; names != nil {
		search.Name = func(id uint32) bool { return names[id] }
	}
	return search.In(body)
}

// sieve tells of few columns whether a Record can match at all, because reading all
// columns of a Record takes five times as long as looking into its body.
type sieve struct {
	text  *foundText
	inRow string // tells in SQL whether the text may stand in the other columns
	args  []any
}

// sieve is made of the longest of the texts that must be found; nil when there is none.
func (t textSearch) sieve(w *query.Where) *sieve {
	var best *foundText
	for _, o := range append([]query.Where{*w}, andOf(w)...) {
		if f := t[textKey{o.Op, o.Text}]; o.Field == query.FieldText && (best == nil || len(f.finder.Part()) > len(best.finder.Part())) {
			best = f
		}
	}
	if best == nil || best.finder.Part() == "" {
		return nil
	}
	columns := []string{"path", "user", "error", "tags"}
	for i, c := range columns {
		columns[i] = "ifnull(" + c + ", '')"
	}
	return &sieve{
		text:  best,
		inRow: "instr(lower(" + strings.Join(columns, " || char(10) || ") + "), ?) > 0 OR handler IN (" + numbers(best.handlers) + ")",
		args:  []any{best.finder.Part()},
	}
}

// ids are the Records that tail, what follows WHERE, chooses and that can match.
func (v *sieve) ids(ctx context.Context, db *sql.DB, tail string, args []any) (ids []int64, err error) {
	rows, err := db.QueryContext(ctx, "SELECT id, process, "+v.inRow+", body FROM record WHERE "+tail, append(slices.Clone(v.args), args...)...)
	if err != nil {
		return nil, err
	}
	var id, process int64
	var inRow bool
	var body sql.RawBytes
	err = each(rows, func(rows *sql.Rows) error {
		err := rows.Scan(&id, &process, &inRow, &body)
		if err == nil && (inRow || v.text.in(process, body)) {
			ids = append(ids, id)
		}
		return err
	})
	return ids, err
}

// textLast is a condition in whose parts what looks into bodies comes last.
func textLast(w query.Where) query.Where {
	var first, last []query.Where
	for i := range w.Of {
		if o := textLast(w.Of[i]); o.Uses(query.FieldText) {
			last = append(last, o)
		} else {
			first = append(first, o)
		}
	}
	w.Of = append(first, last...)
	return w
}
