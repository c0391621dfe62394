package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

// recording gives a middleware that records, and where to.
func recording(o middleware.RecordOptions) (func(http.Handler) http.Handler, *memory) {
	m := newMemory()
	return middleware.Record(instrument.New(instrument.Config{Sink: m}), o), m
}

func checkout(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "done") }

type cart struct{}

func (cart) ServeHTTP(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }

func TestRecord_DescribesTheRequest(t *testing.T) {
	t.Parallel()
	record, m := recording(middleware.RecordOptions{})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}", checkout)
	r := httptest.NewRequest("POST", "http://shop.test:8080/orders/7?dry=1", strings.NewReader("body"))
	for k, v := range map[string]string{
		"User-Agent": "test/1", "Accept": "text/html", "Referer": "http://u:p@shop.test/cart?token=x#y",
		"Cookie": "secret=1", "X-Custom": "secret", "Tracestate": "a=b",
		"Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	} {
		r.Header.Set(k, v)
	}
	if rec, _ := request(record(middleware.NewStack(passThrough).Then(mux)), r); rec.Body.String() != "done" || r.Pattern != "POST /orders/{id}" {
		t.Errorf("body %q, pattern outside %q", rec.Body, r.Pattern)
	}
	got := m.one(t)
	if got.Handler.Name != "POST /orders/{id}" || got.Method != "POST" || got.Path != "/orders/7" || got.Status != 200 || got.Flags != 0 {
		t.Errorf("got %s: %s %s %d [%s]", got.Handler.Name, got.Method, got.Path, got.Status, got.Flags)
	}
	if got.Trace.TraceID.String() != "0af7651916cd43dd8448eb211c80319c" || got.Trace.SpanID.String() == "b7ad6b7169203331" {
		t.Errorf("trace %s", got.Trace.Traceparent())
	}
	for key, want := range map[string]any{
		"url.query": "dry=1", "url.scheme": "http", "server.address": "shop.test", "server.port": int64(8080),
		"client.address": "192.0.2.1", "network.protocol.version": "1.1", "user_agent.original": "test/1",
		"http.request.body.size": int64(4), "http.response.body.size": int64(4),
		"http.request.header.accept": "text/html", "http.request.header.referer": "/cart",
		"http.request.header.tracestate": "a=b", "http.request.headers_hidden": "Cookie, X-Custom",
		"http.request.header.cookie": nil,
	} {
		if v := attr(got.Attrs, key); v != want {
			t.Errorf("%s is %v, want %v", key, v, want)
		}
	}
	want := "request POST /orders/{id}\n  layer middleware_test.passThrough\n    view middleware_test.checkout\n"
	if tree(got) != want {
		t.Errorf("got\n%swant\n%s", tree(got), want)
	}
	if src := got.Spans[2].Handler.Source; !strings.HasSuffix(src.File, "record_test.go") || src.Line == 0 {
		t.Errorf("view is at %v", src)
	}
}

func TestRecord_NamesRoutesAndViews(t *testing.T) {
	t.Parallel()
	sub := http.NewServeMux()
	sub.Handle("/sub/cart", cart{})
	mux := http.NewServeMux()
	mux.HandleFunc("/orders", checkout)
	mux.HandleFunc("GET /literal", func(http.ResponseWriter, *http.Request) {})
	mux.Handle("/cart/", &cart{})
	mux.Handle("/sub/", sub)
	for path, want := range map[string]string{
		"GET /orders":   "GET /orders: middleware_test.checkout",
		"POST /orders":  "POST /orders: middleware_test.checkout",
		"BREW /orders":  "_OTHER /orders: middleware_test.checkout",
		"GET /literal":  "GET /literal: middleware_test.TestRecord_NamesRoutesAndViews GET /literal",
		"GET /cart/1":   "GET /cart/: *middleware_test.cart",
		"GET /cart":     "GET /cart/: http.RedirectHandler",
		"GET /sub/cart": "GET /sub/cart: middleware_test.cart",
		"GET /nowhere":  "unmatched: unmatched",
		"POST /literal": "unmatched: unmatched",
	} {
		record, m := recording(middleware.RecordOptions{})
		method, target, _ := strings.Cut(path, " ")
		request(record(middleware.View(mux)), httptest.NewRequest(method, target, nil))
		got := m.one(t)
		if name := got.Handler.Name + ": " + got.Spans[1].Handler.Name; name != want {
			t.Errorf("%s is called %q, want %q", path, name, want)
		}
	}
}

