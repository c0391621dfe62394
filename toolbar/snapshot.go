package toolbar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// snapshotTime is how long a copy of the store may take.
const snapshotTime = time.Minute

// snapshot copies the store into a folder of its own, which goes when the copy is closed.
func (t *Toolbar) snapshot(ctx context.Context) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotTime)
	defer cancel()
	if err := t.collector.Flush(ctx); err != nil && ctx.Err() != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "toolbar-snapshot-")
	if err != nil {
		return nil, fmt.Errorf("toolbar: copy store: %w", err)
	}
	path := filepath.Join(folder, "toolbar.db")
	if err := t.store.Snapshot(ctx, path); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return &snapshotFile{f, folder}, nil
}

// snapshotFile is a copy that removes itself.
type snapshotFile struct {
	*os.File
	folder string
}

// Close removes the copy, too.
func (f *snapshotFile) Close() error { return errors.Join(f.File.Close(), os.RemoveAll(f.folder)) }
