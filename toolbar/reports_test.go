package toolbar_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/reporter"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// tracker keeps the Events that it is told.
type tracker struct {
	mu     sync.Mutex
	events []reporter.Event
}

func (t *tracker) report(_ context.Context, e reporter.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, e)
}

func (t *tracker) lines() (lines []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.events {
		name := " " + e.Handler.Name
		if e.Handler.Kind == instrument.KindView {
			name = "" // that of a function literal
		}
		lines = append(lines, fmt.Sprintf("%s%s: %s", e.Handler.Kind, name, e.Message))
	}
	slices.Sort(lines)
	return lines
}

// thrower panics when it is called.
func thrower(msg string) middleware.Layer {
	return middleware.Named("thrower", func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(msg) })
	})
}

// errands is an app of which each path fails in another way.
func errands(t *testing.T) http.Handler {
	quiet := slog.New(slog.DiscardHandler)
	placed := signals.New[int](t.Name()+"/placed", signals.Unlisted(), signals.Logger(quiet))
	placed.Connect(func(context.Context, signals.Event[int]) error {
		return fmt.Errorf("mail: %w", &fs.PathError{Op: "dial", Path: "relay", Err: errors.New("refused")})
	}, signals.UID("mail"))
	both := signals.New[int](t.Name()+"/both", signals.Unlisted(), signals.Logger(quiet))
	both.Connect(func(context.Context, signals.Event[int]) error { return errors.New("relay is down") }, signals.UID("one"))
	both.Connect(func(context.Context, signals.Event[int]) error { panic("nil map") }, signals.UID("two"))
	mux := http.NewServeMux()
	view := func(path string, fn func(http.ResponseWriter, *http.Request) error) {
		mux.Handle("GET "+path, middleware.HandlerFunc(fn))
	}
	view("/error", func(http.ResponseWriter, *http.Request) error { return errors.New("no rows") })
	view("/panic", func(http.ResponseWriter, *http.Request) error { panic("index out of range") })
	view("/robust", func(w http.ResponseWriter, r *http.Request) error {
		_, _ = placed.SendRobust(r.Context(), nil, 1)
		return nil
	})
	view("/passed-on", func(_ http.ResponseWriter, r *http.Request) error {
		if _, err := placed.Send(r.Context(), nil, 1); err != nil {
			return fmt.Errorf("checkout: %w", err)
		}
		return nil
	})
	view("/both", func(_ http.ResponseWriter, r *http.Request) error {
		_, _ = both.SendRobust(r.Context(), nil, 1)
		return nil
	})
	view("/reported", func(_ http.ResponseWriter, r *http.Request) error {
		instrument.Report(r.Context(), errors.New("no recommendations"), instrument.NewKey("shop.cart").Int(7), instrument.NewKey("api.token").String("s3cr3t-s3cr3t"))
		return nil
	})
	view("/missing", func(http.ResponseWriter, *http.Request) error {
		return &middleware.HTTPError{Status: http.StatusNotFound, Message: "no such order"}
	})
	view("/fine", func(http.ResponseWriter, *http.Request) error { return nil })
	mux.Handle("GET /layer", middleware.NewStack(thrower("no session")).ThenFunc(func(http.ResponseWriter, *http.Request) {}))
	return middleware.NewStack(middleware.Named("outer", func(h http.Handler) http.Handler { return h }), middleware.Exceptions(middleware.ExceptionOptions{Logger: quiet})).Then(mux)
}

// Each thing that goes wrong is one Event, however far it goes.
func TestReport_OneEventForEachErrorThatNobodyCaught(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"/error":     {"view: no rows"},
		"/panic":     {"view: index out of range"},
		"/layer":     {"layer thrower: no session"},
		"/robust":    {"receiver mail: mail: dial relay: refused"},
		"/passed-on": {"receiver mail: mail: dial relay: refused"}, // the view fails by it as well, and the request
		"/both":      {"receiver one: relay is down", "receiver two: nil map"},
		"/reported":  {"view: no recommendations"},
		"/missing":   nil, // the client's fault
		"/fine":      nil,
	} {
		t.Run(strings.TrimPrefix(path, "/"), func(t *testing.T) {
			t.Parallel()
			var told tracker
			b := setup(t, toolbar.Config{Report: told.report}, errands(t))
			b.get(path)
			b.flush()
			if got := told.lines(); !slices.Equal(got, want) {
				t.Fatalf("told of %q, expected %q", got, want)
			}
			if s := b.tb.ReportStats(); s.Events != uint64(len(want)) || s.Dropped != 0 || s.Queued != 0 || s.Records != s.Done {
				t.Errorf("the account is %+v", s)
			}
		})
	}
}

