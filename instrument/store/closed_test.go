package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// rollAt stores statistics of some calls in a minute.
func (f *fixture) rollAt(t testing.TB, at time.Time, rng *rand.Rand, handlers ...*instrument.Handler) {
	t.Helper()
	for i, h := range handlers {
		for range 1 + rng.IntN(3) {
			var err error
			if rng.IntN(5) == 0 {
				err = context.Canceled
			}
			f.rec.Observe(h, time.Duration(rng.ExpFloat64()*float64(i+1)*1e6), err)
		}
	}
	var rows []instrument.RollRow
	f.rec.Roll(func(s instrument.Stats) {
		slow := instrument.SlowRecord{ID: instrument.FirstID(at) + instrument.ID(rng.IntN(1000)), Duration: s.Max}
		rows = append(rows, instrument.RollRow{Stats: s, Slowest: []instrument.SlowRecord{slow}})
	})
	must(t, f.Roll(context.Background(), at, rows))
}

// sameAsPlain compares what is read in blocks with what is read minute by minute.
func (f *fixture) sameAsPlain(t *testing.T, when string, q query.Handlers) {
	t.Helper()
	got, err := f.Handlers(context.Background(), q)
	must(t, err)
	plain, err := f.PlainHandlers(context.Background(), q)
	must(t, err)
	if len(got) != len(plain) {
		t.Fatalf("%s: %d handlers, want %d, of %+v", when, len(got), len(plain), q)
	}
	want := map[instrument.Kind]query.KindCounts{}
	for i := range got {
		if !reflect.DeepEqual(got[i], plain[i]) {
			t.Errorf("%s: %+v\nwant %+v\nof %+v", when, got[i], plain[i], q)
		}
		k := got[i].Handler.Kind
		c := want[k]
		want[k] = query.KindCounts{
			Handlers: c.Handlers + 1, Count: c.Count + got[i].Count, Errors: c.Errors + got[i].Errors, Panics: c.Panics + got[i].Panics, Slow: c.Slow + got[i].Slow,
		}
	}
	if len(q.Kinds) > 0 {
		return
	}
	counts, err := f.Counts(context.Background(), q)
	must(t, err)
	if !reflect.DeepEqual(counts, want) {
		t.Errorf("%s: counts %+v, want %+v", when, counts, want)
	}
}

// sameTrends compares trends with the statistics of each of their steps.
func (f *fixture) sameTrends(t *testing.T, when string, q query.Handlers, steps int) {
	t.Helper()
	trends, err := f.Trends(context.Background(), q, steps)
	must(t, err)
	plain, err := f.PlainHandlers(context.Background(), q)
	must(t, err)
	if len(trends) != len(plain) {
		t.Fatalf("%s: %d handlers, want %d, of %+v", when, len(trends), len(plain), q)
	}
	for i := range trends {
		if !reflect.DeepEqual(trends[i].HandlerStats, plain[i]) {
			t.Errorf("%s: %+v\nwant %+v\nof %+v", when, trends[i].HandlerStats, plain[i], q)
		}
		var calls, failed uint64
		var sum time.Duration
		for _, p := range trends[i].Trend {
			calls, failed, sum = calls+p.Count, failed+p.Errors, sum+p.Sum
		}
		if calls != plain[i].Count || failed != plain[i].Errors || sum != plain[i].Sum {
			t.Errorf("%s: the steps of %+v are %+v", when, plain[i], trends[i].Trend)
		}
	}
	if q.Since.Truncate(time.Minute) != q.Since || q.Since.IsZero() || q.Until.Sub(q.Since)%(time.Duration(steps)*time.Minute) != 0 {
		return // steps do not begin with a minute
	}
	for j := range steps { // each is a window of its own
		step := q
		step.Since = q.Since.Add(q.Until.Sub(q.Since) / time.Duration(steps) * time.Duration(j))
		step.Until = step.Since.Add(q.Until.Sub(q.Since) / time.Duration(steps))
		plain, err := f.PlainHandlers(context.Background(), step)
		must(t, err)
		calls := map[instrument.HandlerInfo]uint64{}
		for i := range plain {
			calls[plain[i].Handler] = plain[i].Count
		}
		for i := range trends {
			if p := trends[i].Trend[j]; p.Count != calls[trends[i].Handler] {
				t.Errorf("%s: step %d of %v has %d calls, want %d", when, j, trends[i].Handler, p.Count, calls[trends[i].Handler])
			}
		}
	}
}

// sameSeries compares a series with the statistics of each of its steps.
func (f *fixture) sameSeries(t *testing.T, when string, q query.Series) {
	t.Helper()
	points, err := f.Series(context.Background(), q)
	must(t, err)
	for _, p := range points {
		step := q.Handlers
		step.Since, step.Until = p.Start, p.Start.Add(q.Step)
		if step.Until.After(q.Until) {
			step.Until = q.Until
		}
		plain, err := f.PlainHandlers(context.Background(), step)
		must(t, err)
		var want instrument.Stats
		for i := range plain {
			want.Add(&plain[i].Stats)
		}
		if !reflect.DeepEqual(p.Stats, want) {
			t.Errorf("%s: at %v %+v, want %+v", when, p.Start, p.Stats, want)
		}
	}
}

