package instrument_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

type lastSink struct {
	summary instrument.Summary
	blob    []byte
}

func (s *lastSink) Want(*instrument.Summary) bool { return true }
func (s *lastSink) Put(sum *instrument.Summary, blob []byte) {
	s.summary = *sum
	s.blob = append(s.blob[:0], blob...)
}

func TestRecord_ReadsBackAsItRan(t *testing.T) {
	sink := &lastSink{}
	r := instrument.New(instrument.Config{Sink: sink})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: benchRoot})
	ctx2, outer := instrument.Start(ctx, benchSpan, keyB.String("hello"))
	inner := instrument.Leaf(ctx2, benchSpan, keyA.Int(7))
	inner.End(errors.New("it broke"))
	func() {
		s := instrument.Leaf(context.Background(), benchSpan) // found by the label
		defer s.End(nil)
		defer func() { s.Panic(recover()) }()
		panic("boom")
	}()
	outer.End(nil)
	rec.SetStatus(500)
	rec.End()
	got, err := instrument.Decode(sink.summary, sink.blob, instrument.LiveNames())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Spans) != 4 || got.Spans[2].Parent != 1 || got.Spans[2].Error != "it broke" || got.Status != 500 {
		t.Fatalf("got %+v", got)
	}
	p := got.Spans[3]
	if p.Parent != 1 || !p.Flags.Has(instrument.FlagPanic|instrument.FlagInferred) || p.Error != "boom" || len(p.Stack) == 0 {
		t.Fatalf("got %+v", p)
	}
	t.Log(p.Stack[0], p.Stack)
	if _, inferred := instrument.Find(context.Background()); inferred {
		t.Fatal("the label stayed on the goroutine")
	}
}

func TestRecording_PanicValuesKeepTheNamesOfTheirFields(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	record(t, r, func(_ context.Context, rec *instrument.Recording) {
		defer func() { rec.Panic(recover()) }()
		panic(struct{ User, Password string }{"mara", "x"})
	})
	if got, want := sink.only().Error, "{User:mara Password:x}"; got != want {
		t.Errorf("error %q, want %q, from which a masker learns what is secret", got, want)
	}
}
