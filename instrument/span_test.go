package instrument_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func TestSpan_OffCostsNothing(t *testing.T) {
	h := handler(t, instrument.KindCustom, "x")
	r := instrument.New(instrument.Config{})
	r.SetEnabled(false)
	ctx := context.Background()
	if n := testing.AllocsPerRun(100, func() {
		c, rec := r.Begin(ctx, instrument.Begin{Handler: h})
		c, s := instrument.Start(c, h, instrument.KeyDetail.String("x"))
		instrument.Leaf(c, h).End(nil)
		instrument.Event(c, h)
		s.Set(instrument.KeyStatus.Int(1))
		s.End(errors.New("x"))
		rec.End()
	}); n > 1 { // the error
		t.Errorf("%v allocations while off, want none", n)
	}
}

func TestSpan_NilAndZeroAreSafe(t *testing.T) {
	t.Parallel()
	var r *instrument.Recorder
	var rec *instrument.Recording
	var h *instrument.Handler
	ctx, got := r.Begin(context.Background(), instrument.Begin{})
	if got != nil || ctx != context.Background() {
		t.Error("a nil Recorder began a Record")
	}
	r.SetEnabled(true)
	r.Observe(h, 1, nil)
	r.Roll(func(instrument.Stats) { t.Error("a nil Recorder rolled") })
	r.AddHooks(instrument.Hooks{})()
	rec.Set(instrument.KeyDetail.String("x"))
	rec.SetHandler(h)
	rec.SetUser("x")
	rec.SetPath("GET", "/")
	rec.SetStatus(1)
	rec.Tag("x")
	rec.Fail(errors.New("x"))
	rec.Panic("x")
	rec.Flag(instrument.FlagError)
	rec.End()
	if rec.ID() != 0 || rec.Recorder() != nil || !rec.Sealed() || h.Name() != "" || h.ID() != 0 {
		t.Error("nil values are not zero")
	}
	var s instrument.Span
	s.Set()
	s.Flag(instrument.FlagSlow)
	s.Fail(errors.New("x"))
	s.Panic("x")
	s.SetHandler(nil).End(nil)
}

func TestSpan_TreeIsAsItRan(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	layer, view, query := handler(t, instrument.KindLayer, "l"), handler(t, instrument.KindView, "v"), handler(t, instrument.KindQuery, "q")
	record(t, r, func(ctx context.Context, rec *instrument.Recording) {
		ctx, a := instrument.Start(ctx, layer)
		ctx, b := instrument.Start(ctx, view)
		for range 3 {
			instrument.Leaf(ctx, query).End(nil)
		}
		b.End(nil)
		a.End(nil)
	})
	got := sink.only()
	var tree strings.Builder
	for i, s := range got.Spans {
		fmt.Fprintf(&tree, "%d<%d:%s ", i, s.Parent, s.Handler.Kind)
	}
	if want := "0<-1:request 1<0:layer 2<1:view 3<2:query 4<2:query 5<2:query "; tree.String() != want {
		t.Errorf("got  %s\nwant %s", tree.String(), want)
	}
	if got.Count(instrument.KindQuery) != 3 || got.QueryTime == 0 {
		t.Errorf("%d queries in %v", got.Count(instrument.KindQuery), got.QueryTime)
	}
	sum := time.Duration(0)
	for _, s := range got.Spans {
		sum += s.Self
	}
	if sum != got.Duration {
		t.Errorf("own times sum to %v of %v", sum, got.Duration)
	}
}

func TestSpan_StatisticsAreExactBeyondTheCaps(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{MaxSpans: 100, MaxAttrBytes: 200})
	h := handler(t, instrument.KindQuery, "q")
	const n = 5000
	record(t, r, func(ctx context.Context, _ *instrument.Recording) {
		for i := range n {
			var err error
			if i%10 == 0 {
				err = errors.New("no")
			}
			c, s := instrument.Start(ctx, h, instrument.KeyDetail.String("some text"))
			instrument.Event(c, h)
			s.End(err)
		}
	})
	st := r.Stats(h)
	if st.Count != 2*n || st.Errors != n/10 || st.Hist.Count() != 2*n {
		t.Errorf("statistics %d calls, %d errors, want %d and %d", st.Count, st.Errors, 2*n, n/10)
	}
	got := sink.only()
	if got.Spans[0].Handler.Kind != instrument.KindRequest || len(got.Spans) != 100 || got.Left != 2*n-99 {
		t.Errorf("%d spans kept, %d left out", len(got.Spans), got.Left)
	}
	if !got.Flags.Has(instrument.FlagCapped) || got.Count(instrument.KindQuery) != 2*n {
		t.Errorf("flags %v, %d queries", got.Flags, got.Count(instrument.KindQuery))
	}
}

func TestSpan_LateOnesCountAndTouchNoOtherRecord(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	h := handler(t, instrument.KindCustom, "late")
	var kept context.Context
	var open instrument.Span
	record(t, r, func(ctx context.Context, _ *instrument.Recording) {
		kept, open = instrument.Start(ctx, h)
	})
	for range 10 {
		record(t, r, func(ctx context.Context, _ *instrument.Recording) {
			_, s := instrument.Start(kept, h) // of the first Record, which has ended
			s.Set(instrument.KeyDetail.String("foreign"))
			s.End(nil)
			instrument.Leaf(ctx, h).End(nil)
		})
	}
	open.End(errors.New("late"))
	if first := sink.records[0]; !first.Spans[1].Flags.Has(instrument.FlagUnfinished) {
		t.Error("the span that was running when its Record ended is not marked")
	}
	for _, rec := range sink.records[1:] {
		if len(rec.Spans) != 2 || rec.Spans[1].Error != "" || len(rec.Spans[1].Attrs) != 0 {
			t.Fatalf("a late span is in another Record: %+v", rec.Spans)
		}
	}
	if st := r.Stats(h); st.Count != 21 || st.Errors != 1 {
		t.Errorf("%d calls, %d errors counted, want 21 and 1", st.Count, st.Errors)
	}
}

