package instrument_test

import (
	"context"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// TestBeginIn_IsBeginInAValueOfTheCallers: also for who finds the Record by the goroutine.
func TestBeginIn_IsBeginInAValueOfTheCallers(t *testing.T) {
	h := handler(t, instrument.KindRequest, "GET /begin-in")
	r, sink := newRecorder(t, instrument.Config{})
	mine := &struct {
		before [3]byte
		rec    instrument.Recording
	}{}
	ctx, rec := r.BeginIn(t.Context(), &mine.rec, instrument.Begin{Handler: h, Method: "GET", Path: "/begin-in"})
	if rec != &mine.rec || instrument.FromContext(ctx) != rec {
		t.Fatalf("the Record is at %p, not at %p", rec, &mine.rec)
	}
	if found, _ := instrument.Find(context.Background()); found != rec {
		t.Errorf("by the goroutine %p was found, not %p", found, rec)
	}
	_, span := instrument.Start(ctx, h)
	span.End(nil)
	rec.End()
	if got := sink.only(); got.Path != "/begin-in" || len(got.Spans) != 2 {
		t.Errorf("recorded %+v", got)
	}

	r.SetEnabled(false)
	var unused instrument.Recording
	if same, none := r.BeginIn(ctx, &unused, instrument.Begin{Handler: h}); none != nil || same != ctx {
		t.Error("a Recorder that is off began a Record")
	}
}