// A layer that copies the request hides the pattern from those outside it.
func TestRecord_KnowsTheRouteBehindALayerThatCopies(t *testing.T) {
	t.Parallel()
	type key struct{}
	copies := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
		})
	}
	record, m := recording(middleware.RecordOptions{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", checkout)
	request(record(middleware.NewStack(middleware.Named("copies", copies)).Then(mux)), get("/orders"))
	if got := m.one(t).Handler.Name; got != "GET /orders" {
		t.Errorf("called %q", got)
	}
}

func TestT23_OnlyAWellFormedTraceparentCounts(t *testing.T) {
	t.Parallel()
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for header, kept := range map[string]bool{
		good: true, strings.ToUpper(good): false, good + "-x": false, "01" + good[2:]: false,
		"00-00000000000000000000000000000000-b7ad6b7169203331-01": false, "": false,
	} {
		record, m := recording(middleware.RecordOptions{})
		r := get("/")
		r.Header.Set("Traceparent", header)
		r.Header.Set("Tracestate", strings.Repeat("x", 513))
		request(record(http.HandlerFunc(checkout)), r)
		got := m.one(t)
		if same := got.Trace.TraceID.String() == good[3:35]; same != kept || got.Trace.TraceID.String() == "" {
			t.Errorf("%q: trace %s", header, got.Trace.TraceID)
		}
		if v := attr(got.Attrs, "http.request.header.tracestate"); v != nil {
			t.Errorf("tracestate of 513 bytes is kept: %v", v)
		}
	}
}

func TestRecord_SaysHowTheRequestEnded(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		serve  http.HandlerFunc
		status int
		flags  instrument.Flags
		err    string
		again  any
	}{
		"nothing written":  {func(http.ResponseWriter, *http.Request) {}, 200, 0, "", nil},
		"client's mistake": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, 404, 0, "", nil},
		"server's mistake": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, 503, instrument.FlagError, "", nil},
		"streamed":         {func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() }, 200, instrument.FlagStreamed, "", nil},
		"panic":            {func(http.ResponseWriter, *http.Request) { panic(boom) }, 0, instrument.FlagError | instrument.FlagPanic, "boom", boom},
		"panic after a status": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); panic("late") }, 201,
			instrument.FlagError | instrument.FlagPanic, "late", "late"},
		"aborted": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, instrument.FlagError, "", http.ErrAbortHandler},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			record, m := recording(middleware.RecordOptions{})
			_, v := request(record(middleware.NewStack(passThrough).Then(c.serve)), get("/"))
			got := m.one(t)
			if v != c.again || got.Status != c.status || got.Summary.Flags != c.flags || got.Error != c.err {
				t.Errorf("panicked with %v, status %d, flags [%s], error %q", v, got.Status, got.Summary.Flags, got.Error)
			}
			for _, s := range got.Spans[1:] {
				if s.Flags.Has(instrument.FlagError) != (v != nil) || s.Flags.Has(instrument.FlagPanic) != c.flags.Has(instrument.FlagPanic) {
					t.Errorf("span %s has [%s]", s.Handler.Name, s.Flags)
				}
			}
		})
	}
}

func TestF02_StackOfAPanicNamesWhereItHappened(t *testing.T) {
	t.Parallel()
	record, m := recording(middleware.RecordOptions{})
	request(record(middleware.NewStack(passThrough).Then(http.HandlerFunc(explode))), get("/"))
	got := m.one(t)
	for _, i := range []int{0, len(got.Spans) - 1} {
		found := false
		for _, f := range got.Spans[i].Stack {
			found = found || f.Func == "middleware_test.explode"
		}
		if !found {
			t.Errorf("span %d: the stack is %v", i, got.Spans[i].Stack)
		}
	}
}

func explode(http.ResponseWriter, *http.Request) { panic("boom") }

func TestMW23_GoexitLeavesAFailedRecord(t *testing.T) {
	t.Parallel()
	record, m := recording(middleware.RecordOptions{})
	h := record(middleware.NewStack(passThrough).ThenFunc(func(http.ResponseWriter, *http.Request) { runtime.Goexit() }))
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(httptest.NewRecorder(), get("/"))
	}()
	<-done
	if got := m.one(t); got.Summary.Flags != instrument.FlagError || !strings.Contains(fmt.Sprint(attr(got.Attrs, "error.message")), "Goexit") {
		t.Errorf("flags [%s], %v", got.Summary.Flags, got.Attrs)
	}
}

// TestMW44_F23_ClientThatIsGone: the Record says so, and its error is not the app's.
func TestMW44_F23_ClientThatIsGone(t *testing.T) {
	t.Parallel()
	record, m := recording(middleware.RecordOptions{})
	started := make(chan struct{})
	srv := httptest.NewServer(record(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
		http.Error(w, r.Context().Err().Error(), 500)
	})))
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	r, _ := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	if _, err := tr.RoundTrip(r); !errors.Is(err, context.Canceled) {
		t.Errorf("the client got %v", err)
	}
	if got := m.one(t); got.Summary.Flags != instrument.FlagClientGone || got.Status != 500 {
		t.Errorf("status %d, flags [%s]", got.Status, got.Summary.Flags)
	}
}

func TestRecord_HijackedConnection(t *testing.T) {
	t.Parallel()
	record, m := recording(middleware.RecordOptions{})
	srv := httptest.NewServer(record(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
		conn.Close()
	})))
	defer srv.Close()
	r, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "x")
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	if res, err := tr.RoundTrip(r); err == nil {
		res.Body.Close()
	}
	if got := m.one(t); got.Summary.Flags != instrument.FlagHijacked || got.Status != 101 {
		t.Errorf("status %d, flags [%s]", got.Status, got.Summary.Flags)
	}
}

