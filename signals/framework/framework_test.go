package framework_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/framework"
	"github.com/go-debug-toolbar/debugtoolbar/signals/signalhttp"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // receivers that fail are logged
	goleak.VerifyTestMain(m)
}

// The signals are the process's: no test here is parallel.

// memory is a Sink that decodes what it gets.
type memory struct {
	mu      sync.Mutex
	records []*instrument.Record
}

func (m *memory) Want(*instrument.Summary) bool { return true }

func (m *memory) Put(s *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*s, slices.Clone(blob), instrument.LiveNames())
	if err != nil {
		panic(err)
	}
	m.mu.Lock()
	m.records = append(m.records, rec)
	m.mu.Unlock()
}

// fixture is a server that is recorded, and what its signals told.
type fixture struct {
	t      *testing.T
	rec    *instrument.Recorder
	sink   *memory
	server *httptest.Server
	mux    *http.ServeMux

	mu    sync.Mutex
	heard []string
}

func setup(t *testing.T) *fixture {
	f := &fixture{t: t, sink: &memory{}, mux: http.NewServeMux()}
	f.rec = instrument.New(instrument.Config{Sink: f.sink, NoLabels: true})
	stop := framework.Install(f.rec)
	f.server = httptest.NewUnstartedServer(middleware.Record(f.rec, middleware.RecordOptions{})(
		signalhttp.Middleware(signalhttp.Options{})(f.mux)))
	f.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	f.server.Start()
	f.server.Client().Transport.(*http.Transport).DisableKeepAlives = true // or it would ask again after a panic
	t.Cleanup(func() {
		f.server.Close()
		stop()
		f.rec.SetEnabled(false)
	})
	return f
}

func (f *fixture) note(what string) {
	f.mu.Lock()
	f.heard = append(f.heard, what)
	f.mu.Unlock()
}

// want waits for the server to be done and compares what was heard.
func (f *fixture) want(heard ...string) {
	f.t.Helper()
	f.server.CloseClientConnections()
	f.server.Close() // returns when the handlers, and what is around them, have returned
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.heard, heard) {
		f.t.Errorf("heard %q, want %q", f.heard, heard)
	}
}

// listen notes the signals until the test ends.
func (f *fixture) listen() {
	until := signals.Until(f.t.Context())
	framework.RequestStarted.Connect(func(_ context.Context, e signals.Event[framework.Started]) error {
		e.Payload.Record.Tag("seen")
		f.note("request_started")
		return nil
	}, until)
	framework.RequestFinished.Connect(func(_ context.Context, e signals.Event[framework.Finished]) error {
		f.note(fmt.Sprintf("request_finished %s %d", e.Payload.Name, e.Payload.Status))
		return nil
	}, until)
	framework.GotRequestException.Connect(func(_ context.Context, e signals.Event[framework.Exception]) error {
		f.note("got_request_exception " + e.Payload.Err.Error())
		return nil
	}, until)
}

func (f *fixture) get(path string) (int, string) {
	res, err := f.server.Client().Get(f.server.URL + path)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

func TestSG52_RequestSignalsAroundAStream(t *testing.T) {
	f := setup(t)
	f.listen()
	f.mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			f.note("part")
			_, _ = io.WriteString(w, "part\n")
			_ = http.NewResponseController(w).Flush()
		}
		_ = r.Body.Close()
		_ = r.Body.Close()
	})
	if code, body := f.get("/stream"); code != 200 || body != "part\npart\npart\n" {
		t.Errorf("answered %d %q", code, body)
	}
	f.want("request_started", "part", "part", "part", "request_finished GET /stream 200")
}

