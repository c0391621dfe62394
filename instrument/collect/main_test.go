package collect_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	quiet    = slog.New(slog.NewTextHandler(io.Discard, nil))
	checkout = instrument.NewHandler(instrument.KindRequest, "POST /checkout", instrument.Source{})
	listing  = instrument.NewHandler(instrument.KindRequest, "GET /orders", instrument.Source{})
	errDisk  = errors.New("disk full")
)

// memory is a Store that keeps what it is given, and fails as a test wants.
type memory struct {
	appending func(ctx context.Context) error // before Append stores
	rolling   func(ctx context.Context) error
	pruning   func() (bool, error)

	mu      sync.Mutex
	items   []instrument.Item
	batches []int
	tries   int // calls of Append
	rolls   []rolled
	prunes  int
}

type rolled struct {
	at   time.Time
	rows []instrument.RollRow
}

func (m *memory) Append(ctx context.Context, b *instrument.Batch) error {
	m.mu.Lock()
	m.tries++
	m.mu.Unlock()
	if m.appending != nil {
		if err := m.appending(ctx); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, it := range b.Items {
		m.items = append(m.items, instrument.Item{Summary: it.Summary, Blob: slices.Clone(it.Blob)})
	}
	m.batches = append(m.batches, len(b.Items))
	return nil
}

func (m *memory) Roll(ctx context.Context, at time.Time, rows []instrument.RollRow) error {
	if m.rolling != nil {
		if err := m.rolling(ctx); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rolls = append(m.rolls, rolled{at, rows})
	return nil
}

func (m *memory) Prune(context.Context) (bool, error) {
	m.mu.Lock()
	m.prunes++
	m.mu.Unlock()
	if m.pruning != nil {
		return m.pruning()
	}
	return false, nil
}

func (m *memory) stored() []instrument.Item {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.items)
}

func (m *memory) batchSizes() []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.batches)
}

func (m *memory) appendCalls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tries
}

func (m *memory) rollups() []rolled {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.rolls)
}

func (m *memory) pruneCalls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.prunes
}

// failing gives a store function that fails n times, or always if n is negative.
func failing(n int) func(context.Context) error {
	var mu sync.Mutex
	return func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if n == 0 {
			return nil
		}
		n--
		return errDisk
	}
}

// newCollector makes one that is not started; its log is discarded unless given.
func newCollector(t testing.TB, c collect.Config) *collect.Collector {
	t.Helper()
	if c.Logger == nil {
		c.Logger = quiet
	}
	col, err := collect.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return col
}

// start makes a Collector that is closed at the end of the test.
func start(t testing.TB, c collect.Config, r *instrument.Recorder) *collect.Collector {
	t.Helper()
	col := newCollector(t, c)
	if err := col.Start(r); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { col.Close(context.Background()) })
	return col
}

// record is what a Recorder does at the end of a Record.
func record(c *collect.Collector, s instrument.Summary, blob []byte) bool {
	if !c.Want(&s) {
		return false
	}
	c.Put(&s, blob)
	return true
}

// summary makes a Summary with an id.
func summary(id int) instrument.Summary {
	return instrument.Summary{ID: instrument.ID(id), Handler: checkout, Duration: time.Millisecond}
}

// put hands over n Records with the ids from, from+1, ...
func put(c *collect.Collector, from, n int) {
	for i := range n {
		s := summary(from + i)
		record(c, s, []byte{byte(from + i)})
	}
}

// account fails the test unless every Record is accounted for.
func account(t testing.TB, s collect.Stats) {
	t.Helper()
	sum := s.Stored + uint64(s.QueuedRecords)
	for _, n := range s.Dropped {
		sum += n
	}
	if s.Produced != sum {
		t.Fatalf("produced %d, but stored %d + dropped %v + queued %d = %d",
			s.Produced, s.Stored, s.Dropped, s.QueuedRecords, sum)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
