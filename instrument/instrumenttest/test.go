package instrumenttest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Kind is the kind of a test's Record: "test".
var Kind = instrument.RegisterKind("test")

// Attributes of a test's Record, by OpenTelemetry's names.
var (
	keySuite  = instrument.NewKey("test.suite.name")         // the import path of the package
	keyResult = instrument.NewKey("test.case.result.status") // pass, fail or skip
)

// maxSpans is how many spans a Record of a test's own Recorder keeps, so that a cap does
// not hide what is asserted.
const maxSpans = 16_000

// patience is how long is waited for requests whose response has been read to end.
const patience = 5 * time.Second

// Test is a test that is recorded. It is the test itself as well, apart from Run and
// Parallel: what it logs, and the assertions that fail on it, become log lines of the
// Record. Its methods are safe for concurrent use.
type Test struct {
	testing.TB

	recorder *instrument.Recorder
	own      bool // recorder was made for this test
	ctx      context.Context
	rec      *instrument.Recording
	trace    instrument.TraceID

	mu      sync.Mutex
	ended   []*instrument.Record // of the trace, in the order in which they ended
	running int                  // of the trace, beside rec
	idle    chan struct{}        // closed when running is 0 again; nil: nobody waits
	failure string               // what the first failed assertion said
	reason  string               // why the test was skipped
}

// Option changes what New does.
type Option func(*Test)

// On records on a Recorder of the app's, such as that of its toolbar, instead of one that
// keeps nothing beyond the test. It must be enabled.
func On(r *instrument.Recorder) Option { return func(t *Test) { t.recorder = r } }

// New begins a Record that is called like the test and ends with it: failed when the test
// has failed, marked as skipped when it was skipped. Call it after t.Parallel. Cleanups
// that are registered later still belong to it.
func New(tb testing.TB, opts ...Option) *Test {
	tb.Helper()
	t := &Test{TB: tb}
	for _, o := range opts {
		o(t)
	}
	if len(opts) == 0 {
		t.recorder, t.own = instrument.New(instrument.Config{MaxSpans: maxSpans}), true
	}
	src, suite := caller()
	t.ctx, t.rec = t.recorder.Begin(tb.Context(), instrument.Begin{
		Handler: instrument.NewHandler(Kind, tb.Name(), src), Attrs: []instrument.Attr{keySuite.String(suite)},
	})
	if t.rec == nil {
		tb.Fatal("instrumenttest: the Recorder given to On is nil, is off, or ignores tests: nothing would be recorded")
	}
	t.trace = t.rec.TraceContext().TraceID
	remove := t.recorder.AddHooks(instrument.Hooks{Started: t.started, Ended: t.keep, Finished: t.finished})
	tb.Cleanup(func() {
		t.end()
		remove()
	})
	return t
}

// caller is where New was called, and in which package.
func caller() (src instrument.Source, suite string) {
	src = instrument.CallerSource(2)
	if pc, _, _, ok := runtime.Caller(2); ok {
		name := runtime.FuncForPC(pc).Name()
		slash := strings.LastIndexByte(name, '/') + 1
		pkg, _, _ := strings.Cut(name[slash:], ".")
		suite = name[:slash] + pkg
	}
	return src, suite
}

// end closes the Record with what became of the test.
func (t *Test) end() {
	t.mu.Lock()
	failure, reason := t.failure, t.reason
	t.mu.Unlock()
	out, result := instrument.Outcome{}, "pass"
	switch {
	case t.TB.Failed():
		result = "fail"
		if failure == "" {
			failure = "the test failed"
		}
		t.rec.Fail(errors.New(failure))
	case t.TB.Skipped():
		result = "skip"
		out.Flags = instrument.FlagSkipped
		if reason == "" {
			reason = "the test was skipped"
		}
		t.rec.Set(instrument.KeySkipped.String(reason))
	}
	t.rec.EndWith(out, keyResult.String(result))
	if t.own {
		t.recorder.SetEnabled(false)
	}
}

// Context is the test's, with its Record: what is given it is recorded.
func (t *Test) Context() context.Context { return t.ctx }

// Recorder is who records the test, for what records requests, commands and tasks.
func (t *Test) Recorder() *instrument.Recorder { return t.recorder }

