package query

import (
	"context"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Narrowed answers from a Part of a store, about statistics of handlers and about lists of
// Records. With a nil Part it is the whole store.
type Narrowed struct {
	Store interface {
		Handlers(ctx context.Context, q Handlers) ([]HandlerStats, error)
		Records(ctx context.Context, q Records) (RecordPage, error)
	}
	Part *Part
}

// trended is a store that also knows how handlers went over a window. *store.Store does.
type trended interface {
	Trends(ctx context.Context, q Handlers, n int) ([]HandlerTrend, error)
}

// Records lists those of the Part.
func (n Narrowed) Records(ctx context.Context, q Records) (RecordPage, error) {
	q, any := n.Part.Records(q)
	if !any {
		return RecordPage{Complete: true}, nil
	}
	return n.Store.Records(ctx, q)
}

// Handlers gives the statistics of the Part.
func (n Narrowed) Handlers(ctx context.Context, q Handlers) ([]HandlerStats, error) {
	q, any := n.Part.Handlers(q)
	if !any {
		return nil, nil
	}
	return n.Store.Handlers(ctx, q)
}

// EachHandler calls fn with the statistics of the Part in a window, until it gives an error.
func (n Narrowed) EachHandler(ctx context.Context, since, until time.Time, fn func(instrument.HandlerInfo, instrument.RollRow) error) error {
	rows, err := n.Handlers(ctx, Handlers{Since: since, Until: until})
	for i := range rows {
		if err := fn(rows[i].Handler, rows[i].RollRow); err != nil {
			return err
		}
	}
	return err
}

// EachTrend is EachHandler with how each went over the window, where the store knows.
func (n Narrowed) EachTrend(ctx context.Context, since, until time.Time, steps int, fn func(instrument.HandlerInfo, instrument.RollRow, []TrendPoint) error) error {
	store, ok := n.Store.(trended)
	q, any := n.Part.Handlers(Handlers{Since: since, Until: until})
	switch {
	case !any:
		return nil
	case !ok:
		return n.EachHandler(ctx, since, until, func(h instrument.HandlerInfo, row instrument.RollRow) error { return fn(h, row, nil) })
	}
	list, err := store.Trends(ctx, q, steps)
	for i := range list {
		if err := fn(list[i].Handler, list[i].RollRow, list[i].Trend); err != nil {
			return err
		}
	}
	return err
}
