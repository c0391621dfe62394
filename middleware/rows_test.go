package middleware_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

// Not parallel: it looks at what the default logger gets.
func TestMW03_LayerThatIsNotUsedIsLoggedOnce(t *testing.T) {
	var b bytes.Buffer
	old := slog.Default()
	defer slog.SetDefault(old)
	for level, want := range map[slog.Level]int{slog.LevelDebug: 1, slog.LevelInfo: 0} {
		b.Reset()
		slog.SetDefault(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: level})))
		p := newPlay()
		unused := middleware.Try("auth", func(next http.Handler) (http.Handler, error) {
			_ = middleware.Hooks(p.a)(next)
			return nil, fmt.Errorf("no key: %w", middleware.ErrNotUsed)
		})
		h := middleware.NewStack(unused, passThrough).ThenFunc(checkout)
		request(h, get("/"))
		request(h, get("/"))
		p.check(t, "") // none of its hooks
		if got := strings.Count(b.String(), "\n"); got != want || want == 1 && !strings.Contains(b.String(), "no key") {
			t.Errorf("at %v: %q", level, b.String())
		}
	}
}

// TestMW05_LayerOnItsOwnGoroutine: the inner handler may run on another
// goroutine, as with a timeout, and spans still nest.
func TestMW05_LayerOnItsOwnGoroutine(t *testing.T) {
	t.Parallel()
	elsewhere := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				next.ServeHTTP(w, r)
			}()
			<-done
		})
	}
	timeout := func(next http.Handler) http.Handler { return http.TimeoutHandler(next, time.Minute, "late") }
	record, m := recording(middleware.RecordOptions{})
	p := newPlay()
	stack := middleware.NewStack(middleware.Named("elsewhere", elsewhere), middleware.Named("timeout", timeout), middleware.Named("A", middleware.Hooks(p.a)))
	rec, _ := request(record(stack.ThenFunc(checkout)), get("/"))
	want := "request unmatched\n  layer elsewhere\n    layer timeout\n      layer A\n        view middleware_test.checkout\n          layer A.ProcessView\n"
	if got := m.one(t); tree(got) != want || rec.Body.String() != "done" || rec.Header().Get("X-Seen") != "A" {
		t.Errorf("%s %q %v", tree(got), rec.Body, rec.Header())
	}
	p.check(t, "A.req A.view A.resp 200")
}

// layersOf puts a bit of everything around h.
func layersOf(h http.Handler) http.Handler {
	exceptions := middleware.Exceptions(middleware.ExceptionOptions{Logger: slog.New(slog.DiscardHandler)})
	return middleware.NewStack(exceptions, passThrough, middleware.Hooks(&stamp{}), throttle(1), middleware.Share()).Then(h)
}

// stamp has a response phase, which changes nothing.
type stamp struct{}

func (*stamp) ProcessRequest(_ http.ResponseWriter, r *http.Request) (*http.Request, error) {
	return r, nil
}
func (*stamp) ProcessView(_ http.ResponseWriter, r *http.Request, _ middleware.Route) (*http.Request, error) {
	return r, nil
}
func (*stamp) ProcessResponse(*http.Request, *middleware.Head) error { return nil }

// TestMW32_MW34_WholeStackKeepsTheWriter: streaming, hijacking, sendfile,
// deadlines and all else in the matrix, through every layer of this package.
// How panics end is what Exceptions is there to change.
func TestMW32_MW34_WholeStackKeepsTheWriter(t *testing.T) {
	t.Parallel()
	rec := instrument.New(instrument.Config{})
	hooks := middleware.NewStack(passThrough, middleware.Hooks(&stamp{}), middleware.Share())
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"hooks":      hooks.Then,
		"exceptions": layersOf,
		"everything, recorded": func(h http.Handler) http.Handler {
			return middleware.Record(rec, middleware.RecordOptions{})(layersOf(h))
		},
		"one stack behind another": func(h http.Handler) http.Handler { return layersOf(middleware.NewStack(throttle(1)).Then(h)) },
		"a recorded stack of hooks": func(h http.Handler) http.Handler {
			return middleware.Record(rec, middleware.RecordOptions{})(hooks.Then(h))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range middlewaretest.Cases() {
				if strings.Contains(name, "hooks") || !answersPanics(c.Name) {
					t.Run(c.Name, func(t *testing.T) {
						t.Parallel()
						middlewaretest.Compare(t, c, wrap)
					})
				}
			}
		})
	}
}

// answersPanics tells the cases that end differently within Exceptions.
func answersPanics(name string) bool {
	return strings.HasPrefix(name, "14 panic") || name == "14 runtime error" || name == "14 ErrAbortHandler wrapped" || name == "2 status that does not exist"
}

