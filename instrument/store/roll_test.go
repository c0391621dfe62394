package store_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

func rollRow(k instrument.Kind, name string, d ...time.Duration) instrument.RollRow {
	r := instrument.RollRow{Stats: instrument.Stats{Handler: handler(k, name)}}
	for _, v := range d {
		r.Count++
		r.Sum += v
		r.Self += v / 2
		r.Max = max(r.Max, v)
		r.Hist.Add(v)
		if v > 100*time.Millisecond {
			r.Slow++
			r.Errors++
			r.Slowest = append(r.Slowest, instrument.SlowRecord{ID: instrument.FirstID(noon) + instrument.ID(v/time.Millisecond), Duration: v})
		}
	}
	return r
}

func (f *fixture) roll(t testing.TB, at time.Time, rows ...instrument.RollRow) {
	t.Helper()
	must(t, f.Roll(context.Background(), at, rows))
}

const ms = time.Millisecond

func TestRoll_AddsUpWithinAndAcrossMinutes(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	other := open(t, f.path, store.Options{})
	f.roll(t, noon, rollRow(instrument.KindRequest, "GET /r", 10*ms, 20*ms), rollRow(instrument.KindQuery, "SELECT r", ms))
	f.roll(t, noon.Add(10*time.Second), rollRow(instrument.KindRequest, "GET /r", 400*ms))
	other.roll(t, noon.Add(20*time.Second), rollRow(instrument.KindRequest, "GET /r", 300*ms))
	f.roll(t, noon.Add(time.Minute), rollRow(instrument.KindRequest, "GET /r", 500*ms))

	list, err := f.Handlers(context.Background(), query.Handlers{Kinds: []instrument.Kind{instrument.KindRequest}})
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("there are %d handlers, expected 1", len(list))
	}
	h := list[0]
	if h.Handler.Name != "GET /r" || h.Handler.Source.File != "shop.go" {
		t.Errorf("handler is %+v", h.Handler)
	}
	got := fmt.Sprint(h.Count, h.Errors, h.Slow, h.Sum, h.Self, h.Max, h.Hist.Count())
	if want := fmt.Sprint(5, 3, 3, 1230*ms, 615*ms, 500*ms, 5); got != want {
		t.Errorf("got %s, expected %s", got, want)
	}
	if !h.Last.Equal(noon.Add(time.Minute)) {
		t.Errorf("called last at %v", h.Last)
	}
	if len(h.Slowest) != 3 || h.Slowest[0].Duration != 500*ms || h.Slowest[2].Duration != 300*ms {
		t.Errorf("the slowest are %v", h.Slowest)
	}
	if q := h.Hist.Quantile(0.99); q < 490*ms || q > 510*ms {
		t.Errorf("p99 is %v", q)
	}
}

func TestHandlers_FiltersAndSorts(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	f.roll(t, noon, rollRow(instrument.KindRequest, "GET /a", 10*ms), rollRow(instrument.KindTask, "mail", 90*ms), rollRow(instrument.KindQuery, "SELECT a", ms))
	f.roll(t, noon.Add(5*time.Minute), rollRow(instrument.KindRequest, "GET /b", 30*ms))
	processes, err := f.Processes(context.Background())
	must(t, err)
	for name, c := range map[string]struct {
		q    query.Handlers
		want string
	}{
		"all by sum":      {query.Handlers{}, "[mail GET /b GET /a SELECT a]"},
		"kind":            {query.Handlers{Kinds: []instrument.Kind{instrument.KindTask, instrument.KindQuery}}, "[mail SELECT a]"},
		"name":            {query.Handlers{Name: "get"}, "[GET /b GET /a]"},
		"pattern":         {query.Handlers{Name: "*a"}, "[GET /a SELECT a]"},
		"exact":           {query.Handlers{Handler: "mail"}, "[mail]"},
		"since":           {query.Handlers{Since: noon.Add(time.Minute)}, "[GET /b]"},
		"until":           {query.Handlers{Until: noon.Add(time.Minute)}, "[mail GET /a SELECT a]"},
		"until within":    {query.Handlers{Until: noon.Add(time.Second)}, "[mail GET /a SELECT a]"},
		"process":         {query.Handlers{Processes: []int64{processes[0].ID}}, "[mail GET /b GET /a SELECT a]"},
		"another process": {query.Handlers{Processes: []int64{99}}, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := f.Handlers(context.Background(), c.q)
			must(t, err)
			names := []string{}
			for _, h := range list {
				names = append(names, h.Handler.Name)
			}
			if got := fmt.Sprint(names); got != c.want {
				t.Errorf("got %s, expected %s", got, c.want)
			}
		})
	}
}

