package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

const (
	defaultPage   = 50
	maxPage       = 1000
	defaultBudget = 250 * time.Millisecond
)

func withDefaults(q query.Records) query.Records {
	q.Limit = min(max(cmp.Or(q.Limit, defaultPage), 1), maxPage)
	q.Budget = cmp.Or(max(q.Budget, 0), defaultBudget)
	return q
}

// windowOf is the range of ids that a query is about: from the first to before the
// second.
func windowOf(q *query.Records) (from, to instrument.ID) {
	from, to = 0, math.MaxInt64
	if !q.Since.IsZero() {
		from = instrument.FirstID(q.Since)
	}
	if !q.Until.IsZero() {
		to = instrument.FirstID(q.Until)
	}
	if q.After.ID == 0 {
		return from, to
	}
	switch q.Sort {
	case query.Newest:
		to = min(to, q.After.ID)
	case query.Oldest:
		from = max(from, q.After.ID+1)
	}
	return from, to
}

// condition is a WHERE clause in the making.
type condition struct {
	text  strings.Builder
	args  []any
	few   bool  // an index has the few Records that can pass
	match match // what SQL cannot say; nil: it says all
	// bodies tells that match looks into them, which is slower by far where they are large.
	bodies bool
	sieve  *sieve // what few columns can say before match is asked; nil: nothing
}

// match is asked of a Record, and of its body where a condition has bodies.
type match func(r *query.Row, body []byte) bool

// passesAll tells whether there is nothing to search for.
func (c *condition) passesAll() bool { return c.text.Len() == 0 && c.match == nil }

func (c *condition) add(text string, args ...any) {
	c.text.WriteString(" AND " + text)
	c.args = append(c.args, args...)
}

// condition is the query's filter but for the window; none is true when it can
// pass nothing.
func (s *Store) condition(ctx context.Context, q *query.Records) (c *condition, none bool, err error) {
	c = &condition{}
	c.addColumns(q)
	c.addFlags(q)
	if err := s.addWhere(ctx, c, q); err != nil {
		return nil, false, err
	}
	if q.Handler != "" || q.Name != "" {
		handlers, err := s.catalog.load(ctx, s.db)
		if err != nil {
			return nil, false, err
		}
		ids := handlerFilter{q.Kinds, q.Handler, q.Name}.rows(handlers)
		if len(ids) == 0 {
			return c, true, nil
		}
		c.add("handler IN (" + numbers(ids) + ")")
		return c, false, nil
	}
	if len(q.Kinds) > 0 {
		kinds, err := s.kindRows(ctx, q.Kinds)
		if err != nil {
			return nil, false, err
		}
		c.add("kind IN (" + numbers(kinds) + ")")
		return c, len(kinds) == 0, nil
	}
	return c, false, nil
}

func (c *condition) addColumns(q *query.Records) {
	for _, f := range []struct {
		set  bool
		text string
		arg  any
	}{
		{q.Path != "", "instr(path, ?) > 0", q.Path},
		{q.Method != "", "method = ?", q.Method},
		{q.User != "", "user = ?", q.User},
		{q.Tag != "", "instr(tags, ?) > 0", "\n" + q.Tag + "\n"},
		{q.Error != "", "instr(error, ?) > 0", q.Error},
		{q.StatusMin != 0, "status >= ?", q.StatusMin},
		{q.StatusMax != 0, "status <= ?", q.StatusMax},
		{q.MinDuration > 0, "duration >= ?", int64(q.MinDuration)},
		{q.MaxDuration > 0, "duration <= ?", int64(q.MaxDuration)},
		{q.MinQueries > 0, "queries >= ?", q.MinQueries},
		{q.Parent != 0, "parent = ?", int64(q.Parent)},
	} {
		if f.set {
			c.add(f.text, f.arg)
		}
	}
	c.few = c.few || q.Parent != 0
	if t := q.Trace; t != (instrument.TraceID{}) {
		c.add("substr(trace, 1, 16) = ?", t[:])
	}
	c.text.WriteString(inProcesses("process", q.Processes))
}

func (c *condition) addFlags(q *query.Records) {
	if q.FlagsAny != 0 {
		c.add("(flags & ?) <> 0", int64(q.FlagsAny))
	}
	if q.FlagsAll != 0 {
		c.add("(flags & ?) = ?", int64(q.FlagsAll), int64(q.FlagsAll))
	}
	if q.FlagsAll.Has(instrument.FlagPinned) {
		c.addPinned()
	}
	if q.FlagsNone != 0 {
		c.add("(flags & ?) = 0", int64(q.FlagsNone))
	}
}

// addPinned says it in the words of the index.
func (c *condition) addPinned() {
	c.add(fmt.Sprintf("flags & %d <> 0", instrument.FlagPinned))
	c.few = true
}

