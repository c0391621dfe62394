package store

import (
	"context"
	"errors"
	"fmt"
)

// Snapshot copies the store into a new file, as it is at this moment, without what is
// empty; who writes goes on meanwhile. The file must not be there yet.
func (s *Store) Snapshot(ctx context.Context, path string) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("copy store: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// Writing another file counts as writing, too, which queries may not.
	var only int
	if err := conn.QueryRowContext(ctx, "PRAGMA query_only").Scan(&only); err != nil {
		return fmt.Errorf("copy store: %w", err)
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA query_only = 0"); err != nil {
		return fmt.Errorf("copy store: %w", err)
	}
	_, err = conn.ExecContext(ctx, "VACUUM INTO ?", path)
	if _, back := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA query_only = %d", only)); back != nil {
		err = errors.Join(err, back)
	}
	if err != nil {
		return fmt.Errorf("copy store: %w", err)
	}
	return nil
}
