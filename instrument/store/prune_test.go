package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// clock is a wall clock that a test sets.
type clock struct{ ns atomic.Int64 }

func newClock(t time.Time) *clock            { c := &clock{}; c.set(t); return c }
func (c *clock) set(t time.Time)             { c.ns.Store(t.UnixNano()) }
func (c *clock) now() time.Time              { return time.Unix(0, c.ns.Load()) }
func (c *clock) advance(d time.Duration)     { c.ns.Add(int64(d)) }
func (f *fixture) left(t testing.TB) (n int) { return f.count(t, "SELECT count(*) FROM record") }

const day = 24 * time.Hour

func TestPrune_ByAgeKeepsWhatIsWorthIt(t *testing.T) {
	t.Parallel()
	c := newClock(noon)
	f := setup(t, store.Options{Now: c.now})
	list := f.add(t,
		made{at: noon.Add(-8 * day)},
		made{at: noon.Add(-8 * day), n: 1, flags: instrument.FlagError},
		made{at: noon.Add(-8 * day), n: 2, flags: instrument.FlagSlow},
		made{at: noon.Add(-31 * day), flags: instrument.FlagError},
		made{at: noon.Add(-31 * day), n: 1, flags: instrument.FlagPinned},
		made{at: noon.Add(-6 * day)},
	)
	f.roll(t, noon.Add(-31*day), rollRow(instrument.KindRequest, "GET /made", ms))
	f.pruneAll(t)
	page, err := f.Records(context.Background(), query.Records{Sort: query.Oldest})
	must(t, err)
	want := fmt.Sprint([]instrument.ID{list[4], list[1], list[2], list[5]})
	if ids(page.Records) != want {
		t.Errorf("left are %s, expected %s", ids(page.Records), want)
	}
	f.checkIntegrity(t)
	if hs, err := f.Handlers(context.Background(), query.Handlers{}); err != nil || len(hs) != 1 {
		t.Errorf("statistics went with the records: %v, %v", hs, err)
	}
	// A Record that ran for long arrives late, behind the sweep.
	f.add(t, made{at: noon.Add(-9 * day)})
	c.advance(2 * time.Hour)
	f.pruneAll(t)
	if n := f.left(t); n != 4 {
		t.Errorf("%d records are left, expected 4", n)
	}
}

func TestPrune_SlowestAreRightWherePruningWas(t *testing.T) {
	t.Parallel()
	c := newClock(noon)
	f := setup(t, store.Options{Now: c.now})
	var list []made
	for i := range 60 {
		m := made{at: noon.Add(-8*day + time.Duration(i)*time.Second), duration: time.Duration(i) * ms}
		if i%2 == 0 {
			m.flags = instrument.FlagError
		}
		list = append(list, m, made{at: noon.Add(time.Duration(i-60) * time.Second), duration: time.Duration(i) * ms})
	}
	f.add(t, list...)
	f.pruneAll(t)
	page, err := f.Records(context.Background(), query.Records{Sort: query.Slowest, Limit: 60})
	must(t, err)
	got, last := len(page.Records), page.Records[len(page.Records)-1].Duration
	if got != 60 || last != 20*ms || !page.Complete || page.Total != 90 { // 2 of each second, 3 of each two
		t.Errorf("%d records down to %v, complete %v of %d", got, last, page.Complete, page.Total)
	}
	if n := f.count(t, "SELECT count(*) FROM slowest"); n > 3 {
		t.Errorf("%d lists of the slowest are left", n)
	}
}

func TestPrune_ByCount(t *testing.T) {
	t.Parallel()
	c := newClock(noon)
	f := setup(t, store.Options{Now: c.now, MaxRecords: 100})
	var list []made
	for i := range 1000 {
		m := made{at: noon.Add(time.Duration(i-1000) * time.Second)}
		if i%10 == 0 {
			m.flags = instrument.FlagError
		}
		list = append(list, m)
	}
	f.add(t, list...)
	f.pruneAll(t)
	f.checkIntegrity(t)
	page, err := f.Records(context.Background(), query.Records{Limit: 1000})
	must(t, err)
	failed := 0
	for _, r := range page.Records {
		if r.Flags&instrument.FlagError != 0 {
			failed++
		}
	}
	if len(page.Records) > 100 || len(page.Records) < 90 {
		t.Errorf("%d records are left, expected 100", len(page.Records))
	}
	if failed <= 10 || failed >= 60 { // errors last about four times as long, not for ever
		t.Errorf("%d of them failed", failed)
	}
}

func TestPrune_PinnedGoOnlyWhenNothingElseIsLeft(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{Now: noonClock, MaxRecords: 5})
	var list []made
	for i := range 20 {
		m := made{at: noon.Add(time.Duration(i-100) * day), flags: instrument.FlagPinned}
		if i >= 15 {
			m.at, m.flags = noon.Add(time.Duration(i-100)*time.Second), 0
		}
		list = append(list, m)
	}
	want := f.add(t, list...)[10:15]
	f.pruneAll(t)
	page, err := f.Records(context.Background(), query.Records{Sort: query.Oldest})
	must(t, err)
	if ids(page.Records) != fmt.Sprint(want) {
		t.Errorf("left are %s, expected %s", ids(page.Records), want)
	}
}