func TestSG52_FinishedOnceWhenTheClientIsGone(t *testing.T) {
	f := setup(t)
	f.listen()
	ctx, cancel := context.WithCancel(t.Context())
	f.mux.HandleFunc("GET /slow", func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	req, err := http.NewRequestWithContext(ctx, "GET", f.server.URL+"/slow", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := f.server.Client().Do(req); err == nil {
		_ = res.Body.Close()
	}
	f.want("request_started", "request_finished GET /slow 200")
}

func TestSG53_ExceptionsThatNobodyHandled(t *testing.T) {
	f := setup(t)
	f.listen()
	f.mux.HandleFunc("GET /boom", func(http.ResponseWriter, *http.Request) { panic("boom") })
	f.mux.HandleFunc("GET /abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	f.mux.HandleFunc("GET /403", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) })
	f.mux.HandleFunc("GET /400", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadRequest) })
	for _, path := range []string{"/403", "/400", "/404", "/abort", "/boom"} {
		f.get(path)
	}
	exceptions := 0
	f.server.Close()
	for _, what := range f.heard {
		if strings.HasPrefix(what, "got_request_exception") {
			exceptions++
			if what != "got_request_exception panic: boom" {
				t.Errorf("heard %q", what)
			}
		}
	}
	if exceptions != 1 || len(f.heard) != 11 {
		t.Errorf("%d exceptions in %q, want that of /boom", exceptions, f.heard)
	}
}

func TestSG54_ReceiversThatFailDoNotReachTheRequest(t *testing.T) {
	f := setup(t)
	until := signals.Until(t.Context())
	framework.RequestStarted.Connect(func(context.Context, signals.Event[framework.Started]) error { panic("started") }, until)
	framework.RequestFinished.Connect(func(context.Context, signals.Event[framework.Finished]) error { panic(http.ErrAbortHandler) }, until)
	framework.GotRequestException.Connect(func(context.Context, signals.Event[framework.Exception]) error { panic("exception") }, until)
	framework.GotRequestException.Connect(func(context.Context, signals.Event[framework.Exception]) error { return errors.New("no") }, until)
	f.listen()
	f.mux.HandleFunc("GET /ok", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	responsePhase := false
	f.mux.HandleFunc("GET /boom", func(w http.ResponseWriter, _ *http.Request) {
		defer func() { // a layer that answers for a handler that panicked
			v := recover()
			responsePhase = v == "boom"
			panic(v)
		}()
		panic("boom")
	})
	if code, body := f.get("/ok"); code != 200 || body != "ok" {
		t.Errorf("answered %d %q", code, body)
	}
	f.get("/boom")
	f.server.Close()
	if !responsePhase || !slices.Contains(f.heard, "got_request_exception panic: boom") {
		t.Errorf("heard %q", f.heard)
	}
	if f.rec.Faults() != 2 { // the way out of two RequestFinished ended in the hook
		t.Errorf("%d faults", f.rec.Faults())
	}
}

func TestRequestSignals_StandInTheTrace(t *testing.T) {
	f := setup(t)
	f.listen()
	request := ""
	framework.RequestFinished.Connect(func(ctx context.Context, e signals.Event[framework.Finished]) error {
		if ctx.Err() != nil || instrument.FromContext(ctx) == nil {
			t.Errorf("context %v", ctx.Err())
		}
		request = signals.ScopeOf(ctx).Traceparent[:35]
		return nil
	}, signals.Until(t.Context()), signals.From("GET /ok"))
	f.mux.HandleFunc("GET /ok", func(http.ResponseWriter, *http.Request) {})
	f.get("/ok")
	f.server.Close()
	if len(f.sink.records) != 2 {
		t.Fatalf("%d records, want the request and what came after it", len(f.sink.records))
	}
	req, after := f.sink.records[0], f.sink.records[1]
	if req.Handler.Name != "GET /ok" || !slices.Contains(req.Tags, "seen") || req.Spans[1].Handler.Name != "request_started" {
		t.Errorf("request %+v", req)
	}
	if after.Handler.Name != "request_finished" || after.Parent != req.ID || !strings.HasPrefix(req.Trace.Traceparent(), request) {
		t.Errorf("after it %+v", after)
	}
}

func TestCommandSignals(t *testing.T) {
	f := setup(t)
	until := signals.Until(t.Context())
	framework.CommandStarted.Connect(func(_ context.Context, e signals.Event[framework.Started]) error {
		f.note(fmt.Sprint("command_started ", e.Payload.Name, " of ", e.Sender))
		return nil
	}, until)
	framework.CommandFinished.Connect(func(_ context.Context, e signals.Event[framework.Finished]) error {
		f.note(fmt.Sprint("command_finished ", e.Payload.Name, " ", e.Payload.Status, " ", e.Payload.Error))
		return nil
	}, until, signals.From("cleanup"))
	f.listen() // nothing of requests
	instrument.SetDefault(f.rec)
	defer instrument.SetDefault(nil)
	root := commands.New("manage")
	root.Add(commands.Command{Name: "cleanup", Run: func(context.Context, *commands.Run) error {
		f.note("run")
		return commands.WithExitCode(commands.Errorf("disk is full"), 3)
	}})
	commandstest.Call(t, root, "cleanup")
	f.want("command_started cleanup of cleanup", "run", "command_finished cleanup 3 disk is full")
}

func TestInstall_StopEndsIt(t *testing.T) {
	f := setup(t)
	f.listen()
	other := instrument.New(instrument.Config{NoLabels: true})
	defer other.SetEnabled(false)
	stop := framework.Install(other)
	stop()
	framework.Install(nil)()
	_, rec := other.Begin(t.Context(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "GET /x", instrument.Source{})})
	rec.Fail(errors.New("no"))
	rec.End()
	_, rec = f.rec.Begin(t.Context(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindCustom, "x", instrument.Source{})})
	rec.Fail(errors.New("no"))
	rec.End()
	f.want()
}

func Example() {
	recorder := instrument.New(instrument.Config{})
	defer framework.Install(recorder)()
	conn := framework.RequestFinished.Connect(func(_ context.Context, e signals.Event[framework.Finished]) error {
		fmt.Println(e.Payload.Name, e.Payload.Status)
		return nil
	})
	defer conn.Disconnect()

	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	handler := middleware.Record(recorder, middleware.RecordOptions{})(mux)
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/hello", nil))
	// Output: GET /hello 418
}
