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
	start := time.Now()
	horizon := minuteOf(now.Add(-w.options.MinuteAge)) / 60 * 60
	from, err := w.total(ctx, totalHours)
	if err != nil {
		return false, err
	}
	var next sql.NullInt64
	err = w.conn.QueryRowContext(ctx, "SELECT min(minute) FROM rollup WHERE minute >= ? AND minute < ?", from, horizon).Scan(&next)
	if err != nil || !next.Valid {
		return false, err
	}
	first, err := w.firstProcesses(ctx)
	if err != nil {
		return false, err
	}
	minute := next.Int64
	for ; minute < horizon && time.Since(start) < stepTarget/2; minute++ {
		if err := w.mergeMinute(ctx, minute, first); err != nil {
			return false, err
		}
	}
	return true, w.setTotal(ctx, totalHours, minute)
}

// firstProcesses gives for each process the first of its build and service.
func (w *writer) firstProcesses(ctx context.Context) (map[int64]int64, error) {
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

// mergeMinute moves the rows of one minute to its hour.
func (w *writer) mergeMinute(ctx context.Context, minute int64, first map[int64]int64) error {
	hour := minute / 60 * 60
	sums := map[rollKey]*instrument.RollRow{}
	var scan rollScan
	var handler, process int64
	dest := scan.dest(&handler, &process)
	err := w.query(ctx, "SELECT handler, process, "+rollColumns+" FROM rollup WHERE minute = ?", func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		key := rollKey{hour, handler, cmp.Or(first[process], process)}
		if sums[key] == nil {
			sums[key] = &instrument.RollRow{}
		}
		scan.addTo(sums[key], minute, slowestPerRollup)
		return nil
	}, minute)
	if err != nil {
		return err
	}
	if err := w.exec(ctx, "DELETE FROM rollup WHERE minute = ?", minute); err != nil {
		return err
	}
	for key, sum := range sums {
		if err := w.addRoll(ctx, key, 60, sum); err != nil {
			return err
		}
	}
	return nil
}
