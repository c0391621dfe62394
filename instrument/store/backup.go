package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
)

// backupOf is where a file is copied to before its schema is changed.
func backupOf(path string, version int64) string { return fmt.Sprintf("%s.schema%d", path, version) }

// backup copies the database as it is before a migration, under the writer's lock: for
// going back to a program that knows the older schema only. One copy of each version is kept.
// Where it cannot be made, for want of room, the migration goes on: that is one transaction,
// and leaves the file as it was or as it is to be.
func backup(ctx context.Context, db *sql.DB, version int64) {
	var path string
	if err := db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path); err != nil || path == "" {
		return // in memory
	}
	to := backupOf(path, version)
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // SQLite takes an empty file
	if err != nil {
		return // it is there from an earlier time, or nothing can be written
	}
	f.Close()
	// Another connection: the writer's is in its transaction, and has changed nothing yet.
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		os.Remove(to)
	}
}
