package instrument_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// foreign is a span of another tracing API.
type foreign struct {
	scope instrument.Scope
	note  string
}

func (f *foreign) Scope() *instrument.Scope { return &f.scope }

func ExampleStartScope() {
	r := instrument.New(instrument.Config{})
	defer r.SetEnabled(false)
	request := instrument.NewHandler(instrument.KindRequest, "GET /scopes", instrument.Source{})
	work := instrument.NewHandler(instrument.KindCustom, "work", instrument.Source{})
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: request})
	f := instrument.StartScope[foreign](ctx, 0, work)
	f.note = "what the other API keeps with it"
	inner := instrument.Leaf(f.Scope(), work) // the Scope is the context of what is below
	inner.End(nil)
	f.Scope().Span().End(nil)
	fmt.Println(f.Scope().Recording() == rec, f.Scope().Span().Index(), inner.Index())
	rec.End()
	fmt.Println(instrument.StartScope[foreign](context.Background(), 0, work) == nil)
	// Output:
	// true 1 2
	// true
}

func TestScope_IsTheContextOfWhatIsBelow(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	outer, inner := handler(t, instrument.KindCustom, "outer"), handler(t, instrument.KindCustom, "inner")
	type key struct{}
	var places [3]instrument.TraceContext
	var scopes [2]*instrument.Scope
	record(t, r, func(ctx context.Context, rec *instrument.Recording) {
		ctx, cancel := context.WithDeadline(context.WithValue(ctx, key{}, "kept"), time.Now().Add(time.Hour))
		a := instrument.StartScope[foreign](ctx, 0, outer, instrument.KeyDetail.String("a")).Scope()
		own := &foreign{}
		own.scope.StartAt(a, 0, inner)
		below, s := instrument.Start(&own.scope, inner)
		scopes = [2]*instrument.Scope{a, &own.scope}
		places = [3]instrument.TraceContext{a.TraceContext(), own.scope.TraceContext(), instrument.TraceContextOf(a)}
		if below.Value(key{}) != "kept" || instrument.FromContext(&own.scope) != rec || a.Recording() != rec {
			t.Error("the scope hides what is around it")
		}
		if at, ok := own.scope.Deadline(); !ok || time.Until(at) > time.Hour {
			t.Error("no deadline")
		}
		cancel()
		<-own.scope.Done()
		if own.scope.Err() == nil {
			t.Error("not cancelled")
		}
		s.End(nil)
		own.scope.SetHandler(outer)
		own.scope.Span().End(nil)
		a.Span().End(nil)
	})
	rec := sink.only()
	for i, parent := range []int{-1, 0, 1, 2} {
		if rec.Spans[i].Parent != parent {
			t.Errorf("span %d is below %d", i, rec.Spans[i].Parent)
		}
	}
	if rec.Spans[2].Handler.Name != outer.Name() || len(rec.Spans[1].Attrs) != 1 {
		t.Errorf("%+v", rec.Spans)
	}
	if places[0] != places[2] || places[0] == places[1] || places[0].TraceID != places[1].TraceID {
		t.Errorf("places %v", places)
	}
	for i, s := range scopes {
		if s.TraceContext() != places[i] {
			t.Errorf("the place of %d is another one after the Record's end", i)
		}
	}
}

func TestScope_LeftOutOfARecordStandsForWhatIsAround(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{MaxSpans: 2})
	h := handler(t, instrument.KindCustom, "left out")
	record(t, r, func(ctx context.Context, rec *instrument.Recording) {
		a := instrument.StartScope[foreign](ctx, 0, h).Scope()
		b := instrument.StartScope[foreign](a, 0, h).Scope()
		if b.Recording() != rec || b.Span().Recorded() || !b.Span().Active() || b.Value("x") != nil {
			t.Error("not a span that is counted alone")
		}
		b.Span().End(nil)
		a.Span().End(nil)
	})
	if got := sink.only(); got.Left != 1 || len(got.Spans) != 2 {
		t.Errorf("%d spans, %d left out", len(got.Spans), got.Left)
	}
	var plain foreign
	plain.scope.In(context.WithValue(t.Context(), contextName{}, 1))
	if plain.scope.Span().Active() || plain.scope.Value(contextName{}) != 1 || plain.scope.TraceContext() != (instrument.TraceContext{}) {
		t.Error("a scope without a span is a plain context")
	}
}

type contextName struct{}

// Scopes that share an allocation are apart, also when a Record's goroutines take them at once.
func TestScope_EachIsItsOwn(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	h := handler(t, instrument.KindCustom, "own")
	const goroutines, each = 8, 50
	record(t, r, func(ctx context.Context, _ *instrument.Recording) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		seen := map[any]bool{}
		for range goroutines {
			wg.Go(func() {
				for i := range each {
					f := instrument.StartScope[foreign](ctx, 0, h)
					f.note = fmt.Sprint(i)
					other := instrument.StartScope[another](f.Scope(), 0, h) // of another type in between
					other.Scope().Span().End(nil)
					f.Scope().Span().End(nil)
					mu.Lock()
					seen[f], seen[other] = true, true
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(seen) != 2*goroutines*each {
			t.Errorf("%d values", len(seen))
		}
	})
	if n := len(sink.only().Spans); n != 1+2*goroutines*each {
		t.Errorf("%d spans", n)
	}
}

type another struct{ scope instrument.Scope }

func (a *another) Scope() *instrument.Scope { return &a.scope }
