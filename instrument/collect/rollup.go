package collect

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// maxMinutes is how many minutes of statistics wait for a store that fails. After
// that the oldest two become one: the totals stay right.
const maxMinutes = 15

// rollup holds the statistics on their way to the store, and the slowest Records
// that belong to them. Only the writer uses it.
type rollup struct {
	every   time.Duration
	last    time.Time // wall clock at the last taking
	minutes []minuteRows
	recent  slowest // since the last taking
	current slowest // of the minute so far
	minute  time.Time
}

// minuteRows are increments that the store does not have yet.
type minuteRows struct {
	minute time.Time
	rows   map[*instrument.Handler]*instrument.RollRow
}

func newRollup(every time.Duration, n int) *rollup {
	return &rollup{
		every:   every,
		recent:  slowest{n: n, by: make(map[*instrument.Handler][]instrument.SlowRecord)},
		current: slowest{n: n, by: make(map[*instrument.Handler][]instrument.SlowRecord)},
	}
}

// due is how long after the last taking the next one is: after a while, or when
// the minute ends.
func (r *rollup) due(now time.Time) time.Duration {
	edge := now.Truncate(time.Minute).Add(time.Minute).Sub(now)
	return max(min(r.every, edge), 10*time.Millisecond)
}

// at is the minute to which belongs what happened between the last taking and
// now: that of the middle, as a taking at the minute's end comes a little after
// it. After a longer pause, in which the machine may have slept, most of it
// happened lately.
func (r *rollup) at(now time.Time) time.Time {
	passed := min(max(now.Sub(r.last), 0), r.every)
	return now.Add(-passed / 2).Truncate(time.Minute)
}

// take moves the Recorder's increments here.
func (r *rollup) take(rec *instrument.Recorder, now time.Time) {
	minute := r.at(now)
	r.last = now
	rows := r.rowsOf(minute)
	rec.Roll(func(s instrument.Stats) { addStats(rows, s) })
	if !minute.Equal(r.minute) {
		r.minute = minute
		clear(r.current.by)
	}
	for h, records := range r.recent.by {
		for _, s := range records {
			r.current.add(h, s)
		}
		if rows[h] == nil {
			rows[h] = &instrument.RollRow{Stats: instrument.Stats{Handler: h}}
		}
	}
	clear(r.recent.by)
	for h, row := range rows {
		if slow := r.current.by[h]; len(slow) > 0 {
			row.Slowest = slices.Clone(slow)
		}
	}
	if len(rows) == 0 {
		r.minutes = r.minutes[:len(r.minutes)-1]
	}
}

func addStats(rows map[*instrument.Handler]*instrument.RollRow, s instrument.Stats) {
	if row := rows[s.Handler]; row != nil {
		row.Add(&s)
		return
	}
	rows[s.Handler] = &instrument.RollRow{Stats: s}
}

// rowsOf gives the last waiting rows, which are the minute's: new ones unless the
// store failed in this minute.
func (r *rollup) rowsOf(minute time.Time) map[*instrument.Handler]*instrument.RollRow {
	if n := len(r.minutes); n > 0 && r.minutes[n-1].minute.Equal(minute) {
		return r.minutes[n-1].rows
	}
	if len(r.minutes) >= maxMinutes {
		r.mergeOldest()
	}
	rows := make(map[*instrument.Handler]*instrument.RollRow)
	r.minutes = append(r.minutes, minuteRows{minute, rows})
	return rows
}

func (r *rollup) mergeOldest() {
	into := r.minutes[1].rows
	for h, row := range r.minutes[0].rows {
		if have := into[h]; have != nil {
			inFlight := have.InFlight
			have.Add(&row.Stats)
			have.InFlight = inFlight
			continue
		}
		into[h] = row
	}
	r.minutes = slices.Delete(r.minutes, 0, 1)
}

// sorted gives a minute's rows in the order in which handlers were made.
func (m minuteRows) sorted() []instrument.RollRow {
	rows := make([]instrument.RollRow, 0, len(m.rows))
	for _, row := range m.rows {
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b instrument.RollRow) int {
		return cmp.Compare(a.Handler.ID(), b.Handler.ID())
	})
	return rows
}

// note remembers the slowest of Records that have just been stored.
func (r *rollup) note(items []instrument.Item) {
	for i := range items {
		s := &items[i].Summary
		if s.Handler != nil && !s.Unfinished() {
			r.recent.add(s.Handler, instrument.SlowRecord{ID: s.ID, Duration: s.Duration})
		}
	}
}

// slowest keeps the n slowest Records of each handler, slowest first.
type slowest struct {
	n  int
	by map[*instrument.Handler][]instrument.SlowRecord
}

func (l *slowest) add(h *instrument.Handler, s instrument.SlowRecord) {
	list := l.by[h]
	if l.n == 0 || len(list) == l.n && s.Duration <= list[l.n-1].Duration {
		return
	}
	i := slices.IndexFunc(list, func(o instrument.SlowRecord) bool { return o.Duration < s.Duration })
	if i < 0 {
		i = len(list)
	}
	list = slices.Insert(list, i, s)
	l.by[h] = list[:min(len(list), l.n)]
}
