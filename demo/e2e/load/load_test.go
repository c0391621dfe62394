package load_test

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// heapCap is what may be in use after a collection when all is done, above what the opened shop uses: the segments of a queue
// that was full (16 MiB), pages that SQLite caches, handlers.
const heapCap = 48 << 20

func TestLoad_EveryRequestIsAnsweredAndAccounted(t *testing.T) {
	a := e2etest.Open(t)
	before := heap()
	stop := watch(t, a)
	begun := time.Now()
	bought, longest := play(t, a.Handler(), requests, orders)
	took := time.Since(begun)
	samples := stop()

	s := a.Toolbar.Stats()
	flushed := time.Now()
	a.Flush()
	t.Logf("%d requests in %v (%.0f a second), %d orders, the longest took %v; %d Records were queued at the end, stored in %v; %d samples",
		requests, took.Round(time.Millisecond), requests/took.Seconds(), bought, longest, s.QueuedRecords, time.Since(flushed).Round(time.Millisecond), samples)

	const sent = requests + lookers + buyers // who log in
	s = a.Toolbar.Stats()
	balanced(t, s)
	requested, attempts, calls := counted(a)
	if s.Produced != requested+attempts || s.QueuedRecords != 0 || s.Stored == 0 {
		t.Errorf("%d requests and %d attempts of jobs, of which %d became Records, %d stored, %d queued, dropped %v", requested, attempts, s.Produced, s.Stored, s.QueuedRecords, s.Dropped)
	}
	if requested < sent || requested > sent+calls {
		t.Errorf("%d requests were counted, %d sent, and the shop itself asked its neighbours %d times", requested, sent, calls)
	}
	health := e2etest.Get[e2etest.Health](t, a.API("health"))
	if uint64(health.Records) != s.Stored || health.LastError != "" {
		t.Errorf("%d Records are in the store, %d were stored; last error %q", health.Records, s.Stored, health.LastError)
	}
	if grown := heap() - before; grown > heapCap {
		t.Errorf("%d MiB more are in use than before, want %d at most", grown>>20, heapCap>>20)
	}
	if bought < orders*9/10 {
		t.Errorf("%d of %d orders were placed", bought, orders)
	}
	slowest(t, a, uint64(bought))

	a.Close()
	e2etest.Integrity(t, a.File)
}

// slowest checks that the report of the command line blames the receiver that is slow on purpose.
func slowest(t *testing.T, a *e2etest.App, calls uint64) {
	t.Helper()
	report := e2etest.Decode[e2etest.Report](t, e2etest.Tool(t, a.File, "report", "--kind", "receiver", "--format", "json"))
	if len(report.Rows) == 0 {
		t.Fatal("the report is empty")
	}
	const relay = 120 * time.Millisecond // the shop's own
	// On a machine where the queue of jobs is what everybody waits for, who queues them is slow too, and may come first.
	i := slices.IndexFunc(report.Rows, func(r e2etest.Handler) bool { return r.Name == "send-confirmation" })
	if i < 0 || i > 3 || report.Rows[i].Count != calls || report.Rows[i].P95 < int64(relay) {
		t.Errorf("send-confirmation is row %d of %+v, want one of the first, with %d calls of %v", i, report.Rows, calls, relay)
	}
	if !strings.Contains(report.Verdict, report.Rows[0].Name) {
		t.Errorf("verdict: %s", report.Verdict)
	}
	if text := e2etest.Tool(t, a.File, "report", "--kind", "receiver"); !strings.Contains(text, "send-confirmation") {
		t.Errorf("the report as text does not name it:\n%s", text)
	}
}

func TestLoad_NobodyWaitsForAStoreThatIsLocked(t *testing.T) {
	const queue, total = 200, 3000
	a := e2etest.Open(t, func(o *app.Options) {
		o.RelayDelay = -1
		o.Toolbar = func(c *toolbar.Config) { c.NotDefault, c.QueueRecords = true, queue }
	})
	a.Flush()
	unlock := e2etest.Lock(t, a.File)
	_, longest := play(t, a.Handler(), total, 10)
	s := a.Toolbar.Stats()
	balanced(t, s)
	if s.Stored != 0 || s.QueuedRecords > queue || s.Dropped["queue_full"] == 0 {
		t.Errorf("with the store locked: %d stored, %d queued of %d, dropped %v", s.Stored, s.QueuedRecords, queue, s.Dropped)
	}
	const patience = 5 * time.Second // of the store, with who has its lock: nobody who waits for the store takes less
	if longest >= patience {
		t.Errorf("a request took %v, as long as the lock", longest)
	}
	unlock()
	a.Idle()
	if err := a.Toolbar.Flush(t.Context()); err != nil {
		t.Logf("flush: %v", err) // a batch may have been given up by now
	}
	s = a.Toolbar.Stats()
	balanced(t, s)
	requested, attempts, _ := counted(a)
	if requested < total+lookers+buyers || s.Produced != requested+attempts || s.Stored == 0 || s.QueuedRecords != 0 {
		t.Errorf("with the store open again: %d produced, %d stored, %d queued, dropped %v", s.Produced, s.Stored, s.QueuedRecords, s.Dropped)
	}
	a.Close()
	e2etest.Integrity(t, a.File)
}

// counted tells how many requests, and attempts of jobs with the commands that they run, have ended, and how many calls of neighbours, whose requests are
// among the former.
func counted(a *e2etest.App) (requests, attempts, calls uint64) {
	for _, h := range a.Toolbar.Recorder().AllStats() {
		switch h.Handler.Kind() {
		case instrument.KindRequest:
			requests += h.Count
		case instrument.KindCommand:
			attempts += h.Count
		case instrument.KindTask:
			if !strings.HasPrefix(h.Handler.Name(), "enqueue ") {
				attempts += h.Count
			}
		case instrument.KindCall:
			calls += h.Count
		}
	}
	return requests, attempts, calls
}

// balanced checks that everything produced is somewhere.
func balanced(t *testing.T, s collect.Stats) {
	t.Helper()
	sum := s.Stored + uint64(s.QueuedRecords)
	for _, reason := range slices.Sorted(maps.Keys(s.Dropped)) {
		sum += s.Dropped[reason]
	}
	if s.Produced != sum {
		t.Errorf("%d produced, and %d stored + %d queued + dropped %v make %d", s.Produced, s.Stored, s.QueuedRecords, s.Dropped, sum)
	}
}

// watch looks at the account again and again until stop is called, which says how often it did.
func watch(t *testing.T, a *e2etest.App) (stop func() int) {
	t.Helper()
	var watching sync.WaitGroup
	done := make(chan struct{})
	samples := 0
	watching.Go(func() {
		again := time.NewTicker(20 * time.Millisecond)
		defer again.Stop()
		for {
			select {
			case <-done:
				return
			case <-again.C:
			}
			s := a.Toolbar.Stats()
			balanced(t, s)
			if s.QueuedRecords > collect.DefaultQueueRecords || s.QueuedBytes > collect.DefaultQueueBytes {
				t.Errorf("%d Records of %d bytes are queued, above the caps", s.QueuedRecords, s.QueuedBytes)
			}
			samples++
		}
	})
	return func() int {
		close(done)
		watching.Wait()
		return samples
	}
}

// heap is what is in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what finalizers and pools have let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
