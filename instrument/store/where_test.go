package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// mixedRecords are n Records whose columns take few values, so that conditions pass
// some of them.
func mixedRecords(rng *rand.Rand, n int) *instrument.Batch {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	b := &instrument.Batch{}
	for i := range n {
		it := made{
			at: noon.Add(time.Duration(i) * 37 * time.Millisecond), n: rng.IntN(3),
			kind: []instrument.Kind{instrument.KindRequest, instrument.KindCommand, instrument.KindTask}[rng.IntN(3)],
			name: pick("GET /orders/{id}", "POST /orders", "cleanup", "ÄRGER"), duration: time.Duration(rng.IntN(5)) * 100 * time.Millisecond,
			flags: instrument.Flags(rng.IntN(1 << 4)), path: pick("", "/orders/17", "/Orders?a=[b]", "/*"),
			status: []int{0, 200, 404, 503}[rng.IntN(4)], parent: instrument.ID(rng.IntN(2)),
		}.item()
		s := &it.Summary
		s.Method, s.User, s.Error = pick("", "GET", "POST"), pick("", "ada", "mara"), pick("", "Disk FULL", "über", "ÜBER")
		s.Tags = [][]string{nil, {"x"}, {"x", "two words"}}[rng.IntN(3)]
		s.Trace.TraceID[0] = byte(rng.IntN(3))
		s.Counts[instrument.KindQuery], s.Counts[instrument.KindLog] = uint32(rng.IntN(4)), uint32(rng.IntN(4))
		s.Left, s.Failed, s.QueryTime = uint32(rng.IntN(2)), uint32(rng.IntN(3)), time.Duration(rng.IntN(3))
		it.Blob = blobs()[rng.IntN(len(blobs()))]
		b.Items = append(b.Items, it)
	}
	return b
}

// blobs are bodies in which something else can be found each.
var blobs = sync.OnceValue(func() (list [][]byte) {
	for _, attrs := range [][]instrument.Attr{
		nil,
		{keyNote.String("Out of Stock")},
		{keyNote.String("über"), keyNote.Int(17), keyNote.String("*")},
		{keyNote.String("a"), keyNote.String("a"), keyNote.Int(-4711), keyNote.Duration(17), keyNote.String("out of stock: 17")},
	} {
		sink := &batchSink{}
		r := instrument.New(instrument.Config{Sink: sink, NoLabels: true})
		ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: handler(instrument.KindRequest, "GET /made")})
		name := "SELECT Stock"
		if len(list)%2 > 0 {
			name = "reserve"
		}
		instrument.Leaf(ctx, handler(instrument.KindQuery, name), attrs...).End(nil)
		rec.End()
		r.SetEnabled(false)
		list = append(list, sink.take().Items[0].Blob)
	}
	return list
})

// findIn looks for texts in a Record that is decoded.
func findIn(rec *instrument.Record, r *query.Row) func(*query.Where) bool {
	texts := append([]string{r.Path, r.Handler.Name, r.User, r.Error}, r.Tags...)
	texts = slices.DeleteFunc(texts, func(s string) bool { return s == "" })
	var numbers []string
	for i := range rec.Spans {
		texts = append(texts, rec.Spans[i].Handler.Name)
		for _, kv := range rec.Spans[i].Attrs {
			switch v := kv.Value.(type) {
			case string:
				texts = append(texts, v)
			case int64:
				numbers = append(numbers, fmt.Sprint(v))
			}
		}
	}
	return func(w *query.Where) bool {
		whole := w.Op == query.Equal || w.Op == query.Contains
		return slices.ContainsFunc(texts, w.MatchText) || whole && slices.Contains(numbers, w.Text)
	}
}