func TestMW42_InnerLayersTellTheRecord(t *testing.T) {
	t.Parallel()
	record, m := recording(middleware.RecordOptions{})
	auth := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			middleware.SetUser(r.Context(), "ada")
			middleware.Tag(r.Context(), "checkout")
			next.ServeHTTP(w, r)
		})
	}
	request(record(middleware.NewStack(middleware.Named("auth", auth)).ThenFunc(checkout)), get("/"))
	if got := m.one(t); got.User != "ada" || fmt.Sprint(got.Tags) != "[checkout]" || !got.Summary.Flags.Has(instrument.FlagTagged) {
		t.Errorf("user %q, tags %v", got.User, got.Tags)
	}
	middleware.SetUser(t.Context(), "nobody")
	middleware.Tag(t.Context(), "nothing")
}

// TestA52_SelfTimeOfLayersAddsUp, by a clock that only moves when all sleep.
func TestA52_SelfTimeOfLayersAddsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(name string, before, after time.Duration) middleware.Layer {
			return middleware.Named(name, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(before)
					next.ServeHTTP(w, r)
					time.Sleep(after)
				})
			})
		}
		record, m := recording(middleware.RecordOptions{})
		stack := middleware.NewStack(slow("a52-a", 2*time.Millisecond, time.Millisecond), slow("a52-b", 30*time.Millisecond, 0))
		request(record(stack.ThenFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(7 * time.Millisecond) })), get("/"))
		got := m.one(t)
		var sum time.Duration
		for i, want := range []time.Duration{0, 3, 30, 7} {
			if self := got.Spans[i].Self; self != want*time.Millisecond {
				t.Errorf("%s took %v of its own, want %d ms", got.Spans[i].Handler.Name, self, want)
			}
			sum += got.Spans[i].Self
		}
		if sum != got.Duration {
			t.Errorf("self times add up to %v, the request took %v", sum, got.Duration)
		}
	})
}

func TestRecord_IgnoresAndNests(t *testing.T) {
	t.Parallel()
	record, m := recording(middleware.RecordOptions{
		NoHeaders: true,
		Ignore: func(r *http.Request) bool {
			if r.URL.Path == "/panic" {
				panic("ours")
			}
			return r.URL.Path == "/healthz"
		},
	})
	h := record(record(http.HandlerFunc(checkout)))
	request(h, get("/healthz"))
	r := get("/panic")
	r.Header.Set("Accept", "text/html")
	request(h, r)
	if got := m.one(t); got.Path != "/panic" || attr(got.Attrs, "http.request.header.accept") != nil {
		t.Errorf("recorded %s: %v", got.Path, got.Attrs)
	}
}

func TestRecord_WithoutARecorderIsNotThere(t *testing.T) {
	off := instrument.New(instrument.Config{})
	off.SetEnabled(false)
	r := get("/")
	w := httptest.NewRecorder()
	for name, rec := range map[string]*instrument.Recorder{"nil": nil, "off": off} {
		h := middleware.Record(rec, middleware.RecordOptions{})(http.HandlerFunc(func(got http.ResponseWriter, req *http.Request) {
			if got != http.ResponseWriter(w) || req != r {
				t.Errorf("%s: the handler got something else", name)
			}
		}))
		if n := testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestRecord_TellsWhatWasAsked: the Record knows that the app was asked for
// another encoding than the client wanted.
func TestRecord_TellsWhatWasAsked(t *testing.T) {
	t.Parallel()
	record, m := recording(middleware.RecordOptions{})
	r := get("/")
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Accept-Encoding", "br")
	request(record(injecting(http.HandlerFunc(checkout))), r)
	if got := attr(m.one(t).Attrs, "toolbar.accept_encoding"); got != "br" {
		t.Errorf("got %v", got)
	}
}

// TestFidelity_Recorded is TestFidelity for everything together.
func TestFidelity_Recorded(t *testing.T) {
	t.Parallel()
	rec := instrument.New(instrument.Config{})
	middlewaretest.Run(t, func(h http.Handler) http.Handler {
		none := middleware.Inject(middleware.Injection{Snippet: func(middleware.Page) []byte { return nil }})
		return middleware.Record(rec, middleware.RecordOptions{})(none(middleware.NewStack(passThrough, throttle(1)).Then(h)))
	})
}

func BenchmarkRecord(b *testing.B) {
	rec := instrument.New(instrument.Config{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /x", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(nil) })
	for name, h := range map[string]http.Handler{
		"bare":        mux,
		"record":      middleware.Record(rec, middleware.RecordOptions{})(mux),
		"record+view": middleware.Record(rec, middleware.RecordOptions{})(middleware.View(mux)),
		"layers3":     middleware.Record(rec, middleware.RecordOptions{})(middleware.NewStack(passThrough, throttle(1), guard{}.wrap).Then(mux)),
	} {
		b.Run(name, func(b *testing.B) {
			r := get("/x")
			r.Header.Set("Accept", "text/html")
			r.Header.Set("User-Agent", "bench")
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(discard{}, r)
			}
		})
	}
}
