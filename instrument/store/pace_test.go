package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// countedClock goes on by pause each time that it is read: so much every piece of work
// takes, on however fast a machine the test runs.
type countedClock struct {
	clock
	pause atomic.Int64
}

func newCountedClock(t time.Time) *countedClock {
	c := &countedClock{}
	c.set(t)
	return c
}

func (c *countedClock) read() time.Time {
	c.advance(time.Duration(c.pause.Load()))
	return c.now()
}

// steps prunes until nothing is left to do and gives how many Records each step removed.
func (f *fixture) steps(t testing.TB) (removed []int64) {
	t.Helper()
	left := int64(f.left(t))
	for more := true; more; {
		var err error
		more, err = f.Prune(context.Background())
		must(t, err)
		now := int64(f.left(t))
		removed = append(removed, left-now)
		left = now
		if len(removed) > 20_000 {
			t.Fatal("Prune does not come to an end")
		}
	}
	return removed
}

func (f *fixture) addOld(t testing.TB, n int) {
	t.Helper()
	for from := 0; from < n; from += 500 {
		var list []made
		for i := range min(500, n-from) {
			list = append(list, made{at: noon.Add(-10 * day), n: from + i})
		}
		f.add(t, list...)
	}
}

func TestF09_AStepShrinksWhenTheMachineIsSlow(t *testing.T) {
	t.Parallel()
	const slow, fast, records = 30 * time.Millisecond, time.Duration(0), 3000
	c := newCountedClock(noon)
	f := setup(t, store.Options{Now: c.read})
	f.addOld(t, records)
	prune := func() int64 {
		before := f.left(t)
		_, err := f.Prune(context.Background())
		must(t, err)
		return int64(before - f.left(t))
	}
	c.pause.Store(int64(slow))
	first := prune()
	for range 5 {
		prune()
	}
	if least := prune(); first > 64 || least == 0 || least > 8 {
		t.Errorf("the first step removed %d Records, a later one %d: at 30 ms for each portion no more than 64 and 8 were expected", first, least)
	}
	c.pause.Store(int64(fast))
	grown := prune()
	for range 5 {
		grown = max(grown, prune())
	}
	if grown < 1000 {
		t.Errorf("at most %d Records a step after the machine was fast again", grown)
	}
	// It gets slow in the middle: the step ends with the portion under way.
	f.addOld(t, records)
	c.advance(2 * time.Hour) // those came behind the sweep
	c.pause.Store(int64(slow))
	if n := prune(); n == 0 || n > 512 {
		t.Errorf("a step removed %d Records after it had become slow, expected one portion", n)
	}
	f.pruneAll(t)
	if n := f.left(t); n != 0 {
		t.Errorf("%d Records are left", n)
	}
	f.checkIntegrity(t)
}

func TestF09_NoStepRemovesMoreThanItsBound(t *testing.T) {
	t.Parallel()
	const mostRecords, mostBytes = 5120, 5 << 20
	for name, tc := range map[string]struct{ records, body int }{
		"many small ones":             {7_000, 0},
		"bodies of 40 KiB":            {300, 40 << 10},
		"bodies larger than portions": {24, 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, store.Options{Now: noonClock, MaxBytes: 1 << 30}) // no time passes: nothing but the bound ends a step
			f.addOld(t, tc.records)
			if tc.body > 0 {
				_, err := f.db.Exec("UPDATE record SET body = ?", bytes.Repeat([]byte{7}, tc.body))
				must(t, err)
			}
			var most, all int64
			for _, n := range f.steps(t) {
				most, all = max(most, n), all+n
			}
			if most > mostRecords || most*int64(tc.body) > mostBytes+int64(tc.body) {
				t.Errorf("a step removed %d Records of %d bytes", most, tc.body)
			}
			if all != int64(tc.records) {
				t.Errorf("%d of %d Records were removed", all, tc.records)
			}
			f.checkIntegrity(t)
		})
	}
}