// anyWhere makes a condition at random, sensible or not.
func anyWhere(rng *rand.Rand, depth int) query.Where {
	if depth > 0 && rng.IntN(2) == 0 {
		w := query.Where{Op: []query.Op{query.And, query.Or, query.Not}[rng.IntN(3)]}
		n := rng.IntN(4)
		if w.Op == query.Not {
			n = 1
		}
		for range n {
			w.Of = append(w.Of, anyWhere(rng, depth-1))
		}
		return w
	}
	texts := []string{"", "a", "*", "ada", "GET", "x", "two words", "/orders", "*orders*", "/*", "[b]", "*?a=[*", "disk full", "*full", "über", "*ber", "cleanup",
		"request", "get *", "out of stock", "OUT*", "*stock*", "17", "-4711", "stock", "reserve", "select stock", "shop", "*s", "00000000000000000000000000000000", "01000000000000000000000000000000"}
	op := query.Equal + query.Op(rng.IntN(int(query.AtLeast-query.Equal)+1))
	field := query.Field(1 + rng.IntN(int(query.FieldText)))
	if rng.IntN(6) == 0 {
		field = query.FieldText
	}
	if rng.IntN(8) > 0 { // mostly what makes sense
		op = query.Equal + query.Op(rng.IntN(3))
		if field == query.FieldFlags {
			op = query.Equal
		} else if field > query.FieldHost && field != query.FieldText {
			op = query.Less + query.Op(rng.IntN(4))
		}
	}
	return query.Where{
		Op:     op,
		Field:  field,
		Kind:   []instrument.Kind{instrument.KindQuery, instrument.KindLog}[rng.IntN(2)],
		Text:   texts[rng.IntN(len(texts))],
		Number: []int64{0, 1, 2, 3, 200, 404, int64(200 * time.Millisecond), noon.Add(3 * time.Second).UnixNano(), noon.Add(3*time.Second).UnixNano() + 7, int64(instrument.FirstID(noon.Add(time.Second)))}[rng.IntN(10)],
	}
}

func TestRecords_WhereAgreesWithMatch(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{Service: "shop", Host: "here"})
	rng := rand.New(rand.NewPCG(1, 2))
	must(t, f.Append(context.Background(), mixedRecords(rng, 400)))
	all, err := f.Records(context.Background(), query.Records{Limit: 1000})
	must(t, err)
	processes, err := f.Processes(context.Background())
	must(t, err)
	recs := map[instrument.ID]*instrument.Record{}
	for i := range all.Records {
		recs[all.Records[i].ID], err = f.Record(context.Background(), all.Records[i].ID)
		must(t, err)
	}
	passed := 0
	for range 1500 {
		q := query.Records{Where: anyWhere(rng, 3), Sort: query.Sort(rng.IntN(3)), Limit: 1000, Budget: time.Minute}
		want := map[instrument.ID]bool{}
		for i := range all.Records {
			r := &all.Records[i]
			if q.Where.MatchWith(r, &processes[0], findIn(recs[r.ID], r)) {
				want[r.ID] = true
			}
		}
		got, err := f.Records(context.Background(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q.Where, err)
		}
		if len(got.Records) != len(want) {
			t.Fatalf("%+v, sort %d: the store gives %d, Match %d", q.Where, q.Sort, len(got.Records), len(want))
		}
		for i := range got.Records {
			if !want[got.Records[i].ID] {
				t.Fatalf("%+v: the store gives %+v, which Match refuses", q.Where, got.Records[i])
			}
		}
		if n := len(want); n > 0 && n < len(all.Records) {
			passed++
		}
	}
	if passed < 150 {
		t.Errorf("only %d of 1500 conditions passed some Records and not all: the test compares nothing", passed)
	}
}

func TestRecords_WherePagesLeaveNothingOut(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	must(t, f.Append(context.Background(), mixedRecords(rand.New(rand.NewPCG(3, 4)), 500)))
	for _, c := range []struct {
		order query.Sort
		text  string
	}{
		// logs is not a column: the store has to look at each Record in Go.
		{query.Newest, "(logs>1 OR route:/orders) -user:ada"}, {query.Oldest, "(logs>1 OR route:/orders) -user:ada"}, {query.Slowest, "(logs>1 OR route:/orders) -user:ada"},
		{query.Newest, `text:"out of stock" -user:ada`}, {query.Oldest, `(text:17 OR text:reserve) logs>1`}, {query.Slowest, `-text:reserve`},
	} {
		parsed, err := filter.Parse(c.text, filter.Options{})
		must(t, err)
		q := query.Records{Sort: c.order, Limit: 1000, Budget: time.Minute}
		parsed.Narrow(&q)
		whole, err := f.Records(context.Background(), q)
		must(t, err)
		var paged []query.Row
		for q.Limit = 7; ; {
			page, err := f.Records(context.Background(), q)
			must(t, err)
			paged = append(paged, page.Records...)
			if !page.More {
				break
			}
			q.After = page.Next
		}
		if len(whole.Records) < 20 || ids(paged) != ids(whole.Records) {
			t.Errorf("%s, order %d: pages have %d Records, the whole list %d", c.text, c.order, len(paged), len(whole.Records))
		}
	}
}
