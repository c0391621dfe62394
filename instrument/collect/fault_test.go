package collect_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
)

func TestF01_PanicsAreCountedAndSwitchThePartOff(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		part   string
		breaks func(m *memory, boom func(context.Context) error)
	}{
		{"store", func(m *memory, boom func(context.Context) error) { m.appending = boom }},
		{"rollup", func(m *memory, boom func(context.Context) error) { m.rolling = boom }},
		{"prune", func(m *memory, boom func(context.Context) error) {
			m.pruning = func() (bool, error) { return false, boom(context.Background()) }
		}},
	} {
		t.Run(tc.part, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var healed atomic.Bool
				m := &memory{}
				tc.breaks(m, func(context.Context) error {
					if !healed.Load() {
						panic("boom")
					}
					return nil
				})
				r := instrument.New(instrument.Config{})
				defer r.SetEnabled(false)
				c := start(t, collect.Config{Store: m, RollEvery: time.Second, PruneEvery: time.Second}, r)
				for i := range 120 {
					put(c, i, 1)
					r.Observe(checkout, time.Millisecond, nil)
					time.Sleep(time.Second)
				}
				st := c.Stats()
				account(t, st)
				if why := st.Disabled[tc.part]; !strings.Contains(why, "boom") || len(st.Disabled) != 1 {
					t.Errorf("disabled: %v", st.Disabled)
				}
				if st.Panics < 10 || st.Panics != st.Failures {
					t.Errorf("%d panics, %d failures", st.Panics, st.Failures)
				}
				healed.Store(true)
				time.Sleep(10 * time.Second)
				put(c, 1000, 1)
				time.Sleep(10 * time.Second)
				if st := c.Stats(); len(st.Disabled) > 0 {
					t.Errorf("still disabled: %v", st.Disabled)
				}
				if err := c.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A store that does not work costs the app nothing: Records are refused before
// they are masked and encoded.
func TestF08_DiskFullDropsAndResumesWithinFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var full atomic.Bool
		full.Store(true)
		m := &memory{appending: func(context.Context) error {
			if full.Load() {
				return errDisk
			}
			return nil
		}}
		c := start(t, collect.Config{Store: m}, nil)
		refused := 0
		for i := range 600 {
			if !record(c, summary(i), nil) {
				refused++
			}
			time.Sleep(100 * time.Millisecond)
		}
		if refused < 300 {
			t.Errorf("%d of 600 records were refused early", refused)
		}
		full.Store(false)
		before := c.Stats()
		for i := range 50 {
			record(c, summary(1000+i), nil)
			time.Sleep(100 * time.Millisecond)
		}
		after := c.Stats()
		account(t, after)
		if after.Stored == before.Stored || len(after.Disabled) > 0 {
			t.Errorf("five seconds later %d are stored, disabled: %v", after.Stored, after.Disabled)
		}
		c.Close(t.Context())
	})
}

// A lock of 30 seconds, each try of which the store waits 5, loses nothing.
func TestF10_LockedStoreLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		unlocked := time.Now().Add(30 * time.Second)
		m := &memory{appending: func(ctx context.Context) error {
			if time.Until(unlocked) <= 0 {
				return nil
			}
			time.Sleep(min(5*time.Second, time.Until(unlocked)))
			if time.Until(unlocked) > 0 {
				return errDisk
			}
			return nil
		}}
		c := start(t, collect.Config{Store: m, QueueRecords: 100_000}, nil)
		for i := range 3000 {
			began := time.Now()
			put(c, i, 10)
			if took := time.Since(began); took > 0 {
				t.Fatalf("a record took %v", took)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
		account(t, c.Stats())
		equal(t, "stored", len(m.stored()), 30_000)
	})
}

