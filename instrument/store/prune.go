package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Prune takes one small step towards what Options ask to be kept, and says whether
// there is more to do. A step holds the write lock for some 50 ms at most.
func (s *Store) Prune(ctx context.Context) (more bool, err error) {
	err = s.write(ctx, "prune", func(ctx context.Context, w *writer) error {
		more, err = w.pruneStep(ctx, s)
		return err
	})
	return more && err == nil, err
}

const (
	// stepTarget is how long a step should take, half of what it may.
	stepTarget = 25 * time.Millisecond
	// minStep and maxStep bound the Records that one step looks at.
	minStep, maxStep = 100, 20_000
	// highWater is the share of MaxBytes at which removing begins, in percent.
	highWater = 80
	// lowWater is how far, in percent.
	lowWater = 75
	// rescanEvery is how often the sweeps begin anew: a Record that ran for long
	// arrives with an old id, behind them.
	rescanEvery = time.Hour
)

// pruner remembers how far the sweeps have come.
type pruner struct {
	begun   time.Time     // of the sweeps
	plain   instrument.ID // up to here only Records that are kept longer are left
	kept    instrument.ID // up to here only pinned ones are left
	step    int64         // Records of the next step
	cleaned time.Time     // when dead processes were last looked for
}

func (w *writer) pruneStep(ctx context.Context, s *Store) (more bool, err error) {
	p, now := &w.prune, w.options.Now()
	if now.Sub(p.begun) > rescanEvery || now.Before(p.begun) {
		p.begun, p.plain, p.kept = now, 0, 0
	}
	if p.step == 0 {
		p.step = 1000
	}
	for _, step := range []func(context.Context, *Store, time.Time) (bool, error){
		w.pruneAge, w.pruneKept, w.pruneCount, w.pruneBytes, w.pruneRollups, w.mergeHours, w.pruneProcesses, w.vacuum,
	} {
		if more, err = step(ctx, s, now); more || err != nil {
			return more, err
		}
	}
	return false, nil
}

// pruneAge removes Records that are older than MaxAge.
func (w *writer) pruneAge(ctx context.Context, _ *Store, now time.Time) (more bool, err error) {
	_, more, err = w.sweepPlain(ctx, instrument.FirstID(now.Add(-w.options.MaxAge)), math.MaxInt64)
	return more, err
}

// pruneKept removes those with the flags that keep them longer.
func (w *writer) pruneKept(ctx context.Context, _ *Store, now time.Time) (more bool, err error) {
	_, more, err = w.sweepKept(ctx, instrument.FirstID(now.Add(-w.options.KeepAge)), math.MaxInt64)
	return more, err
}

func (w *writer) pruneCount(ctx context.Context, _ *Store, now time.Time) (more bool, err error) {
	if w.options.MaxRecords == 0 {
		return false, nil
	}
	n, err := w.total(ctx, totalRecords)
	if over := n - w.options.MaxRecords; over > 0 && err == nil {
		return w.sweepOldest(ctx, now, over)
	}
	return false, err
}

// pruneBytes removes the oldest when the store is nearly full. Pages that are free
// already are used again and so do not count.
func (w *writer) pruneBytes(ctx context.Context, s *Store, now time.Time) (more bool, err error) {
	used, err := w.usedBytes(ctx, s)
	if err != nil || used <= w.options.MaxBytes/100*highWater {
		return false, err
	}
	// No more than brings it a little below: a step could empty a small store.
	records, err := w.total(ctx, totalRecords)
	if err != nil {
		return false, err
	}
	most := max(int64(float64(records)*float64(used-w.options.MaxBytes/100*lowWater)/float64(used)), minStep)
	more, err = w.sweepOldest(ctx, now, most)
	if more || err != nil {
		return more, err
	}
	n, err := w.execCount(ctx, "DELETE FROM rollup WHERE minute IN (SELECT minute FROM rollup ORDER BY minute LIMIT 500)")
	return n > 0, err
}

func (w *writer) usedBytes(ctx context.Context, s *Store) (int64, error) {
	pages, free, size, err := w.pages(ctx)
	_, wal := s.file.Load().sizes()
	return (pages-free)*size + wal, err
}

// pages says how many the file has, how many of them are empty, and their size in bytes.
func (w *writer) pages(ctx context.Context) (all, free, size int64, err error) {
	for _, q := range []struct {
		text string
		dst  *int64
	}{{"PRAGMA page_count", &all}, {"PRAGMA freelist_count", &free}, {"PRAGMA page_size", &size}} {
		if err := w.conn.QueryRowContext(ctx, q.text).Scan(q.dst); err != nil {
			return 0, 0, 0, err
		}
	}
	return all, free, size, nil
}

// sweepOldest removes what has the least claim to stay, most of it at most. A
// Record with a flag that keeps it longer ages more slowly, in the proportion of
// KeepAge to MaxAge: so a flood of errors does not push out everything else, and
// neither the other way round.
func (w *writer) sweepOldest(ctx context.Context, now time.Time, most int64) (more bool, err error) {
	for start := time.Now(); most > 0 && time.Since(start) < stepTarget; {
		n, looked, err := w.sweepNext(ctx, now, most)
		if err != nil || !looked {
			return more, err
		}
		more, most = true, most-n
	}
	return more, nil
}

