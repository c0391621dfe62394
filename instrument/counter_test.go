package instrument_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Counters sum up in few bits, so they have to be emptied in time: long calls of one
// bucket fill them within a thousand, very long ones are counted apart.
func TestStats_SumsAreExactHoweverManyAndLong(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]time.Duration{
		"nothing": 0, "a microsecond": 700 * time.Nanosecond, "a second": time.Second,
		"half a minute": 29 * time.Second, "long": 34 * time.Second, "days": 150 * time.Hour, "for ever": math.MaxInt64 / 9000,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := newRecorder(t, instrument.Config{NoLabels: true})
			h := instrument.NewHandler(instrument.KindCustom, "sums "+name, instrument.Source{})
			random := rand.New(rand.NewPCG(1, 2))
			var want instrument.Stats
			for range 8000 {
				d := from + time.Duration(random.Int64N(int64(from)/50+3))
				r.Observe(h, d, nil)
				want.Count++
				want.Sum += d
				want.Max = max(want.Max, d)
				want.Hist.Add(d)
			}
			got := r.Stats(h)
			if got.Count != want.Count || got.Sum != want.Sum || got.Max != want.Max {
				t.Errorf("%d calls of %v, at most %v; want %d of %v, at most %v", got.Count, got.Sum, got.Max, want.Count, want.Sum, want.Max)
			}
			if !sameBuckets(&got.Hist, &want.Hist) {
				t.Error("the histogram is another than one that counted the same")
			}
		})
	}
}

func sameBuckets(a, b *instrument.Histogram) bool {
	x, _ := a.MarshalBinary()
	y, _ := b.MarshalBinary()
	return slices.Equal(x, y)
}

func TestStats_RollsAddUpWhileCountersAreEmptied(t *testing.T) {
	t.Parallel()
	r, _ := newRecorder(t, instrument.Config{NoLabels: true})
	h := instrument.NewHandler(instrument.KindCustom, "rolled while emptied", instrument.Source{})
	const goroutines, calls, each = 4, 5000, 33 * time.Second
	var rolled instrument.Stats
	roll := func() {
		r.Roll(func(s instrument.Stats) {
			if s.Handler == h {
				rolled.Add(&s)
			}
		})
	}
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range calls {
				r.Observe(h, each, nil)
			}
		})
	}
	for range 50 {
		roll()
	}
	wg.Wait()
	roll()
	if rolled.Count != goroutines*calls || rolled.Sum != goroutines*calls*each {
		t.Errorf("rolled %d calls of %v, want %d of %v", rolled.Count, rolled.Sum, goroutines*calls, goroutines*calls*each)
	}
}

func TestRecorder_CountsForItselfBesideAnother(t *testing.T) {
	t.Parallel()
	h := instrument.NewHandler(instrument.KindCustom, "counted by two", instrument.Source{})
	a, _ := newRecorder(t, instrument.Config{NoLabels: true})
	b, _ := newRecorder(t, instrument.Config{NoLabels: true})
	for i := range 10 {
		a.Observe(h, time.Millisecond, nil)
		if i%2 == 0 {
			b.Observe(h, time.Millisecond, nil)
		}
	}
	a.SetEnabled(false)
	b.Observe(h, time.Millisecond, nil)
	a.Observe(h, time.Millisecond, nil)
	a.SetEnabled(true)
	a.Observe(h, time.Millisecond, nil)
	if x, y := a.Stats(h).Count, b.Stats(h).Count; x != 11 || y != 6 {
		t.Errorf("they counted %d and %d, want 11 and 6", x, y)
	}
}

func TestEncode_WritesATextThatComesAgainOnce(t *testing.T) {
	t.Parallel()
	system, other := instrument.NewKey("test.again.system"), instrument.NewKey("test.again.other")
	r, sink := newRecorder(t, instrument.Config{NoLabels: true})
	long := strings.Repeat("postgresql ", 50)
	values := []instrument.Attr{
		system.String(long), system.String(long), other.String(long), system.Int(7), system.String(long),
		system.String("sqlite"), system.String(long), other.String(""), other.String(""), other.String(long),
	}
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: benchRoot})
	for _, v := range values {
		instrument.Leaf(ctx, benchSpan, v).End(nil)
	}
	rec.End()
	got := sink.only()
	if n := strings.Count(string(sink.blobs[0]), long); n > 5 {
		t.Errorf("the long text was written %d times", n)
	}
	for i, want := range []any{long, long, long, int64(7), long, "sqlite", long, "", "", long} {
		if kv := got.Spans[i+1].Attrs[0]; kv.Value != want {
			t.Errorf("attribute %d is %.20v, want %.20v", i, kv.Value, want)
		}
	}
}