func TestHandlers_InBlocksAreAsMinuteByMinute(t *testing.T) {
	t.Parallel()
	for name, age := range map[string]time.Duration{"kept": 0, "removed early": 40 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blocksAsMinutes(t, age)
		})
	}
}

func blocksAsMinutes(t *testing.T, age time.Duration) {
	now := noon.Add(-50 * time.Hour)
	f := setup(t, store.Options{Now: func() time.Time { return now }, RollupAge: age, QueryTimeout: time.Minute})
	rng := rand.New(rand.NewPCG(5, 6))
	var handlers []*instrument.Handler
	for i, k := range []instrument.Kind{instrument.KindRequest, instrument.KindQuery, instrument.KindLayer} {
		for j := range 3 {
			handlers = append(handlers, handler(k, string(rune('a'+3*i+j))))
		}
	}
	compare := func(when string) {
		t.Helper()
		for _, length := range []time.Duration{7 * time.Minute, time.Hour, 100 * time.Minute, 26 * time.Hour, 0} {
			q := query.Handlers{Since: now.Add(-length), Until: now.Add(time.Minute)}
			if length == 0 {
				q = query.Handlers{}
			}
			f.sameAsPlain(t, when, q)
			f.sameAsPlain(t, when+", again", q)
			q.Kinds = []instrument.Kind{instrument.KindRequest, instrument.KindQuery, instrument.KindLayer}
			f.sameAsPlain(t, when+", all kinds", q)
			q.Processes = []int64{1}
			f.sameAsPlain(t, when+", of one process", q)
			q.Processes = []int64{99}
			f.sameAsPlain(t, when+", of no process", q)
			q.Processes, q.Kinds = nil, []instrument.Kind{instrument.KindQuery}
			f.sameAsPlain(t, when+", of few handlers", q)
			f.sameAsPlain(t, when+", of few handlers again", q)
			q.Processes = []int64{1}
			f.sameAsPlain(t, when+", of few handlers of one process", q)
		}
		for range 8 { // any window, also one that is not over, and one that begins later
			since := now.Add(-time.Duration(rng.IntN(3*24*60)-20) * time.Minute)
			q := query.Handlers{Since: since, Until: since.Add(time.Duration(1+rng.IntN(40*60)) * time.Minute)}
			f.sameAsPlain(t, when+", anywhere", q)
			f.sameAsPlain(t, when+", anywhere again", q)
			f.sameTrends(t, when+", anywhere", q, 7)
			q.Since, q.Until = q.Since.Truncate(time.Minute), q.Since.Truncate(time.Minute).Add(time.Duration(rng.IntN(40)+1)*12*time.Minute)
			f.sameTrends(t, when+", twelve steps", q, 12)
			f.sameTrends(t, when+", twelve steps again", q, 12)
			q.Kinds = []instrument.Kind{instrument.KindLayer}
			f.sameAsPlain(t, when+", anywhere, of few handlers", q)
		}
		for _, step := range []time.Duration{time.Minute, 7 * time.Minute} {
			for _, kinds := range [][]instrument.Kind{nil, {instrument.KindQuery}, {instrument.KindRequest, instrument.KindLayer}} {
				q := query.Series{Handlers: query.Handlers{Since: now.Add(-25 * time.Minute), Until: now, Kinds: kinds}, Step: step}
				f.sameSeries(t, when, q)
				f.sameSeries(t, when+", again", q)
			}
		}
		for _, step := range []time.Duration{30 * time.Minute, 3 * time.Hour} { // the last one is not over, of which most is known
			for _, kinds := range [][]instrument.Kind{nil, {instrument.KindQuery}, {instrument.KindRequest, instrument.KindLayer}} {
				q := query.Series{Handlers: query.Handlers{Since: now.Add(-25 * time.Hour), Until: now.Add(20 * time.Minute), Kinds: kinds}, Step: step}
				f.sameSeries(t, when+", long steps", q)
				f.sameSeries(t, when+", long steps again", q)
				q.Processes = []int64{1}
				f.sameSeries(t, when+", long steps of one process", q)
			}
		}
	}
	compare("empty")
	f.sameTrends(t, "empty", query.Handlers{}, 5)
	for now.Before(noon) {
		f.rollAt(t, now, rng, handlers[:1+rng.IntN(len(handlers))]...)
		now = now.Add(time.Minute + time.Duration(rng.IntN(900))*time.Second)
	}
	compare("filled")
	f.sameTrends(t, "filled", query.Handlers{}, 5)
	now = now.Add(10 * time.Minute)
	compare("ten minutes later")
	f.rollAt(t, now.Add(-3*time.Hour), rng, handlers...)
	compare("a process was late")
	f.rollAt(t, now, rng, handlers...)
	now = now.Add(-2 * time.Hour)
	compare("the clock went back")
	f.rollAt(t, now, rng, handlers...)
	compare("written then")
	now = now.Add(2 * time.Hour)
	compare("the clock is right again")
	f.pruneAll(t)
	compare("pruned and merged into hours")
	f.rollAt(t, now, rng, handlers...)
	compare("this minute")
	f.rollAt(t, now, rng, handlers...)
	compare("this minute again")
}