func TestSpan_SecondEndDoesNothing(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	h := handler(t, instrument.KindCustom, "twice")
	record(t, r, func(ctx context.Context, rec *instrument.Recording) {
		_, s := instrument.Start(ctx, h)
		s.End(nil)
		s.End(nil)
		rec.End()
	})
	if st := r.Stats(h); st.Count != 1 || len(sink.records) != 1 {
		t.Errorf("%d calls, %d Records, want 1 and 1", st.Count, len(sink.records))
	}
}

func TestSpan_ConcurrentUse(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{MaxSpans: 2000})
	h := handler(t, instrument.KindCustom, "c")
	record(t, r, func(ctx context.Context, rec *instrument.Recording) {
		var wg sync.WaitGroup
		for g := range 16 {
			wg.Go(func() {
				for i := range 100 {
					_, s := instrument.Start(ctx, h, instrument.KeyDetail.String("x"))
					s.Set(instrument.KeyStatus.Int(g*100 + i))
					s.End(nil)
				}
			})
		}
		wg.Wait()
	})
	got := sink.only()
	seen := map[int64]bool{}
	for _, s := range got.Spans[1:] {
		seen[s.Attrs[1].Value.(int64)] = true
	}
	if len(seen) != 1600 || r.Stats(h).Count != 1600 {
		t.Errorf("%d distinct spans, %d counted, want 1600", len(seen), r.Stats(h).Count)
	}
}

// TestSpan_StillRunningWhenTheRecordEnds runs under -race: spans begin, change and
// end while their Record is sealed and its memory may be used again.
func TestSpan_StillRunningWhenTheRecordEnds(t *testing.T) {
	t.Parallel()
	r, _ := newRecorder(t, instrument.Config{})
	h := handler(t, instrument.KindCustom, "r")
	var wg sync.WaitGroup
	for range 50 {
		record(t, r, func(ctx context.Context, rec *instrument.Recording) {
			for range 4 {
				wg.Go(func() {
					for range 20 {
						c, s := instrument.Start(ctx, h)
						s.Flag(instrument.FlagStreamed)
						instrument.Leaf(c, h).End(errors.New("x"))
						rec.SetUser("u")
						s.End(nil)
						runtime.Gosched()
					}
				})
			}
		})
	}
	wg.Wait()
	if st := r.Stats(h); st.Count != 50*4*20*2 {
		t.Errorf("%d calls counted, want %d", st.Count, 50*4*20*2)
	}
}

func TestSpan_FoundByTheGoroutine(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	h := handler(t, instrument.KindQuery, "q")
	next := make(chan func())
	done := make(chan struct{})
	record(t, r, func(ctx context.Context, rec *instrument.Recording) {
		instrument.Leaf(context.Background(), h).End(nil)
		var wg sync.WaitGroup
		wg.Go(func() { instrument.Leaf(context.Background(), h).End(nil) })
		wg.Wait()
		go func() { // a worker that outlives the request
			defer close(done)
			(<-next)()
		}()
	})
	record(t, r, func(context.Context, *instrument.Recording) {
		worked := make(chan struct{})
		next <- func() {
			instrument.Leaf(context.Background(), h).End(nil)
			close(worked)
		}
		<-worked
	})
	<-done
	if got := sink.records[0]; len(got.Spans) != 3 || !got.Spans[1].Flags.Has(instrument.FlagInferred) || !got.Spans[2].Flags.Has(instrument.FlagInferred) {
		t.Errorf("the first Record has %d spans, want 3, two of them inferred", len(got.Spans))
	}
	if got := sink.records[1]; len(got.Spans) != 1 {
		t.Error("a worker of an ended Record put its span on another")
	}
}

func TestSpan_InferredOnesStandWhereTheyRan(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	layer, view, query := handler(t, instrument.KindLayer, "l"), handler(t, instrument.KindView, "v"), handler(t, instrument.KindQuery, "q")
	record(t, r, func(ctx context.Context, _ *instrument.Recording) {
		ctx, l := instrument.Start(ctx, layer)
		instrument.Leaf(context.Background(), query).End(nil)
		ctx, v := instrument.Start(ctx, view)
		instrument.Leaf(ctx, query).End(nil)
		for range 3 {
			instrument.Leaf(context.Background(), query).End(nil)
		}
		v.End(nil)
		instrument.Leaf(context.Background(), query).End(nil)
		l.End(nil)
	})
	var parents []int
	for _, s := range sink.only().Spans {
		parents = append(parents, s.Parent)
	}
	// root, layer, query in layer, view, four queries in view, query in layer
	if want := []int{-1, 0, 1, 1, 3, 3, 3, 3, 1}; !slices.Equal(parents, want) {
		t.Errorf("parents %v, want %v", parents, want)
	}
	own := time.Duration(0)
	for _, s := range sink.only().Spans {
		own += s.Self
	}
	if own != sink.only().Duration {
		t.Errorf("own times add up to %v of %v", own, sink.only().Duration)
	}
}
