package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

func filterOf(q *query.Handlers) handlerFilter {
	return handlerFilter{q.Kinds, q.Handler, q.Name}
}

// minutes is the window as minutes: from the first to before the second.
func minutes(since, until time.Time) (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	if !since.IsZero() {
		from = minuteOf(since)
	}
	if !until.IsZero() {
		to = minuteOf(until.Add(time.Minute - 1))
	}
	return from, to
}

// slowestPerHandler is how many of the slowest Records HandlerStats names.
const slowestPerHandler = 10

// Handlers gives the statistics of every handler that was called in the window,
// the greatest sum of time first.
func (s *Store) Handlers(ctx context.Context, q query.Handlers) ([]query.HandlerStats, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	rows, err := s.handlerStats(ctx, &q, nil)
	if err != nil {
		return nil, fmt.Errorf("read handlers: %w", err)
	}
	list := make([]query.HandlerStats, len(rows))
	for i := range rows {
		list[i] = rows[i].HandlerStats
	}
	return list, nil
}

// statsRow is a handler's statistics with its row in the catalogue.
type statsRow struct {
	query.HandlerStats
	row int64
}

func (s *Store) handlerStats(ctx context.Context, q *query.Handlers, t *trend) ([]statsRow, error) {
	handlers, err := s.catalog.load(ctx, s.db)
	if err != nil {
		return nil, err
	}
	filter := filterOf(q)
	rows, err := s.rollRows(ctx, q, few(handlers, filter))
	if err != nil {
		return nil, err
	}
	byRow := map[int64]*statsRow{}
	var scan rollScan
	var minute, row int64
	dest := scan.dest(&minute, &row)
	err = each(rows, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		h, seen := byRow[row]
		if !seen {
			if info, ok := handlers[row]; ok && filter.has(info) {
				h = &statsRow{query.HandlerStats{Handler: info}, row}
			}
			byRow[row] = h
		}
		if h != nil {
			scan.addTo(&h.RollRow, minute, slowestPerHandler)
			t.add(minute, row, &scan)
		}
		return nil
	})
	return sortedBySum(byRow), err
}

func sortedBySum(byRow map[int64]*statsRow) []statsRow {
	list := make([]statsRow, 0, len(byRow))
	for _, h := range byRow {
		if h != nil {
			list = append(list, *h)
		}
	}
	slices.SortFunc(list, func(a, b statsRow) int {
		if a.Sum != b.Sum {
			return int(min(max(b.Sum-a.Sum, -1), 1))
		}
		return strings.Compare(a.Handler.Kind.String()+a.Handler.Name, b.Handler.Kind.String()+b.Handler.Name)
	})
	return list
}

// maxFew is how many handlers are named in a statement: beyond it, passing over the
// rows of the others costs less than comparing each with the list.
const maxFew = 64

// few are the handlers that pass a filter, when it is so narrow that the database had
// better leave the rows of all others where they are: handing a row over costs more than
// everything else. Nil is no such help.
func few(handlers map[int64]instrument.HandlerInfo, f handlerFilter) []int64 {
	ids := []int64{}
	for id, info := range handlers {
		if !f.has(info) {
			continue
		}
		if ids = append(ids, id); len(ids) > maxFew {
			return nil
		}
	}
	return ids
}

// veryFew is up to how many handlers their rows are looked up, minute by minute.
const veryFew = 8

// rollRows reads the rows of a window: minute, handler and the numbers. Handlers that
// are not nil are those alone. Rows stand by minute first: those of very few handlers are
// looked up in each minute that there is, which is found by skipping from one to the
// next, instead of passing over the rows of all others.
func (s *Store) rollRows(ctx context.Context, q *query.Handlers, only []int64) (*sql.Rows, error) {
	from, to := minutes(q.Since, q.Until)
	processes := ""
	if len(q.Processes) > 0 {
		processes = " AND process IN (" + numbers(q.Processes) + ")"
	}
	if only != nil && len(only) <= veryFew {
		return s.db.QueryContext(ctx, `WITH RECURSIVE m (at) AS (
			SELECT min(minute) FROM rollup WHERE minute >= ?1 AND minute < ?2
			UNION ALL SELECT (SELECT min(minute) FROM rollup WHERE minute > m.at AND minute < ?2) FROM m WHERE m.at IS NOT NULL)
			SELECT minute, handler, `+rollColumns+` FROM m CROSS JOIN rollup ON minute = m.at AND handler IN (`+numbers(only)+`)`+processes, from, to)
	}
	text := "SELECT minute, handler, " + rollColumns + " FROM rollup WHERE minute >= ? AND minute < ?"
	if only != nil {
		text += " AND handler IN (" + numbers(only) + ")"
	}
	return s.db.QueryContext(ctx, text+processes, from, to)
}

// numbers writes a list for IN.
func numbers(ids []int64) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, id)
	}
	return b.String()
}

// EachHandler calls fn once for each handler that was called in [since, until),
// merged over processes; zero times are open. It is Handlers in the form that
// package report asks for. An error of fn ends the walk and is returned.
func (s *Store) EachHandler(ctx context.Context, since, until time.Time, fn func(instrument.HandlerInfo, instrument.RollRow) error) error {
	list, err := s.Handlers(ctx, query.Handlers{Since: since, Until: until})
	if err != nil {
		return err
	}
	for _, h := range list {
		if err := fn(h.Handler, h.RollRow); err != nil {
			return err
		}
	}
	return nil
}

// Counts gives the numbers of each kind in a window, for menus.
func (s *Store) Counts(ctx context.Context, since, until time.Time) (map[instrument.Kind]query.KindCounts, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	handlers, err := s.catalog.load(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	from, to := minutes(since, until)
	rows, err := s.db.QueryContext(ctx, `SELECT handler, sum(count), sum(errors), sum(panics), sum(slow)
		FROM rollup WHERE minute >= ? AND minute < ? GROUP BY handler`, from, to)
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	counts := map[instrument.Kind]query.KindCounts{}
	err = each(rows, func(rows *sql.Rows) error {
		var row, n, errs, panics, slow int64
		if err := rows.Scan(&row, &n, &errs, &panics, &slow); err != nil {
			return err
		}
		k := handlers[row].Kind
		c := counts[k]
		counts[k] = query.KindCounts{
			Handlers: c.Handlers + 1, Count: c.Count + uint64(n),
			Errors: c.Errors + uint64(errs), Panics: c.Panics + uint64(panics), Slow: c.Slow + uint64(slow),
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	return counts, nil
}
