package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/internal/soak"
)

// A day of an app with 115 requests a second, minute by minute: after each, the store is
// pruned as the writer does it. File and -wal together stay within a tenth of the bound,
// always.
func TestF09_ADayOfRecordsStaysWithinTheBound(t *testing.T) {
	t.Parallel()
	const limit = 32 << 20
	c := newClock(noon)
	f := setup(t, store.Options{Now: c.now, MaxBytes: limit})
	total, perMinute, batch := soak.N(150_000, 10_000_000), 7_000, 500
	path := "/" + strings.Repeat("x", 200)
	var most int64
	var longest time.Duration
	began := time.Now()
	list := make([]made, batch)
	steps := 0
	for n := 0; n < total; {
		for range perMinute / batch {
			for i := range list {
				list[i] = made{at: c.now(), n: (n + i) % perMinute, path: path, name: "GET /day"}
			}
			f.add(t, list...)
			n += batch
			most = max(most, size(t, f.path)+size(t, f.path+"-wal"))
		}
		for more := true; more; steps++ {
			var err error
			step := time.Now()
			more, err = f.Prune(context.Background())
			longest = max(longest, time.Since(step))
			must(t, err)
			most = max(most, size(t, f.path)+size(t, f.path+"-wal"))
		}
		c.advance(time.Minute)
	}
	if most > limit*11/10 {
		t.Errorf("file and -wal had %d bytes, the bound is %d", most, limit)
	}
	f.checkIntegrity(t)
	h, err := f.Health(context.Background())
	must(t, err)
	if h.Records == 0 || h.Records == int64(total) {
		t.Errorf("%d of %d records are left: nothing was pruned, or all", h.Records, total)
	}
	soak.Report(t, "F09", "%d Records in %v, in %d steps of pruning, the longest of %v: file and -wal had %.1f MiB at most, with a bound of %d MiB; the latest %d Records are there",
		total, time.Since(began).Round(time.Second), steps, longest.Round(time.Millisecond), float64(most)/(1<<20), limit>>20, h.Records)
}
