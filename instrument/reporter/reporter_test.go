package reporter_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/reporter"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ship = instrument.NewHandler(instrument.KindCommand, "ship", instrument.Source{})

// recorder gives a Recorder that tells r of errors.
func recorder(t testing.TB, r *reporter.Reporter) *instrument.Recorder {
	rec := instrument.New(instrument.Config{Reporter: r, NoLabels: true})
	t.Cleanup(func() { rec.SetEnabled(false) })
	return rec
}

func fail(r *instrument.Recorder, err error) {
	_, rec := r.Begin(context.Background(), instrument.Begin{Handler: ship})
	rec.Fail(err)
	rec.End()
}

func start(t testing.TB, c reporter.Config) *reporter.Reporter {
	t.Helper()
	r, err := reporter.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func flush(t testing.TB, r *reporter.Reporter) {
	t.Helper()
	if err := r.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestReporter_WhatReportItselfReportsIsNotReported(t *testing.T) {
	var rec *instrument.Recorder
	calls := 0
	r := start(t, reporter.Config{Report: func(ctx context.Context, _ reporter.Event) {
		calls++
		instrument.Report(ctx, errors.New("the tracker does not answer"))
	}})
	rec = recorder(t, r)
	instrument.SetDefault(rec)
	defer instrument.SetDefault(nil)
	fail(rec, errors.New("no rows"))
	flush(t, r)
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if s := r.Stats(); calls != 1 || s.Own != 1 || s.Events != 1 || s.Records != 2 {
		t.Errorf("called %d times: %+v", calls, s)
	}
}

func TestReporter_GoesOnWhenReportEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	var messages []string
	r := start(t, reporter.Config{Report: func(_ context.Context, e reporter.Event) {
		messages = append(messages, e.Message)
		runtime.Goexit()
	}})
	rec := recorder(t, r)
	fail(rec, errors.New("one"))
	fail(rec, errors.New("two"))
	flush(t, r)
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(messages) != 2 || r.Stats().Done != 2 {
		t.Errorf("told of %q: %+v", messages, r.Stats())
	}
}

// A Report that hangs is told to stop, after its time and when the app ends.
func TestReporter_AReportThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := start(t, reporter.Config{Timeout: time.Minute, Report: func(ctx context.Context, _ reporter.Event) { <-ctx.Done() }})
		rec := recorder(t, r)
		began := time.Now()
		fail(rec, errors.New("one"))
		flush(t, r)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it was given up after %s", took)
		}
		fail(rec, errors.New("two"))
		fail(rec, errors.New("three"))
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: %v", err)
		}
		synctest.Wait()
		fail(rec, errors.New("four"))
		if s := r.Stats(); s.Records != 4 || s.Done != 2 || s.Dropped != 2 || s.Queued != 0 || s.Bytes != 0 {
			t.Errorf("the account is %+v", s)
		}
		if err := r.Close(context.Background()); err != nil {
			t.Errorf("a second close: %v", err)
		}
	})
}

func TestReporter_BytesAreBounded(t *testing.T) {
	t.Parallel()
	release, began := make(chan struct{}), make(chan struct{}, 9)
	r := start(t, reporter.Config{QueueBytes: 600, Report: func(context.Context, reporter.Event) { began <- struct{}{}; <-release }})
	rec := recorder(t, r)
	for range 50 {
		fail(rec, errors.New("a message of some forty bytes, more or less"))
	}
	<-began
	s := r.Stats()
	if s.Dropped == 0 || s.Bytes > 600 || s.Queued == 0 || s.Records != s.Done+s.Dropped+uint64(s.Queued) {
		t.Errorf("the account is %+v", s)
	}
	close(release)
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestNew_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]reporter.Config{
		"no function":    {},
		"negative queue": {Report: func(context.Context, reporter.Event) {}, QueueRecords: -1},
		"negative time":  {Report: func(context.Context, reporter.Event) {}, Timeout: -1},
	} {
		if _, err := reporter.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var none *reporter.Reporter
	if none.Flush(context.Background()) != nil || none.Close(context.Background()) != nil || none.Stats() != (reporter.Stats{}) {
		t.Error("a nil Reporter does something")
	}
}