func TestMW40_KnownBadOrders(t *testing.T) {
	t.Parallel()
	stack := func(names ...string) *middleware.Stack {
		var layers []middleware.Layer
		for _, n := range names {
			layers = append(layers, middleware.Named(n, passThrough))
		}
		return middleware.NewStack(layers...)
	}
	for names, want := range map[string]string{
		"auth session":                              "auth>session",
		"session auth":                              "",
		"shop.requireLogin scs.LoadAndSave":         "shop.requireLogin>scs.LoadAndSave",
		"etag gzip":                                 "etag>gzip",
		"gzip etag":                                 "",
		"handlers.CompressHandler gzhttp.X":         "handlers.CompressHandler>gzhttp.X",
		"middleware.Logger middleware.RequestID":    "middleware.Logger>middleware.RequestID",
		"httprate.LimitByIP middleware.RealIP":      "httprate.LimitByIP>middleware.RealIP",
		"basic-auth cors":                           "basic-auth>cors",
		"csrf cors":                                 "csrf>cors",
		"page-cache auth":                           "page-cache>auth",
		"cache-control auth":                        "",
		"author session-less-logic blog.Authors":    "",
		"security gzip session etag cors csrf auth": "",
		"timeout request-log":                       "timeout>request-log",
	} {
		var got []string
		for _, w := range stack(strings.Fields(names)...).Check() {
			got = append(got, w.Outer+">"+w.Inner)
			if w.Reason == "" || !strings.Contains(w.String(), w.Reason) {
				t.Errorf("%s: no reason in %q", names, w)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", names, got, want)
		}
	}
	outside := middleware.NewStack(middleware.Hooks(friendly{}), middleware.Exceptions(middleware.ExceptionOptions{})).Check()
	if len(outside) != 1 || !strings.Contains(outside[0].Reason, "ProcessException is never called") {
		t.Errorf("got %v", outside)
	}
}

// Not parallel: it looks at what the default logger gets.
func TestMW40_WarnedWhenTheStackIsBuilt(t *testing.T) {
	var b bytes.Buffer
	old := slog.Default()
	defer slog.SetDefault(old)
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, nil)))
	h := middleware.NewStack(middleware.Named("auth", passThrough), middleware.Named("session", passThrough)).ThenFunc(checkout)
	request(h, get("/"))
	if got := b.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=WARN") || !strings.Contains(got, "outer=auth inner=session") {
		t.Errorf("logged %q", got)
	}
}

// TestMW41_A51_StackOfOneRoute has the same order of events as one around
// everything, and other routes never enter it.
func TestMW41_A51_StackOfOneRoute(t *testing.T) {
	t.Parallel()
	p := newPlay()
	mux := http.NewServeMux()
	mux.Handle("GET /one/{id}", middleware.NewStack(middleware.Named("C", middleware.Hooks(p.c))).ThenFunc(p.tracer.view))
	mux.HandleFunc("GET /other", p.tracer.view)
	exceptions, _ := quietly(middleware.ExceptionOptions{})
	h := middleware.NewStack(exceptions, middleware.Named("A", middleware.Hooks(p.a))).Then(mux)
	request(h, get("/other"))
	p.check(t, "A.req A.view view A.resp 200")
	p.log = nil
	record, m := recording(middleware.RecordOptions{})
	request(record(h), get("/one/7"))
	p.check(t, "A.req A.view C.req C.view view C.resp 200 A.resp 200")
	if got := m.one(t).Handler.Name; got != "GET /one/{id}" {
		t.Errorf("called %q", got)
	}
	p.log = nil
	p.c.do["req"] = answers(403)
	request(h, get("/one/7"))
	p.check(t, "A.req A.view C.req C.resp 403 A.resp 403")
}

func TestMW42_OuterLayersHearWhatInnerOnesSay(t *testing.T) {
	t.Parallel()
	say := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			middleware.SetUser(r.Context(), "ada")
			middleware.Tag(r.Context(), "vip")
			middleware.Tag(r.Context(), "vip")
			middleware.Note(r.Context(), "plan", "trial")
			middleware.Note(r.Context(), "plan", "gold")
			next.ServeHTTP(w, r)
		})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", checkout)
	exceptions, _ := quietly(middleware.ExceptionOptions{})
	record, m := recording(middleware.RecordOptions{})
	for name, around := range map[string]func(...middleware.Layer) http.Handler{
		"record": func(l ...middleware.Layer) http.Handler { return record(middleware.NewStack(l...).Then(mux)) },
		"exceptions": func(l ...middleware.Layer) http.Handler {
			return middleware.NewStack(append([]middleware.Layer{exceptions}, l...)...).Then(mux)
		},
		"share": func(l ...middleware.Layer) http.Handler {
			return middleware.NewStack(append([]middleware.Layer{middleware.Share()}, l...)...).Then(mux)
		},
	} {
		var got middleware.Annotations
		listen := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r)
				got = middleware.About(r.Context())
			})
		}
		request(around(middleware.Named("listen", listen), middleware.Named("say", say)), get("/orders/7"))
		if got.User != "ada" || got.Route != "GET /orders/{id}" || !slices.Equal(got.Tags, []string{"vip"}) || got.Notes["plan"] != "gold" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if r := m.one(t); attr(r.Attrs, "note.plan") != "gold" && attr(r.Attrs, "note.plan") != "trial" {
		t.Errorf("the Record has no note: %v", r.Attrs)
	}
	middleware.Note(t.Context(), "nobody", "listens")
	if got := middleware.About(t.Context()); got.User != "" || got.Tags != nil {
		t.Errorf("outside of a request: %+v", got)
	}
}

