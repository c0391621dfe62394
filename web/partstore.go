package web

import (
	"context"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// partStore answers from what some processes have brought to a store. What is about one
// Record, one exception or the store itself is as in the whole.
type partStore struct {
	Store
	part    *query.Part
	service string // that all of it belongs to
}

// Records lists those of the part.
func (s partStore) Records(ctx context.Context, q query.Records) (query.RecordPage, error) {
	q, any := s.part.Records(q)
	if !any {
		return query.RecordPage{Complete: true}, nil
	}
	return s.Store.Records(ctx, q)
}

// Handlers gives the statistics of the part.
func (s partStore) Handlers(ctx context.Context, q query.Handlers) ([]query.HandlerStats, error) {
	q, any := s.part.Handlers(q)
	if !any {
		return nil, nil
	}
	return s.Store.Handlers(ctx, q)
}

// EachHandler calls fn with the statistics of the part.
func (s partStore) EachHandler(ctx context.Context, since, until time.Time, fn func(instrument.HandlerInfo, instrument.RollRow) error) error {
	rows, err := s.Handlers(ctx, query.Handlers{Since: since, Until: until})
	for i := range rows {
		if err := fn(rows[i].Handler, rows[i].RollRow); err != nil {
			return err
		}
	}
	return err
}

// Exceptions lists those of the service: they are not counted by process.
func (s partStore) Exceptions(ctx context.Context, q query.Exceptions) (query.ExceptionPage, error) {
	q.Service = s.service
	return s.Store.Exceptions(ctx, q)
}

// Counts gives the numbers of the part.
func (s partStore) Counts(ctx context.Context, q query.Handlers) (map[instrument.Kind]query.KindCounts, error) {
	q, any := s.part.Handlers(q)
	if !any {
		return map[instrument.Kind]query.KindCounts{}, nil
	}
	return s.Store.Counts(ctx, q)
}

// Series gives the points of the part; those from before it has statistics are empty.
func (s partStore) Series(ctx context.Context, q query.Series) ([]query.Point, error) {
	narrow, any := s.part.Handlers(q.Handlers)
	if any && narrow.Since.Equal(q.Since) {
		return s.Store.Series(ctx, query.Series{Handlers: narrow, Step: q.Step})
	}
	// The points are laid out as in the whole, by asking for those of nobody.
	nobody := q
	nobody.Processes = []int64{-1}
	points, err := s.Store.Series(ctx, nobody)
	if err != nil || !any || len(points) == 0 {
		return points, err
	}
	return points, s.fill(ctx, query.Series{Handlers: narrow, Step: q.Step}, points)
}

// fill puts in the points from q.Since on. It may lie within a step: what is left of that
// one is a question of its own.
func (s partStore) fill(ctx context.Context, q query.Series, points []query.Point) error {
	first := 0
	for first < len(points) && points[first].Start.Before(q.Since) {
		first++
	}
	if first > 0 {
		rest := q
		if first < len(points) {
			rest.Until = points[first].Start
		}
		if rest.Since.Before(rest.Until) {
			part, err := s.Store.Series(ctx, rest)
			if err != nil {
				return err
			}
			for i := range part {
				points[first-1].Add(&part[i].Stats)
			}
		}
	}
	if first == len(points) {
		return nil
	}
	q.Since = points[first].Start
	rest, err := s.Store.Series(ctx, q)
	copy(points[first:], rest)
	return err
}

// trended is a store that also knows how handlers went over a window. *store.Store does.
type trended interface {
	Trends(ctx context.Context, q query.Handlers, n int) ([]query.HandlerTrend, error)
}

// EachTrend is EachHandler with how each went over the window, where the store knows.
func (s partStore) EachTrend(ctx context.Context, since, until time.Time, steps int, fn func(instrument.HandlerInfo, instrument.RollRow, []query.TrendPoint) error) error {
	store, ok := s.Store.(trended)
	q, any := s.part.Handlers(query.Handlers{Since: since, Until: until})
	switch {
	case !any:
		return nil
	case !ok:
		return s.EachHandler(ctx, since, until, func(h instrument.HandlerInfo, row instrument.RollRow) error { return fn(h, row, nil) })
	}
	list, err := store.Trends(ctx, q, steps)
	for i := range list {
		if err := fn(list[i].Handler, list[i].RollRow, list[i].Trend); err != nil {
			return err
		}
	}
	return err
}
