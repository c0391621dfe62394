package collect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/internal/soak"
)

func TestF34_BadConfigIsAnErrorThatNamesTheField(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		field  string
		config collect.Config
	}{
		{"Store", collect.Config{}},
		{"QueueRecords", collect.Config{Store: &memory{}, QueueRecords: -1}},
		{"QueueBytes", collect.Config{Store: &memory{}, QueueBytes: -1}},
		{"BatchRecords", collect.Config{Store: &memory{}, BatchRecords: -1}},
		{"BatchDelay", collect.Config{Store: &memory{}, BatchDelay: -1}},
		{"RollEvery", collect.Config{Store: &memory{}, RollEvery: -1}},
		{"PruneEvery", collect.Config{Store: &memory{}, PruneEvery: -1}},
		{"Keep.Share", collect.Config{Store: &memory{}, Keep: collect.Keep{Share: 1.5}}},
		{"Keep.Share", collect.Config{Store: &memory{}, Keep: collect.Keep{Share: math.NaN()}}},
	} {
		t.Run(tc.field, func(t *testing.T) {
			t.Parallel()
			if _, err := collect.New(tc.config); err == nil || !strings.Contains(err.Error(), tc.field) {
				t.Errorf("got %v, want an error that names %s", err, tc.field)
			}
		})
	}
}

func TestNilCollectorDoesNothing(t *testing.T) {
	t.Parallel()
	var c *collect.Collector
	s := summary(1)
	if c.Want(&s) {
		t.Error("a nil Collector wants Records")
	}
	c.Put(&s, nil)
	ctx := context.Background()
	if err := errors.Join(c.Start(nil), c.Flush(ctx), c.Close(ctx)); err != nil {
		t.Error(err)
	}
	if _, ok := <-c.Subscribe(1).Events(); ok {
		t.Error("a nil Collector has events")
	}
	equal(t, "produced", c.Stats().Produced, 0)
}

func TestFlushedRecordsAreStoredAsTheyWerePut(t *testing.T) {
	t.Parallel()
	m := &memory{}
	c := start(t, collect.Config{Store: m}, nil)
	blob, tags := make([]byte, 300), []string{"a"}
	for i := range 2000 {
		for j := range blob {
			blob[j] = byte(i + j)
		}
		s := summary(i)
		s.Path, s.Tags = fmt.Sprint("/orders/", i), tags
		record(c, s, blob[:i%300])
	}
	tags[0] = "changed"
	if err := c.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	items := m.stored()
	equal(t, "stored", len(items), 2000)
	for i, it := range items {
		want := make([]byte, i%300)
		for j := range want {
			want[j] = byte(i + j)
		}
		if it.Summary.ID != instrument.ID(i) || it.Summary.Path != fmt.Sprint("/orders/", i) ||
			it.Summary.Tags[0] != "a" || !bytes.Equal(it.Blob, want) {
			t.Fatalf("record %d is stored as %+v with %d bytes", i, it.Summary, len(it.Blob))
		}
	}
	account(t, c.Stats())
}

func TestRecorderWritesThroughCollector(t *testing.T) {
	t.Parallel()
	m := &memory{}
	c := newCollector(t, collect.Config{Store: m})
	r := instrument.New(instrument.Config{Sink: c})
	defer r.SetEnabled(false)
	if err := c.Start(r); err != nil {
		t.Fatal(err)
	}
	_, rec := r.Begin(context.Background(), instrument.Begin{Handler: checkout})
	rec.End()
	if err := c.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	items, rolls := m.stored(), m.rollups()
	if len(items) != 1 || len(rolls) != 1 || len(rolls[0].rows) != 1 {
		t.Fatalf("stored %d records, %d roll-ups", len(items), len(rolls))
	}
	if _, err := instrument.Decode(items[0].Summary, items[0].Blob, instrument.LiveNames()); err != nil {
		t.Error(err)
	}
	row := rolls[0].rows[0]
	equal(t, "handler", row.Handler, checkout)
	equal(t, "count", row.Count, 1)
	equal(t, "slowest", row.Slowest[0].ID, rec.ID())
}

func TestBatchIsWrittenAfterTheDelayOrWhenFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		c := start(t, collect.Config{Store: m, BatchRecords: 100}, nil)
		synctest.Wait()
		put(c, 0, 3)
		time.Sleep(19 * time.Millisecond)
		synctest.Wait()
		equal(t, "stored before the delay", len(m.stored()), 0)
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		equal(t, "stored after the delay", len(m.stored()), 3)
		put(c, 3, 250)
		synctest.Wait()
		equal(t, "stored at once, as two batches were full", len(m.stored()), 203)
		time.Sleep(21 * time.Millisecond)
		synctest.Wait()
		equal(t, "batches", fmt.Sprint(m.batchSizes()), "[3 100 100 50]")
		c.Close(t.Context())
	})
}

