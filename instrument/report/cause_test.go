package report_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

const ms = int64(time.Millisecond)

var (
	slowView = instrument.NewHandler(instrument.KindView, "shop.slow", instrument.Source{Func: "shop.slow", File: "/src/shop/slow.go", Line: 1})
	viewRoot = instrument.NewHandler(instrument.KindRequest, "GET /slow", instrument.Source{})
)

// one keeps the last Record that was made.
type one struct {
	rec *instrument.Record
	err error
}

func (o *one) Want(*instrument.Summary) bool { return true }
func (o *one) Put(s *instrument.Summary, b []byte) {
	o.rec, o.err = instrument.Decode(*s, b, instrument.LiveNames())
}

// explain records one request whose view does something, and says why it was slow.
func explain(t *testing.T, view func(ctx context.Context)) *report.Why {
	t.Helper()
	sink := &one{}
	r := instrument.New(instrument.Config{Sink: sink, NoLabels: true})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: viewRoot})
	ctx, span := instrument.Start(ctx, slowView)
	view(ctx)
	span.End(nil)
	rec.End()
	if sink.err != nil {
		t.Fatal(sink.err)
	}
	src := &source{records: map[instrument.ID]*instrument.Record{rec.ID(): sink.rec}}
	roll := src.add(slowView.Info(), 1, time.Second)
	roll.Slowest = []instrument.SlowRecord{{ID: rec.ID(), Duration: time.Second}}
	why := mustBuild(t, src, report.Options{}).Rows[0].Why
	if why == nil {
		t.Fatal("nothing was explained")
	}
	return why
}

// at runs spans whose times are given, in milliseconds after the view's begin: so what
// they wait for needs no waiting. The view itself then lasts until end.
func at(t *testing.T, end int64, build func(leaf func(k instrument.Kind, name string, from, to int64, attrs ...instrument.Attr))) *report.Why {
	t.Helper()
	sink := &one{}
	r := instrument.New(instrument.Config{Sink: sink, NoLabels: true})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: viewRoot})
	start := instrument.Now()
	ctx, span := instrument.StartAt(ctx, start, slowView)
	build(func(k instrument.Kind, name string, from, to int64, attrs ...instrument.Attr) {
		h := instrument.NewHandler(k, name, instrument.Source{})
		instrument.LeafAt(ctx, start+from*ms, h, attrs...).EndAt(start+to*ms, nil)
	})
	span.EndAt(start+end*ms, nil)
	rec.End()
	src := &source{records: map[instrument.ID]*instrument.Record{rec.ID(): sink.rec}}
	roll := src.add(slowView.Info(), 1, time.Second)
	roll.Slowest = []instrument.SlowRecord{{ID: rec.ID(), Duration: time.Second}}
	return mustBuild(t, src, report.Options{}).Rows[0].Why
}

func requireCause(t *testing.T, why *report.Why, want report.Cause, least float64, says string) {
	t.Helper()
	if len(why.Causes) == 0 || why.Causes[0].Cause != want || why.Causes[0].Share < least || !strings.Contains(why.Causes[0].Sentence(), says) {
		t.Errorf("causes %+v, want %s with %.2f and %q", why.Causes, want, least, says)
	}
	sum := 0.0
	for _, c := range why.Causes {
		sum += c.Share
	}
	if sum > 1.001 || sum < .9 {
		t.Errorf("the shares add up to %v: %+v", sum, why.Causes)
	}
}

type leafFunc = func(k instrument.Kind, name string, from, to int64, attrs ...instrument.Attr)