// started, keep and finished are hooks of the Recorder, which may serve other tests.
func (t *Test) started(_ context.Context, rec *instrument.Recording) {
	if rec.TraceContext().TraceID != t.trace {
		return
	}
	t.mu.Lock()
	t.running++
	t.mu.Unlock()
}

func (t *Test) keep(s *instrument.Summary, blob []byte) {
	if s.Trace.TraceID != t.trace || s.ID == t.rec.ID() {
		return
	}
	if rec, err := instrument.Decode(*s, blob, instrument.LiveNames()); err == nil {
		rec.Tags = append([]string(nil), rec.Tags...)
		t.mu.Lock()
		t.ended = append(t.ended, rec)
		t.mu.Unlock()
	}
}

func (t *Test) finished(rec *instrument.Recording, s *instrument.Summary) {
	if s.Trace.TraceID != t.trace || rec == t.rec {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running--; t.running == 0 && t.idle != nil {
		close(t.idle)
		t.idle = nil
	}
}

// settle waits for the Records that have begun. A response may reach the test a moment
// before its request's Record ends; one that runs on is not waited for longer than that
// can take.
func (t *Test) settle() {
	t.TB.Helper()
	t.mu.Lock()
	if t.running == 0 {
		t.mu.Unlock()
		return
	}
	if t.idle == nil {
		t.idle = make(chan struct{})
	}
	idle := t.idle
	t.mu.Unlock()
	select {
	case <-idle:
	case <-time.After(patience):
		t.TB.Logf("instrumenttest: a Record of this test still runs after %v and is left out", patience)
	}
}

// Error is testing.TB's, and a log line of the Record. So are the methods below.
func (t *Test) Error(args ...any) {
	t.TB.Helper()
	t.failed(line(args))
	t.TB.Error(args...)
}

// Errorf is Error with a format.
func (t *Test) Errorf(format string, args ...any) {
	t.TB.Helper()
	t.failed(fmt.Sprintf(format, args...))
	t.TB.Errorf(format, args...)
}

// Fatal is Error, and ends the test.
func (t *Test) Fatal(args ...any) {
	t.TB.Helper()
	t.failed(line(args))
	t.TB.Fatal(args...)
}

// Fatalf is Fatal with a format.
func (t *Test) Fatalf(format string, args ...any) {
	t.TB.Helper()
	t.failed(fmt.Sprintf(format, args...))
	t.TB.Fatalf(format, args...)
}

// Log logs, also on the Record.
func (t *Test) Log(args ...any) {
	t.TB.Helper()
	t.log(levelInfo, line(args))
	t.TB.Log(args...)
}

// Logf is Log with a format.
func (t *Test) Logf(format string, args ...any) {
	t.TB.Helper()
	t.log(levelInfo, fmt.Sprintf(format, args...))
	t.TB.Logf(format, args...)
}

// Skip ends the test as skipped, and the Record says why.
func (t *Test) Skip(args ...any) {
	t.TB.Helper()
	t.skipped(line(args))
	t.TB.Skip(args...)
}

// Skipf is Skip with a format.
func (t *Test) Skipf(format string, args ...any) {
	t.TB.Helper()
	t.skipped(fmt.Sprintf(format, args...))
	t.TB.Skipf(format, args...)
}

// line is what testing makes of arguments.
func line(args []any) string { return strings.TrimSuffix(fmt.Sprintln(args...), "\n") }

func (t *Test) failed(text string) {
	t.mu.Lock()
	if t.failure == "" {
		t.failure = text
	}
	t.mu.Unlock()
	t.log(levelError, text)
}

func (t *Test) skipped(reason string) {
	t.mu.Lock()
	t.reason = reason
	t.mu.Unlock()
	t.log(levelInfo, reason)
}

// The levels of the Record's log lines, named as slog's are.
var (
	levelInfo  = instrument.NewHandler(instrument.KindLog, "INFO", instrument.Source{})
	levelError = instrument.NewHandler(instrument.KindLog, "ERROR", instrument.Source{})
)

// callers is how many calls a log line shows: helpers of the test, and where they were
// called.
const callers = 4

func (t *Test) log(level *instrument.Handler, text string) {
	instrument.Event(t.ctx, level, instrument.KeyLogLevel.Masked(level.Name()), instrument.KeyLogMessage.String(text), instrument.Callers(0, callers))
}
