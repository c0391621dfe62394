// Package nplusone finds statements that are run for each row of another one, in the
// Records that a store has kept of a handler:
//
//	loops, err := nplusone.Find(ctx, store, query.Records{Handler: "GET /orders/{id}"})
//
// What such a loop is, package sqltap decides.
package nplusone

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// Source is what Records are read from. The store implements it.
type Source interface {
	Records(ctx context.Context, q query.Records) (query.RecordPage, error)
	Record(ctx context.Context, id instrument.ID) (*instrument.Record, error)
}

// Loops are what was found.
type Loops struct {
	Records int    // that were looked at
	With    int    // that have a loop
	Loops   []Loop // by statement, the one in most Records first
}

// Loop is a statement that runs for each row of another one.
type Loop struct {
	Statement string
	Place     instrument.Source // the line that runs it; zero when not known
	Times     int               // in the sample
	Records   int
	Sample    instrument.ID // a Record that shows it, the newest
}

// String says how often what ran where.
func (l Loop) String() string {
	s := fmt.Sprintf("%d x %s", l.Times, l.Statement)
	if l.Place.File != "" {
		s += " at " + l.Place.String()
	}
	return s
}

// least is from how many statements on a Record can have a loop.
const least = 3

// Find looks at the Records that a query chooses. A Record that is pruned meanwhile is
// passed over.
func Find(ctx context.Context, src Source, q query.Records) (*Loops, error) {
	q.Budget = cmp.Or(q.Budget, 2*time.Second)
	page, err := src.Records(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("find N+1: %w", err)
	}
	found := &Loops{}
	at := map[string]int{}
	for i := range page.Records {
		row := &page.Records[i]
		if row.Unfinished() {
			continue
		}
		found.Records++
		if row.Count(instrument.KindQuery) < least {
			continue
		}
		rec, err := src.Record(ctx, row.ID)
		if err != nil {
			if ctx.Err() != nil {
				return nil, fmt.Errorf("find N+1: %w", ctx.Err())
			}
			continue
		}
		found.add(at, rec)
	}
	slices.SortStableFunc(found.Loops, func(a, b Loop) int { return cmp.Compare(b.Records, a.Records) })
	return found, nil
}

func (l *Loops) add(at map[string]int, rec *instrument.Record) {
	verdicts := sqltap.Judge(rec.Spans, sqltap.Limits{})
	if len(verdicts.NPlusOne) > 0 {
		l.With++
	}
	seen := map[string]bool{}
	for _, n := range verdicts.NPlusOne {
		if seen[n.Statement] {
			continue
		}
		seen[n.Statement] = true
		i, known := at[n.Statement]
		if !known {
			i = len(l.Loops)
			at[n.Statement] = i
			l.Loops = append(l.Loops, Loop{Statement: n.Statement, Place: instrument.Source(n.Caller), Times: len(n.Spans), Sample: rec.ID})
		}
		l.Loops[i].Records++
	}
}
