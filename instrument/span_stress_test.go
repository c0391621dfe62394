package instrument_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var keySpanNumber = instrument.NewKey("stress.span")

// modelSpan is what has to be found of a span: with what was known before its Record
// began to end, the Record must agree; later things may be in it or not.
type modelSpan struct {
	parent      int64 // 0: the root
	began       bool  // before the end began
	ended       bool  // likewise
	neverEnded  bool
	failed      bool // likewise
	recordedSet bool // an attribute was added, likewise
}

// modelRecord drives a Record from several goroutines and notes what they did, in the
// plainest way there is.
type modelRecord struct {
	number int64
	h      *instrument.Handler
	ending atomic.Bool // set right before the Record is ended
	last   atomic.Int64
	given  chan openSpan // from one goroutine to others, to be ended there

	mu    sync.Mutex
	spans map[int64]*modelSpan
	ends  int // calls to be counted
	fails int
}

type openSpan struct {
	number int64
	span   instrument.Span
	ctx    context.Context // nil for a leaf
}

func (m *modelRecord) start(ctx context.Context, parent int64, leaf bool) openSpan {
	o := openSpan{number: m.number<<20 | m.last.Add(1)}
	attr := keySpanNumber.Int64(o.number)
	if leaf {
		o.span = instrument.Leaf(ctx, m.h, attr)
	} else {
		o.ctx, o.span = instrument.Start(ctx, m.h, attr)
	}
	m.note(o, func(s *modelSpan, sure bool) { s.parent, s.began = parent, sure })
	return o
}

// child is start by way of Span.Child.
func (m *modelRecord) child(of openSpan) openSpan {
	o := openSpan{number: m.number<<20 | m.last.Add(1)}
	o.ctx, o.span = of.span.Child(of.ctx, 0, m.h, keySpanNumber.Int64(o.number))
	m.note(o, func(s *modelSpan, sure bool) { s.parent, s.began = of.number, sure })
	return o
}

func (m *modelRecord) end(o openSpan, err error) {
	o.span.End(err)
	m.note(o, func(s *modelSpan, sure bool) {
		s.neverEnded, s.ended, s.failed = false, sure, sure && err != nil
		m.ends++
		if err != nil {
			m.fails++
		}
	})
}

func (m *modelRecord) set(o openSpan) {
	o.span.Set(keyB.String("set"))
	m.note(o, func(s *modelSpan, sure bool) { s.recordedSet = s.recordedSet || sure })
}

// note writes down what was just done. It was before the Record's end for sure if that
// had not begun afterwards.
func (m *modelRecord) note(o openSpan, change func(s *modelSpan, sure bool)) {
	sure := !m.ending.Load()
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.spans[o.number]
	if s == nil {
		s = &modelSpan{neverEnded: true}
		m.spans[o.number] = s
	}
	change(s, sure)
}

// drive does random things below ctx, which is the Record's.
func (m *modelRecord) drive(ctx context.Context, r *rand.Rand, steps int) {
	open := []openSpan{{ctx: ctx}} // the first is the Record itself
	for range steps {
		i := r.IntN(len(open))
		o := open[i]
		switch n := r.IntN(10); {
		case n < 3 && o.ctx != nil:
			open = append(open, m.start(o.ctx, o.number, false))
		case n < 4 && o.ctx != nil:
			open = append(open, m.start(o.ctx, o.number, true))
		case n < 5 && i > 0 && o.ctx != nil:
			open = append(open, m.child(o))
		case n < 6 && i > 0:
			m.set(o)
		case n < 7 && i > 0:
			select {
			case m.given <- o:
				open = append(open[:i], open[i+1:]...)
			default:
			}
		case n < 8:
			select {
			case o := <-m.given:
				m.end(o, nil)
			default:
			}
		case i > 0:
			var err error
			if n == 9 {
				err = errors.New("no")
			}
			m.end(o, err)
			open = append(open[:i], open[i+1:]...)
		}
	}
	for _, o := range open[1:] {
		if r.IntN(8) > 0 { // one in eight never ends
			m.end(o, nil)
		}
	}
}

