package web

import (
	"context"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// searchRest is how many times as long as a look into a Record a stream rests after it: a
// viewer takes a quarter of a processor at most. What comes faster waits in the feed, and
// is missed when that is full.
const searchRest = 3

// searched accepts what a filter passes that looks into Records. A summary cannot tell, so
// the store is asked; but not where the other conditions have said no.
func (d *Dashboard) searched(w wanted) acceptFunc {
	q := w.query()
	all := []query.Where{q.Where}
	if q.Where.Op == query.And {
		all = q.Where.Of
	}
	return func(ctx context.Context, s *instrument.Summary, h instrument.HandlerInfo) bool {
		if w.kind != 0 && h.Kind != w.kind {
			return false
		}
		row := query.Row{Summary: *s, Handler: h}
		for i := range all {
			if !all[i].Uses(query.FieldText) && !all[i].Match(&row, nil) {
				return false
			}
		}
		begun := time.Now()
		found := d.passes(ctx, q, s.ID)
		rest(ctx, searchRest*time.Since(begun))
		return found
	}
}

// passes asks the store of one Record.
func (d *Dashboard) passes(ctx context.Context, q query.Records, id instrument.ID) bool {
	one := query.Where{Op: query.Equal, Field: query.FieldID, Number: int64(id)}
	q.Where = query.Where{Op: query.And, Of: []query.Where{one, q.Where}}
	q.Since, q.Limit = id.Time(), 1
	q.Until = q.Since.Add(time.Millisecond)
	page, err := d.store.Records(ctx, q)
	return err == nil && len(page.Records) > 0
}

// rest waits, unless the viewer leaves.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
