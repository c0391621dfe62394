package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

func TestClear_RemovesAllAndTheStoreGoesOn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f := setup(t, store.Options{})
	var list []made
	for i := range 450 { // more than two portions
		list = append(list, made{at: time.Now().Add(-time.Duration(i) * time.Hour), n: i})
	}
	ids := f.add(t, list...)
	for _, id := range ids[:3] {
		_, err := f.Mark(ctx, id, query.Mark{Pin: true})
		must(t, err)
	}
	must(t, f.SetSetting(ctx, "filter", "is:slow"))
	work := handler(instrument.KindRequest, "GET /cleared")
	_, rec := f.rec.Begin(ctx, instrument.Begin{Handler: work})
	rec.Fail(errors.New("disk is full"))
	rec.End()
	f.flush(t)
	var rows []instrument.RollRow
	f.rec.Roll(func(s instrument.Stats) { rows = append(rows, instrument.RollRow{Stats: s}) })
	must(t, f.Roll(ctx, time.Now(), rows))

	got, err := f.Clear(ctx)
	must(t, err)
	if got.Records != 451 || got.Pinned != 3 || got.Statistics != 1 || got.Exceptions != 1 {
		t.Errorf("removed %+v", got)
	}
	for _, table := range []string{"record", "rollup", "slowest", "note", "exception", "exception_hour", "exception_record"} {
		if n := f.count(t, "SELECT count(*) FROM "+table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
	if n := f.count(t, "SELECT count(*) FROM setting"); n != 1 {
		t.Errorf("%d settings, want the one that was made", n)
	}
	f.pruneAll(t)

	_, rec = f.rec.Begin(ctx, instrument.Begin{Handler: work})
	rec.End()
	f.flush(t)
	page, err := f.Records(ctx, query.Records{Limit: 10})
	if err != nil || len(page.Records) != 1 || page.Records[0].Handler.Name != "GET /cleared" {
		t.Errorf("records %v, error %v, want the one that came afterwards", page.Records, err)
	}
	f.checkIntegrity(t)
	if got, err := f.Clear(ctx); err != nil || got != (store.Cleared{Records: 1}) {
		t.Errorf("a second time %+v, error %v", got, err)
	}
}