func TestRoll_DoesNotOverflow(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	r := rollRow(instrument.KindTask, "endless", ms)
	r.Count, r.Sum, r.Self, r.Max = math.MaxUint64, math.MaxInt64, math.MaxInt64-1, math.MaxInt64
	for range 3 {
		f.roll(t, noon, r)
	}
	list, err := f.Handlers(context.Background(), query.Handlers{Handler: "endless"})
	must(t, err)
	if h := list[0]; h.Count < math.MaxInt64 || h.Sum != math.MaxInt64 || h.Self != math.MaxInt64 || h.Max != math.MaxInt64 {
		t.Errorf("got %d %d %d %d", h.Count, h.Sum, h.Self, h.Max)
	}
}

func TestEachHandler_StopsAtAnError(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	f.roll(t, noon, rollRow(instrument.KindRequest, "GET /a", ms), rollRow(instrument.KindRequest, "GET /b", ms))
	stop := errors.New("stop")
	calls := 0
	err := f.EachHandler(context.Background(), time.Time{}, time.Time{}, func(h instrument.HandlerInfo, row instrument.RollRow) error {
		calls++
		if h.Name == "" || row.Count != 1 {
			t.Errorf("got %+v %+v", h, row)
		}
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%d calls, then %v", calls, err)
	}
}

func TestSeries_HasAPointForEachStep(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{Now: func() time.Time { return noon.Add(10 * time.Minute) }})
	f.roll(t, noon, rollRow(instrument.KindRequest, "GET /a", 10*ms), rollRow(instrument.KindTask, "mail", ms))
	f.roll(t, noon.Add(3*time.Minute), rollRow(instrument.KindRequest, "GET /a", 20*ms))
	f.roll(t, noon.Add(9*time.Minute), rollRow(instrument.KindRequest, "GET /b", 30*ms))
	window := query.Handlers{Since: noon}
	for name, c := range map[string]struct {
		step   time.Duration
		choose func(*query.Handlers)
		want   string
	}{
		"all":         {2 * time.Minute, func(*query.Handlers) {}, "[2 1 0 0 1]"},
		"kind":        {5 * time.Minute, func(q *query.Handlers) { q.Kinds = []instrument.Kind{instrument.KindRequest} }, "[2 1]"},
		"handler":     {3 * time.Minute, func(q *query.Handlers) { q.Handler = "GET /a" }, "[1 1 0 0]"},
		"no such":     {5 * time.Minute, func(q *query.Handlers) { q.Handler = "GET /z" }, "[0 0]"},
		"a minute":    {0, func(q *query.Handlers) { q.Until = noon.Add(4 * time.Minute) }, "[2 0 0 1]"},
		"one process": {10 * time.Minute, func(q *query.Handlers) { q.Processes = []int64{99} }, "[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			q := query.Series{Handlers: window, Step: c.step}
			c.choose(&q.Handlers)
			points, err := f.Series(context.Background(), q)
			must(t, err)
			var counts []uint64
			for _, p := range points {
				counts = append(counts, p.Count)
				if p.Hist.Count() != p.Count {
					t.Errorf("the histogram has %d of %d", p.Hist.Count(), p.Count)
				}
			}
			if got := fmt.Sprint(counts); got != c.want || !points[0].Start.Equal(noon) {
				t.Errorf("got %s from %v, expected %s", got, points[0].Start, c.want)
			}
		})
	}
	if _, err := f.Series(context.Background(), query.Series{Handlers: query.Handlers{Since: noon.Add(-1000 * time.Hour)}}); err == nil {
		t.Error("60,000 points were accepted")
	}
}

func TestCounts_ByKind(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	f.roll(t, noon, rollRow(instrument.KindRequest, "GET /a", ms, 200*ms), rollRow(instrument.KindRequest, "GET /b", ms), rollRow(instrument.KindTask, "mail", ms))
	f.roll(t, noon.Add(time.Hour), rollRow(instrument.KindTask, "mail", ms))
	counts, err := f.Counts(context.Background(), query.Handlers{Since: noon, Until: noon.Add(time.Minute)})
	must(t, err)
	if got, want := fmt.Sprint(counts), "map[request:{2 3 1 0 1} task:{1 1 0 0 0}]"; got != want {
		t.Errorf("got %s, expected %s", got, want)
	}
}