func TestF09_PruneByBytesShrinksTheFile(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{Now: noonClock, MaxBytes: 2 << 20})
	for i := range 30 {
		var list []made
		for j := range 100 {
			list = append(list, made{at: noon.Add(time.Duration(i*100+j-3000) * time.Second), path: "/" + strings.Repeat("x", 1000)})
		}
		f.add(t, list...)
		for range 3 {
			_, err := f.Prune(context.Background())
			must(t, err)
		}
	}
	f.pruneAll(t)
	f.checkIntegrity(t)
	_, err := f.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	must(t, err)
	f.pruneAll(t)
	h, err := f.Health(context.Background())
	must(t, err)
	if h.Pages*h.PageSize > 22<<17 { // 2 MiB x 1.1
		t.Errorf("the store has %d bytes", h.Pages*h.PageSize)
	}
	if h.Records == 0 || h.Records == 3000 || !h.Newest.Equal(noon.Add(-time.Second)) {
		t.Errorf("%d records, the newest of %v", h.Records, h.Newest)
	}
	if h.FreePages > h.Pages/2 {
		t.Errorf("%d of %d pages are empty", h.FreePages, h.Pages)
	}
}

func TestPrune_MergesMinutesIntoHours(t *testing.T) {
	t.Parallel()
	c := newClock(noon)
	f := setup(t, store.Options{Now: c.now})
	other := open(t, f.path, store.Options{Now: c.now})
	for m := range 120 {
		at := noon.Add(time.Duration(m) * time.Minute)
		f.roll(t, at, rollRow(instrument.KindRequest, "GET /a", ms, 200*ms))
		other.roll(t, at, rollRow(instrument.KindRequest, "GET /a", 2*ms))
	}
	before, err := f.Handlers(context.Background(), query.Handlers{})
	must(t, err)
	c.set(noon.Add(26 * time.Hour))
	f.pruneAll(t)
	after, err := f.Handlers(context.Background(), query.Handlers{})
	must(t, err)
	if got, want := fmt.Sprint(after[0].Stats), fmt.Sprint(before[0].Stats); got != want {
		t.Errorf("got %s\nexpected %s", got, want)
	}
	if n := f.count(t, "SELECT count(*) FROM rollup"); n != 2 {
		t.Errorf("there are %d rows, expected an hour each", n)
	}
	points, err := f.Series(context.Background(), query.Series{Handlers: query.Handlers{Since: noon, Until: noon.Add(2 * time.Hour)}, Step: time.Hour})
	must(t, err)
	if points[0].Count != 180 || points[1].Count != 180 {
		t.Errorf("hours have %d and %d", points[0].Count, points[1].Count)
	}
	c.set(noon.Add(401 * day))
	f.pruneAll(t)
	if n := f.count(t, "SELECT count(*) FROM rollup"); n != 0 {
		t.Errorf("%d rows are left after 400 days", n)
	}
}

func TestPrune_ForgetsProcessesThatLeftNothing(t *testing.T) {
	t.Parallel()
	c := newClock(noon)
	f := setup(t, store.Options{Now: c.now})
	for i := range 5 { // short commands of one build
		cmd := open(t, f.path, store.Options{Now: c.now})
		cmd.add(t, made{at: c.now(), n: i, name: fmt.Sprint("command ", i)})
		cmd.roll(t, c.now(), rollRow(instrument.KindCommand, "command", ms))
		c.advance(time.Minute)
		cmd.close()
	}
	f.add(t, made{at: c.now()})
	if n := f.count(t, "SELECT count(DISTINCT process) FROM name"); n != 6 {
		t.Fatalf("%d processes have names, expected 6", n)
	}
	f.pruneAll(t)
	if n := f.count(t, "SELECT count(DISTINCT process) FROM name"); n != 6 {
		t.Errorf("names of Records that are there were removed: %d of 6 processes are left", n)
	}
	c.advance(9 * day)
	f.roll(t, c.now()) // alive
	id := f.add(t, made{at: c.now()})[0]
	f.pruneAll(t)
	if names, processes := f.count(t, "SELECT count(DISTINCT process) FROM name"), f.count(t, "SELECT count(*) FROM process"); names != 1 || processes != 1 {
		t.Errorf("%d processes, %d with names, expected this one", processes, names)
	}
	if rec, err := f.Record(context.Background(), id); err != nil || rec.Handler.Name != "GET /made" {
		t.Errorf("read %+v, %v", rec, err)
	}
	list, err := f.Handlers(context.Background(), query.Handlers{Kinds: []instrument.Kind{instrument.KindCommand}})
	must(t, err)
	if len(list) != 1 || list[0].Count != 5 {
		t.Errorf("statistics of the commands: %+v", list)
	}
}

func TestPrune_StepsAreShort(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{Now: noonClock})
	for i := range 4 {
		var list []made
		for j := range 500 {
			list = append(list, made{at: noon.Add(-10 * day), n: i*500 + j})
		}
		f.add(t, list...)
	}
	if steps := f.pruneAll(t); steps < 2 {
		t.Errorf("2,000 records went in %d steps", steps)
	}
	if n := f.left(t); n != 0 {
		t.Errorf("%d records are left", n)
	}
}
