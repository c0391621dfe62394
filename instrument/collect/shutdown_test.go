package collect_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
)

// ending is how a test ends a Collector's work: Flush and Close promise the same.
type ending struct {
	name string
	end  func(*collect.Collector, context.Context) error
}

var endings = []ending{
	{"Flush", (*collect.Collector).Flush},
	{"Close", (*collect.Collector).Close},
}

// eachEnding runs a test in a bubble for Flush and for Close.
func eachEnding(t *testing.T, fn func(t *testing.T, e ending)) {
	t.Parallel()
	for _, e := range endings {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { fn(t, e) })
		})
	}
}

func TestF19_SuccessFirst(t *testing.T) {
	eachEnding(t, func(t *testing.T, e ending) {
		m := &memory{}
		c := start(t, collect.Config{Store: m}, nil)
		put(c, 0, 1200)
		began := time.Now()
		if err := e.end(c, t.Context()); err != nil {
			t.Fatal(err)
		}
		equal(t, "time taken", time.Since(began), 0)
		equal(t, "stored", len(m.stored()), 1200)
		account(t, c.Stats())
	})
}

func TestF19_TransientFailureThenSuccess(t *testing.T) {
	eachEnding(t, func(t *testing.T, e ending) {
		m := &memory{appending: failing(3), rolling: failing(2)}
		c := start(t, collect.Config{Store: m}, nil)
		put(c, 0, 10)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := e.end(c, ctx); err != nil {
			t.Fatal(err)
		}
		equal(t, "stored", len(m.stored()), 10)
		equal(t, "tries", m.appendCalls(), 4)
		if s := c.Stats(); s.Failures != 5 || s.LastError != errDisk.Error() || len(s.Disabled) > 0 {
			t.Errorf("stats are %+v", s)
		}
	})
}

func TestF19_PermanentFailureIsATimeout(t *testing.T) {
	eachEnding(t, func(t *testing.T, e ending) {
		m, r := &memory{appending: failing(-1)}, recorder(t)
		c := start(t, collect.Config{Store: m}, r)
		put(c, 0, 10)
		r.Observe(checkout, time.Millisecond, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		err := e.end(c, ctx)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want a timeout", err)
		}
		if took := time.Since(began); took < time.Second || took > time.Second+50*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		c.Close(ctx)
		st := c.Stats()
		account(t, st)
		equal(t, "dropped", st.Dropped["store_error"], 10)
		equal(t, "roll-ups, which the store takes", len(m.rollups()), 1)
	})
}

func TestF19_PermanentFailureWithoutDeadlineEnds(t *testing.T) {
	eachEnding(t, func(t *testing.T, e ending) {
		m := &memory{appending: failing(-1), rolling: failing(-1)}
		c := start(t, collect.Config{Store: m}, nil)
		put(c, 0, 1200)
		began := time.Now()
		err := e.end(c, context.Background())
		if !errors.Is(err, errDisk) {
			t.Errorf("got %v, want what the store said", err)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %v", took)
		}
		account(t, c.Stats())
	})
}

func TestF19_RollupFailureEnds(t *testing.T) {
	eachEnding(t, func(t *testing.T, e ending) {
		m := &memory{rolling: failing(-1)}
		c := start(t, collect.Config{Store: m}, nil)
		put(c, 0, 10)
		if err := e.end(c, context.Background()); !errors.Is(err, errDisk) {
			t.Errorf("got %v, want what the store said", err)
		}
		equal(t, "stored", len(m.stored()), 10)
	})
}

func TestF19_CancelledContextReturnsSoon(t *testing.T) {
	eachEnding(t, func(t *testing.T, e ending) {
		m := &memory{appending: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		c := start(t, collect.Config{Store: m}, nil)
		put(c, 0, 10)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, cancel)
		began := time.Now()
		if err := e.end(c, ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want cancelled", err)
		}
		if took := time.Since(began); took > 350*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		c.Close(ctx)
		synctest.Wait()
		account(t, c.Stats())
	})
}

func TestF19_NoTimeTriesOnce(t *testing.T) {
	eachEnding(t, func(t *testing.T, e ending) {
		m := &memory{appending: failing(-1)}
		c := start(t, collect.Config{Store: m}, nil)
		put(c, 0, 10)
		ctx, cancel := context.WithTimeout(t.Context(), 0)
		defer cancel()
		began := time.Now()
		if err := e.end(c, ctx); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errDisk) {
			t.Errorf("got %v, want a timeout and what the store said", err)
		}
		equal(t, "tries", m.appendCalls(), 1)
		if took := time.Since(began); took > 50*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		c.Close(ctx)
		account(t, c.Stats())
	})
}

