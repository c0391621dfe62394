package toolbar_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
	"github.com/go-debug-toolbar/debugtoolbar/internal/soak"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// busyApp does some of everything.
func busyApp(name string) http.Handler {
	quiet := slog.New(slog.DiscardHandler)
	placed := signals.New[int](name, signals.Unlisted(), signals.Logger(quiet))
	placed.Connect(func(context.Context, signals.Event[int]) error { return nil }, signals.UID("fine"))
	placed.Connect(func(context.Context, signals.Event[int]) error { return errors.New("relay is down") }, signals.UID("fails"))
	placed.Connect(func(context.Context, signals.Event[int]) error { panic("nil map") }, signals.UID("panics"))
	logger := slog.New(slogtap.New(slog.DiscardHandler))
	mux := http.NewServeMux()
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, s) }
	}
	mux.HandleFunc("GET /text", text("plain"))
	mux.HandleFunc("GET /page", text("<!doctype html><html><body><h1>Page</h1></body></html>"))
	mux.HandleFunc("GET /large", text(strings.Repeat("0123456789abcdef", 20_000)))
	mux.HandleFunc("GET /json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"a":1}`)
	})
	mux.HandleFunc("GET /fails", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "it failed", http.StatusInternalServerError)
	})
	mux.HandleFunc("GET /away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/text", http.StatusSeeOther) })
	mux.HandleFunc("GET /empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
		_, _ = io.Copy(w, r.Body) // the client sees what came
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, _ *http.Request) {
		for i := range 5 {
			fmt.Fprintln(w, i)
			_ = http.NewResponseController(w).Flush() // it can
		}
	})
	mux.HandleFunc("GET /signal", func(w http.ResponseWriter, r *http.Request) {
		_, err := placed.SendRobust(r.Context(), "shop", 1)
		logger.InfoContext(r.Context(), "sent", "err", err)
		fmt.Fprint(w, err)
	})
	mux.HandleFunc("GET /cut", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "part")
		_ = http.NewResponseController(w).Flush() // it can
		panic(http.ErrAbortHandler)
	})
	return mux
}

// asks are requests to it: method, path, body.
var asks = [][3]string{
	{"GET", "/text", ""}, {"GET", "/page", ""}, {"GET", "/large", ""}, {"GET", "/json", ""}, {"GET", "/fails", ""}, {"GET", "/away", ""}, {"GET", "/empty", ""},
	{"POST", "/echo", "name=x&password=y"}, {"GET", "/stream", ""}, {"GET", "/signal", ""}, {"GET", "/cut", ""}, {"HEAD", "/page", ""}, {"GET", "/nothing", ""}, {"PUT", "/text", "x"},
}

// wire is what a client sees of an answer.
func wire(t *testing.T, base string, a [3]string) string {
	t.Helper()
	r, err := http.NewRequest(a[0], base+a[1], strings.NewReader(a[2]))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", "192.0.2.7") // who may see no toolbar
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := noRedirects.Do(r)
	if err != nil {
		return errors.Unwrap(err).Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	res.Header.Del("Date")
	var b bytes.Buffer
	fmt.Fprintln(&b, res.Proto, res.Status, res.ContentLength, res.TransferEncoding, err)
	for _, k := range slices.Sorted(maps.Keys(res.Header)) {
		fmt.Fprintln(&b, k, res.Header[k])
	}
	b.Write(body)
	return b.String()
}

var noRedirects = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// flaky panics every third time.
type flaky struct{ calls, panics atomic.Int64 }

func (f *flaky) trip() {
	if f.calls.Add(1)%3 == 0 {
		f.panics.Add(1)
		panic("a callback of the app's")
	}
}

// flakyLog is a log handler that panics now and then.
type flakyLog struct {
	slog.Handler
	*flaky
}

func (l flakyLog) Handle(ctx context.Context, r slog.Record) error {
	l.trip()
	return l.Handler.Handle(ctx, r)
}

// TestF01_EveryCallbackMayPanic has each function that an app gives to the toolbar panic every third time: what clients
// are answered is what they are answered without the toolbar.
func TestF01_EveryCallbackMayPanic(t *testing.T) {
	t.Parallel()
	var allow, may, who, keep, settings, log, slow flaky
	path := filepath.Join(t.TempDir(), "toolbar.db")
	tb, err := toolbar.New(toolbar.Config{
		Path: path, NotDefault: true,
		Allow:    func(*http.Request) bool { allow.trip(); return false },
		May:      func(*http.Request, web.Action) bool { may.trip(); return true },
		Who:      func(*http.Request) string { who.trip(); return "me" },
		Keep:     collect.Keep{Share: 0.01, Func: func(*instrument.Summary) bool { keep.trip(); return true }},
		Settings: func() any { settings.trip(); return map[string]int{"a": 1} },
		Logger:   slog.New(flakyLog{slog.DiscardHandler, &log}),
	})
	if err != nil {
		t.Fatal(err)
	}
	remove := tb.Recorder().AddHooks(instrument.Hooks{Finished: func(*instrument.Recording, *instrument.Summary) { slow.trip() }})
	defer remove()
	app := busyApp(t.Name())
	quiet := func(h http.Handler) *httptest.Server {
		srv := httptest.NewUnstartedServer(h)
		srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
		srv.Start()
		t.Cleanup(srv.Close)
		return srv
	}
	layer := middleware.Named("layer", func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	})
	with, bare := quiet(tb.Wrap(middleware.NewStack(layer).Then(app))), quiet(app)
	n := 0
	for range soak.N(40, 1000) {
		for _, a := range asks {
			if got, want := wire(t, with.URL, a), wire(t, bare.URL, a); got != want {
				t.Fatalf("%v is answered\n%.500s\nand without the toolbar\n%.500s", a, got, want)
			}
			n++
		}
		if n%10 == 0 { // pages may fail, the process does not
			r := httptest.NewRequest(http.MethodPost, "/_toolbar/marks", strings.NewReader(url.Values{"do": {"pin"}}.Encode()))
			r.RemoteAddr, r.Host = local, "localhost"
			func() {
				defer func() { _ = recover() }() // net/http's
				tb.Handler().ServeHTTP(httptest.NewRecorder(), r)
			}()
		}
	}
	if err := tb.Close(context.Background()); err != nil {
		t.Error(err)
	}
	s := tb.Stats()
	balanced(t, s)
	if s.Produced != uint64(n) {
		t.Errorf("%d requests, %d Records", n, s.Produced)
	}
	for name, f := range map[string]*flaky{"Allow": &allow, "Keep.Func": &keep, "Hooks": &slow} {
		if f.panics.Load() == 0 {
			t.Errorf("%s never panicked", name)
		}
	}
	soak.Report(t, "F01", "%d requests of %d kinds while callbacks panicked %d times: every answer as without the toolbar; %d stored + %d dropped = %d produced",
		n, len(asks), allow.panics.Load()+keep.panics.Load()+slow.panics.Load()+settings.panics.Load()+log.panics.Load()+may.panics.Load()+who.panics.Load(), s.Stored, s.Produced-s.Stored, s.Produced)
}