// check compares what was recorded with what was done.
func (m *modelRecord) check(t *testing.T, got *instrument.Record) {
	t.Helper()
	seen := map[int64]bool{0: true}
	numbers := make([]int64, len(got.Spans))
	for i, s := range got.Spans {
		if i == 0 {
			continue
		}
		n, set := numberOf(s)
		numbers[i] = n
		want := m.spans[n]
		if want == nil || seen[n] {
			t.Errorf("span %x is in Record %d, where it did not run, or twice", n, m.number)
			return
		}
		seen[n] = true
		unfinished := s.Flags.Has(instrument.FlagUnfinished)
		switch {
		case numbers[s.Parent] != want.parent:
			t.Errorf("span %x is below %x, want %x", n, numbers[s.Parent], want.parent)
		case want.ended && unfinished, want.neverEnded && !unfinished:
			t.Errorf("span %x: flags [%s] do not say whether it ended: %+v", n, s.Flags, want)
		case want.failed && s.Error != "no":
			t.Errorf("span %x has lost its error", n)
		case want.recordedSet && !set:
			t.Errorf("span %x has lost an attribute", n)
		}
	}
	for n, s := range m.spans {
		if s.began && !seen[n] {
			t.Errorf("span %x is missing", n)
		}
	}
}

func numberOf(s instrument.RecordSpan) (n int64, set bool) {
	for _, a := range s.Attrs {
		switch a.Key {
		case keySpanNumber.Name():
			n, _ = a.Value.(int64)
		case keyB.Name():
			set = true
		}
	}
	return n, set
}

// TestSpan_AsAPlainModelHasIt runs Records beside each other, each from four goroutines
// that begin, change, hand over and end spans at random. Half of the Records end when all
// is done, the others in the midst of it, and their memory serves the next ones.
func TestSpan_AsAPlainModelHasIt(t *testing.T) {
	t.Parallel()
	const runners, records, goroutines, steps = 4, 25, 4, 80
	r, sink := newRecorder(t, instrument.Config{})
	root, h := handler(t, instrument.KindRequest, "stress"), handler(t, instrument.KindCustom, "stressed")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var mu sync.Mutex
	models := map[instrument.ID]*modelRecord{}
	var all, late sync.WaitGroup
	for runner := range runners {
		all.Go(func() {
			for i := range records {
				m := &modelRecord{
					number: int64(runner*records + i + 1), h: h,
					spans: map[int64]*modelSpan{}, given: make(chan openSpan, 8),
				}
				ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: root})
				mu.Lock()
				models[rec.ID()] = m
				mu.Unlock()
				var busy sync.WaitGroup
				begun := make(chan struct{}, goroutines)
				for g := range goroutines {
					rnd := rand.New(rand.NewPCG(seed, uint64(m.number)<<8|uint64(g)))
					busy.Add(1)
					late.Go(func() {
						defer busy.Done()
						m.drive(ctx, rnd, steps/2)
						begun <- struct{}{}
						m.drive(ctx, rnd, steps/2)
					})
				}
				<-begun
				if i%2 == 0 {
					busy.Wait()
				}
				m.ending.Store(true)
				rec.End()
			}
		})
	}
	all.Wait()
	late.Wait()
	ends, fails := 0, 0
	for _, m := range models {
		ends, fails = ends+m.ends, fails+m.fails
	}
	if st := r.Stats(h); st.Count != uint64(ends) || st.Errors != uint64(fails) {
		t.Errorf("%d calls and %d errors counted, want %d and %d", st.Count, st.Errors, ends, fails)
	}
	if len(sink.records) != len(models) {
		t.Fatalf("%d Records, want %d", len(sink.records), len(models))
	}
	for _, got := range sink.records {
		models[got.ID].check(t, got)
	}
}