func TestMW43_LayersSeeHEADAndOPTIONSToo(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"HEAD", "OPTIONS"} {
		p := newPlay()
		srv := httptest.NewServer(middleware.NewStack(middleware.Named("A", middleware.Hooks(p.a))).ThenFunc(checkout))
		r, _ := http.NewRequestWithContext(t.Context(), method, srv.URL, nil)
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		srv.Close()
		p.check(t, "A.req A.view A.resp 200")
		if res.Header.Get("X-Seen") != "A" || (method == "HEAD") != (len(body) == 0) || res.ContentLength != 4 {
			t.Errorf("%s: %q %v", method, body, res.Header)
		}
	}
}

func TestMW45_ForwardedAddressIsBelievedOnlyFromTrustedProxies(t *testing.T) {
	t.Parallel()
	private := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		remote string
		header []string
		trust  []netip.Prefix
		want   string
	}{
		{"203.0.113.9:4711", []string{"1.2.3.4"}, nil, "203.0.113.9"},
		{"203.0.113.9:4711", []string{"1.2.3.4"}, private, "203.0.113.9"}, // not through the proxy
		{"10.0.0.1:80", []string{" 1.2.3.4"}, private, "1.2.3.4"},
		{"10.0.0.1:80", []string{"6.6.6.6, 1.2.3.4 , 10.0.0.7"}, private, "1.2.3.4"}, // the client wrote the first
		{"10.0.0.1:80", []string{"6.6.6.6", "1.2.3.4:5678"}, private, "1.2.3.4"},
		{"[fd00::1]:80", []string{"[2001:db8::7]:443"}, private, "2001:db8::7"},
		{"10.0.0.1:80", []string{"::ffff:1.2.3.4"}, private, "1.2.3.4"},
		{"10.0.0.1:80", []string{"1.2.3.4, nonsense"}, private, "10.0.0.1"},
		{"10.0.0.1:80", nil, private, "10.0.0.1"},
		{"@", nil, private, "invalid IP"},
	} {
		r := get("/")
		r.RemoteAddr, r.Header["X-Forwarded-For"] = c.remote, c.header
		if got := middleware.ClientAddr(r, c.trust...).String(); got != c.want {
			t.Errorf("%s, %q: %s, want %s", c.remote, c.header, got, c.want)
		}
		record, m := recording(middleware.RecordOptions{TrustedProxies: c.trust})
		request(record(http.HandlerFunc(checkout)), r)
		if got := attr(m.one(t).Attrs, "client.address"); c.remote != "@" && got != c.want {
			t.Errorf("%s, %q: recorded %v, want %s", c.remote, c.header, got, c.want)
		}
	}
}

// TestA42_LoggingAndActivity: two layers that need to know how it ended and who
// it was.
func TestA42_LoggingAndActivity(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"/": "200", "/nowhere": "404", "/500": "500", "/panic": "500"} {
		var log, activity []string
		act := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r)
				activity = append(activity, middleware.About(r.Context()).User+" "+r.Method+" "+r.URL.Path)
			})
		}
		login := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				middleware.SetUser(r.Context(), "ada")
				next.ServeHTTP(w, r)
			})
		}
		mux := http.NewServeMux()
		mux.HandleFunc("/{$}", checkout)
		mux.HandleFunc("/panic", explode)
		mux.Handle("/500", middleware.HandlerFunc(fails(io.EOF)))
		exceptions, _ := quietly(middleware.ExceptionOptions{})
		stack := middleware.NewStack(exceptions, middleware.Named("log", statusLog(&log)), middleware.Named("activity", act), middleware.Named("login", login))
		record, _ := recording(middleware.RecordOptions{})
		request(record(stack.Then(mux)), get(path))
		if got := strings.Join(log, ", "); got != "Incoming request: "+path+", Outgoing response: "+want {
			t.Errorf("%s: %s", path, got)
		}
		if !slices.Equal(activity, []string{"ada GET " + path}) {
			t.Errorf("%s: %v", path, activity)
		}
	}
}

