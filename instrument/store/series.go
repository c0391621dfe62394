package store

import (
	"context"
	"database/sql"
	"fmt"
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
	rows, err := s.seriesRows(ctx, &q, from, to)
	if err != nil || rows == nil {
		return points, err
	}
	var scan rollScan
	var minute int64
	dest := scan.dest(&minute)
	err = each(rows, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		row := instrument.RollRow{Stats: points[(minute-from)/step].Stats}
		scan.addTo(&row, minute, 0)
		points[(minute-from)/step].Stats = row.Stats
		return nil
	})
	return points, err
}

// seriesRows reads the rows of the chosen handlers; nil when there are none.
// Rows stand by minute first, so that those of few handlers are looked up minute
// by minute instead of reading all that every handler did.
func (s *Store) seriesRows(ctx context.Context, q *query.Series, from, to int64) (*sql.Rows, error) {
	where := ""
	if len(q.Processes) > 0 {
		where = " AND r.process IN (" + numbers(q.Processes) + ")"
	}
	filter := filterOf(&q.Handlers)
	if filter.any() {
		return s.db.QueryContext(ctx, "SELECT minute, "+rollColumns+" FROM rollup r WHERE minute >= ? AND minute < ?"+where, from, to)
	}
	handlers, err := s.catalog.load(ctx, s.db)
	if err != nil {
		return nil, err
	}
	ids := filter.rows(handlers)
	const few = 4
	switch {
	case len(ids) == 0:
		return nil, nil
	case len(ids) > few:
		return s.db.QueryContext(ctx, "SELECT minute, "+rollColumns+" FROM rollup r WHERE minute >= ? AND minute < ? AND handler IN ("+numbers(ids)+")"+where, from, to)
	}
	return s.db.QueryContext(ctx, `WITH RECURSIVE m (at) AS (SELECT ? UNION ALL SELECT at + 1 FROM m WHERE at + 1 < ?)
		SELECT minute, `+rollColumns+` FROM m CROSS JOIN rollup r ON r.minute = m.at AND r.handler IN (`+numbers(ids)+`)`+where, from, to)
}
