package store

import (
	"context"
	"fmt"
	"time"
)

// Activity is one request of a visitor; UserID 0 means that nobody was logged in.
type Activity struct {
	UserID       int64
	Method, Path string
}

// LogActivity stores one request.
func (s *Store) LogActivity(ctx context.Context, a Activity) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO activity (user_id, method, path, at) VALUES (NULLIF(?, 0), ?, ?, ?)",
		a.UserID, a.Method, a.Path, s.unix())
	return err
}

// OldActivity counts the rows from before a time.
func (s *Store) OldActivity(ctx context.Context, before time.Time) (n int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM activity WHERE at < ?", before.Unix()).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count old activity: %w", err)
	}
	return n, nil
}

// DeleteOldActivity deletes up to limit rows from before a time and returns how many it deleted; a row of exactly that time
// is kept. The batches keep each transaction short, so that the shop can go on writing in between.
func (s *Store) DeleteOldActivity(ctx context.Context, before time.Time, limit int) (int, error) {
	res, err := s.db.ExecContext(ctx, "DELETE FROM activity WHERE id IN (SELECT id FROM activity WHERE at < ? LIMIT ?)", before.Unix(), limit)
	if err != nil {
		return 0, fmt.Errorf("delete old activity: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}