// Whatever there is to prune, on a machine where each piece takes longer than a step may,
// steps are small, come to an end, and leave what a fast machine leaves. It does not run
// beside others: a store has the names of all handlers that the process has by then.
func TestF09_ASlowMachinePrunesTheSame(t *testing.T) {
	type left struct{ records, slowest, rollups, count, exceptions, hours, processes, names, notes, keys, sources int }
	prune := func(pause time.Duration) (l left, steps int) {
		c := newCountedClock(noon)
		f := setup(t, store.Options{Now: c.read, MaxRecords: 150})
		f.fillAll(t, &c.clock)
		c.set(noon.Add(40 * day))
		f.add(t, made{at: c.now()})
		c.pause.Store(int64(pause))
		steps = len(f.steps(t))
		c.pause.Store(0)
		f.checkIntegrity(t)
		for q, dst := range map[string]*int{
			"record": &l.records, "slowest": &l.slowest, "rollup": &l.rollups, "exception": &l.exceptions,
			"exception_hour": &l.hours, "process": &l.processes, "name": &l.names, "note": &l.notes, "key": &l.keys, "source": &l.sources,
		} {
			*dst = f.count(t, "SELECT count(*) FROM "+q)
		}
		l.count = f.count(t, "SELECT coalesce(sum(count), 0) FROM rollup")
		return l, steps
	}
	fast, few := prune(0)
	slow, many := prune(30 * time.Millisecond)
	if fast != slow {
		t.Errorf("left are %+v, on a slow machine %+v", fast, slow)
	}
	if many < 4*few {
		t.Errorf("%d steps, on a slow machine %d", few, many)
	}
	if fast.records == 0 || fast.records > 150 || fast.rollups == 0 || fast.count == 0 || fast.exceptions == 0 || fast.hours == 0 || fast.processes != 1 {
		t.Errorf("left are %+v: what is pruned was not there, or what stays went", fast)
	}
	t.Logf("%d steps, on a slow machine %d; left are %+v", few, many, fast)
}

// fillAll makes some of all that Prune removes: from noon on, for half an hour.
func (f *fixture) fillAll(t testing.TB, c *clock) {
	t.Helper()
	other := open(t, f.path, store.Options{Now: c.now})
	for i := range 8 { // kinds of exceptions
		for range 3 {
			other.fails(fmt.Sprint("user", i), fmt.Errorf("kind %d: %w", i, errors.New("failed")))
		}
	}
	other.flush(t)
	var list []made
	for i := range 300 { // kept longer, and so in front of what goes
		list = append(list, made{at: noon, n: i, flags: instrument.FlagError | instrument.FlagPinned*instrument.Flags(i%2)})
	}
	for i := range 400 {
		list = append(list, made{at: noon.Add(time.Duration(i) * time.Second), n: 2000 + i, duration: time.Duration(i) * ms})
	}
	for _, id := range f.add(t, list...)[300:400] {
		must(t, f.Annotate(context.Background(), id, "page", []byte("{}")))
	}
	for m := range 30 {
		at := noon.Add(time.Duration(m) * time.Minute)
		var rows []instrument.RollRow
		for h := range 10 {
			rows = append(rows, rollRow(instrument.KindRequest, fmt.Sprint("GET /", h), ms, time.Duration(h)*ms))
		}
		f.roll(t, at, rows...)
		other.roll(t, at, rows...)
	}
	other.close()
	for i := range 12 { // short commands
		cmd := open(t, f.path, store.Options{Now: c.now})
		cmd.add(t, made{at: c.now(), n: 5000 + i, name: fmt.Sprint("command ", i)})
		cmd.roll(t, c.now(), rollRow(instrument.KindCommand, "command", ms))
		cmd.close()
	}
}

// Errors that stay are in front of everything else: they are looked over in portions, too.
func TestF09_ManyThatStayAreLookedOverInPortions(t *testing.T) {
	t.Parallel()
	c := newCountedClock(noon)
	f := setup(t, store.Options{Now: c.read, MaxRecords: 4000})
	var list []made
	for i := range 4000 {
		list = append(list, made{at: noon.Add(-time.Hour), n: i, flags: instrument.FlagPinned})
	}
	want := f.add(t, list...)[3999]
	f.add(t, made{at: noon.Add(-time.Minute)}, made{at: noon.Add(-time.Minute), n: 1})
	c.pause.Store(int64(30 * time.Millisecond))
	steps := f.steps(t)
	if len(steps) < 20 {
		t.Errorf("%d steps looked over 4,000 Records", len(steps))
	}
	page, err := f.Records(context.Background(), query.Records{})
	must(t, err)
	if n := f.left(t); n != 4000 || page.Records[0].ID != want {
		t.Errorf("%d Records are left, the newest is %s, expected the pinned %s", n, page.Records[0].ID, want)
	}
}
