package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Health is the state of the store.
type Health struct {
	Path          string // "" in memory
	SchemaVersion int
	FileBytes     int64 // of the database file, or of the memory
	WALBytes      int64 // what was written and is not in the file yet
	MaxBytes      int64 // what the two may be together
	PageSize      int64
	Pages         int64
	FreePages     int64 // of these, empty
	Records       int64
	Oldest        time.Time // when the oldest Record began; zero without Records
	Newest        time.Time
	Processes     int  // known
	Gone          bool // the file was deleted or replaced: nothing is written any more
}

// Health reads the state of the store.
func (s *Store) Health(ctx context.Context) (Health, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	h := Health{Path: s.file.path, MaxBytes: s.options.MaxBytes, Gone: s.file.check() != nil}
	h.FileBytes, h.WALBytes = s.file.sizes()
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
			return Health{}, fmt.Errorf("read the store's state: %w", err)
		}
	}
	if h.Path == "" {
		h.FileBytes = h.Pages * h.PageSize
	}
	h.Oldest, h.Newest = timeOf(oldest), timeOf(newest)
	return h, nil
}
