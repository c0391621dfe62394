package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Trends is Handlers with how each went over the window, in n equal steps. Where the
// window is open it is as long as there are statistics.
func (s *Store) Trends(ctx context.Context, q query.Handlers, n int) ([]query.HandlerTrend, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	list, err := s.trends(ctx, &q, n)
	if err != nil {
		return nil, fmt.Errorf("read handlers: %w", err)
	}
	return list, nil
}

func (s *Store) trends(ctx context.Context, q *query.Handlers, n int) ([]query.HandlerTrend, error) {
	if n < 1 || n > query.MaxPoints {
		return nil, fmt.Errorf("%d steps: there may be 1 to %d", n, query.MaxPoints)
	}
	from, to, err := s.bounds(ctx, q)
	if err != nil || from >= to {
		return nil, err
	}
	t := &trend{from: from, length: to - from, steps: int64(n), by: map[int64][]query.TrendPoint{}}
	stats, err := s.handlerStats(ctx, q, s.eachOf(t), t)
	if err != nil {
		return nil, err
	}
	list := make([]query.HandlerTrend, len(stats))
	for i := range stats {
		list[i] = query.HandlerTrend{HandlerStats: stats[i].HandlerStats, Trend: t.by[stats[i].row]}
	}
	return list, nil
}

// trend gathers what handlers did in each step; nil gathers nothing.
type trend struct {
	from, length int64 // of the window, in minutes
	steps        int64
	by           map[int64][]query.TrendPoint // by the handler's row
}

func (t *trend) add(minute, row int64, r *rollScan) {
	if t == nil {
		return
	}
	at := (minute - t.from) * t.steps / t.length
	if at < 0 || at >= t.steps {
		return
	}
	points := t.by[row]
	if points == nil {
		points = make([]query.TrendPoint, t.steps)
		step := time.Duration(t.length) * time.Minute / time.Duration(t.steps)
		for i := range points {
			points[i].Start = time.Unix(t.from*60, 0).Add(time.Duration(i) * step)
		}
		t.by[row] = points
	}
	p := &points[at]
	p.Count += uint64(r.numbers[0])
	p.Errors += uint64(r.numbers[1])
	p.Sum = saturate(p.Sum, time.Duration(r.numbers[4]))
}

// first is the first minute of a step.
func (t *trend) first(step int64) int64 { return t.from + (step*t.length+t.steps-1)/t.steps }

// eachOf gives a reader of the window of a trend, in which nothing lies in two of its
// steps.
func (s *Store) eachOf(t *trend) rollReader {
	return func(ctx context.Context, q *query.Handlers, only []int64, fn func(minute, handler int64, r *rollScan)) error {
		if only != nil && len(only) <= veryFew {
			return s.eachMinute(ctx, q, only, fn)
		}
		at, err := s.closed(ctx)
		if err != nil {
			return err
		}
		end := t.from + t.length
		over := min(end, at.before)
		for i := range t.steps {
			from, to := t.first(i), min(t.first(i+1), over)
			if from >= to {
				continue
			}
			b, err := s.span(ctx, at, from, to, false)
			if err != nil {
				return err
			}
			b.each(from, q.Processes, fn)
		}
		return s.eachIn(ctx, max(t.from, over), end, q.Processes, only, fn)
	}
}

// bounds is the window in minutes, from the first to before the second.
func (s *Store) bounds(ctx context.Context, q *query.Handlers) (from, to int64, err error) {
	from, to = minutes(q.Since, q.Until)
	var first, last sql.NullInt64
	if q.Since.IsZero() || q.Until.IsZero() {
		err = s.db.QueryRowContext(ctx, "SELECT (SELECT min(minute) FROM rollup), (SELECT max(minute) FROM rollup)").Scan(&first, &last)
	}
	if q.Since.IsZero() {
		from = first.Int64
	}
	if q.Until.IsZero() {
		to = last.Int64 + 1
		if !last.Valid {
			to = from
		}
	}
	return from, to, err
}

// EachTrend calls fn as EachHandler does, with how the handler went over the window.
func (s *Store) EachTrend(ctx context.Context, since, until time.Time, steps int, fn func(instrument.HandlerInfo, instrument.RollRow, []query.TrendPoint) error) error {
	list, err := s.Trends(ctx, query.Handlers{Since: since, Until: until}, steps)
	if err != nil {
		return err
	}
	for i := range list {
		if err := fn(list[i].Handler, list[i].RollRow, list[i].Trend); err != nil {
			return err
		}
	}
	return nil
}