func TestF17_SlowStoreIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{appending: func(context.Context) error { time.Sleep(2 * time.Second); return nil }}
		c := start(t, collect.Config{Store: m, QueueRecords: 2000}, nil)
		for i := range 60_000 { // a minute of 1,000 requests a second
			began := time.Now()
			put(c, i, 1)
			if took := time.Since(began); took > 0 {
				t.Fatalf("a record took %v", took)
			}
			if st := c.Stats(); st.QueuedRecords > 2000 || st.QueuedBytes > collect.DefaultQueueBytes {
				t.Fatalf("%d Records of %d bytes wait", st.QueuedRecords, st.QueuedBytes)
			}
			time.Sleep(time.Millisecond)
		}
		st := c.Stats()
		account(t, st)
		if st.QueuedRecords > 2000 || st.Dropped["queue_full"] == 0 || st.Stored == 0 {
			t.Errorf("stats are %+v", st)
		}
		c.Close(t.Context())
		equal(t, "stored", uint64(len(m.stored())), c.Stats().Stored)
	})
}

// The longest that a store may take is bounded by its context.
func TestF32_StoreCallsHaveADeadline(t *testing.T) {
	t.Parallel()
	m := &memory{}
	check := func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("no deadline")
		}
		return nil
	}
	m.appending, m.rolling = check, check
	c := start(t, collect.Config{Store: m}, nil)
	put(c, 0, 1)
	if err := c.Flush(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestTroubleIsLoggedOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		m := &memory{appending: func(context.Context) error { panic("line one\nline two\x1b[31m") }}
		c := start(t, collect.Config{Store: m, Logger: log}, nil)
		for i := range 305 {
			put(c, i, 1)
			time.Sleep(time.Second)
		}
		c.Close(t.Context())
		lines := strings.Count(out.String(), "\n")
		// One a minute, and one more when storing is switched off.
		if lines < 5 || lines > 7 {
			t.Errorf("%d lines:\n%s", lines, &out)
		}
		for _, want := range []string{"Store.Append panicked", "part=store", "left_out=", "stack="} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in the log", want)
			}
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Error("the log has control characters")
		}
	})
}

type panicHandler struct{ slog.Handler }

func (panicHandler) Enabled(context.Context, slog.Level) bool { panic("log") }

func TestF01_PanickingLoggerAndClockAreSurvived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{appending: failing(2)}
		c := start(t, collect.Config{
			Store:  m,
			Logger: slog.New(panicHandler{quiet.Handler()}),
			Now:    func() time.Time { panic("clock") },
		}, nil)
		put(c, 0, 10)
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
		equal(t, "stored", len(m.stored()), 10)
		if c.Stats().Panics < 3 {
			t.Errorf("%d panics are counted", c.Stats().Panics)
		}
	})
}

func TestPruneRunsInSmallSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		left := 20
		m := &memory{}
		m.pruning = func() (bool, error) {
			time.Sleep(50 * time.Millisecond)
			left--
			return left > 0, nil
		}
		c := start(t, collect.Config{Store: m}, nil)
		time.Sleep(3 * time.Second)
		// A step takes 50 ms, so that 200 ms lie between two, for batches.
		if n := m.pruneCalls(); n < 7 || n > 9 {
			t.Errorf("%d steps in two seconds", n)
		}
		time.Sleep(27 * time.Second)
		equal(t, "steps", m.pruneCalls(), 20)
		time.Sleep(time.Minute)
		equal(t, "steps a minute later", m.pruneCalls(), 21)
		c.Close(t.Context())
	})
}

func TestStatsTellWhatTheWriterUsed(t *testing.T) {
	t.Parallel()
	spin := func(context.Context) error {
		for began := time.Now(); time.Since(began) < 5*time.Millisecond; {
		}
		return nil
	}
	c := start(t, collect.Config{Store: &memory{appending: spin}}, nil)
	put(c, 0, 1)
	if err := c.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	st := c.Stats()
	if st.Busy < 5*time.Millisecond || st.CPU <= 0 || st.CPU > 2*st.Busy {
		t.Errorf("busy %v, CPU %v", st.Busy, st.CPU)
	}
	equal(t, "batches", st.Batches, 1)
	if st.LastFlush.IsZero() {
		t.Error("no last flush")
	}
}
