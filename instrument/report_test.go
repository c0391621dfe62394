package instrument_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// reported runs fn in a Record and gives what was kept of it.
func reported(t *testing.T, fn func(context.Context)) *instrument.Record {
	t.Helper()
	sink := &keepAll{}
	r := instrument.New(instrument.Config{Sink: sink})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "GET /reported", instrument.Source{})})
	fn(ctx)
	rec.End()
	return sink.record(t)
}

type keepAll struct {
	summary instrument.Summary
	blob    []byte
}

func (s *keepAll) Want(*instrument.Summary) bool { return true }
func (s *keepAll) Put(sum *instrument.Summary, blob []byte) {
	s.summary, s.blob = *sum, append([]byte(nil), blob...)
}

func (s *keepAll) record(t *testing.T) *instrument.Record {
	t.Helper()
	rec, err := instrument.Decode(s.summary, s.blob, instrument.LiveNames())
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func texts(s instrument.RecordSpan, key instrument.Key) (all []string) {
	for _, kv := range s.Attrs {
		if kv.Key == key.Name() {
			all = append(all, fmt.Sprint(kv.Value))
		}
	}
	return all
}

func TestReport_KeepsTheStackAndTheChain(t *testing.T) {
	t.Parallel()
	cause := &fs.PathError{Op: "open", Path: "prices.csv", Err: fs.ErrNotExist}
	rec := reported(t, func(ctx context.Context) {
		instrument.Report(ctx, fmt.Errorf("load prices: %w", errors.Join(cause, errors.New("and the cache is cold"))),
			instrument.NewKey("shop.currency").String("EUR"))
	})
	if len(rec.Spans) != 2 {
		t.Fatalf("%d spans, expected the request and the report", len(rec.Spans))
	}
	s := rec.Spans[1]
	if s.Handler.Kind != instrument.KindException || !s.Flags.Has(instrument.FlagError) || !strings.HasPrefix(s.Error, "load prices: open prices.csv") {
		t.Errorf("the report is %+v", s)
	}
	if len(s.Stack) == 0 || !strings.Contains(s.Stack[0].Func, "TestReport_KeepsTheStackAndTheChain") {
		t.Errorf("the stack begins elsewhere: %+v", s.Stack)
	}
	if got := fmt.Sprint(texts(s, instrument.KeyCauseType)); got != "[*errors.joinError *fs.PathError *errors.errorString *errors.errorString]" {
		t.Errorf("the chain is %s", got)
	}
	if got := fmt.Sprint(texts(s, instrument.KeyCauseDepth)); got != "[2]" { // the second branch of the join
		t.Errorf("the depths are %s", got)
	}
	if fmt.Sprint(texts(s, instrument.NewKey("shop.currency"))) != "[EUR]" {
		t.Errorf("its attributes are missing: %+v", s.Attrs)
	}
	if rec.Flags.Has(instrument.FlagError) || !rec.Flags.Has(instrument.FlagException) || rec.Failed != 1 {
		t.Errorf("the Record has flags %s and %d failed spans", rec.Flags, rec.Failed)
	}
}

func TestReportPanic_HasTheStackOfThePanic(t *testing.T) {
	t.Parallel()
	rec := reported(t, func(ctx context.Context) {
		defer func() { instrument.ReportPanic(ctx, recover()) }()
		breaks()
	})
	s := rec.Spans[1]
	if !s.Flags.Has(instrument.FlagPanic) || s.Error != "the pot broke" {
		t.Errorf("the report is %+v", s)
	}
	if !strings.Contains(fmt.Sprint(s.Stack), "breaks") {
		t.Errorf("the stack is that of the recover: %+v", s.Stack)
	}
}

//go:noinline
func breaks() { panic("the pot broke") }

// carries has a stack as packages of errors have them: a named type of program counter.
type carries struct{ pcs []uintptr }

type counter uintptr

func (c carries) Error() string { return "has a stack" }
func (c carries) StackTrace() (all []counter) {
	for _, pc := range c.pcs {
		all = append(all, counter(pc))
	}
	return all
}

func TestFail_AnErrorThatCarriesItsStackShowsIt(t *testing.T) {
	t.Parallel()
	own := callerPCs()
	h := instrument.NewHandler(instrument.KindView, "carries", instrument.Source{})
	rec := reported(t, func(ctx context.Context) {
		_, span := instrument.Start(ctx, h)
		span.End(fmt.Errorf("wrapped: %w", carries{own}))
	})
	if s := rec.Spans[1]; len(s.Stack) == 0 || !strings.Contains(s.Stack[0].Func, "callerPCs") {
		t.Errorf("the stack is %+v", s.Stack)
	}
}

func TestFail_AChainIsToldOnceOnItsWayOut(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("view: %w", fs.ErrExist)
	rec := reported(t, func(ctx context.Context) {
		for range 3 {
			var span instrument.Span
			ctx, span = instrument.Start(ctx, instrument.NewHandler(instrument.KindLayer, "once", instrument.Source{}))
			defer span.End(err)
		}
	})
	n := 0
	for _, s := range rec.Spans {
		n += len(texts(s, instrument.KeyCauseType))
	}
	if n != 1 {
		t.Errorf("the chain is written %d times", n)
	}
}

// hostile is an error whose methods do what no error should.
type hostile struct {
	ctx context.Context
}

func (h hostile) Error() string {
	instrument.Event(h.ctx, instrument.NewHandler(instrument.KindCustom, "from Error", instrument.Source{}))
	return "hostile"
}
func (h hostile) Unwrap() error { panic("no") }

func TestFail_ErrorsThatRecordOrPanicHarmNothing(t *testing.T) {
	t.Parallel()
	rec := reported(t, func(ctx context.Context) {
		_, span := instrument.Start(ctx, instrument.NewHandler(instrument.KindView, "hostile", instrument.Source{}))
		span.End(hostile{ctx})
		instrument.Report(ctx, hostile{ctx})
	})
	if rec.Failed != 2 {
		t.Errorf("%d spans failed", rec.Failed)
	}
}

func TestReport_OutsideOfARecordMakesItsOwn(t *testing.T) {
	sink := &keepAll{}
	r := instrument.New(instrument.Config{Sink: sink})
	defer r.SetEnabled(false)
	before := instrument.Default()
	instrument.SetDefault(r)
	defer instrument.SetDefault(before)
	instrument.Report(context.Background(), errors.New("in the background"))
	rec := sink.record(t)
	if rec.Handler.Kind != instrument.KindException || len(rec.Spans) != 2 || rec.Spans[1].Error != "in the background" {
		t.Errorf("got %+v", rec)
	}
	var none context.Context // it does no harm
	instrument.Report(none, errors.New("without a context"))
	instrument.Report(context.Background(), nil)
	instrument.ReportPanic(context.Background(), nil)
}

func ExampleReport() {
	recommendations := func(context.Context) ([]string, error) { return nil, errors.New("the shelf is empty") }

	page := func(ctx context.Context) {
		list, err := recommendations(ctx)
		if err != nil {
			instrument.Report(ctx, err) // the page does without them, somebody should know
		}
		fmt.Println(len(list), "recommendations")
	}
	page(context.Background())
	// Output: 0 recommendations
}

//go:noinline
func callerPCs() []uintptr {
	pcs := make([]uintptr, 8)
	return pcs[:runtime.Callers(1, pcs)]
}
