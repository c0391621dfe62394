package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// benchStart is when the Records of BenchmarkPrune begin.
var benchStart = noon

// BenchmarkPrune tells how long steps of each kind hold the write lock: half of them less
// than held-p50, and none more than held-max. step-max is how long the whole call took, with
// the -wal emptied after the lock. Each case begins with a store that has 200,000 Records of
// 20 spans, near its bound.
func BenchmarkPrune(b *testing.B) {
	const records = 200_000
	for _, bc := range []struct {
		name string
		set  func(*store.Options, *clock)
		fill func(testing.TB, *fixture, *clock)
	}{
		{name: "age", set: func(_ *store.Options, c *clock) { c.advance(8 * day) }},
		{name: "count", set: func(o *store.Options, _ *clock) { o.MaxRecords = records / 2 }},
		{name: "bytes", set: func(o *store.Options, _ *clock) { o.MaxBytes = 64 << 20 }},
		{name: "bytes-kept-in-front", set: func(o *store.Options, _ *clock) { o.MaxBytes = 64 << 20 }, fill: keepHalf},
		{name: "bytes-big-bodies", set: func(o *store.Options, _ *clock) { o.MaxBytes = 128 << 20 }, fill: fatten},
		{name: "hours", set: func(_ *store.Options, c *clock) { c.advance(2 * day) }},
		{name: "rollups", set: func(o *store.Options, c *clock) { o.RollupAge = day; c.advance(2 * day) }},
		{name: "exceptions", set: func(_ *store.Options, c *clock) { c.advance(35 * day) }, fill: failOften},
		{name: "processes", set: func(_ *store.Options, c *clock) { c.advance(9 * day) }, fill: runOften},
	} {
		b.Run(bc.name, func(b *testing.B) {
			byKind := map[string]*stepTimes{}
			for b.Loop() {
				b.StopTimer()
				prepared := newClock(benchStart)
				f := setup(b, store.Options{MaxBytes: 8 << 30, Now: prepared.now})
				fillHour(b, f, records)
				if bc.fill != nil {
					bc.fill(b, f, prepared)
				}
				f.close()
				c := newClock(benchStart.Add(time.Hour))
				o := store.Options{MaxBytes: 8 << 30}
				bc.set(&o, c)
				offset := time.Since(c.now())
				o.Now = func() time.Time { return time.Now().Add(-offset) } // a clock that goes
				f = open(b, f.path, o)
				b.StartTimer()
				pruneMeasured(b, f, byKind)
				b.StopTimer()
				f.close()
				b.StartTimer()
			}
			report(b, byKind)
		})
	}
}

// stepTimes are the times of steps of one kind.
type stepTimes struct{ held, whole []time.Duration }

func pruneMeasured(b *testing.B, f *fixture, byKind map[string]*stepTimes) {
	b.Helper()
	for more := true; more; {
		start := time.Now()
		var err error
		more, err = f.Prune(context.Background())
		whole := time.Since(start)
		must(b, err)
		kind, held := f.LastStep()
		if byKind[kind] == nil {
			byKind[kind] = &stepTimes{}
		}
		t := byKind[kind]
		t.held, t.whole = append(t.held, held), append(t.whole, whole)
	}
}

func report(b *testing.B, byKind map[string]*stepTimes) {
	var all stepTimes
	for _, kind := range slices.Sorted(keysOf(byKind)) {
		t := byKind[kind]
		all.held, all.whole = append(all.held, t.held...), append(all.whole, t.whole...)
		slices.Sort(t.held)
		b.Logf("%-10s %6d steps: held %8v, %8v, %8v (median, p99, longest)", kind, len(t.held), percentile(t.held, 50), percentile(t.held, 99), t.held[len(t.held)-1])
	}
	slices.Sort(all.held)
	slices.Sort(all.whole)
	milli := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(float64(len(all.held))/float64(b.N), "steps")
	b.ReportMetric(milli(percentile(all.held, 50)), "held-p50-ms")
	b.ReportMetric(milli(percentile(all.held, 99)), "held-p99-ms")
	b.ReportMetric(milli(all.held[len(all.held)-1]), "held-max-ms")
	b.ReportMetric(milli(all.whole[len(all.whole)-1]), "step-max-ms")
}

func keysOf(m map[string]*stepTimes) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

// keepHalf marks the older half as errors, which stay four times as long.
func keepHalf(t testing.TB, f *fixture, _ *clock) {
	execSQL(t, f, "UPDATE record SET flags = flags | ? WHERE id < ?", int64(instrument.FlagPinned), int64(instrument.FirstID(benchStart.Add(30*time.Minute))))
}

// fatten gives every hundredth Record a body of 256 KiB.
func fatten(t testing.TB, f *fixture, _ *clock) {
	execSQL(t, f, "UPDATE record SET body = ? WHERE id % 400 = 0", bytes.Repeat([]byte{7}, 256<<10))
}

// failOften makes 300 kinds of exceptions that occurred in each hour of a month.
func failOften(t testing.TB, f *fixture, _ *clock) {
	for i := range 300 {
		f.fails("anna", fmt.Errorf("kind %d: %w", i, errors.New(fmt.Sprint("of ", i))))
		if i%50 == 0 {
			f.flush(t)
		}
	}
	f.flush(t)
	execSQL(t, f, `WITH RECURSIVE hour(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM hour WHERE n < 720)
		INSERT OR IGNORE INTO exception_hour SELECT id, first / 3600000 - n, 1 FROM exception, hour`)
}

// runOften leaves 3,000 processes that ran for a moment, with names of their own.
func runOften(t testing.TB, f *fixture, _ *clock) {
	execSQL(t, f, `WITH RECURSIVE run(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM run WHERE n < 3000)
		INSERT INTO process (number, build, host, service, boot, pid, pid_start, started, seen, ended)
		SELECT 1 + n % 1000, build, host, service, boot, pid, pid_start, started, started, started FROM process, run WHERE process.id = 1`)
	execSQL(t, f, "INSERT INTO name SELECT p.id, n.space, n.id, n.ref, n.source FROM name n, process p WHERE n.process = 1 AND p.id > 1")
	execSQL(t, f, `WITH RECURSIVE run(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM run WHERE n < 40)
		INSERT INTO frame SELECT p.id, n, 0, 1 FROM process p, run WHERE p.id > 1`)
}

func execSQL(t testing.TB, f *fixture, text string, args ...any) {
	t.Helper()
	_, err := f.db.Exec(text, args...)
	must(t, err)
}
