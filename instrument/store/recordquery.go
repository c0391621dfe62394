package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Sort is the order of a list of Records.
type Sort uint8

// The orders of Records.
const (
	Newest  Sort = iota // the latest id first
	Oldest              // the earliest id first
	Slowest             // the longest duration first
)

// RecordQuery chooses Records. The zero value gives the newest fifty of all.
type RecordQuery struct {
	Kinds   []instrument.Kind // empty is all
	Handler string            // the handler's name, exactly; "" is any
	Name    string            // as HandlerQuery.Name

	Path      string // what the path contains
	Method    string // exactly
	User      string // exactly
	Tag       string // one of the tags, exactly
	Error     string // what the error's first line contains
	StatusMin int    // 404, 404 is 404; 500, 599 is every 5xx; 0 is open
	StatusMax int

	MinDuration time.Duration
	MaxDuration time.Duration // 0 is open
	MinQueries  int

	FlagsAny  instrument.Flags // at least one of them; 0 is any
	FlagsAll  instrument.Flags // each of them
	FlagsNone instrument.Flags // none of them

	Trace     instrument.TraceID
	Parent    instrument.ID
	Processes []int64 // by Process.ID; empty is all

	Since, Until time.Time // when it began; zero is open

	Sort  Sort
	After Cursor // RecordPage.Next of the page before; zero is the first page
	Limit int    // 0: 50; at most 1000
	// Budget is how long the search may take when the filter passes few Records.
	// 0: 250 ms. What has not been searched by then is missing; the page says so.
	Budget time.Duration
}

const (
	defaultPage   = 50
	maxPage       = 1000
	defaultBudget = 250 * time.Millisecond
)

// Cursor is a place in an ordered list of Records. Records that are added or
// removed meanwhile do not shift it.
type Cursor struct {
	ID       instrument.ID
	Duration time.Duration // only for Slowest
}

// Row is a Record in a list.
type Row struct {
	instrument.Summary                        // its Handler is nil: the Record may be another program's
	Handler            instrument.HandlerInfo // what its Summary's Handler was
	Process            int64                  // Process.ID
}

// RecordPage is a part of a list of Records.
type RecordPage struct {
	Records []Row
	// Next is where the following page begins; More tells that there may be one.
	Next Cursor
	More bool
	// Complete is false when the Budget ran out: of Total Records that could be in
	// the list, Searched were looked at. In the orders Newest and Oldest the next
	// page goes on there; for Slowest ask again with a larger Budget.
	Complete        bool
	Searched, Total int64
}

func (q RecordQuery) withDefaults() RecordQuery {
	q.Limit = min(max(cmp.Or(q.Limit, defaultPage), 1), maxPage)
	q.Budget = cmp.Or(max(q.Budget, 0), defaultBudget)
	return q
}

// window is the range of ids that the query is about: from the first to before
// the second.
func (q *RecordQuery) window() (from, to instrument.ID) {
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
	case Newest:
		to = min(to, q.After.ID)
	case Oldest:
		from = max(from, q.After.ID+1)
	}
	return from, to
}

// condition is a WHERE clause in the making.
type condition struct {
	text strings.Builder
	args []any
}

func (c *condition) add(text string, args ...any) {
	c.text.WriteString(" AND " + text)
	c.args = append(c.args, args...)
}

// condition is the query's filter but for the window; none is true when it can
// pass nothing.
func (s *Store) condition(ctx context.Context, q *RecordQuery) (c *condition, none bool, err error) {
	c = &condition{}
	q.addColumns(c)
	q.addFlags(c)
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

func (q *RecordQuery) addColumns(c *condition) {
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
	if t := q.Trace; t != (instrument.TraceID{}) {
		c.add("substr(trace, 1, 16) = ?", t[:])
	}
	if len(q.Processes) > 0 {
		c.add("process IN (" + numbers(q.Processes) + ")")
	}
}

func (q *RecordQuery) addFlags(c *condition) {
	if q.FlagsAny != 0 {
		c.add("(flags & ?) <> 0", int64(q.FlagsAny))
	}
	if q.FlagsAll != 0 {
		c.add("(flags & ?) = ?", int64(q.FlagsAll), int64(q.FlagsAll))
	}
	if q.FlagsNone != 0 {
		c.add("(flags & ?) = 0", int64(q.FlagsNone))
	}
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
	handler, kind, start              int64
}

func (r *rowScan) dest(row *Row, more ...any) []any {
	s := &row.Summary
	return append([]any{&row.Process, &s.ID, &r.kind, &r.handler, &r.start, &s.Duration, &s.Status, &s.Flags,
		&r.method, &r.path, &r.user, &r.tags, &r.errText, &r.trace, &r.parent,
		&s.Counts[instrument.KindQuery], &s.QueryTime, &r.counts}, more...)
}

// finish puts what was read into its place.
func (r *rowScan) finish(row *Row, handlers map[int64]instrument.HandlerInfo) {
	s := &row.Summary
	s.Start = s.ID.Time().UnixNano() + r.start
	s.Method, s.Path, s.User, s.Error = r.method.String, r.path.String, r.user.String, r.errText.String
	s.Tags = splitTags(r.tags.String)
	s.Parent = instrument.ID(r.parent.Int64)
	if len(r.trace) == len(s.Trace.TraceID)+len(s.Trace.SpanID) {
		copy(s.Trace.SpanID[:], r.trace[copy(s.Trace.TraceID[:], r.trace):])
	}
	readCounts(r.counts, s)
	row.Handler = handlers[r.handler]
}

// selectRows reads Records: tail is what follows WHERE.
func (s *Store) selectRows(ctx context.Context, tail string, args ...any) ([]Row, error) {
	handlers, err := s.catalog.load(ctx, s.db)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, "SELECT "+rowColumns+" FROM record WHERE "+tail, args...)
	if err != nil {
		return nil, err
	}
	var list []Row
	var scan rowScan
	err = each(rows, func(rows *sql.Rows) error {
		var row Row
		if err := rows.Scan(scan.dest(&row)...); err != nil {
			return err
		}
		scan.finish(&row, handlers)
		list = append(list, row)
		return nil
	})
	return list, err
}

// Records gives a page of the Records that the query chooses.
func (s *Store) Records(ctx context.Context, q RecordQuery) (RecordPage, error) {
	q = q.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, s.options.QueryTimeout+q.Budget)
	defer cancel()
	page, err := s.records(ctx, &q)
	if err != nil {
		return RecordPage{}, fmt.Errorf("list records: %w", err)
	}
	return page, nil
}

func (s *Store) records(ctx context.Context, q *RecordQuery) (RecordPage, error) {
	c, none, err := s.condition(ctx, q)
	if err != nil || none {
		return RecordPage{Complete: true}, err
	}
	if q.Sort == Slowest {
		return s.slowestRecords(ctx, q, c)
	}
	return s.orderedRecords(ctx, q, c)
}

// Children lists the Records that a Record caused, in the order in which they
// began: the first thousand.
func (s *Store) Children(ctx context.Context, id instrument.ID) ([]Row, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	list, err := s.selectRows(ctx, "parent = ? ORDER BY id LIMIT ?", int64(id), maxPage)
	if err != nil {
		return nil, fmt.Errorf("list what record %s caused: %w", id, err)
	}
	return list, nil
}
