package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Health reads the state of the store.
func (s *Store) Health(ctx context.Context) (query.Health, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	file := s.file.Load()
	h := query.Health{Path: file.path, MaxBytes: s.options.MaxBytes, Gone: file.check() != nil}
	h.FileBytes, h.WALBytes = file.sizes()
	var oldest, newest sql.NullInt64
	for _, q := range []struct {
		text string
		dst  any
	}{
		{"PRAGMA user_version", &h.SchemaVersion},
		{"PRAGMA page_size", &h.PageSize},
		{"PRAGMA page_count", &h.Pages},
		{"PRAGMA freelist_count", &h.FreePages},
		{"SELECT value FROM total WHERE name = 'records'", &h.Records},
		{"SELECT min(id) FROM record", &oldest},
		{"SELECT max(id) FROM record", &newest},
		{"SELECT count(*) FROM process", &h.Processes},
	} {
		if err := s.db.QueryRowContext(ctx, q.text).Scan(q.dst); err != nil {
			return query.Health{}, fmt.Errorf("read the store's state: %w", err)
		}
	}
	if h.Path == "" {
		h.FileBytes = h.Pages * h.PageSize
	}
	h.Oldest, h.Newest = timeOf(oldest), timeOf(newest)
	return h, nil
}
