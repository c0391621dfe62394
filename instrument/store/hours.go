package store

import (
	"cmp"
	"context"
	"database/sql"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// mergeHours merges the statistics of the oldest minutes, after MinuteAge, into
// their hours: a year of minutes would fill the store. Processes of one build and
// service become one, the first: short commands are many.
func (w *writer) mergeHours(ctx context.Context, _ *Store, now time.Time) (more bool, err error) {
	horizon := minuteOf(now.Add(-w.options.MinuteAge)) / 60 * 60
	from, err := w.total(ctx, totalHours)
	if err != nil {
		return false, err
	}
	for !w.prune.spent() {
		minute, err := w.nextMinute(ctx, from, horizon)
		if err != nil || minute < 0 {
			return more, err
		}
		if !more {
			if err := w.rewrote(ctx); err != nil {
				return false, err
			}
		}
		more = true
		whole, err := w.mergeRows(ctx, minute, now)
		if err != nil {
			return false, err
		}
		if whole {
			from = minute + 1
			if err := w.setTotal(ctx, totalHours, from); err != nil {
				return false, err
			}
		}
	}
	return more, nil
}

// hourCursor is how far the rows of a minute are merged. It may be lost: what was merged
// is gone from the minute, and the first row of an hour merged again is the same.
type hourCursor struct{ minute, handler, process int64 }

// nextMinute is the first from a minute on, and before another, that has statistics; -1
// for none.
func (w *writer) nextMinute(ctx context.Context, from, before int64) (int64, error) {
	if at := w.prune.hours.minute; at != 0 && at >= from && at < before {
		return at, nil
	}
	next := sql.NullInt64{Int64: -1}
	err := w.conn.QueryRowContext(ctx, "SELECT min(minute) FROM rollup WHERE minute >= ? AND minute < ?", from, before).Scan(&next)
	if !next.Valid || err != nil {
		return -1, err
	}
	w.prune.hours = hourCursor{minute: next.Int64}
	return next.Int64, nil
}

// firstProcesses gives for each process the first of its build and service, as it was
// within the last minute: short commands are many.
func (w *writer) firstProcesses(ctx context.Context, now time.Time) (map[int64]int64, error) {
	p := &w.prune
	if d := now.Sub(p.firstAt); p.first != nil && d >= 0 && d < time.Minute {
		return p.first, nil
	}
	first, err := w.readFirst(ctx)
	p.first, p.firstAt = first, now
	return first, err
}

func (w *writer) readFirst(ctx context.Context) (map[int64]int64, error) {
	type group struct {
		build   int64
		service string
	}
	leader, first := map[group]int64{}, map[int64]int64{}
	err := w.query(ctx, "SELECT id, build, service FROM process ORDER BY id", func(rows *sql.Rows) error {
		var id int64
		var g group
		if err := rows.Scan(&id, &g.build, &g.service); err != nil {
			return err
		}
		leader[g] = cmp.Or(leader[g], id)
		first[id] = leader[g]
		return nil
	})
	return first, err
}

// mergeRows moves the next rows of a minute to its hour, and tells whether that was all.
func (w *writer) mergeRows(ctx context.Context, minute int64, now time.Time) (whole bool, err error) {
	first, err := w.firstProcesses(ctx, now)
	if err != nil {
		return false, err
	}
	hour, done := minute/60*60, &w.prune.hours
	sums := map[rollKey]*instrument.RollRow{}
	var scan rollScan
	var handler, process int64
	dest := scan.dest(&handler, &process)
	n, portion := int64(0), w.prune.portion(ofHours)
	err = w.query(ctx, "SELECT handler, process, "+rollColumns+` FROM rollup WHERE minute = ? AND (handler, process) > (?, ?)
		ORDER BY handler, process LIMIT ?`, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		key := rollKey{hour, handler, cmp.Or(first[process], process)}
		if sums[key] == nil {
			sums[key] = &instrument.RollRow{}
		}
		scan.addTo(sums[key], minute, slowestPerRollup)
		n++
		return nil
	}, minute, done.handler, done.process, portion)
	if err != nil {
		return false, err
	}
	if n > 0 {
		if err := w.exec(ctx, "DELETE FROM rollup WHERE minute = ? AND (handler, process) > (?, ?) AND (handler, process) <= (?, ?)",
			minute, done.handler, done.process, handler, process); err != nil {
			return false, err
		}
		// What is written to the hour's own minute stands at or before this: the first process
		// is never a later one.
		*done = hourCursor{minute, handler, process}
	}
	for key, sum := range sums {
		if err := w.addRoll(ctx, key, 60, sum); err != nil {
			return false, err
		}
	}
	w.prune.did(ofHours, n)
	if n < portion {
		*done = hourCursor{}
	}
	return n < portion, nil
}
