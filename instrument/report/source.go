package report

import (
	"context"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
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