func TestLargeBlobsAreWrittenBeforeTheQueueIsFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		c := start(t, collect.Config{Store: m, QueueBytes: 4 << 20}, nil)
		synctest.Wait()
		blob := make([]byte, 1<<20)
		for i := range 8 {
			record(c, summary(i), blob)
			synctest.Wait() // no time passes
		}
		equal(t, "dropped", c.Stats().Dropped["queue_bytes"], 0)
		c.Close(t.Context())
		equal(t, "stored", len(m.stored()), 8)
	})
}

func TestRecordsWaitForStart(t *testing.T) {
	t.Parallel()
	m := &memory{}
	c := newCollector(t, collect.Config{Store: m})
	put(c, 0, 5)
	if err := c.Flush(context.Background()); !errors.Is(err, collect.ErrNotRunning) {
		t.Errorf("Flush before Start: %v", err)
	}
	if err := c.Start(nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(nil); !errors.Is(err, collect.ErrRunning) {
		t.Errorf("second Start: %v", err)
	}
	if err := c.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	equal(t, "stored", len(m.stored()), 5)
}

func TestF20_ThousandRunsLeaveNothing(t *testing.T) {
	t.Parallel()
	m := &memory{}
	c := newCollector(t, collect.Config{Store: m})
	for i := range 500 {
		if err := c.Start(nil); err != nil {
			t.Fatal(err)
		}
		put(c, i, 1)
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		put(c, i, 1) // dropped
	}
	for range 500 {
		c := start(t, collect.Config{Store: m}, nil)
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "stored", len(m.stored()), 500)
	equal(t, "dropped", c.Stats().Dropped["closed"], 500)
	account(t, c.Stats())
}

// TestF18_OverloadIsAccountedExactly has 16 goroutines produce ten times what the
// queue holds while the store does not answer.
func TestF18_OverloadIsAccountedExactly(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	m := &memory{appending: func(context.Context) error { <-release; return nil }}
	const queueBytes = 200 << 10
	c := start(t, collect.Config{Store: m, QueueRecords: 1000, QueueBytes: queueBytes, Keep: collect.Keep{Share: 0.9}}, nil)
	var wg sync.WaitGroup
	const goroutines, each = 16, 625
	for g := range goroutines {
		wg.Go(func() {
			blob := make([]byte, 10)
			for i := range each {
				s := summary(g*each + i)
				if i%100 == 0 {
					s.Flags = instrument.FlagError
				}
				record(c, s, blob)
				if i%50 == 0 {
					st := c.Stats()
					account(t, st)
					if st.QueuedBytes > queueBytes || st.QueuedRecords > 1000 {
						t.Errorf("%d records of %d bytes are queued", st.QueuedRecords, st.QueuedBytes)
					}
				}
			}
		})
	}
	wg.Wait() // no producer waited for the store
	close(release)
	if err := c.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	st := c.Stats()
	account(t, st)
	equal(t, "produced", st.Produced, goroutines*each)
	equal(t, "queued", st.QueuedRecords+st.QueuedBytes, 0)
	equal(t, "stored", uint64(len(m.stored())), st.Stored)
	if st.Dropped["queue_bytes"] == 0 || st.Dropped["not_kept"] == 0 {
		t.Errorf("dropped %v", st.Dropped)
	}
}

// When there is no room for what was in requests, their lines are kept still.
func TestF18_DetailsGoFirstAndTheLineOfTheRequestStays(t *testing.T) {
	t.Parallel()
	const queueBytes, spans, n = 256 << 10, 40, 3000
	release := make(chan struct{})
	m := &memory{appending: func(context.Context) error { <-release; return nil }}
	c := start(t, collect.Config{Store: m, QueueRecords: n, QueueBytes: queueBytes}, nil)
	r := instrument.New(instrument.Config{Sink: c})
	defer r.SetEnabled(false)
	query := instrument.NewHandler(instrument.KindQuery, "SELECT detail", instrument.Source{})
	text := instrument.NewKey("detail.text")
	for i := range n {
		ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: checkout})
		rec.SetUser(strconv.Itoa(i))
		for range spans - 1 {
			instrument.Leaf(ctx, query, text.String(strings.Repeat("detail ", 5)+strconv.Itoa(i))).End(nil)
		}
		rec.End()
	}
	full := c.Stats()
	account(t, full)
	if full.QueuedBytes > queueBytes || full.Stripped == 0 || full.Dropped["queue_bytes"] == 0 {
		t.Errorf("%d bytes are queued, %d without details, dropped %v", full.QueuedBytes, full.Stripped, full.Dropped)
	}
	close(release)
	if err := c.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	st := c.Stats()
	account(t, st)
	equal(t, "produced", st.Produced, n)
	whole, lines := 0, 0
	for _, it := range m.stored() {
		rec, err := instrument.Decode(it.Summary, it.Blob, instrument.LiveNames())
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case len(rec.Spans) == spans && rec.Left == 0:
			whole++
		case len(rec.Spans) == 1 && rec.Left == spans-1 && rec.Flags.Has(instrument.FlagCapped) && rec.Summary.Spans == 1 &&
			rec.Count(instrument.KindQuery) == spans-1 && rec.Handler.Name == checkout.Name() && len(rec.Attrs) == 0 && rec.Spans[0].Duration > 0:
			lines++
		default:
			t.Fatalf("%d spans, %d left out, %v", len(rec.Spans), rec.Left, rec.Flags)
		}
	}
	equal(t, "lines", uint64(lines), st.Stripped)
	equal(t, "stored", uint64(whole+lines), st.Stored)
	equal(t, "left out", st.LeftOut, uint64(lines*(spans-1)))
	equal(t, "calls in the statistics", r.Stats(query).Count, n*(spans-1))
	soak.Report(t, "F18", "of %d Records %d were kept whole and %d as lines, %d were dropped and counted, with %d KiB of room", n, whole, lines, st.Dropped["queue_bytes"], queueBytes>>10)
}

