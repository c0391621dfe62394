package store

import (
	"context"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// PlainHandlers is Handlers, of a window with both ends or none, read minute by minute
// from the database.
func (s *Store) PlainHandlers(ctx context.Context, q query.Handlers) ([]query.HandlerStats, error) {
	rows, err := s.handlerStats(ctx, &q, s.eachMinute, nil)
	list := make([]query.HandlerStats, len(rows))
	for i := range rows {
		list[i] = rows[i].HandlerStats
	}
	return list, err
}

// LastStep tells what the last step of Prune was about, and for how long it held the
// write lock.
func (s *Store) LastStep() (kind string, held time.Duration) {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return s.writer.prune.kind, s.writer.prune.held
}
