package collect_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
)

// counts sums what was rolled up by minute and handler.
func counts(rolls []rolled) map[string]uint64 {
	sum := make(map[string]uint64)
	for _, r := range rolls {
		for _, row := range r.rows {
			if row.Count > 0 {
				sum[r.at.UTC().Format("15:04")+" "+row.Handler.Name()] += row.Count
			}
		}
	}
	return sum
}

func recorder(t *testing.T) *instrument.Recorder {
	r := instrument.New(instrument.Config{})
	t.Cleanup(func() { r.SetEnabled(false) })
	return r
}

// Bubbles begin at midnight, so the minutes are known.
func TestRollupsGoToTheMinuteInWhichCallsEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, r := &memory{}, recorder(t)
		c := start(t, collect.Config{Store: m}, r)
		time.Sleep(500 * time.Millisecond)
		for range 180 { // one call a second, half past it
			r.Observe(checkout, time.Millisecond, nil)
			time.Sleep(time.Second)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		equal(t, "counts", fmt.Sprint(counts(m.rollups())),
			"map[00:00 POST /checkout:60 00:01 POST /checkout:60 00:02 POST /checkout:60]")
		for _, roll := range m.rollups() {
			equal(t, "at", roll.at, roll.at.Truncate(time.Minute))
		}
	})
}

func TestRollupsComeEveryTenSecondsAndOnlyWhenThereIsSomething(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, r := &memory{}, recorder(t)
		c := start(t, collect.Config{Store: m}, r)
		time.Sleep(time.Minute + 5*time.Second)
		synctest.Wait()
		equal(t, "roll-ups while idle", len(m.rollups()), 0)
		for range 6 {
			r.Observe(checkout, time.Millisecond, nil)
			time.Sleep(10 * time.Second)
		}
		synctest.Wait()
		equal(t, "roll-ups", len(m.rollups()), 6)
		c.Close(t.Context())
	})
}

func TestFlushRollsUp(t *testing.T) {
	t.Parallel()
	m, r := &memory{}, recorder(t)
	c := start(t, collect.Config{Store: m}, r)
	for range 3 {
		r.Observe(checkout, time.Second, errDisk)
		if err := c.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	rolls := m.rollups()
	equal(t, "roll-ups", len(rolls), 3)
	for _, roll := range rolls {
		row := roll.rows[0]
		if row.Count != 1 || row.Errors != 1 || row.Slow != 1 || row.Sum != time.Second || row.Hist.Count() != 1 {
			t.Errorf("the increment is %+v", row)
		}
	}
}

// Statistics that the store did not take are not lost: neither by failures nor by
// a Close that had to give up.
func TestRollupsSurviveAStoreThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, r := &memory{rolling: failing(-1)}, recorder(t)
		c := start(t, collect.Config{Store: m}, r)
		time.Sleep(500 * time.Millisecond)
		for range 60 * 30 { // half an hour: more minutes than wait
			r.Observe(checkout, time.Millisecond, nil)
			r.Observe(listing, time.Millisecond, nil)
			time.Sleep(time.Second)
		}
		if err := c.Close(t.Context()); err == nil {
			t.Error("Close did not tell that statistics are not stored")
		}
		m.rolling = nil
		if err := c.Start(r); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		sum := counts(m.rollups())
		total := uint64(0)
		for _, n := range sum {
			total += n
		}
		equal(t, "calls", total, 3600)
		equal(t, "last whole minute", sum["00:29 GET /orders"], 60)
		if len(m.rollups()) > 15 {
			t.Errorf("%d minutes waited", len(m.rollups()))
		}
	})
}

func TestRollupsNameTheSlowestOfTheMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, r := &memory{}, recorder(t)
		c := start(t, collect.Config{Store: m, Keep: collect.Keep{All: true, Slowest: 3}}, r)
		slow := func(id, ms int) {
			s := summary(id)
			s.Duration = time.Duration(ms) * time.Millisecond
			r.Observe(checkout, s.Duration, nil)
			record(c, s, nil)
		}
		last := func() string {
			if err := c.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			rolls := m.rollups()
			var b strings.Builder
			for _, s := range rolls[len(rolls)-1].rows[0].Slowest {
				fmt.Fprintf(&b, "%d:%v ", s.ID, s.Duration)
			}
			return b.String()
		}
		for i, ms := range []int{5, 1, 9, 3, 7} {
			slow(i+1, ms)
		}
		equal(t, "slowest", last(), "3:9ms 5:7ms 1:5ms ")
		slow(6, 8)
		equal(t, "slowest of the minute so far", last(), "3:9ms 6:8ms 5:7ms ")
		time.Sleep(time.Minute + time.Second)
		slow(7, 2)
		equal(t, "slowest of the next minute", last(), "7:2ms ")
		c.Close(t.Context())
	})
}

// F-28: a wall clock that jumps changes the minute, never the totals or the pace.
func TestF28_ClockJumpsLoseNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var offset atomic.Int64
		now := func() time.Time { return time.Now().Round(0).Add(time.Duration(offset.Load())) }
		m, r := &memory{}, recorder(t)
		c := start(t, collect.Config{Store: m, Now: now}, r)
		for i := range 100 {
			r.Observe(checkout, time.Millisecond, nil)
			time.Sleep(time.Second)
			synctest.Wait()
			switch i {
			case 30:
				offset.Store(int64(-time.Hour))
			case 60:
				offset.Store(int64(10 * 365 * 24 * time.Hour))
			}
		}
		c.Close(t.Context())
		total := uint64(0)
		for _, n := range counts(m.rollups()) {
			total += n
		}
		equal(t, "calls", total, 100)
		if n := len(m.rollups()); n < 10 || n > 20 {
			t.Errorf("%d roll-ups", n)
		}
	})
}
