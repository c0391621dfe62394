package instrument_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func TestRecording_SoFarIsOwnTimeByKind(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "so far", instrument.Source{})})
	query := instrument.NewHandler(instrument.KindQuery, "so far: query", instrument.Source{})
	receiver := instrument.NewHandler(instrument.KindReceiver, "so far: receiver", instrument.Source{})
	start := instrument.Now()
	inner, span := instrument.StartAt(ctx, start, receiver)
	instrument.LeafAt(inner, start, query).EndAt(start+3e6, nil)
	span.EndAt(start+10e6, nil)
	instrument.LeafAt(ctx, start-4e6, query) // runs still
	elapsed, kinds := rec.SoFar()
	if elapsed <= 0 || len(kinds) != 2 {
		t.Fatalf("%v, %+v", elapsed, kinds)
	}
	if k := kinds[0]; k.Kind != instrument.KindReceiver || k.Count != 1 || k.Self != 7*time.Millisecond {
		t.Errorf("%+v, want one receiver with 7 ms of its own", k)
	}
	if k := kinds[1]; k.Kind != instrument.KindQuery || k.Count != 2 || k.Self < 7*time.Millisecond {
		t.Errorf("%+v, want two queries, one of which runs since 4 ms", k)
	}
	rec.End()
	if elapsed, kinds := rec.SoFar(); elapsed != 0 || kinds != nil {
		t.Errorf("after the end: %v, %+v", elapsed, kinds)
	}
	if elapsed, kinds := (*instrument.Recording)(nil).SoFar(); elapsed != 0 || kinds != nil {
		t.Errorf("of nil: %v, %+v", elapsed, kinds)
	}
}
