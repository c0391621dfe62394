package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Prune takes one small step towards what Options ask to be kept, and says whether
// there is more to do. A step aims at holding the write lock for 20 ms, whatever the
// machine does meanwhile: it is made of portions that shrink when they take long, and ends
// when its time is over. It removes no more than 5,120 Records, and 5 MiB of their bodies
// unless one alone has more. Emptying the -wal comes after the lock.
func (s *Store) Prune(ctx context.Context) (more bool, err error) {
	w := s.writer
	if w == nil {
		return false, fmt.Errorf("prune: %w", ErrReadOnly)
	}
	more, wanted, err := w.prunePart(ctx, s)
	if err != nil {
		return false, fmt.Errorf("prune: %w", err)
	}
	s.checkpoint(ctx)
	if wanted {
		if err := s.findUnused(ctx); err != nil {
			return false, fmt.Errorf("prune: %w", err)
		}
	}
	return more, nil
}

// prunePart is a step under the lock, with how long it takes measured to its end. It says
// whether the next one needs to know which texts are not used any more.
func (w *writer) prunePart(ctx context.Context, s *Store) (more, wanted bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &w.prune
	done := false
	defer func() {
		if !done { // what it removed is back
			p.rollback()
		}
	}()
	err = s.writeLocked(ctx, w, func(ctx context.Context, w *writer) error {
		p.start(w.options.Now)
		if err := w.checkpointAfter(ctx, 0); err != nil { // a commit would do it at once
			return err
		}
		more, err = w.pruneStep(ctx, s)
		p.worked()
		return err
	})
	p.end()
	done = err == nil
	if w.conn != nil && !w.closed {
		err = errors.Join(err, w.checkpointAfter(context.WithoutCancel(ctx), w.walPages))
	}
	return more, p.unused == nil && p.stage == stageTexts, err
}

const (
	// minStep is how many Records are removed at least when there are too many of them.
	minStep = 100
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
	pace

	begun time.Time     // of the sweeps
	plain instrument.ID // up to here only Records that are kept longer are left
	kept  instrument.ID // up to here only pinned ones are left

	hours hourCursor // within the minute that is being merged

	exceptions time.Time // when old ones were last looked for
	exception  int64     // up to here their hours are merged, if merging
	merging    bool

	cleaned time.Time     // when dead processes were last looked for
	stage   int           // of looking for them
	process int64         // up to here they are
	looked  instrument.ID // up to here there is no Record of the next of them
	note    int64         // up to here notes have a Record
	unused  *unusedTexts  // nil: not known

	first   map[int64]int64 // see firstProcesses
	firstAt time.Time
}

// rollback forgets how far the sweeps came: what a step did is undone.
func (p *pruner) rollback() { *p = pruner{pace: p.pace} }

func (w *writer) pruneStep(ctx context.Context, s *Store) (more bool, err error) {
	p, now := &w.prune, w.options.Now()
	if now.Sub(p.begun) > rescanEvery || now.Before(p.begun) {
		p.begun, p.plain, p.kept = now, 0, 0
	}
	for _, step := range []struct {
		name string
		do   func(context.Context, *Store, time.Time) (bool, error)
	}{
		{"age", w.pruneAge}, {"kept", w.pruneKept}, {"count", w.pruneCount}, {"bytes", w.pruneBytes}, {"slowest", w.pruneSlowest},
		{"rollups", w.pruneRollups}, {"hours", w.mergeHours}, {"exceptions", w.pruneExceptions}, {"processes", w.pruneProcesses},
		{"vacuum", w.vacuum},
	} {
		p.kind = step.name
		if more, err = step.do(ctx, s, now); more || err != nil || p.spent() {
			return true, err
		}
	}
	return false, nil
}

// pruneAge removes Records that are older than MaxAge.
func (w *writer) pruneAge(ctx context.Context, _ *Store, now time.Time) (more bool, err error) {
	for looked := true; looked && err == nil && !w.prune.spent(); more = more || looked {
		_, looked, err = w.sweepPlain(ctx, instrument.FirstID(now.Add(-w.options.MaxAge)), math.MaxInt64)
	}
	return more, err
}