func TestHandlers_OfManyAppsShareBlocks(t *testing.T) {
	t.Parallel()
	now := noon
	clock := func() time.Time { return now }
	f := setup(t, store.Options{Now: clock, QueryTimeout: time.Minute})
	other := open(t, f.path, store.Options{Now: clock, Service: "other"})
	rng := rand.New(rand.NewPCG(7, 8))
	var handlers []*instrument.Handler
	for i := range 12 {
		handlers = append(handlers, handler(instrument.KindQuery, string(rune('a'+i))))
	}
	for range 90 {
		f.rollAt(t, now, rng, handlers...)
		other.rollAt(t, now, rng, handlers[:9]...)
		now = now.Add(time.Minute)
	}
	q := query.Handlers{Since: noon, Until: now}
	f.sameAsPlain(t, "both", q)
	other.rollAt(t, noon.Add(20*time.Minute), rng, handlers...) // late, by the other process
	f.sameAsPlain(t, "the other was late", q)
	ps, err := f.Processes(context.Background())
	must(t, err)
	for _, p := range ps {
		q.Processes = []int64{p.ID}
		f.sameAsPlain(t, "of "+p.Service, q)
		f.sameSeries(t, "of "+p.Service, query.Series{Handlers: q, Step: time.Minute})
		f.sameSeries(t, "of "+p.Service, query.Series{Handlers: q, Step: 10 * time.Minute})
		long := query.Handlers{Since: noon.Add(-10 * time.Hour), Until: now, Processes: []int64{p.ID, 98, 97, 99, 96}}
		for range 2 { // read, and as it is kept
			f.sameAsPlain(t, "of "+p.Service+" among others", long)
		}
	}
}

// TestHandlers_WhileOthersWriteAndPrune has many ask while statistics come, some of them
// late, and while minutes become hours. What was kept meanwhile must be as what is stored.
func TestHandlers_WhileOthersWriteAndPrune(t *testing.T) {
	t.Parallel()
	start := noon.Add(-30 * time.Hour)
	var passed atomic.Int64 // minutes
	clock := func() time.Time { return start.Add(time.Duration(passed.Load()) * time.Minute) }
	f := setup(t, store.Options{Now: clock, QueryTimeout: time.Minute})
	rng := rand.New(rand.NewPCG(9, 10))
	var handlers []*instrument.Handler
	for i := range 12 {
		handlers = append(handlers, handler(instrument.Kinds()[i%3], string(rune('a'+i))))
	}
	ctx, stop := context.WithCancel(context.Background())
	var readers sync.WaitGroup
	for i := range 3 {
		readers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 11))
			for ctx.Err() == nil {
				since := clock().Add(-time.Duration(rng.IntN(180)) * time.Minute)
				q := query.Handlers{Since: since, Until: since.Add(time.Duration(1+rng.IntN(200)) * time.Minute)}
				_, err := f.Handlers(context.Background(), q)
				_, errCounts := f.Counts(context.Background(), q)
				_, errSeries := f.Series(context.Background(), query.Series{Handlers: q, Step: time.Minute})
				if err := errors.Join(err, errCounts, errSeries); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for passed.Load() < 30*60 {
		at := clock()
		if rng.IntN(8) == 0 {
			at = at.Add(-time.Duration(rng.IntN(120)) * time.Minute)
		}
		f.rollAt(t, at, rng, handlers...)
		if rng.IntN(20) == 0 {
			f.pruneAll(t)
		}
		passed.Add(int64(1 + rng.IntN(9)))
	}
	stop()
	readers.Wait()
	for range 30 {
		since := start.Add(time.Duration(rng.IntN(30*60)) * time.Minute)
		q := query.Handlers{Since: since, Until: since.Add(time.Duration(1+rng.IntN(300)) * time.Minute)}
		f.sameAsPlain(t, "afterwards", q)
		q.Kinds = []instrument.Kind{handlers[0].Kind()}
		f.sameAsPlain(t, "afterwards, of few handlers", q)
		f.sameSeries(t, "afterwards", query.Series{Handlers: query.Handlers{Since: since, Until: since.Add(20 * time.Minute)}, Step: time.Minute})
	}
}
