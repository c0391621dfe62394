package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// rootKeys are the columns that stand in the bodies, as attributes of their roots: to
// order by one of them all bodies are looked through.
var rootKeys = map[query.Column]instrument.Key{
	query.ColumnSize: instrument.KeyBytesOut,
	query.ColumnCost: instrument.KeySelfTime,
}

// unknownSize is that of Records without an answer.
const unknownSize = -1

// rootReader reads a column from bodies.
type rootReader struct {
	by  query.Column
	key map[int64]instrument.Key // by process: what stands for the attribute in its bodies
}

// rootReader is nil for columns that stand in the lines.
func (s *Store) rootReader(ctx context.Context, by query.Column) (*rootReader, error) {
	attr, ok := rootKeys[by]
	if !ok {
		return nil, nil
	}
	rows, err := s.db.QueryContext(ctx, `SELECT n.process, n.id FROM process p JOIN name n ON n.process = p.id AND n.space = ?
		JOIN key k ON k.id = n.ref WHERE k.name = ?`, spaceKey, attr.Name())
	if err != nil {
		return nil, err
	}
	r := &rootReader{by: by, key: map[int64]instrument.Key{}}
	return r, each(rows, func(rows *sql.Rows) error {
		var process, id int64
		err := rows.Scan(&process, &id)
		r.key[process] = instrument.Key(id)
		return err
	})
}

// number is the column's value in a body.
func (r *rootReader) number(process int64, body []byte) int64 {
	n := int64(0)
	if r.by == query.ColumnSize {
		n = unknownSize
	}
	if key, ok := r.key[process]; ok {
		instrument.RootNumbers(body, func(k instrument.Key, v int64) {
			if k == key {
				n = v
			}
		})
	}
	return n
}

// bodyPortion gathers from the Records that tail, what follows WHERE, chooses, by what
// their bodies say. Where SQL says all of the filter, nothing else of a row is read.
func (s *Store) bodyPortion(ctx context.Context, c *condition, top *topPlaces, tail string, args []any) error {
	if c.match == nil {
		var p place
		var process int64
		var body sql.RawBytes
		return s.eachBody(ctx, "id, process, body", tail, args, []any{&p.id, &process, &body}, func() {
			p.number = top.root.number(process, body)
			top.add(p)
		})
	}
	handlers, err := s.catalog.load(ctx, s.db)
	if err != nil {
		return err
	}
	var scan rowScan
	var row query.Row
	var body sql.RawBytes
	return s.eachBody(ctx, rowColumns+", body", tail, args, scan.dest(&row, &body), func() {
		scan.finish(&row, handlers)
		if c.match(&row, body) {
			top.add(place{number: top.root.number(row.Process, body), id: row.ID})
		}
		row = query.Row{} // for the next
	})
}

// eachBody calls fn with each row in dest.
func (s *Store) eachBody(ctx context.Context, columns, tail string, args, dest []any, fn func()) error {
	rows, err := s.db.QueryContext(ctx, "SELECT "+columns+" FROM record WHERE "+tail, args...)
	if err != nil {
		return err
	}
	return each(rows, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		fn()
		return nil
	})
}

// fill puts what was found in bodies into lines.
func (t *topPlaces) fill(rows []query.Row) {
	at := make(map[instrument.ID]int64, len(t.list))
	for _, p := range t.list {
		at[p.id] = p.number
	}
	for i := range rows {
		switch n := at[rows[i].ID]; t.root.by {
		case query.ColumnSize:
			rows[i].Size = n
		case query.ColumnCost:
			rows[i].Cost = time.Duration(n)
		}
	}
}