func TestCause_OfWhatWasCalled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end   int64
		build func(leaf leafFunc)
		cause report.Cause
		least float64
		says  string
	}{
		"1 one slow statement": {100, func(leaf leafFunc) { leaf(instrument.KindQuery, "SELECT big", 5, 97) }, report.CauseSQL, .91, "SQL: query SELECT big"},
		"2 a loop of statements": {100, func(leaf leafFunc) {
			for i := range int64(41) {
				leaf(instrument.KindQuery, "SELECT one", 2*i, 2*i+2)
			}
			leaf(instrument.KindQuery, "SELECT list", 90, 95)
		}, report.CauseSQL, .85, "SQL: 41 x query SELECT one"},
		"3 calls one after the other": {100, func(leaf leafFunc) {
			for i := range int64(3) {
				leaf(instrument.KindCall, "GET stock.test", 30*i, 30*i+30)
			}
		}, report.CauseHTTP, .89, "outgoing HTTP: 3 x call GET stock.test"},
		"4 calls at the same time": {100, func(leaf leafFunc) {
			for i := range int64(5) {
				leaf(instrument.KindCall, "GET stock.test", i, 90)
			}
			leaf(instrument.KindQuery, "SELECT one", 90, 99)
		}, report.CauseHTTP, .88, "5 x call"},
		"5 the cache": {50, func(leaf leafFunc) { leaf(instrument.KindCache, "GET cart", 0, 45) }, report.CauseCache, .89, "cache GET cart"},
		"6 a template": {50, func(leaf leafFunc) {
			leaf(instrument.KindRender, "page.html", 10, 50)
			leaf(instrument.KindQuery, "SELECT one", 0, 10)
		}, report.CauseRender, .79, "render page.html"},
		"7 waiting for a connection": {100, func(leaf leafFunc) {
			leaf(instrument.KindQuery, "SELECT one", 80, 85, instrument.NewKey("db.pool.wait").Duration(75*time.Millisecond))
		}, report.CausePool, .74, "waiting for a database connection"},
		"8 nothing that is measured": {100, func(leaf leafFunc) { leaf(instrument.KindQuery, "SELECT one", 0, 5) }, report.CauseWaiting, .8, "waiting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireCause(t, at(t, c.end, c.build), c.cause, c.least, c.says)
		})
	}
}

// What follows is told by readings of the whole process, so these tests run while no
// other does: they are not parallel.

// burn keeps a CPU busy.
func burn(d time.Duration) {
	for start := instrument.Now(); instrument.Now()-start < int64(d); {
	}
}

// Where other programs want the CPU, too, the rest is a wait that nobody measures, and may be
// most of it.
func TestCause_9CPU(t *testing.T) {
	why := explain(t, func(context.Context) { burn(150 * time.Millisecond) })
	for _, c := range why.Causes {
		if c.Cause == report.CauseCPU && c.Share > .05 {
			return
		}
		if c.Cause != report.CauseWaiting {
			break
		}
	}
	t.Errorf("causes %+v, want the CPU of its own", why.Causes)
}

// The runtime measures every eighth wait of a goroutine, so a lock is seen where many
// wait for it: as they do where it is worth a word.
func TestCause_10Lock(t *testing.T) {
	requireCause(t, explain(t, func(context.Context) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				for range 5 {
					mu.Lock()
					<-time.After(time.Millisecond) // what holds it waits, too
					mu.Unlock()
				}
			})
		}
		wg.Wait()
	}), report.CauseLock, .5, "waiting for locks")
}

func TestCause_11GarbageCollection(t *testing.T) {
	live := make([]*[64]*byte, 300_000) // pointers to follow
	for i := range live {
		live[i] = new([64]*byte)
	}
	why := explain(t, func(context.Context) {
		for range 3 {
			runtime.GC()
		}
	})
	runtime.KeepAlive(live)
	gc := 0.0
	for _, c := range why.Causes {
		if c.Cause == report.CauseGC {
			gc = c.Share
		}
	}
	if gc < .4 {
		t.Errorf("garbage collection has %.2f of %+v", gc, why.Causes)
	}
}

func TestCause_12Scheduler(t *testing.T) {
	why := explain(t, func(context.Context) {
		var wg sync.WaitGroup
		for range 64 * runtime.GOMAXPROCS(0) {
			wg.Go(func() { burn(3 * time.Millisecond) })
		}
		wg.Wait()
	})
	requireCause(t, why, report.CauseSched, .5, "waiting for a CPU")
}
