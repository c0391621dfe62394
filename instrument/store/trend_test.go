package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

func TestTrends_DivideTheWindow(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{Now: noonClock})
	h := handler(instrument.KindRequest, "GET /trend")
	other := handler(instrument.KindCommand, "trend")
	for minute := range 60 {
		for range minute + 1 {
			f.rec.Observe(h, time.Duration(minute)*time.Millisecond, nil)
		}
		f.rec.Observe(other, time.Second, context.Canceled)
		var rows []instrument.RollRow
		f.rec.Roll(func(s instrument.Stats) { rows = append(rows, instrument.RollRow{Stats: s}) })
		must(t, f.Roll(context.Background(), noon.Add(time.Duration(minute)*time.Minute), rows))
	}
	for _, q := range []query.Handlers{{}, {Since: noon, Until: noon.Add(time.Hour)}} {
		list, err := f.Trends(context.Background(), q, 6)
		must(t, err)
		trends := map[instrument.HandlerInfo][]query.TrendPoint{}
		for _, h := range list {
			trends[instrument.HandlerInfo{Kind: h.Handler.Kind, Name: h.Handler.Name}] = h.Trend
		}
		points := trends[instrument.HandlerInfo{Kind: instrument.KindRequest, Name: "GET /trend"}]
		if len(trends) != 2 || len(points) != 6 {
			t.Fatalf("%+v", trends)
		}
		count, sum := uint64(0), time.Duration(0)
		for i, p := range points {
			count, sum = count+p.Count, sum+p.Sum
			if !p.Start.Equal(noon.Add(time.Duration(i) * 10 * time.Minute)) {
				t.Errorf("step %d begins at %v", i, p.Start)
			}
			if i > 0 && p.Avg() <= points[i-1].Avg() {
				t.Errorf("step %d: %v is not slower than %v", i, p.Avg(), points[i-1].Avg())
			}
		}
		want := time.Duration(0)
		for m := range 60 {
			want += time.Duration(m*(m+1)) * time.Millisecond
		}
		if count != 1830 || sum != want {
			t.Errorf("%d calls, %v", count, sum)
		}
		if e := trends[instrument.HandlerInfo{Kind: instrument.KindCommand, Name: "trend"}]; e[0].Errors != 10 {
			t.Errorf("%+v", e)
		}
	}
	some, err := f.Trends(context.Background(), query.Handlers{Kinds: []instrument.Kind{instrument.KindCommand}}, 1)
	must(t, err)
	if len(some) != 1 {
		t.Errorf("%+v", some)
	}
	if _, err := f.Trends(context.Background(), query.Handlers{}, 0); err == nil {
		t.Error("a trend without steps")
	}
	if empty, err := setup(t, store.Options{}).Trends(context.Background(), query.Handlers{}, 5); err != nil || len(empty) != 0 {
		t.Errorf("%v, %v", empty, err)
	}
}
