package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// watch notices that the database file is no longer the one that is open. SQLite
// does not: it goes on writing to a file that has no name any more.
type watch struct {
	path string // "" in memory
	info fs.FileInfo
}

func newWatch(ctx context.Context, db *sql.DB) (w watch, err error) {
	err = db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&w.path)
	if err != nil || w.path == "" {
		return w, err
	}
	w.info, err = os.Stat(w.path)
	if errors.Is(err, fs.ErrNotExist) { // a file system of the driver's own
		return watch{}, nil
	}
	return w, err
}

// check compares device and inode, which takes a microsecond.
func (w *watch) check() error {
	if w.path == "" {
		return nil
	}
	info, err := os.Stat(w.path)
	if err == nil && os.SameFile(info, w.info) {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrFileGone, w.path)
}

// sizes are those of the file and its -wal.
func (w *watch) sizes() (file, wal int64) {
	if w.path == "" {
		return 0, 0
	}
	return sizeOf(w.path), sizeOf(w.path + "-wal")
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
