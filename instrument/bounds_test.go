package instrument_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// A hundred thousand spans, each below the one before.
func TestF25_DeepNestingIsBounded(t *testing.T) {
	t.Parallel()
	const deep, kept = 100_000, 10_000
	r, sink := newRecorder(t, instrument.Config{MaxSpans: kept})
	h := handler(t, instrument.KindCustom, "step")
	record(t, r, func(ctx context.Context, _ *instrument.Recording) {
		spans := make([]instrument.Span, deep)
		for i := range spans {
			ctx, spans[i] = instrument.Start(ctx, h)
		}
		for i := deep - 1; i >= 0; i-- {
			spans[i].End(nil)
		}
	})
	rec := sink.only()
	if s := r.Stats(h); s.Count != deep {
		t.Errorf("statistics have %d calls", s.Count)
	}
	if len(rec.Spans) != kept || rec.Left != deep+1-kept || !rec.Flags.Has(instrument.FlagCapped) {
		t.Errorf("%d spans are kept, %d left out, flags %v", len(rec.Spans), rec.Left, rec.Flags)
	}
	depth, deepest := make([]int, kept), 0
	for i, s := range rec.Spans[1:] {
		if s.Parent < 0 || s.Parent > i {
			t.Fatalf("span %d stands below %d", i+1, s.Parent)
		}
		depth[i+1] = depth[s.Parent] + 1
		deepest = max(deepest, depth[i+1])
	}
	if deepest != instrument.MaxDepth || rec.Flattened != kept-1-instrument.MaxDepth {
		t.Errorf("the deepest span is at %d, %d are flattened", deepest, rec.Flattened)
	}
	for _, s := range rec.Spans[1 : kept-1] {
		if s.Self > s.Duration {
			t.Fatalf("a span's own time is %v of %v", s.Self, s.Duration)
		}
	}
}

func TestF25_ShallowRecordsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	h := handler(t, instrument.KindCustom, "step")
	record(t, r, func(ctx context.Context, _ *instrument.Recording) {
		for range instrument.MaxDepth {
			next, span := instrument.Start(ctx, h)
			defer span.End(nil)
			ctx = next
			instrument.Leaf(ctx, h).End(nil)
		}
	})
	// The last leaf stands one deeper than is shown.
	if rec := sink.only(); rec.Flattened != 1 || len(rec.Spans) != 1+2*instrument.MaxDepth {
		t.Errorf("%d spans, %d flattened", len(rec.Spans), rec.Flattened)
	}
}

func TestF27_LongTextsAreCutWhereARuneEnds(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("zwölf Boxkämpfer ", 20<<20/19)
	r, sink := newRecorder(t, instrument.Config{})
	named := instrument.NewHandler(instrument.KindCustom, huge, instrument.Source{})
	other := instrument.NewHandler(instrument.KindCustom, huge+"!", instrument.Source{})
	query := instrument.NewHandler(instrument.KindQuery, huge, instrument.Source{})
	key := instrument.NewKey("a.text")
	record(t, r, func(ctx context.Context, rec *instrument.Recording) {
		instrument.Leaf(ctx, named, key.String(huge)).End(errors.New(huge))
		rec.SetUser(huge)
		rec.SetPath(huge, huge)
		rec.Tag(huge)
		rec.Fail(errors.New(huge))
	})
	rec := sink.only()
	if named == other || named.Name() == other.Name() {
		t.Error("two long names that differ at their end are one handler")
	}
	for what, c := range map[string]struct {
		text string
		most int
	}{
		"a name":         {named.Name(), 256},
		"a query's name": {query.Name(), 4 << 10},
		"an attribute":   {textAttr(t, rec.Spans[1].Attrs, "a.text"), 16 << 10},
		"an error":       {rec.Spans[1].Error, 4 << 10},
		"a user":         {rec.User, 256},
		"a method":       {rec.Method, 256},
		"a path":         {rec.Path, 2 << 10},
		"a tag":          {rec.Tags[0], 256},
		"the error":      {rec.Summary.Error, 4 << 10},
	} {
		if len(c.text) > c.most || len(c.text) < c.most-64 {
			t.Errorf("%s has %d bytes, expected up to %d", what, len(c.text), c.most)
		}
		if !utf8.ValidString(c.text) {
			t.Errorf("%s is cut within a rune", what)
		}
	}
	if note := fmt.Sprintf("… (%d bytes in all)", len(huge)); !strings.HasSuffix(textAttr(t, rec.Spans[1].Attrs, "a.text"), note) {
		t.Error("a text does not say how long it was")
	}
	if !rec.Flags.Has(instrument.FlagCapped) {
		t.Error("the Record does not say that something was left out")
	}
	if n := len(sink.blobs[0]); n > 64<<10 {
		t.Errorf("the Record has %d bytes", n)
	}
}

func TestF27_AttributesOfASpanAreBounded(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	h := handler(t, instrument.KindCustom, "step")
	key := instrument.NewKey("n")
	record(t, r, func(ctx context.Context, rec *instrument.Recording) {
		span := instrument.Leaf(ctx, h)
		for i := range 1000 {
			span.Set(key.Int(i))
		}
		span.End(nil)
		instrument.Leaf(ctx, h, key.Int(7)).End(nil) // another has room
	})
	rec := sink.only()
	if n := len(rec.Spans[1].Attrs); n != 128 || !rec.Flags.Has(instrument.FlagCapped) {
		t.Errorf("%d attributes are kept, flags %v", n, rec.Flags)
	}
	if len(rec.Spans[2].Attrs) != 1 {
		t.Error("the next span has lost its own")
	}
}

func textAttr(t *testing.T, attrs []instrument.KV, key string) string {
	t.Helper()
	for _, a := range attrs {
		if a.Key == key {
			return a.Value.(string)
		}
	}
	t.Fatalf("no attribute %s", key)
	return ""
}
