package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// No index has Records in the order of a column, because an index costs more than the
// Record itself: any such order is a search through all that the filter passes, within
// the budget.

// columnExpr is what a column is in SQL; those that are missing are known to Go alone,
// from the column counts or from the catalogue.
var columnExpr = map[query.Column]struct {
	expr string
	text bool
}{
	query.ColumnDuration: {"duration", false},
	query.ColumnStatus:   {"status", false},
	query.ColumnQueries:  {"queries", false},
	query.ColumnUser:     {"coalesce(user, '')", true},
	query.ColumnError:    {"coalesce(error, '')", true},
}

// place is where a Record stands in the order of a column.
type place struct {
	number int64
	text   string
	id     instrument.ID
}

func placeOf(c query.Column, r *query.Row) place {
	n, t := c.Key(r)
	return place{n, t, r.ID}
}

// topPlaces gathers the first n places behind a cursor.
type topPlaces struct {
	n     int
	asc   bool
	after *place
	list  []place
	root  *rootReader // nil: lines have the column
}

func (t *topPlaces) compare(a, b place) int {
	c := cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.text, b.text), cmp.Compare(a.id, b.id))
	if t.asc {
		return c
	}
	return -c
}

func (t *topPlaces) add(p place) {
	if t.after != nil && t.compare(p, *t.after) <= 0 || len(t.list) == t.n && t.compare(t.list[t.n-1], p) <= 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(t.list, p, t.compare)
	t.list = slices.Insert(t.list, at, p)
	t.list = t.list[:min(len(t.list), t.n)]
}

// columnRecords serves the orders of columns.
func (s *Store) columnRecords(ctx context.Context, q *query.Records, c *condition) (page query.RecordPage, err error) {
	top := &topPlaces{n: q.Limit + 1, asc: q.Asc}
	if a := q.After; a.ID != 0 {
		top.after = &place{a.Number, a.Text, a.ID}
	}
	if top.root, err = s.rootReader(ctx, q.By); err != nil {
		return page, err
	}
	w := newWalk(q, c)
	w.always = true
	page.Complete = true
	for !w.done {
		if w.late() {
			page.Complete = false
			break
		}
		from, to, err := s.nextPortion(ctx, w, c)
		if err != nil {
			return page, err
		}
		if err := s.columnPortion(ctx, q, c, top, from, to); err != nil {
			return page, err
		}
	}
	if page.Records, err = s.rowsAt(ctx, q.By, top); err != nil {
		return page, err
	}
	cutPage(&page, q.Limit)
	if n := len(page.Records); n > 0 {
		page.Next.Number, page.Next.Text = q.By.Key(&page.Records[n-1])
		page.Next.Duration = 0
	}
	page.Searched = w.searched
	return page, s.countTotal(ctx, q, &page)
}

// columnPortion gathers from a range of ids.
func (s *Store) columnPortion(ctx context.Context, q *query.Records, c *condition, top *topPlaces, from, to instrument.ID) error {
	tail := "id >= ? AND id < ?" + c.text.String()
	args := append([]any{int64(from), int64(to)}, c.args...)
	if top.root != nil {
		return s.bodyPortion(ctx, c, top, tail, args)
	}
	column, ok := columnExpr[q.By]
	if !ok || c.match != nil {
		return s.eachRow(ctx, c, tail, args, func(r *query.Row) error {
			top.add(placeOf(q.By, r))
			return nil
		})
	}
	than, order := " < ", " DESC"
	if q.Asc {
		than, order = " > ", ""
	}
	if a := top.after; a != nil {
		tail += " AND (" + column.expr + ", id)" + than + "(?, ?)"
		if column.text {
			args = append(args, a.text, int64(a.id))
		} else {
			args = append(args, a.number, int64(a.id))
		}
	}
	rows, err := s.db.QueryContext(ctx, "SELECT id, "+column.expr+" FROM record WHERE "+tail+" ORDER BY 2"+order+", id"+order+" LIMIT ?", append(args, top.n)...)
	if err != nil {
		return err
	}
	return each(rows, func(rows *sql.Rows) error {
		var p place
		dest := any(&p.number)
		if column.text {
			dest = &p.text
		}
		if err := rows.Scan(&p.id, dest); err != nil {
			return err
		}
		top.add(p)
		return nil
	})
}

// rowsAt reads the Records at places, in their order. Those that are gone are left out.
func (s *Store) rowsAt(ctx context.Context, by query.Column, top *topPlaces) ([]query.Row, error) {
	if len(top.list) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(top.list))
	for i, p := range top.list {
		ids[i] = int64(p.id)
	}
	rows, err := s.selectRows(ctx, "id IN ("+numbers(ids)+")")
	if top.root != nil {
		top.fill(rows)
	}
	slices.SortFunc(rows, func(a, b query.Row) int { return top.compare(placeOf(by, &a), placeOf(by, &b)) })
	return rows, err
}
