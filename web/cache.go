package web

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// longStats keeps statistics without a beginning for a moment: months of them take long
// to add up, and the last seconds change them little.
type longStats struct {
	mu  sync.Mutex // guards all
	all map[string]keptStats
}

type keptStats struct {
	rows []query.HandlerStats
	till time.Time
}

const (
	keepLongStats = time.Minute // statistics are kept by the minute
	maxLongStats  = 256
)

// everHandlers is Store.Handlers for a question without a beginning.
func (d *Dashboard) everHandlers(ctx context.Context, q query.Handlers) ([]query.HandlerStats, error) {
	q, any := d.choice.part.Handlers(q)
	if !any {
		return nil, nil
	}
	key := fmt.Sprint(q.Kinds, q.Processes, q.Handler, q.Since.Unix())
	now := time.Now()
	d.ever.mu.Lock()
	kept, ok := d.ever.all[key]
	d.ever.mu.Unlock()
	if ok && now.Before(kept.till) {
		return kept.rows, nil
	}
	rows, err := d.store.Handlers(ctx, q)
	if err != nil {
		return nil, err
	}
	d.ever.mu.Lock()
	defer d.ever.mu.Unlock()
	if d.ever.all == nil || len(d.ever.all) >= maxLongStats {
		d.ever.all = map[string]keptStats{}
	}
	d.ever.all[key] = keptStats{rows, now.Add(keepLongStats)}
	return rows, nil
}
