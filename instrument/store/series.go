package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Series gives one point for each step of the window, also for those in which
// nothing happened. Statistics that are kept by the hour stand at its beginning.
func (s *Store) Series(ctx context.Context, q query.Series) ([]query.Point, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	points, err := s.series(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read series: %w", err)
	}
	return points, nil
}

func (s *Store) series(ctx context.Context, q query.Series) ([]query.Point, error) {
	if q.Until.IsZero() {
		q.Until = s.options.Now()
	}
	if q.Since.IsZero() {
		q.Since = q.Until.Add(-time.Hour)
	}
	step := max(int64((q.Step+time.Minute-1)/time.Minute), 1)
	from, to := minutes(q.Since, q.Until)
	n := (to - from + step - 1) / step
	if n < 1 || n > query.MaxPoints {
		return nil, fmt.Errorf("%d points of %d minutes from %s to %s: there may be 1 to %d",
			n, step, q.Since.Format(time.RFC3339), q.Until.Format(time.RFC3339), query.MaxPoints)
	}
	points := make([]query.Point, n)
	for i := range points {
		points[i].Start = time.Unix((from+int64(i)*step)*60, 0)
	}
	at, err := s.closed(ctx)
	if err != nil {
		return nil, err
	}
	// Points of minutes that are over are known or will be; the others are read together.
	of := fmt.Sprintf("%v\x00%s\x00%s\x00%s", q.Kinds, q.Handler, q.Name, processesKey(q.Processes))
	known := func(i int64) *closedBlock {
		start := from + i*step
		if start+step > to { // only a part of the step is asked for
			return nil
		}
		return s.blocks.get(at, closedKey{of, start, step})
	}
	for i := int64(0); i < n; {
		start := from + i*step
		if b := known(i); b != nil {
			for j := range b.rows {
				addPoint(&points[i], start, &b.rows[j].rollScan)
			}
			i++
			continue
		}
		first := i
		for i < n && known(i) == nil {
			i++
		}
		err := s.readUnknown(ctx, at, &q, points[first:i], start, step, min(to, from+i*step))
		if err != nil {
			return nil, err
		}
		for j := first; j < i && from+(j+1)*step <= to; j++ {
			b := &closedBlock{}
			if p := &points[j]; p.Count > 0 || p.Errors > 0 || p.Sum != 0 || p.Self != 0 {
				b.add(0, 0, from+j*step, &rollSum{RollRow: instrument.RollRow{Stats: p.Stats}})
			}
			s.blocks.put(at, closedKey{of, from + j*step, step}, b)
		}
	}
	return points, nil
}

func addPoint(p *query.Point, minute int64, scan *rollScan) {
	row := instrument.RollRow{Stats: p.Stats}
	scan.addTo(&row, minute, 0)
	p.Stats = row.Stats
}

// maxMinuteRows is up to how many rows points of a minute are read as blocks of all
// handlers, which other questions about the same minutes then have: some 10 MB.
const maxMinuteRows = 40_000

// veryFewInSeries is up to how many handlers their rows are looked up, minute by minute.
const veryFewInSeries = 4

// readUnknown fills in points of equal steps that begin at from. A long step of which most
// is over is put together from blocks, as it is asked for until it is over.
func (s *Store) readUnknown(ctx context.Context, at closed, q *query.Series, points []query.Point, from, step, to int64) error {
	open := (at.before - from) / step // the point that is not over yet
	if at.before <= from || open >= int64(len(points)) || step < minPieces {
		return s.readPoints(ctx, at, q, points, from, step, to)
	}
	start := from + open*step
	if open > 0 {
		if err := s.readPoints(ctx, at, q, points[:open], from, step, start); err != nil {
			return err
		}
	}
	if err := s.readOpen(ctx, q, &points[open], start, min(to, start+step)); err != nil {
		return err
	}
	if rest := points[open+1:]; len(rest) > 0 {
		return s.readPoints(ctx, at, q, rest, start+step, step, to)
	}
	return nil
}

// minPieces is how many minutes a step has for which it is worth to look for blocks.
const minPieces = 10