// pruneKept removes those with the flags that keep them longer.
func (w *writer) pruneKept(ctx context.Context, _ *Store, now time.Time) (more bool, err error) {
	for looked := true; looked && err == nil && !w.prune.spent(); more = more || looked {
		_, looked, err = w.sweepKept(ctx, instrument.FirstID(now.Add(-w.options.KeepAge)), math.MaxInt64)
	}
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
// already are used again and so do not count. Nor does a -wal that a reader keeps from
// being emptied: removing Records would make it longer.
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
	n, err := w.removeSome(ctx, ofRollups, "rollup", "minute, handler, process", "minute < ?", math.MaxInt64)
	if err == nil && n > 0 {
		err = w.rewrote(ctx)
	}
	return n > 0, err
}

func (w *writer) usedBytes(ctx context.Context, s *Store) (int64, error) {
	pages, free, size, err := w.pages(ctx)
	_, wal := s.file.Load().sizes()
	return (pages-free)*size + min(wal, w.options.MaxBytes/walShare), err
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
	for most > 0 && !w.prune.spent() {
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
	plain, all, err := w.oldest(ctx, &p.plain, math.MaxInt64, w.options.KeepFlags)
	if err != nil || !all {
		return 0, true, err
	}
	// Behind the sweep of plain ones there are only others; what lies before it is
	// younger and can wait.
	behind := p.plain + 1
	if plain == 0 {
		behind = math.MaxInt64
	}
	kept, all, err := w.oldest(ctx, &p.kept, behind, instrument.FlagPinned)
	if err != nil || !all {
		return 0, true, err
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
	var first instrument.ID // only pinned ones are left
	return w.sweep(ctx, &first, math.MaxInt64, 0, most)
}

// oldest is the first Record after *done and before an id that has none of the flags;
// 0 for none. It looks at some only, and moves *done over them: without all there may be
// one further on.
func (w *writer) oldest(ctx context.Context, done *instrument.ID, before instrument.ID, flags instrument.Flags) (id instrument.ID, all bool, err error) {
	id, last, all, err := w.look(ctx, *done, before, "flags & ? = 0", int64(flags))
	if id == 0 && err == nil {
		*done = max(*done, last)
	}
	return id, all || id != 0, err
}

// look looks at the next Records after an id and before another for one of which a
// condition holds, and gives it, or else the last that it looked at. all says that there
// are no more.
func (w *writer) look(ctx context.Context, after, before instrument.ID, condition string, arg int64) (found, last instrument.ID, all bool, err error) {
	const next = "(SELECT id, flags, process FROM record WHERE id > ? AND id < ? ORDER BY id LIMIT ?)"
	n := w.prune.portion(ofLooks)
	err = w.query(ctx, "SELECT id FROM "+next+" WHERE "+condition+" LIMIT 1",
		func(rows *sql.Rows) error { return rows.Scan(&found) }, int64(after), int64(before), n, arg)
	if err != nil || found != 0 {
		return found, 0, false, err
	}
	var looked int64
	err = w.query(ctx, "SELECT coalesce(max(id), 0), count(*) FROM "+next,
		func(rows *sql.Rows) error { return rows.Scan(&last, &looked) }, int64(after), int64(before), n)
	w.prune.did(ofLooks, looked)
	return 0, last, looked < n, err
}

// sweepPlain removes Records without a flag that keeps them longer.
func (w *writer) sweepPlain(ctx context.Context, before instrument.ID, most int64) (removed int64, looked bool, err error) {
	removed, looked, err = w.sweep(ctx, &w.prune.plain, before, w.options.KeepFlags, most)
	if err != nil || !looked {
		return removed, looked, err
	}
	return removed, looked, w.noteCleared(ctx)
}

// noteCleared notes how far Records were removed: lists of the slowest up to there name
// some that are gone.
func (w *writer) noteCleared(ctx context.Context) error {
	before, err := w.total(ctx, totalCleared)
	if err != nil || before >= int64(w.prune.plain) {
		return err
	}
	return w.setTotal(ctx, totalCleared, int64(w.prune.plain))
}

// pruneSlowest drops the lists of the slowest where Records were removed. Nobody asks for
// them any more.
func (w *writer) pruneSlowest(ctx context.Context, _ *Store, _ time.Time) (more bool, err error) {
	cleared, err := w.total(ctx, totalCleared)
	if err != nil || cleared == 0 {
		return false, err
	}
	return w.removeAll(ctx, ofLists, "slowest", "minute, kind, process", "minute < ?", minuteOf(instrument.ID(cleared).Time()))
}

// removeAll removes rows of a table until none is left or the step is over.
func (w *writer) removeAll(ctx context.Context, kind int, table, key, condition string, arg int64) (removed bool, err error) {
	for n := int64(1); n > 0 && err == nil && !w.prune.spent(); removed = removed || n > 0 {
		n, err = w.removeSome(ctx, kind, table, key, condition, arg)
	}
	return removed, err
}

// removeSome removes a portion, in the order of the table's primary key.
func (w *writer) removeSome(ctx context.Context, kind int, table, key, condition string, arg int64) (n int64, err error) {
	text := fmt.Sprintf("DELETE FROM %[1]s WHERE (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE %[3]s ORDER BY %[2]s LIMIT ?)", table, key, condition)
	if n, err = w.execCount(ctx, text, arg, w.prune.portion(kind)); err != nil {
		return 0, fmt.Errorf("remove from %s: %w", table, err)
	}
	w.prune.did(kind, n)
	return n, nil
}

// sweepKept removes all but pinned Records.
func (w *writer) sweepKept(ctx context.Context, before instrument.ID, most int64) (removed int64, looked bool, err error) {
	return w.sweep(ctx, &w.prune.kept, before, instrument.FlagPinned, most)
}

// sweep looks at a portion of the next Records after *done and before an id, most of
// them at most, and removes those that have none of the flags. It tells whether there
// were any to look at.
func (w *writer) sweep(ctx context.Context, done *instrument.ID, before instrument.ID, flags instrument.Flags, most int64) (removed int64, looked bool, err error) {
	last, rows, size, err := w.records(ctx, *done, before, min(w.prune.portion(ofRecords), most))
	if err != nil || rows == 0 {
		return 0, false, err
	}
	removed, err = w.execCount(ctx, "DELETE FROM record WHERE id > ? AND id <= ? AND flags & ? = 0", int64(*done), int64(last), int64(flags))
	if err != nil {
		return 0, false, fmt.Errorf("remove records: %w", err)
	}
	*done = last
	if err = w.addTotal(ctx, totalRecords, -removed); err != nil {
		return 0, false, err
	}
	w.prune.didRecords(rows, size)
	return removed, true, nil
}

// records finds the last of the next Records after an id and before another: n of them,
// or fewer when they are big. size is that of their bodies.
func (w *writer) records(ctx context.Context, after, before instrument.ID, n int64) (last instrument.ID, rows, size int64, err error) {
	for {
		// The length of a body stands in its row: the body itself is not read.
		err = w.query(ctx, `SELECT coalesce(max(id), 0), count(*), coalesce(sum(size), 0) FROM
			(SELECT id, length(body) AS size FROM record WHERE id > ? AND id < ? ORDER BY id LIMIT ?)`,
			func(r *sql.Rows) error { return r.Scan(&last, &rows, &size) }, int64(after), int64(before), n)
		most := int64(min(w.prune.left(), 1) * portionBytes)
		if err != nil || rows <= 1 || size <= most {
			return last, rows, size, err
		}
		n = max(1, min(rows-1, rows*most/size))
	}
}

// pruneRollups removes statistics that are too old.
func (w *writer) pruneRollups(ctx context.Context, _ *Store, now time.Time) (more bool, err error) {
	more, err = w.removeAll(ctx, ofRollups, "rollup", "minute, handler, process", "minute < ?", minuteOf(now.Add(-w.options.RollupAge)))
	if more && err == nil {
		err = w.rewrote(ctx)
	}
	return more, err
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
	// Each page that moves is written to the -wal first, which counts, too.
	most := min(256, max(w.options.MaxBytes/size/64, 4))
	for before := free; free > spare && before-free < most && !w.prune.spent(); {
		n, last := min(w.prune.portion(ofPages), most), free
		if _, err = w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", min(free-spare/2, n))); err != nil {
			return false, fmt.Errorf("give back empty pages: %w", err)
		}
		if err = w.conn.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&free); err != nil {
			return false, err
		}
		if free >= last {
			return false, nil // the file was made without auto_vacuum
		}
		w.prune.did(ofPages, last-free)
	}
	return free > spare, nil
}
