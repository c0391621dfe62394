package store

import (
	"context"
	"fmt"
	"math"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Cleared says what [Store.Clear] removed.
type Cleared struct {
	Records    int64 // pinned ones among them
	Pinned     int64
	Statistics int64 // rows of a handler in a minute, or in an hour of older ones
	Exceptions int64
}

// Portions of Clear: each is a transaction of its own, so that an app that runs meanwhile
// can write in between.
const (
	clearRecords    = 200
	clearRows       = 400
	clearExceptions = 16
)

// Clear removes all Records, also pinned ones, with their notes, all statistics and all
// exceptions. What people have set and done stays - saved filters, the audit log - and
// processes that live. What is recorded while it works may stay, too. The room that is
// free afterwards is given back by [Store.Prune].
func (s *Store) Clear(ctx context.Context) (c Cleared, err error) {
	if s.writer == nil {
		return c, fmt.Errorf("clear: %w", ErrReadOnly)
	}
	var last int64 // an app that goes on recording must not keep it busy for ever
	if err = s.write(ctx, "clear", func(ctx context.Context, w *writer) error {
		return w.conn.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM record").Scan(&last)
	}); err != nil {
		return c, err
	}
	for _, part := range []struct {
		most int64
		do   func(ctx context.Context, w *writer) (int64, error)
	}{
		{clearRecords, func(ctx context.Context, w *writer) (int64, error) { return w.clearRecords(ctx, last, &c) }},
		{clearRows, clearTable("note", "record, name", "record <= ?", nil)},
		{clearRows, clearTable("slowest", "minute, kind, process", "minute <= ?", nil)},
		{clearRows, clearTable("rollup", "minute, handler, process", "minute <= ?", &c.Statistics)},
		{clearExceptions, func(ctx context.Context, w *writer) (int64, error) {
			n, err := w.removeExceptions(ctx, "SELECT id FROM exception WHERE last <= ? ORDER BY last LIMIT ?", math.MaxInt64, clearExceptions)
			c.Exceptions += n
			return n, err
		}},
	} {
		for n := part.most; n == part.most; {
			if err = s.write(ctx, "clear", func(ctx context.Context, w *writer) (err error) {
				n, err = part.do(ctx, w)
				return err
			}); err != nil {
				return c, err
			}
		}
		s.checkpoint(ctx)
	}
	return c, nil
}

// clearRecords removes the next Records up to an id.
func (w *writer) clearRecords(ctx context.Context, last int64, c *Cleared) (n int64, err error) {
	const next = "FROM record WHERE id <= ? ORDER BY id LIMIT ?"
	var pinned int64
	text := "SELECT count(*) FROM (SELECT flags " + next + ") WHERE flags & ? <> 0"
	if err := w.conn.QueryRowContext(ctx, text, last, clearRecords, int64(instrument.FlagPinned)).Scan(&pinned); err != nil {
		return 0, err
	}
	if n, err = w.execCount(ctx, "DELETE FROM record WHERE id IN (SELECT id "+next+")", last, clearRecords); err != nil {
		return 0, err
	}
	if err := w.addTotal(ctx, totalRecords, -n); err != nil {
		return 0, err
	}
	c.Records, c.Pinned = c.Records+n, c.Pinned+pinned
	return n, nil
}

// clearTable removes the next rows of a table, and counts them.
func clearTable(table, key, condition string, count *int64) func(context.Context, *writer) (int64, error) {
	text := fmt.Sprintf("DELETE FROM %[1]s WHERE (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE %[3]s LIMIT ?)", table, key, condition)
	return func(ctx context.Context, w *writer) (int64, error) {
		n, err := w.execCount(ctx, text, math.MaxInt64, clearRows)
		if err != nil {
			return 0, fmt.Errorf("remove from %s: %w", table, err)
		}
		if count != nil {
			*count += n
			err = w.rewrote(ctx) // readers have added up minutes that are over
		}
		return n, err
	}
}
