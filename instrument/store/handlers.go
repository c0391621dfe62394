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
	rows, err := s.handlerStats(ctx, &q, s.eachRoll, nil)
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
	row, last int64
}

// rollReader calls fn with the statistics of a window: see eachRoll.
type rollReader func(ctx context.Context, q *query.Handlers, only []int64, fn func(minute, handler int64, r *rollScan)) error

func (s *Store) handlerStats(ctx context.Context, q *query.Handlers, read rollReader, t *trend) ([]statsRow, error) {
	handlers, err := s.catalog.load(ctx, s.db)
	if err != nil {
		return nil, err
	}
	filter := filterOf(q)
	byRow := map[int64]*statsRow{}
	err = read(ctx, q, few(handlers, filter), func(minute, row int64, scan *rollScan) {
		h, seen := byRow[row]
		if !seen {
			if info, ok := handlers[row]; ok && filter.has(info) {
				h = &statsRow{HandlerStats: query.HandlerStats{Handler: info}, row: row}
			}
			byRow[row] = h
		}
		if h != nil {
			scan.addTo(&h.RollRow, minute, slowestPerHandler)
			h.last = max(h.last, scan.last)
			t.add(minute, row, scan)
		}
	})
	return sortedBySum(byRow), err
}

func sortedBySum(byRow map[int64]*statsRow) []statsRow {
	list := make([]statsRow, 0, len(byRow))
	for _, h := range byRow {
		if h != nil {
			h.Last = time.Unix(h.last*60, 0)
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

// eachRoll calls fn with the statistics of a window: those of minutes that are over
// together, the others by the minute. Handlers that are not nil are those alone, but for
// blocks, which have all. What fn gets is to be read only, until it returns.
func (s *Store) eachRoll(ctx context.Context, q *query.Handlers, only []int64, fn func(minute, handler int64, r *rollScan)) error {
	from, to, err := s.bounds(ctx, q)
	if err != nil {
		return err
	}
	at, err := s.closed(ctx)
	if err != nil {
		return err
	}
	if only != nil && len(only) <= veryFew {
		return s.eachFew(ctx, at, piece{start: from, width: to - from}, q.Processes, only, fn)
	}
	if over := min(to, at.before); over > from {
		b, err := s.span(ctx, at, from, over, true)
		if err != nil {
			return err
		}
		b.each(from, q.Processes, fn)
		from = over
	}
	return s.eachIn(ctx, from, to, q.Processes, only, fn)
}

// eachFew is eachRoll of very few handlers, whose rows are looked up. What they did in
// the hours that are over is kept, also for other ends of the window.
func (s *Store) eachFew(ctx context.Context, at closed, window piece, processes, only []int64, fn func(minute, handler int64, r *rollScan)) error {
	const hours = 2 // level
	of := "of " + numbers(only)
	from, to := window.start, window.start+window.width
	for _, p := range pieces(from, to, at.before) {
		if p.level < hours {
			continue
		}
		if err := s.eachIn(ctx, from, p.start, processes, only, fn); err != nil {
			return err
		}
		b := s.blocks.get(at, closedKey{of, p.start, p.width})
		if b == nil {
			var err error
			if b, err = s.fewBlock(ctx, at, of, p, only); err != nil {
				return err
			}
		}
		b.each(p.start, processes, fn)
		from = p.start + p.width
	}
	return s.eachIn(ctx, from, to, processes, only, fn)
}

// fewBlock reads what very few handlers did in minutes that are over.
func (s *Store) fewBlock(ctx context.Context, at closed, of string, p piece, only []int64) (*closedBlock, error) {
	sums := rollSums{}
	rows, err := s.rollRows(ctx, p.start, p.start+p.width, nil, only)
	if err != nil {
		return nil, err
	}
	if err := eachRollRow(rows, sums.add); err != nil {
		return nil, err
	}
	b := sums.block(p.start)
	s.blocks.put(at, closedKey{of, p.start, p.width}, b)
	return b, nil
}

// eachMinute is eachRoll without blocks.
func (s *Store) eachMinute(ctx context.Context, q *query.Handlers, only []int64, fn func(minute, handler int64, r *rollScan)) error {
	from, to := minutes(q.Since, q.Until)
	return s.eachIn(ctx, from, to, q.Processes, only, fn)
}

func (s *Store) eachIn(ctx context.Context, from, to int64, processes, only []int64, fn func(minute, handler int64, r *rollScan)) error {
	if from >= to {
		return nil
	}
	rows, err := s.rollRows(ctx, from, to, processes, only)
	if err != nil {
		return err
	}
	return eachRollRow(rows, func(minute, handler, _ int64, r *rollScan) { fn(minute, handler, r) })
}

// eachRollRow calls fn with rows of table rollup: minute, handler, process and the numbers.
func eachRollRow(rows *sql.Rows, fn func(minute, handler, process int64, r *rollScan)) error {
	var scan rollScan
	var minute, handler, process int64
	dest := scan.dest(&minute, &handler, &process)
	return each(rows, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		scan.last = minute
		fn(minute, handler, process, &scan)
		return nil
	})
}

// rollRows reads the rows of a window, for eachRollRow. Handlers that
// are not nil are those alone. Rows stand by minute first: those of very few handlers are
// looked up in each minute that there is, which is found by skipping from one to the
// next, instead of passing over the rows of all others.
func (s *Store) rollRows(ctx context.Context, from, to int64, of, only []int64) (*sql.Rows, error) {
	processes := inProcesses("process", of)
	if only != nil && len(only) <= veryFew {
		return s.db.QueryContext(ctx, `WITH RECURSIVE m (at) AS (
			SELECT min(minute) FROM rollup WHERE minute >= ?1 AND minute < ?2
			UNION ALL SELECT (SELECT min(minute) FROM rollup WHERE minute > m.at AND minute < ?2) FROM m WHERE m.at IS NOT NULL)
			SELECT minute, handler, process, `+rollColumns+` FROM m CROSS JOIN rollup ON minute = m.at AND handler IN (`+numbers(only)+`)`+processes, from, to)
	}
	text := "SELECT minute, handler, process, " + rollColumns + " FROM rollup WHERE minute >= ? AND minute < ?"
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

// Counts gives the numbers of each kind, for menus: of the question only the window and the
// processes count.
func (s *Store) Counts(ctx context.Context, q query.Handlers) (map[instrument.Kind]query.KindCounts, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	handlers, err := s.catalog.load(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	byRow := map[int64]*[4]int64{}
	err = s.eachCount(ctx, &q, func(row int64, n [4]int64) {
		sum := byRow[row]
		if sum == nil {
			sum = &[4]int64{}
			byRow[row] = sum
		}
		for i := range sum {
			sum[i] += n[i]
		}
	})
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	counts := map[instrument.Kind]query.KindCounts{}
	for row, n := range byRow {
		k := handlers[row].Kind
		c := counts[k]
		counts[k] = query.KindCounts{
			Handlers: c.Handlers + 1, Count: c.Count + uint64(n[0]),
			Errors: c.Errors + uint64(n[1]), Panics: c.Panics + uint64(n[2]), Slow: c.Slow + uint64(n[3]),
		}
	}
	return counts, nil
}

// eachCount calls fn with how many calls, errors, panics and slow calls handlers had in
// the pieces of a window. Wide blocks that are not known are not made, but counted by the
// database: that is quicker.
func (s *Store) eachCount(ctx context.Context, q *query.Handlers, fn func(row int64, n [4]int64)) error {
	from, to, err := s.bounds(ctx, q)
	if err != nil {
		return err
	}
	at, err := s.closed(ctx)
	if err != nil {
		return err
	}
	over, of := min(to, at.before), q.Processes
	if b := s.blocks.get(at, closedKey{"", from, over - from}); b != nil {
		b.eachCount(of, fn)
		return s.countRows(ctx, piece{start: over, width: to - over}, of, fn)
	}
	list, err := s.pieces(ctx, at, from, to)
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.level < 0 {
			if err := s.countRows(ctx, p, of, fn); err != nil {
				return err
			}
			continue
		}
		b, whole, err := s.countBlock(ctx, at, p, of)
		if err != nil {
			return err
		}
		if whole {
			b.eachCount(of, fn)
		} else {
			b.eachCount(nil, fn)
		}
	}
	return nil
}

// countBlock gives a block whose rows have the counts: a whole one has a row for each
// process, any other the counts of the processes that are asked for together.
func (s *Store) countBlock(ctx context.Context, at closed, p piece, processes []int64) (b *closedBlock, whole bool, err error) {
	if b := s.blocks.get(at, closedKey{"", p.start, p.width}); b != nil {
		return b, true, nil
	}
	if p.level == 0 {
		b, err = s.block(ctx, at, p)
		return b, true, err
	}
	key := closedKey{ofCounts + processesKey(processes), p.start, p.width}
	if b := s.blocks.get(at, key); b != nil {
		return b, false, nil
	}
	b = &closedBlock{}
	err = s.countRows(ctx, p, processes, func(row int64, n [4]int64) {
		r := closedRow{handler: row}
		copy(r.numbers[:], n[:])
		b.rows = append(b.rows, r)
	})
	if err == nil {
		s.blocks.put(at, key, b)
	}
	return b, false, err
}

// countRows has the database count.
func (s *Store) countRows(ctx context.Context, p piece, processes []int64, fn func(row int64, n [4]int64)) error {
	if p.width <= 0 {
		return nil
	}
	rows, err := s.db.QueryContext(ctx, `SELECT handler, sum(count), sum(errors), sum(panics), sum(slow)
		FROM rollup WHERE minute >= ? AND minute < ?`+inProcesses("process", processes)+" GROUP BY handler", p.start, p.start+p.width)
	if err != nil {
		return err
	}
	var row int64
	var n [4]int64
	return each(rows, func(rows *sql.Rows) error {
		if err := rows.Scan(&row, &n[0], &n[1], &n[2], &n[3]); err != nil {
			return err
		}
		fn(row, n)
		return nil
	})
}
