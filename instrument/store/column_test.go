package store_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// answered are bodies of Records whose answers had 0, 1 and 1000 bytes, and none.
var answered = sync.OnceValue(func() (bodies [][]byte) {
	sink := &batchSink{}
	r := instrument.New(instrument.Config{Sink: sink, NoLabels: true})
	defer r.SetEnabled(false)
	for _, size := range []int64{0, 1, 1000, -1} {
		_, rec := r.Begin(context.Background(), instrument.Begin{Handler: handler(instrument.KindRequest, "GET /made")})
		if size < 0 {
			rec.End()
		} else {
			rec.EndWith(instrument.Outcome{Status: 200}, instrument.KeyBytesOut.Int64(size))
		}
	}
	for _, it := range sink.take().Items {
		bodies = append(bodies, it.Blob)
	}
	return bodies
})

// bodyColumns fills in what lists by the columns have alone.
func (f *fixture) bodyColumns(t testing.TB, rows []query.Row) {
	t.Helper()
	for i := range rows {
		rec, err := f.Record(context.Background(), rows[i].ID)
		must(t, err)
		rows[i].Size = -1
		for _, kv := range rec.Attrs {
			switch kv.Key {
			case instrument.KeyBytesOut.Name():
				rows[i].Size = kv.Value.(int64)
			case instrument.KeySelfTime.Name():
				rows[i].Cost = kv.Value.(time.Duration)
			}
		}
	}
}

// varied stores Records that differ in every column, many with the same value.
func (f *fixture) varied(t testing.TB, n int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(9, 10))
	b := &instrument.Batch{}
	for i := range n {
		it := made{
			at: noon.Add(time.Duration(i) * time.Millisecond), duration: time.Duration(rng.IntN(20)) * time.Millisecond, status: 200 + 100*rng.IntN(4),
			path: fmt.Sprintf("/p%d", rng.IntN(9)), name: fmt.Sprintf("GET /h%d", i%3),
		}.item()
		s := &it.Summary
		s.QueryTime, s.Counts[instrument.KindSignal], s.Counts[instrument.KindQuery] = time.Duration(rng.IntN(30))*time.Microsecond, uint32(rng.IntN(4)), uint32(rng.IntN(6))
		if rng.IntN(2) == 0 {
			s.User, s.Error = fmt.Sprintf("user %d", rng.IntN(5)), fmt.Sprintf("error %d", rng.IntN(3))
		}
		if i%10 == 0 {
			s.Path = ""
		}
		it.Blob = answered()[rng.IntN(4)]
		b.Items = append(b.Items, it)
	}
	must(t, f.Append(context.Background(), b))
}

func TestRecords_AreOrderedByAnyColumn(t *testing.T) {
	t.Parallel()
	const n = 230
	f := setup(t, store.Options{})
	f.varied(t, n)
	everything, err := f.Records(context.Background(), query.Records{Limit: n})
	must(t, err)
	f.bodyColumns(t, everything.Records)
	signals := query.Where{Op: query.AtLeast, Field: query.FieldCount, Kind: instrument.KindSignal, Number: 1}
	for by := query.ColumnDuration; by <= query.ColumnCost; by++ {
		for _, asc := range []bool{false, true} {
			for name, narrow := range map[string]query.Records{"all": {}, "a filter": {StatusMin: 300}, "a filter that Go judges": {Where: signals}} {
				compare := func(a, b query.Row) int {
					x, s := by.Key(&a)
					y, u := by.Key(&b)
					c := cmp.Or(cmp.Compare(x, y), strings.Compare(s, u), cmp.Compare(a.ID, b.ID))
					if !asc {
						c = -c
					}
					return c
				}
				want := slices.Clone(everything.Records)
				want = slices.DeleteFunc(want, func(r query.Row) bool {
					return name == "a filter" && r.Status < 300 || name == "a filter that Go judges" && r.Count(instrument.KindSignal) == 0
				})
				slices.SortFunc(want, compare)
				q := narrow
				q.Sort, q.By, q.Asc, q.Limit = query.ByColumn, by, asc, 60
				var got []query.Row
				for {
					page, err := f.Records(context.Background(), q)
					must(t, err)
					if !page.Complete || page.Total != n || page.Searched != n {
						t.Fatalf("complete %v, searched %d of %d", page.Complete, page.Searched, page.Total)
					}
					got = append(got, page.Records...)
					checkBodyColumn(t, by, page.Records, want)
					if !page.More {
						break
					}
					q.After = page.Next
				}
				if ids(got) != ids(want) {
					t.Errorf("column %d, ascending %v, %s: %s, want %s", by, asc, name, ids(got), ids(want))
				}
			}
		}
	}
}

// checkBodyColumn looks whether rows have the value that they are ordered by.
func checkBodyColumn(t *testing.T, by query.Column, rows, want []query.Row) {
	t.Helper()
	if by != query.ColumnSize && by != query.ColumnCost {
		return
	}
	for i := range rows {
		at := slices.IndexFunc(want, func(w query.Row) bool { return w.ID == rows[i].ID })
		n, _ := by.Key(&rows[i])
		m, _ := by.Key(&want[at])
		if n != m {
			t.Errorf("column %d of %s is %d, want %d", by, rows[i].ID, n, m)
		}
	}
}

func TestRecords_AnOrderThatTakesLongSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	const n = 9000
	f := setup(t, store.Options{})
	f.varied(t, n)
	for _, by := range []query.Column{query.ColumnUser, query.ColumnName, query.ColumnSize} { // in SQL, in Go, in bodies
		q := query.Records{Sort: query.ByColumn, By: by, Asc: true, Budget: 1, Limit: 10}
		first, err := f.Records(context.Background(), q)
		must(t, err)
		if first.Complete || first.Searched == 0 || first.Searched >= n || first.Total != n || len(first.Records) != 10 {
			t.Errorf("complete %v, searched %d of %d, %d rows", first.Complete, first.Searched, first.Total, len(first.Records))
		}
		q.Budget = time.Minute
		all, err := f.Records(context.Background(), q)
		must(t, err)
		if !all.Complete || all.Searched != n {
			t.Errorf("with time: complete %v, searched %d of %d", all.Complete, all.Searched, all.Total)
		}
	}
}
