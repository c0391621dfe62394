package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Roll adds what handlers did to the statistics of at's minute, in one
// transaction. Without rows it only says that this process is alive.
func (s *Store) Roll(ctx context.Context, at time.Time, rows []instrument.RollRow) error {
	return s.write(ctx, "roll up statistics", func(ctx context.Context, w *writer) error {
		if err := w.writeNames(ctx); err != nil {
			return fmt.Errorf("write names: %w", err)
		}
		if err := w.noteLate(ctx, minuteOf(at), len(rows)); err != nil {
			return err
		}
		for i := range rows {
			key := rollKey{minuteOf(at), w.names.handlerRow(rows[i].Handler), w.self.ID}
			if err := w.addRoll(ctx, key, 1, &rows[i]); err != nil {
				return fmt.Errorf("handler %q: %w", rows[i].Handler.Name(), err)
			}
		}
		return w.heartbeat(ctx)
	})
}

// rollKey names a row of table rollup.
type rollKey struct {
	minute, handler, process int64
}

// rollColumns are the columns of table rollup that scanRoll reads.
const rollColumns = "count, errors, panics, slow, sum, self, max, hist, slowest"

// rollScan reads rows of table rollup. Its memory is used again for each.
type rollScan struct {
	hist, slowest sql.RawBytes
	numbers       [7]int64
	last          int64 // the minute of the last row that is in it
}

func (r *rollScan) dest(first ...any) []any {
	n := &r.numbers
	return append(first, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &r.hist, &r.slowest)
}

// addTo merges what was read into a row. A histogram that cannot be read is left
// out rather than the row with it.
func (r *rollScan) addTo(dst *instrument.RollRow, minute int64, slowest int) {
	n := &r.numbers
	o := instrument.Stats{
		Count: uint64(n[0]), Errors: uint64(n[1]), Panics: uint64(n[2]), Slow: uint64(n[3]),
		Sum: time.Duration(n[4]), Self: time.Duration(n[5]), Max: time.Duration(n[6]),
	}
	merge(&dst.Stats, &o)
	_ = dst.Hist.MergeBinary(r.hist)
	if slowest == 0 {
		return
	}
	readSlow(r.slowest, minute, func(s instrument.SlowRecord) {
		dst.Slowest, _ = addSlow(dst.Slowest, s, slowest)
	})
}

// merge adds o to s; what would overflow stays at the greatest number.
func merge(s, o *instrument.Stats) {
	sum, self := saturate(s.Sum, o.Sum), saturate(s.Self, o.Self)
	for _, n := range [][2]*uint64{{&s.Count, &o.Count}, {&s.Errors, &o.Errors}, {&s.Panics, &o.Panics}, {&s.Slow, &o.Slow}} {
		*n[0] = min(*n[0], math.MaxUint64-*n[1])
	}
	s.Add(o)
	s.Sum, s.Self = sum, self
}

// addRoll merges a row into the one that is stored.
func (w *writer) addRoll(ctx context.Context, key rollKey, width int64, row *instrument.RollRow) error {
	total, err := w.readRoll(ctx, key)
	if err != nil {
		return err
	}
	merge(&total.Stats, &row.Stats)
	for _, s := range row.Slowest {
		total.Slowest, _ = addSlow(total.Slowest, s, slowestPerRollup)
	}
	return w.writeRoll(ctx, key, width, &total)
}

func (w *writer) readRoll(ctx context.Context, key rollKey) (row instrument.RollRow, err error) {
	var r rollScan
	err = w.query(ctx, "SELECT "+rollColumns+" FROM rollup WHERE minute = ? AND handler = ? AND process = ?",
		func(rows *sql.Rows) error {
			if err := rows.Scan(r.dest()...); err != nil {
				return err
			}
			r.addTo(&row, key.minute, slowestPerRollup)
			return nil
		}, key.minute, key.handler, key.process)
	return row, err
}

func (w *writer) writeRoll(ctx context.Context, key rollKey, width int64, row *instrument.RollRow) error {
	hist, err := row.Hist.AppendBinary(nil)
	if err != nil {
		return err
	}
	s := &row.Stats
	return w.exec(ctx, `INSERT OR REPLACE INTO rollup (minute, handler, process, width, `+rollColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		key.minute, key.handler, key.process, width,
		clamp(s.Count), clamp(s.Errors), clamp(s.Panics), clamp(s.Slow),
		int64(s.Sum), int64(s.Self), int64(s.Max), hist, bytesOrNull(appendSlow(nil, row.Slowest, key.minute)))
}

// clamp makes a count a number that SQLite has.
func clamp(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