func TestReport_AnEventSaysWhereAndToWhom(t *testing.T) {
	t.Parallel()
	var told tracker
	app := errands(t)
	b := setup(t, toolbar.Config{Report: told.report, Service: "shop"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		instrument.FromContext(r.Context()).SetUser("anna")
		app.ServeHTTP(w, r)
	}))
	res, _ := b.get("/passed-on")
	b.get("/reported")
	b.flush()
	if len(told.events) != 2 {
		t.Fatalf("%d events", len(told.events))
	}
	e := told.events[0]
	if e.Type != "*fs.PathError" || !e.Uncaught || e.Panic || e.Reported || e.Fingerprint == 0 || len(e.Causes) != 2 || e.Causes[1].Message != "refused" {
		t.Errorf("of the error it says %+v", e.Exception)
	}
	if e.Record.String() != res.Header.Get(toolbar.HeaderID) || e.Trace.TraceID == (instrument.TraceID{}) || e.User != "anna" {
		t.Errorf("record %s, trace %s, user %q", e.Record, e.Trace.TraceID, e.User)
	}
	if e.Root.Kind != instrument.KindRequest || e.Method != "GET" || e.Path != "/passed-on" || e.Status != 500 || e.At.IsZero() {
		t.Errorf("it was in %+v: %s %s %d at %s", e.Root, e.Method, e.Path, e.Status, e.At)
	}
	if e.Service != "shop" || e.Host == "" {
		t.Errorf("by %+v", e.Process)
	}
	reported := told.events[1]
	if len(reported.Stack) == 0 || !strings.Contains(reported.Stack[0].Func, "errands") || !reported.Reported {
		t.Errorf("the stack of what was reported is %+v", reported.Stack)
	}
	attrs := map[string]any{}
	for _, kv := range reported.Attrs {
		attrs[kv.Key] = kv.Value
	}
	if len(attrs) != 2 || attrs["shop.cart"] != int64(7) || attrs["api.token"] != instrument.Redacted {
		t.Errorf("with %v", attrs)
	}
}

func TestReport_PanicsHaveTheStackOfThePanic(t *testing.T) {
	t.Parallel()
	var told tracker
	b := setup(t, toolbar.Config{Report: told.report}, errands(t))
	b.get("/panic")
	b.flush()
	e := told.events[0]
	if !e.Panic || len(e.Stack) < 2 || !e.Stack[0].Own || !strings.Contains(e.Stack[0].File, "reports_test.go") {
		t.Errorf("the stack begins with %+v", e.Stack[:min(len(e.Stack), 2)])
	}
}

// The default Recorder is the process's, so these take turns.
func TestReport_CommandsAndWhatRunsInNothing(t *testing.T) {
	var told tracker
	tb, err := toolbar.New(toolbar.Config{Path: ":memory:", Report: told.report})
	if err != nil {
		t.Fatal(err)
	}
	defer tb.Close(context.Background())
	root := commands.New("manage")
	root.Add(commands.Command{Name: "ship", Run: func(ctx context.Context, _ *commands.Run) error {
		return fmt.Errorf("ship: %w", errors.New("carrier refused"))
	}})
	if err := root.Call(context.Background(), "ship"); err == nil {
		t.Fatal("the command did not fail")
	}
	instrument.Report(context.Background(), errors.New("no config"))
	if err := tb.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := []string{"command ship: ship: carrier refused", "exception *errors.errorString: no config"}
	if got := told.lines(); !slices.Equal(got, want) {
		t.Errorf("told of %q, expected %q", got, want)
	}
}

// A tracker that panics, hangs or fails itself is nothing to the app.
func TestReport_AReportThatMisbehaves(t *testing.T) {
	t.Parallel()
	release, hangs := make(chan struct{}), make(chan struct{}, 2*reporter.DefaultQueueRecords)
	var calls atomic.Int64
	b := setup(t, toolbar.Config{Report: func(context.Context, reporter.Event) {
		if calls.Add(1) == 1 {
			panic("no connection, password=hunter2")
		}
		hangs <- struct{}{}
		<-release
	}}, errands(t))
	t.Cleanup(func() { close(release) }) // before the toolbar is closed
	b.get("/error")
	b.flush()
	if s := b.tb.ReportStats(); s.Panics != 1 || s.Events != 1 {
		t.Errorf("the account is %+v", s)
	}
	b.get("/error")
	<-hangs
	for range reporter.DefaultQueueRecords + 9 { // one is with Report
		if res, _ := b.get("/error"); res.StatusCode != 500 {
			t.Fatalf("status %d", res.StatusCode)
		}
	}
	s := b.tb.ReportStats()
	if s.Dropped != 10 || s.Queued != reporter.DefaultQueueRecords || s.Records != s.Done+s.Dropped+uint64(s.Queued) {
		t.Errorf("the account is %+v", s)
	}
	_, page := b.get("/_toolbar/health")
	for _, want := range []string{"Config.Report panicked 1 times", "the errors of 10 records were not given to Config.Report"} {
		if !strings.Contains(page, want) {
			t.Errorf("the health page does not say %q", want)
		}
	}
	if strings.Contains(page, "hunter2") {
		t.Error("the health page shows a secret")
	}
	if _, text := b.get("/_toolbar/metrics"); !strings.Contains(text, `toolbar_records_dropped_total{reason="not_reported"} 10`) {
		t.Error("metrics do not count what was not reported")
	}
}
