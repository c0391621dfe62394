package report

import (
	"context"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Source is what a report is made from. The store implements it.
type Source interface {
	// EachHandler calls fn once for each handler with calls that ended in
	// [since, until), merged over processes; zero times are open ends. The row's
	// Slowest may point to Records that are gone, its Handler is not looked at. An
	// error of fn ends the walk and is returned.
	EachHandler(ctx context.Context, since, until time.Time, fn func(h instrument.HandlerInfo, row instrument.RollRow) error) error
	// Record reads one Record; an error when it is gone.
	Record(ctx context.Context, id instrument.ID) (*instrument.Record, error)
}

// TrendSource is a Source that also knows how handlers went over the window. The store
// is one.
type TrendSource interface {
	Source
	// EachTrend is EachHandler with what the handler did in each of equal steps.
	EachTrend(ctx context.Context, since, until time.Time, steps int, fn func(h instrument.HandlerInfo, row instrument.RollRow, trend []query.TrendPoint) error) error
}