// readOpen fills in one point, with what is known of the minutes that are over.
func (s *Store) readOpen(ctx context.Context, q *query.Series, p *query.Point, from, to int64) error {
	handlers, err := s.catalog.load(ctx, s.db)
	if err != nil {
		return err
	}
	filter := filterOf(&q.Handlers)
	chosen := filter.chosen(handlers)
	if chosen != nil && len(chosen) == 0 {
		return nil
	}
	part := query.Handlers{Since: time.Unix(from*60, 0), Until: time.Unix(to*60, 0), Processes: q.Processes}
	return s.eachRoll(ctx, &part, few(handlers, filter), func(minute, handler int64, scan *rollScan) {
		if chosen == nil || chosen[handler] {
			addPoint(p, minute, scan)
		}
	})
}

// readPoints fills in points of equal steps that begin at from.
func (s *Store) readPoints(ctx context.Context, at closed, q *query.Series, points []query.Point, from, step, to int64) error {
	handlers, err := s.catalog.load(ctx, s.db)
	if err != nil {
		return err
	}
	chosen := filterOf(&q.Handlers).chosen(handlers)
	if chosen != nil && len(chosen) == 0 {
		return nil
	}
	first := from
	if step == 1 && len(points)*len(handlers) <= maxMinuteRows && (chosen == nil || len(chosen) > veryFewInSeries) {
		if from, err = s.minutePoints(ctx, at, q.Processes, chosen, points, from, to); err != nil || from == to {
			return err
		}
	}
	rows, err := s.seriesRows(ctx, q.Processes, chosen, from, to)
	if err != nil {
		return err
	}
	var scan rollScan
	var minute int64
	dest := scan.dest(&minute)
	return each(rows, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		addPoint(&points[(minute-first)/step], minute, &scan)
		return nil
	})
}

// chosen are the rows of the handlers that the filter chooses; nil is all of them.
func (f handlerFilter) chosen(handlers map[int64]instrument.HandlerInfo) map[int64]bool {
	if f.any() {
		return nil
	}
	chosen := map[int64]bool{}
	for _, id := range f.rows(handlers) {
		chosen[id] = true
	}
	return chosen
}

// minutePoints fills in the points of minutes that are over, and gives the first minute
// that is not.
func (s *Store) minutePoints(ctx context.Context, at closed, processes []int64, chosen map[int64]bool, points []query.Point, from, to int64) (int64, error) {
	over := min(to, at.before)
	if over <= from {
		return from, nil
	}
	list, err := s.minuteBlocks(ctx, at, from, over)
	if err != nil {
		return from, err
	}
	is := among(processes)
	for i, b := range list {
		for j := range b.rows {
			r := &b.rows[j]
			if (chosen == nil || chosen[r.handler]) && is(r.process) {
				addPoint(&points[i], from+int64(i), &r.rollScan)
			}
		}
	}
	return over, nil
}

// seriesRows reads the rows of the chosen handlers. Rows stand by minute first, so that
// those of few handlers are looked up minute by minute instead of reading all that every
// handler did.
func (s *Store) seriesRows(ctx context.Context, processes []int64, chosen map[int64]bool, from, to int64) (*sql.Rows, error) {
	where := inProcesses("r.process", processes)
	ids := slices.Sorted(maps.Keys(chosen))
	switch {
	case chosen == nil:
		return s.db.QueryContext(ctx, "SELECT minute, "+rollColumns+" FROM rollup r WHERE minute >= ? AND minute < ?"+where, from, to)
	case len(ids) > veryFewInSeries:
		return s.db.QueryContext(ctx, "SELECT minute, "+rollColumns+" FROM rollup r WHERE minute >= ? AND minute < ? AND handler IN ("+numbers(ids)+")"+where, from, to)
	}
	return s.db.QueryContext(ctx, `WITH RECURSIVE m (at) AS (SELECT ? UNION ALL SELECT at + 1 FROM m WHERE at + 1 < ?)
		SELECT minute, `+rollColumns+` FROM m CROSS JOIN rollup r ON r.minute = m.at AND r.handler IN (`+numbers(ids)+`)`+where, from, to)
}