// sweepNext takes a little from the side that is older.
func (w *writer) sweepNext(ctx context.Context, now time.Time, most int64) (removed int64, looked bool, err error) {
	p := &w.prune
	plain, err := w.oldest(ctx, p.plain, math.MaxInt64, w.options.KeepFlags)
	if err != nil {
		return 0, false, err
	}
	// Behind the sweep of plain ones there are only others; what lies before it is
	// younger and can wait.
	behind := p.plain + 1
	if plain == 0 {
		behind = math.MaxInt64
	}
	kept, err := w.oldest(ctx, p.kept, behind, instrument.FlagPinned)
	if err != nil {
		return 0, false, err
	}
	plainAge := float64(now.Sub(plain.Time())) * float64(w.options.KeepAge) / float64(w.options.MaxAge)
	switch {
	case kept != 0 && (plain == 0 || float64(now.Sub(kept.Time())) > plainAge):
		before := behind
		if plain != 0 {
			before = min(behind, max(kept+1, instrument.FirstID(now.Add(-time.Duration(plainAge)))))
		}
		return w.sweepKept(ctx, before, most)
	case plain != 0:
		return w.sweepPlain(ctx, math.MaxInt64, min(most, minStep))
	}
	var all instrument.ID // only pinned ones are left
	return w.sweep(ctx, &all, math.MaxInt64, 0, most)
}

// oldest is the first Record after an id and before another that has none of the
// flags; 0 for none.
func (w *writer) oldest(ctx context.Context, after, before instrument.ID, flags instrument.Flags) (id instrument.ID, err error) {
	err = w.query(ctx, "SELECT id FROM record WHERE id > ? AND id < ? AND flags & ? = 0 ORDER BY id LIMIT 1",
		func(rows *sql.Rows) error { return rows.Scan(&id) }, int64(after), int64(before), int64(flags))
	return id, err
}

// sweepPlain removes Records without a flag that keeps them longer.
func (w *writer) sweepPlain(ctx context.Context, before instrument.ID, most int64) (removed int64, looked bool, err error) {
	removed, looked, err = w.sweep(ctx, &w.prune.plain, before, w.options.KeepFlags, most)
	if err != nil || !looked {
		return removed, looked, err
	}
	return removed, looked, w.noteCleared(ctx)
}

// noteCleared drops the lists of the slowest where Records were removed.
func (w *writer) noteCleared(ctx context.Context) error {
	before, err := w.total(ctx, totalCleared)
	if err != nil || before >= int64(w.prune.plain) {
		return err
	}
	if err := w.setTotal(ctx, totalCleared, int64(w.prune.plain)); err != nil {
		return err
	}
	return w.exec(ctx, "DELETE FROM slowest WHERE minute < ?", minuteOf(w.prune.plain.Time()))
}

// sweepKept removes all but pinned Records.
func (w *writer) sweepKept(ctx context.Context, before instrument.ID, most int64) (removed int64, looked bool, err error) {
	return w.sweep(ctx, &w.prune.kept, before, instrument.FlagPinned, most)
}

// sweep looks at the next Records after *done and before an id, most of them at
// most, and removes those that have none of the flags. It tells whether there were
// any to look at.
func (w *writer) sweep(ctx context.Context, done *instrument.ID, before instrument.ID, flags instrument.Flags, most int64) (removed int64, looked bool, err error) {
	start := time.Now()
	var last sql.NullInt64
	err = w.query(ctx, "SELECT max(id) FROM (SELECT id FROM record WHERE id > ? AND id < ? ORDER BY id LIMIT ?)",
		func(rows *sql.Rows) error { return rows.Scan(&last) }, int64(*done), int64(before), min(w.prune.step, most))
	if err != nil || !last.Valid {
		return 0, false, err
	}
	removed, err = w.execCount(ctx, "DELETE FROM record WHERE id > ? AND id <= ? AND flags & ? = 0", int64(*done), last.Int64, int64(flags))
	if err != nil {
		return 0, false, fmt.Errorf("remove records: %w", err)
	}
	*done = instrument.ID(last.Int64)
	if most > w.prune.step {
		w.prune.adjust(time.Since(start))
	}
	return removed, true, w.addTotal(ctx, totalRecords, -removed)
}

// adjust makes the next step longer or shorter.
func (p *pruner) adjust(took time.Duration) {
	factor := float64(stepTarget) / float64(max(took, time.Millisecond))
	p.step = int64(float64(p.step) * min(max(factor, 0.25), 2))
	p.step = min(max(p.step, minStep), maxStep)
}

// pruneRollups removes statistics that are too old.
func (w *writer) pruneRollups(ctx context.Context, _ *Store, now time.Time) (more bool, err error) {
	n, err := w.execCount(ctx, `DELETE FROM rollup WHERE minute < ? AND minute IN
		(SELECT minute FROM rollup WHERE minute < ?1 ORDER BY minute LIMIT 500)`, minuteOf(now.Add(-w.options.RollupAge)))
	return n > 0, err
}

// vacuum gives pages that are empty back to the file system, when there are more
// of them than are used again soon.
func (w *writer) vacuum(ctx context.Context, _ *Store, _ time.Time) (more bool, err error) {
	pages, free, size, err := w.pages(ctx)
	if err != nil {
		return false, err
	}
	// A small store has no room for many that are empty.
	spare := max(pages/20, min(256, w.options.MaxBytes/size/8))
	if free <= spare {
		return false, nil
	}
	// Each page that moves is written to the -wal first, which counts, too.
	step := min(256, max(w.options.MaxBytes/size/64, 4))
	if _, err = w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", min(free-spare/2, step))); err != nil {
		return false, fmt.Errorf("give back empty pages: %w", err)
	}
	var after int64
	err = w.conn.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&after)
	return after < free && after > spare, err // not when the file was made without auto_vacuum
}