func TestA43_OrderIsThatOfTheStack(t *testing.T) {
	t.Parallel()
	for _, names := range []string{"ABC", "BAC"} {
		var tr tracer
		stack := middleware.NewStack(tr.layer(names[:1]), tr.layer(names[1:2]), tr.layer(names[2:]))
		request(stack.ThenFunc(tr.view), get("/"))
		want := fmt.Sprintf("%c.req %c.req C.req view C.resp %c.resp %c.resp", names[0], names[1], names[1], names[0])
		if got := strings.Join(tr.log[3:], " "); got != want || stack.String() != strings.Join(strings.Split(names, ""), " > ") {
			t.Errorf("%s: %s, %s", stack, got, want)
		}
	}
}

// TestA44_HeaderOfTheResponsePhaseArrives for every way to write a body.
func TestA44_HeaderOfTheResponsePhaseArrives(t *testing.T) {
	t.Parallel()
	for how, serve := range map[string]http.HandlerFunc{
		"written": checkout,
		"flushed": func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); fmt.Fprint(w, "done") },
		"copied":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("done")) },
	} {
		p := newPlay()
		srv := httptest.NewServer(p.stack().Then(serve))
		res, err := srv.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		srv.Close()
		if string(body) != "done" || !slices.Equal(res.Header["X-Seen"], []string{"C", "B", "A"}) {
			t.Errorf("%s: %q %v", how, body, res.Header["X-Seen"])
		}
	}
}

// TestMW32_FirstChunkArrivesThroughAllLayers while the view is still at work.
func TestMW32_FirstChunkArrivesThroughAllLayers(t *testing.T) {
	t.Parallel()
	received := make(chan struct{})
	srv := httptest.NewServer(layersOf(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "first")
		_ = http.NewResponseController(w).Flush()
		<-received
		fmt.Fprintln(w, "second")
	})))
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	if line, err := lines.ReadString('\n'); line != "first\n" || err != nil {
		t.Errorf("%q %v", line, err)
	}
	close(received)
	if line, err := lines.ReadString('\n'); line != "second\n" || err != nil {
		t.Errorf("%q %v", line, err)
	}
}

type ctxUser struct{ name string }

type ctxNumber int

// TestA52_LayersSayWhatTheyDid: own time before and after, what was cut short,
// headers and context values.
func TestA52_LayersSayWhatTheyDid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(2 * time.Millisecond)
				w.Header().Set("X-Frame-Options", "DENY")
				w.Header().Set("Set-Cookie", "secret=1")
				w.Header().Del("Server")
				ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), &ctxUser{"user"}, "ada"), time.Hour)
				defer cancel()
				next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, ctxNumber(3), 1)))
				w.Header().Set("X-After", "1")
				time.Sleep(3 * time.Millisecond)
			})
		}
		server := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Server", "x")
				next.ServeHTTP(w, r)
			})
		}
		refuse := func(http.Handler) http.Handler {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Millisecond) })
		}
		record, m := recording(middleware.RecordOptions{})
		stack := middleware.NewStack(middleware.Named("w-server", server), middleware.Named("w-busy", busy), middleware.Named("w-refuse", refuse))
		request(record(stack.ThenFunc(checkout)), get("/"))
		got := m.one(t)
		if attr(got.Attrs, "middleware.stopped") != "w-refuse" {
			t.Errorf("stopped by %v", attr(got.Attrs, "middleware.stopped"))
		}
		for i, want := range []map[string]any{1: {
			"layer.before": time.Duration(0), "layer.after": time.Duration(0), "layer.headers": "Server", "layer.context": nil,
		}, 2: {
			"layer.before": 2 * time.Millisecond, "layer.after": 3 * time.Millisecond, "layer.cut_short": nil,
			"layer.headers": "-Server; Set-Cookie; X-After; X-Frame-Options: DENY",
			"layer.context": `*middleware_test.ctxUser("user"), deadline, middleware_test.ctxNumber(3)`,
		}, 3: {"layer.before": nil, "layer.cut_short": true, "layer.headers": nil}} {
			for key, v := range want {
				if a := attr(got.Spans[i].Attrs, key); a != v {
					t.Errorf("%s: %s is %v, want %v", got.Spans[i].Handler.Name, key, a, v)
				}
			}
		}
	})
}

// A layer that drops the context still called what is inside of it.
func TestA52_LayerThatDropsTheContextWasNotCutShort(t *testing.T) {
	t.Parallel()
	drops := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.WithContext(context.Background())) })
	}
	record, m := recording(middleware.RecordOptions{})
	request(record(middleware.NewStack(middleware.Named("drops", drops), passThrough).ThenFunc(checkout)), get("/"))
	got := m.one(t)
	if attr(got.Attrs, "middleware.stopped") != nil || len(got.Spans) != 4 {
		t.Errorf("stopped by %v\n%s", attr(got.Attrs, "middleware.stopped"), tree(got))
	}
}