func TestF18_FullQueueIsCountedByWhatIsFull(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		config collect.Config
	}{
		{"queue_full", collect.Config{QueueRecords: 10}},
		{"queue_bytes", collect.Config{QueueBytes: 5000}},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			tc.config.Store = &memory{}
			c := newCollector(t, tc.config)
			put(c, 0, 100)
			st := c.Stats()
			account(t, st)
			equal(t, "dropped", st.Dropped[tc.reason], uint64(100-st.QueuedRecords))
		})
	}
}

func TestProducersAndFlushesInParallel(t *testing.T) {
	t.Parallel()
	m := &memory{}
	c := start(t, collect.Config{Store: m, BatchRecords: 50}, nil)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 20 {
				id := 1 + g*20 + i
				put(c, id, 1)
				if i%5 != 0 {
					continue
				}
				if err := c.Flush(context.Background()); err != nil {
					t.Error(err)
				}
				found := false
				for _, it := range m.stored() {
					found = found || it.Summary.ID == instrument.ID(id)
				}
				if !found {
					t.Errorf("record %d was flushed but is not stored", id)
				}
			}
		})
	}
	wg.Wait()
	c.Close(context.Background())
	equal(t, "stored", len(m.stored()), 320)
	account(t, c.Stats())
}

func TestPutDoesNotAllocate(t *testing.T) {
	c := start(t, collect.Config{Store: &discard{}}, nil)
	s, blob := new(instrument.Summary), make([]byte, 500)
	one := func() {
		if c.Want(s) {
			c.Put(s, blob)
		}
	}
	warm := func() {
		for range 1000 {
			one()
		}
		if err := c.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		warm()
	}
	if n := testing.AllocsPerRun(400, one); n > 0 {
		t.Errorf("%v allocations a record", n)
	}
}

// discard is a Store that keeps nothing.
type discard struct{}

func (discard) Append(context.Context, *instrument.Batch) error             { return nil }
func (discard) Roll(context.Context, time.Time, []instrument.RollRow) error { return nil }
func (discard) Prune(context.Context) (bool, error)                         { return false, nil }

// An announced Record comes twice and is one Record: in the account it is counted at
// its end.
func TestF18_AnnouncedRecordsAreCountedOnce(t *testing.T) {
	t.Parallel()
	m := &memory{}
	r := instrument.New(instrument.Config{})
	defer r.SetEnabled(false)
	c := start(t, collect.Config{Store: m}, r)
	s := summary(1)
	s.Flags |= instrument.FlagUnfinished
	c.Announce(&s, []byte{1})
	if got := c.Stats(); got.Produced != 0 || got.QueuedRecords != 0 {
		t.Errorf("announced: %+v", got)
	}
	if err := c.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Flags = 0
	c.Put(&s, []byte{1})
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.Stats(); got.Produced != 1 || got.Stored != 1 || got.QueuedRecords != 0 {
		t.Errorf("ended: %+v", got)
	}
}