func TestF19_NoTimeIsEnoughForAStoreThatWorks(t *testing.T) {
	eachEnding(t, func(t *testing.T, e ending) {
		m := &memory{}
		c := start(t, collect.Config{Store: m}, nil)
		put(c, 0, 1200)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := e.end(c, ctx); err != nil {
			t.Error(err)
		}
		equal(t, "stored", len(m.stored()), 1200)
	})
}

// A store that does not even look at its context cannot be stopped. The caller
// gets its goroutine back all the same, and the account stays exact.
func TestF19_StoreThatHangsHoldsNobodyUp(t *testing.T) {
	eachEnding(t, func(t *testing.T, e ending) {
		release := make(chan struct{})
		m := &memory{appending: func(context.Context) error { <-release; return nil }}
		c := start(t, collect.Config{Store: m, BatchRecords: 10}, nil)
		put(c, 0, 30)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := e.end(c, ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want a timeout", err)
		}
		if took := time.Since(began); took > time.Second+50*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		account(t, c.Stats())
		if e.name == "Close" {
			if err := c.Start(nil); !errors.Is(err, collect.ErrRunning) {
				t.Errorf("Start while the store hangs: %v", err)
			}
		}
		close(release)
		c.Close(t.Context())
		st := c.Stats()
		account(t, st)
		equal(t, "queued", st.QueuedRecords, 0)
		equal(t, "stored", uint64(len(m.stored())), st.Stored)
	})
}

func TestF19_HundredConcurrentCloses(t *testing.T) {
	t.Parallel()
	m := &memory{}
	c := start(t, collect.Config{Store: m}, nil)
	put(c, 0, 700)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if err := c.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	equal(t, "stored", len(m.stored()), 700)
}

// The writer tries as long as anybody waits, not as long as the first one does.
func TestF19_TheMostPatientCloseCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{appending: failing(5)}
		c := start(t, collect.Config{Store: m}, nil)
		put(c, 0, 10)
		impatient := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
			defer cancel()
			impatient <- c.Close(ctx)
		}()
		synctest.Wait()
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-impatient; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the impatient one got %v", err)
		}
		equal(t, "stored", len(m.stored()), 10)
	})
}

func TestF19_CloseBeforeStartAndTwice(t *testing.T) {
	t.Parallel()
	c := newCollector(t, collect.Config{Store: &memory{}})
	put(c, 0, 3)
	ctx := context.Background()
	for range 3 {
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	s := summary(4)
	if c.Want(&s) {
		t.Error("a closed Collector wants Records")
	}
	c.Put(&s, nil)
	st := c.Stats()
	account(t, st)
	equal(t, "dropped", st.Dropped["closed"], 5)
}

func TestF19_RecordsThatEndDuringCloseAreCounted(t *testing.T) {
	t.Parallel()
	m := &memory{}
	c := start(t, collect.Config{Store: m}, nil)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() { put(c, g*1000, 1000) })
	}
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
	wg.Wait()
	st := c.Stats()
	account(t, st)
	equal(t, "produced", st.Produced, 8000)
	equal(t, "stored", uint64(len(m.stored())), st.Stored)
	equal(t, "rest", st.Dropped["closed"]+st.Stored, 8000)
}

func TestStoreThatEndsTheGoroutineEndsTheRun(t *testing.T) {
	t.Parallel()
	m := &memory{appending: func(context.Context) error { runtime.Goexit(); return nil }}
	c := start(t, collect.Config{Store: m}, nil)
	put(c, 0, 10)
	if err := c.Flush(context.Background()); !errors.Is(err, collect.ErrNotRunning) {
		t.Errorf("Flush: %v", err)
	}
	st := c.Stats()
	account(t, st)
	if !strings.Contains(st.Disabled["writer"], "ended") {
		t.Errorf("disabled: %v", st.Disabled)
	}
	m.appending = nil
	if err := c.Start(nil); err != nil {
		t.Fatal(err)
	}
	put(c, 0, 1)
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
	equal(t, "stored", len(m.stored()), 1)
	equal(t, "disabled", len(c.Stats().Disabled), 0)
}
