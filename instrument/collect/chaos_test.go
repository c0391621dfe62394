package collect_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
)

// moody fails, panics, is slow or works, each in a part of the calls.
func moody(ctx context.Context) error {
	switch rand.IntN(6) {
	case 0:
		return errDisk
	case 1:
		panic("moody")
	case 2:
		time.Sleep(rand.N(3 * time.Second))
		return ctx.Err()
	}
	return nil
}

// Whatever the store does, each Record is stored once or counted as dropped, and
// no call is missing in the statistics.
func TestF01_MoodyStoreKeepsTheAccountExact(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calm atomic.Bool
		m := &memory{appending: moody, rolling: func(ctx context.Context) error {
			if calm.Load() {
				return nil
			}
			return moody(ctx)
		}}
		m.pruning = func() (bool, error) { return rand.IntN(2) == 0, moody(t.Context()) }
		r := instrument.New(instrument.Config{})
		defer r.SetEnabled(false)
		c := start(t, collect.Config{Store: m, QueueRecords: 500, BatchRecords: 50}, r)
		const goroutines, each = 16, 300
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				for i := range each {
					time.Sleep(rand.N(200 * time.Millisecond))
					r.Observe(checkout, time.Millisecond, nil)
					put(c, g*each+i, 1)
					account(t, c.Stats())
					if i%100 == 50 {
						ctx, cancel := context.WithTimeout(t.Context(), rand.N(2*time.Second))
						c.Flush(ctx) // an error is fine
						cancel()
					}
				}
			})
		}
		wg.Wait()
		calm.Store(true) // statistics are kept until they can be stored
		if err := c.Close(t.Context()); err != nil {
			t.Log(err)
		}
		st := c.Stats()
		account(t, st)
		equal(t, "produced", st.Produced, goroutines*each)
		equal(t, "stored", uint64(len(m.stored())), st.Stored)
		seen := make(map[instrument.ID]bool)
		for _, it := range m.stored() {
			if seen[it.Summary.ID] {
				t.Errorf("record %d is stored twice", it.Summary.ID)
			}
			seen[it.Summary.ID] = true
		}
		calls := uint64(0)
		for _, n := range counts(m.rollups()) {
			calls += n
		}
		equal(t, "calls in the statistics", calls, goroutines*each)
	})
}
