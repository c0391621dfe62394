package web

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// partStore answers from what some processes have brought to a store. What is about one
// Record, one exception or the store itself is as in the whole.
type partStore struct {
	query.Narrowed
	whole          // for what a part does not narrow
	service string // that all of it belongs to
}

type whole struct{ Store }

func newPartStore(s Store, part *query.Part, service string) partStore {
	return partStore{query.Narrowed{Store: s, Part: part}, whole{s}, service}
}

// Exceptions lists those of the service: they are not counted by process.
func (s partStore) Exceptions(ctx context.Context, q query.Exceptions) (query.ExceptionPage, error) {
	q.Service = s.service
	return s.whole.Exceptions(ctx, q)
}

// Counts gives the numbers of the part.
func (s partStore) Counts(ctx context.Context, q query.Handlers) (map[instrument.Kind]query.KindCounts, error) {
	q, any := s.Part.Handlers(q)
	if !any {
		return map[instrument.Kind]query.KindCounts{}, nil
	}
	return s.whole.Counts(ctx, q)
}

// Series gives the points of the part; those from before it has statistics are empty.
func (s partStore) Series(ctx context.Context, q query.Series) ([]query.Point, error) {
	narrow, any := s.Part.Handlers(q.Handlers)
	if any && narrow.Since.Equal(q.Since) {
		return s.whole.Series(ctx, query.Series{Handlers: narrow, Step: q.Step})
	}
	// The points are laid out as in the whole, by asking for those of nobody.
	nobody := q
	nobody.Processes = []int64{-1}
	points, err := s.whole.Series(ctx, nobody)
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
			part, err := s.whole.Series(ctx, rest)
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
	rest, err := s.whole.Series(ctx, q)
	copy(points[first:], rest)
	return err
}