// TestF21_EverythingAtOnce is for the race detector: requests, pages, API, live pages, actions, metrics, switching off and
// on, flushes and signals, all at once.
func TestF21_EverythingAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	tb, err := toolbar.New(toolbar.Config{Path: path, NotDefault: true, Logger: slog.New(slog.DiscardHandler), Retention: toolbar.Retention{Bytes: 8 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(tb.Collector())
	wrapped := tb.Wrap(busyApp(t.Name()))
	var paths []string
	for _, route := range tb.Handler().(*web.Dashboard).Routes() {
		if method, p, _ := strings.Cut(route, " "); method == http.MethodGet && !strings.Contains(p, "{id}") {
			paths = append(paths, strings.NewReplacer("{$}", "", "{panel}", "sql", "{format}", "curl", "{name}", "x", "{job}", "1").Replace(p))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(soak.N(2, 60))*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	var requests, others atomic.Int64
	forever := func(count *atomic.Int64, fn func(i int)) {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				fn(i)
				count.Add(1)
			}
		})
	}
	serve := func(ctx context.Context, method, path, body string, forward bool) {
		r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
		r.RemoteAddr, r.Host = local, "localhost"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if forward {
			r.Header.Set("X-Forwarded-For", "192.0.2.7")
		}
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler {
				panic(v)
			}
		}()
		wrapped.ServeHTTP(httptest.NewRecorder(), r)
	}
	for g := range 4 {
		forever(&requests, func(i int) {
			a := asks[(i+g)%len(asks)]
			serve(context.Background(), a[0], a[1], a[2], i%2 == 0)
		})
	}
	for g := range 2 {
		forever(&others, func(i int) {
			p := paths[(i*7+g)%len(paths)]
			page, end := context.WithTimeout(ctx, 200*time.Millisecond) // streams do not end by themselves
			defer end()
			serve(page, http.MethodGet, p, "", false)
		})
	}
	forever(&others, func(int) {
		short, end := context.WithTimeout(ctx, time.Second)
		defer end()
		_ = tb.Flush(short) // it may be late
	})
	forever(&others, func(i int) {
		tb.Recorder().SetEnabled(i%4 != 0)
		if _, err := registry.Gather(); err != nil {
			t.Error(err)
		}
		balanced(t, tb.Stats())
	})
	forever(&others, func(int) {
		page := ask(tb.Handler(), "/_toolbar/requests", local)
		_, rest, _ := strings.Cut(page, `name="proof" value="`)
		proof, _, _ := strings.Cut(rest, `"`)
		_, rest, _ = strings.Cut(page, `href="/_toolbar/requests/`)
		if len(rest) < 13 {
			return
		}
		for _, do := range []string{"pin", "tag", "unpin", "delete"} {
			r := httptest.NewRequest(http.MethodPost, "/_toolbar/marks", strings.NewReader(url.Values{"do": {do}, "sure": {"yes"}, "id": {rest[:13]}, "tag": {"x"}, "proof": {proof}}.Encode()))
			r.RemoteAddr, r.Host = local, "localhost"
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			wrapped.ServeHTTP(httptest.NewRecorder(), r)
		}
	})
	wg.Wait()
	tb.Recorder().SetEnabled(true)
	if err := tb.Close(context.Background()); err != nil {
		t.Error(err)
	}
	s := tb.Stats()
	balanced(t, s)
	if s.Stored == 0 {
		t.Error("nothing was stored")
	}
	soak.Report(t, "F21", "%d requests beside %d pages, actions, flushes and scrapes, all at once; stored %d + dropped %d = produced %d",
		requests.Load(), others.Load(), s.Stored, s.Produced-s.Stored, s.Produced)
}
