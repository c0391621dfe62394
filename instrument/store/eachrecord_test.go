package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

func TestEachRecord_IsRecordForEach(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	reader := open(t, f.path, store.Options{Service: "reader"})
	failed := errors.New("enough")
	var ids []instrument.ID
	for round := range 3 { // each time with names that the reader has not seen
		for i := range 4 {
			ctx, rec := f.rec.Begin(context.Background(), instrument.Begin{Handler: handler(instrument.KindRequest, fmt.Sprintf("GET /%d", round))})
			_, span := instrument.Start(ctx, handler(instrument.KindQuery, fmt.Sprintf("SELECT %d", 10*round+i)))
			span.Set(instrument.NewKey(fmt.Sprintf("each.key%d", round)).Int(i))
			span.End(nil)
			rec.End()
			ids = append(ids, rec.ID())
		}
		f.flush(t)
		ids = append(ids, 4711) // there is none
		var got []*instrument.Record
		must(t, reader.EachRecord(context.Background(), ids, func(rec *instrument.Record) error {
			got = append(got, rec)
			return nil
		}))
		if len(got) != 4*(round+1) {
			t.Fatalf("%d of %d ids", len(got), len(ids))
		}
		at := 0
		for _, id := range ids {
			want, err := f.Record(context.Background(), id)
			if err != nil {
				continue
			}
			if !reflect.DeepEqual(got[at], want) {
				t.Errorf("got  %+v\nwant %+v", got[at], want)
			}
			at++
		}
		if last := got[len(got)-1].Spans[1]; last.Handler.Name != fmt.Sprintf("SELECT %d", 10*round+3) || last.Attrs[0].Key != fmt.Sprintf("each.key%d", round) {
			t.Errorf("the last has %+v", last)
		}
	}
	n := 0
	err := reader.EachRecord(context.Background(), ids, func(*instrument.Record) error { n++; return failed })
	if n != 1 || !errors.Is(err, failed) {
		t.Errorf("%d calls, %v", n, err)
	}
	if err := reader.EachRecord(context.Background(), nil, func(*instrument.Record) error { return failed }); err != nil {
		t.Error(err)
	}
}
