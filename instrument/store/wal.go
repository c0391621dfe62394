package store

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// ErrLongRead says that somebody reads for so long that the -wal has grown to its bound:
// what SQLite writes stays there until the reader is done. Writing goes on by itself then.
var ErrLongRead = errors.New("a reader keeps the -wal from being emptied: close what has the file open in a transaction")

// walPercent is how much of MaxBytes the -wal may have: with what pruning leaves in the
// file that is the bound of both.
const walPercent = 30

// walLimit is the size at which nothing more is written into the -wal.
func (o *Options) walLimit() int64 { return max(o.MaxBytes/100*walPercent, 4<<20) }

// checkWAL refuses to write into a -wal that has reached its bound, unless all of it can
// be moved into the file now: then it is begun anew.
func (w *writer) checkWAL(ctx context.Context, s *Store) error {
	_, wal := s.file.Load().sizes()
	if wal <= w.options.walLimit() {
		return nil
	}
	var busy, frames, moved int64
	if err := w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &moved); err != nil {
		return fmt.Errorf("empty the -wal: %w", err)
	}
	if busy != 0 || frames != moved {
		return fmt.Errorf("%w (it has %d bytes)", ErrLongRead, wal)
	}
	return nil
}

// checkpointAfter has commits empty the -wal when it has so many pages; 0: never.
func (w *writer) checkpointAfter(ctx context.Context, pages int64) error {
	if w.walPages <= 0 {
		return nil // they never do
	}
	_, err := w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", pages))
	return err
}

// checkpoint empties the -wal when it is long enough. It waits for the disk, and holds
// neither the write lock nor this process's other writers up meanwhile. What goes wrong is
// left to the next commit, as SQLite does it with its own.
func (s *Store) checkpoint(ctx context.Context) {
	var busy, frames, moved int64
	err := s.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(NOOP)").Scan(&busy, &frames, &moved)
	if err != nil || frames == moved || frames < s.writer.checkpointPages() {
		return
	}
	_ = s.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &moved)
}

func (w *writer) checkpointPages() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.walPages <= 0 {
		return math.MaxInt64
	}
	return w.walPages
}