func (s *Store) kindRows(ctx context.Context, kinds []instrument.Kind) ([]int64, error) {
	names := kindNames(kinds)
	args := make([]any, len(names))
	for i, n := range names {
		args[i] = n
	}
	rows, err := s.db.QueryContext(ctx, "SELECT id FROM kind WHERE name IN (?"+strings.Repeat(",?", len(args)-1)+")", args...)
	if err != nil {
		return nil, err
	}
	var ids []int64
	err = each(rows, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// rowColumns are the columns that scanRow reads: all but the body.
var rowColumns = strings.Join(recordColumns[:len(recordColumns)-1], ", ")

// rowScan reads rows of table record. Its memory is used again for each.
type rowScan struct {
	method, path, user, tags, errText sql.NullString
	trace, counts                     sql.RawBytes
	parent                            sql.NullInt64
	handler, kind                     int64
}

func (r *rowScan) dest(row *query.Row, more ...any) []any {
	s := &row.Summary
	return append([]any{&row.Process, &s.ID, &r.kind, &r.handler, &s.Duration, &s.Status, &s.Flags,
		&r.method, &r.path, &r.user, &r.tags, &r.errText, &r.trace, &r.parent,
		&s.Counts[instrument.KindQuery], &r.counts}, more...)
}

// finish puts what was read into its place.
func (r *rowScan) finish(row *query.Row, handlers map[int64]instrument.HandlerInfo) {
	s := &row.Summary
	s.Method, s.Path, s.User, s.Error = r.method.String, r.path.String, r.user.String, r.errText.String
	s.Tags = splitTags(r.tags.String)
	s.Parent = instrument.ID(r.parent.Int64)
	s.Trace.TraceID, s.Trace.SpanID, s.Caller = splitTrace(r.trace)
	readCounts(r.counts, s)
	row.Handler = handlers[r.handler]
}

// splitTrace takes the column trace apart; Records that nothing caused have no caller.
func splitTrace(b []byte) (trace instrument.TraceID, span, caller instrument.SpanID) {
	if len(b) < len(trace)+len(span) {
		return
	}
	b = b[copy(trace[:], b):]
	copy(caller[:], b[copy(span[:], b):])
	return
}

// selectRows reads Records: tail is what follows WHERE.
func (s *Store) selectRows(ctx context.Context, tail string, args ...any) ([]query.Row, error) {
	return s.selectMatching(ctx, &condition{}, 0, tail, args...)
}

// errEnough ends a walk through rows early.
var errEnough = errors.New("enough")

// selectMatching reads Records up to a number of those that match. Where a condition is
// all in SQL the statement itself has the limit.
func (s *Store) selectMatching(ctx context.Context, c *condition, limit int, tail string, args ...any) ([]query.Row, error) {
	var list []query.Row
	err := s.eachRow(ctx, c, tail, args, func(row *query.Row) error {
		list = append(list, *row)
		if c.match != nil && len(list) >= limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return list, err
}

// eachRow calls fn with each of the Records that tail, what follows WHERE, chooses and
// that match. The row is another one each time.
func (s *Store) eachRow(ctx context.Context, c *condition, tail string, args []any, fn func(*query.Row) error) error {
	handlers, err := s.catalog.load(ctx, s.db)
	if err != nil {
		return err
	}
	if c.sieve == nil {
		return s.scanRows(ctx, c, handlers, tail, args, fn)
	}
	ids, err := c.sieve.ids(ctx, s.db, tail, args)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(ids, defaultPage) {
		byID := map[int64]*query.Row{}
		err := s.scanRows(ctx, c, handlers, "id IN ("+numbers(some)+")", nil, func(row *query.Row) error {
			byID[int64(row.ID)] = row
			return nil
		})
		if err != nil {
			return err
		}
		for _, id := range some {
			if row := byID[id]; row != nil {
				if err := fn(row); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// scanRows does eachRow's work for a condition without a sieve.
func (s *Store) scanRows(ctx context.Context, c *condition, handlers map[int64]instrument.HandlerInfo, tail string, args []any, fn func(*query.Row) error) error {
	columns, body, more := rowColumns, sql.RawBytes(nil), []any(nil)
	if c.bodies {
		columns, more = columns+", body", []any{&body}
	}
	rows, err := s.db.QueryContext(ctx, "SELECT "+columns+" FROM record WHERE "+tail, args...)
	if err != nil {
		return err
	}
	var scan rowScan
	return each(rows, func(rows *sql.Rows) error {
		var row query.Row
		if err := rows.Scan(scan.dest(&row, more...)...); err != nil {
			return err
		}
		scan.finish(&row, handlers)
		if c.match != nil && !c.match(&row, body) {
			return nil
		}
		return fn(&row)
	})
}

// Records gives a page of the Records that the query chooses.
func (s *Store) Records(ctx context.Context, q query.Records) (query.RecordPage, error) {
	q = withDefaults(q)
	ctx, cancel := context.WithTimeout(ctx, s.options.QueryTimeout+q.Budget)
	defer cancel()
	page, err := s.records(ctx, &q)
	if err != nil {
		return query.RecordPage{}, fmt.Errorf("list records: %w", err)
	}
	return page, nil
}

func (s *Store) records(ctx context.Context, q *query.Records) (query.RecordPage, error) {
	c, none, err := s.condition(ctx, q)
	if err != nil || none {
		return query.RecordPage{Complete: true}, err
	}
	switch q.Sort {
	case query.Slowest:
		return s.slowestRecords(ctx, q, c)
	case query.ByColumn:
		return s.columnRecords(ctx, q, c)
	}
	return s.orderedRecords(ctx, q, c)
}

// Children lists the Records that a Record caused, in the order in which they
// began: the first thousand.
func (s *Store) Children(ctx context.Context, id instrument.ID) ([]query.Row, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	list, err := s.selectRows(ctx, "parent = ? ORDER BY id LIMIT ?", int64(id), maxPage)
	if err != nil {
		return nil, fmt.Errorf("list what record %s caused: %w", id, err)
	}
	return list, nil
}
