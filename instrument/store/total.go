package store

import (
	"context"
	"database/sql"
	"errors"
)

// The rows of table total: what would take long to find out.
const (
	totalRecords = "records"    // how many there are
	totalCleared = "cleared_to" // up to this id only Records that are kept longer are left
	totalHours   = "hours_to"   // before this minute statistics are kept by the hour
	// totalRewrites is how often statistics of minutes that were over have changed.
	totalRewrites = "rewrites"
)

func (s *Store) total(ctx context.Context, name string) (n int64, err error) {
	return readTotal(s.db.QueryRowContext(ctx, totalQuery, name))
}

const totalQuery = "SELECT value FROM total WHERE name = ?"

func readTotal(row *sql.Row) (n int64, err error) {
	err = row.Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return n, err
}

func (w *writer) total(ctx context.Context, name string) (int64, error) {
	return readTotal(w.conn.QueryRowContext(ctx, totalQuery, name))
}

func (w *writer) setTotal(ctx context.Context, name string, n int64) error {
	return w.exec(ctx, "INSERT OR REPLACE INTO total (name, value) VALUES (?, ?)", name, n)
}

// addTotal changes a number that is counted on the way.
func (w *writer) addTotal(ctx context.Context, name string, n int64) error {
	if n == 0 {
		return nil
	}
	return w.exec(ctx, "UPDATE total SET value = max(value + ?, 0) WHERE name = ?", n, name)
}
