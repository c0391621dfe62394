package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// cleanEvery is how often processes that left nothing behind are looked for.
const cleanEvery = time.Hour

// pruneProcesses forgets what nothing refers to any more: the names of processes
// whose Records are gone, and the processes that statistics do not need either.
func (w *writer) pruneProcesses(ctx context.Context, _ *Store, now time.Time) (more bool, err error) {
	if d := now.Sub(w.prune.cleaned); d >= 0 && d < cleanEvery {
		return false, nil
	}
	start := time.Now()
	dead, err := w.deadProcesses(ctx)
	if err != nil {
		return false, err
	}
	first, err := w.firstProcesses(ctx)
	if err != nil {
		return false, err
	}
	merged := now.Add(-w.options.MinuteAge - 2*time.Hour) // before this only the first of a build is referred to
	for _, p := range dead {
		if time.Since(start) > stepTarget {
			return true, nil
		}
		gone := p.Seen.Before(merged) && first[p.ID] != p.ID || p.Seen.Before(now.Add(-w.options.RollupAge))
		if err := w.forgetProcess(ctx, &p, gone); err != nil {
			return false, err
		}
	}
	w.prune.cleaned = now
	if err := errors.Join(w.failDead(ctx), w.pruneNotes(ctx)); err != nil {
		return false, err
	}
	return false, w.pruneTexts(ctx, now)
}

// deadProcesses are those that still have something to forget.
func (w *writer) deadProcesses(ctx context.Context) (dead []query.Process, err error) {
	rows, err := w.conn.QueryContext(ctx, processQuery+" ORDER BY p.id")
	if err != nil {
		return nil, err
	}
	err = each(rows, func(rows *sql.Rows) error {
		p, err := scanProcess(rows, w.options)
		if err == nil && !p.Alive && p.ID != w.self.ID {
			dead = append(dead, p)
		}
		return err
	})
	return dead, err
}

// forgetProcess removes a process's names when none of its Records is left, and
// the process itself when nothing else needs it.
func (w *writer) forgetProcess(ctx context.Context, p *query.Process, gone bool) error {
	used, err := w.hasRecords(ctx, p)
	if err != nil || used {
		return err
	}
	for _, table := range []string{"name", "frame", "document"} {
		if err := w.exec(ctx, "DELETE FROM "+table+" WHERE process = ?", p.ID); err != nil {
			return err
		}
	}
	if !gone {
		return nil
	}
	return w.exec(ctx, "DELETE FROM process WHERE id = ?", p.ID)
}

// hasRecords looks among the Records that the process can have made. It is only
// sure of a no where pruning has been; elsewhere looking would take long, and there
// is likely one.
func (w *writer) hasRecords(ctx context.Context, p *query.Process) (bool, error) {
	from, to := firstOf(minuteOf(p.Started)-1), firstOf(minuteOf(p.Seen)+2)
	if to > w.prune.plain {
		var oldest sql.NullInt64
		if err := w.conn.QueryRowContext(ctx, "SELECT min(id) FROM record").Scan(&oldest); err != nil {
			return true, err
		}
		if oldest.Valid && int64(to) > oldest.Int64 {
			return true, nil
		}
		return false, nil
	}
	var one int
	err := w.conn.QueryRowContext(ctx, "SELECT 1 FROM record WHERE id >= ? AND id < ? AND process = ? LIMIT 1",
		int64(from), int64(to), p.ID).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return true, err
}

// pruneTexts removes texts that no process names any more. Handlers stay for as
// long as there may be statistics of them.
func (w *writer) pruneTexts(ctx context.Context, now time.Time) error {
	for _, text := range []string{
		"DELETE FROM build WHERE id NOT IN (SELECT build FROM process)",
		"DELETE FROM key WHERE id NOT IN (SELECT ref FROM name WHERE space = 1)",
	} {
		if err := w.exec(ctx, text); err != nil {
			return err
		}
	}
	if err := w.exec(ctx, "DELETE FROM handler WHERE seen < ? AND id NOT IN (SELECT ref FROM name WHERE space = 0)",
		now.Add(-w.options.RollupAge).UnixMilli()); err != nil {
		return err
	}
	return w.exec(ctx, `DELETE FROM source WHERE id NOT IN (SELECT source FROM frame)
		AND id NOT IN (SELECT source FROM name WHERE source IS NOT NULL)
		AND id NOT IN (SELECT source FROM handler WHERE source IS NOT NULL)`)
}
