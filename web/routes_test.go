package web_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// spy is an empty store that counts what it is asked, also to change.
type spy struct {
	asked atomic.Int64
	// wait, when set, holds every question up.
	wait chan struct{}
}

func (s *spy) ask(ctx context.Context) {
	s.asked.Add(1)
	if s.wait == nil {
		return
	}
	select {
	case <-s.wait:
	case <-ctx.Done():
	}
}

func (s *spy) Records(ctx context.Context, _ query.Records) (query.RecordPage, error) {
	s.ask(ctx)
	return query.RecordPage{}, nil
}
func (s *spy) Record(ctx context.Context, _ instrument.ID) (*instrument.Record, error) {
	s.ask(ctx)
	return nil, query.ErrNotFound
}
func (s *spy) EachRecord(ctx context.Context, _ []instrument.ID, _ func(*instrument.Record) error) error {
	s.ask(ctx)
	return nil
}
func (s *spy) Children(ctx context.Context, _ instrument.ID) ([]query.Row, error) {
	s.ask(ctx)
	return nil, nil
}
func (s *spy) Handlers(ctx context.Context, _ query.Handlers) ([]query.HandlerStats, error) {
	s.ask(ctx)
	return nil, nil
}
func (s *spy) EachHandler(ctx context.Context, _, _ time.Time, _ func(instrument.HandlerInfo, instrument.RollRow) error) error {
	s.ask(ctx)
	return nil
}
func (s *spy) Series(ctx context.Context, _ query.Series) ([]query.Point, error) {
	s.ask(ctx)
	return nil, nil
}
func (s *spy) Counts(ctx context.Context, _ query.Handlers) (map[instrument.Kind]query.KindCounts, error) {
	s.ask(ctx)
	return nil, nil
}
func (s *spy) Processes(ctx context.Context) ([]query.Process, error) { s.ask(ctx); return nil, nil }
func (s *spy) MinutesSince(ctx context.Context) (time.Time, error) {
	s.ask(ctx)
	return time.Time{}, nil
}
func (s *spy) Health(ctx context.Context) (query.Health, error) {
	s.ask(ctx)
	return query.Health{}, nil
}

func (s *spy) Exceptions(ctx context.Context, _ query.Exceptions) (query.ExceptionPage, error) {
	s.ask(ctx)
	return query.ExceptionPage{}, nil
}
func (s *spy) Exception(ctx context.Context, _ exceptions.Fingerprint) (*query.ExceptionDetail, error) {
	s.ask(ctx)
	return nil, query.ErrNotFound
}

// quietFeed has nothing to tell.
type quietFeed struct{}

func (quietFeed) Next(ctx context.Context) (instrument.Summary, uint64, bool) {
	<-ctx.Done()
	return instrument.Summary{}, 0, false
}
func (quietFeed) Close() {}

func dashboard(t *testing.T, s *spy, c web.Config) *web.Dashboard {
	t.Helper()
	c.Store = s
	c.Feed = func() web.Feed { return quietFeed{} }
	c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.ask(r.Context()); io.WriteString(w, "up 1\n") })
	c.Logger = slog.New(slog.DiscardHandler)
	d, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// eachRoute calls fn with a request for every route of the dashboard, by a peer of this
// machine unless fn changes that. Streams end at once.
func eachRoute(t *testing.T, d *web.Dashboard, fn func(route string, r *http.Request)) {
	t.Helper()
	routes := d.Routes()
	if len(routes) < 30 {
		t.Fatalf("only %d routes are known: %v", len(routes), routes)
	}
	fill := strings.NewReplacer("{id}", "0000000000001", "{panel}", "queries", "{format}", "curl", "{name}", "x", "{job}", "1", "{exception}", "0000000000001", "{page}", "stock", "{$}", "")
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		ctx, cancel := context.WithCancel(context.Background())
		if strings.HasSuffix(path, "/events") {
			cancel()
		}
		path = fill.Replace(path)
		if strings.Contains(path, "{") {
			t.Fatalf("%s: say in this test what stands for it", route)
		}
		r := httptest.NewRequestWithContext(ctx, method, path, nil)
		r.RemoteAddr, r.Host = "127.0.0.1:1234", "localhost:8080"
		fn(route, r)
		cancel()
	}
}

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestT01_T02_T03_EveryRouteIsNotThereForStrangers(t *testing.T) {
	t.Parallel()
	s := &spy{}
	d := dashboard(t, s, web.Config{})
	plain := httptest.NewRecorder()
	http.NotFound(plain, httptest.NewRequest(http.MethodGet, "/", nil))
	for name, change := range map[string]func(*http.Request){
		"another machine":       func(r *http.Request) { r.RemoteAddr = "192.0.2.7:1" },
		"a machine of this net": func(r *http.Request) { r.RemoteAddr = "192.168.1.7:1" },
		"a unix socket":         func(r *http.Request) { r.RemoteAddr = "@" },
		"no peer":               func(r *http.Request) { r.RemoteAddr = "" },
		"a foreign host":        func(r *http.Request) { r.Host = "evil.com:8080" },
		"a host like ours":      func(r *http.Request) { r.Host = "localhost.evil.com" },
		"no host":               func(r *http.Request) { r.Host = "" },
		"a proxy":               func(r *http.Request) { r.Header.Set("X-Forwarded-For", "127.0.0.1") },
		"another proxy":         func(r *http.Request) { r.Header.Set("Forwarded", "for=127.0.0.1") },
		"another site's script": func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Sec-Fetch-Mode", "cors")
		},
		"a token where there is none": func(r *http.Request) {
			r.RemoteAddr = "192.0.2.7:1"
			r.Header.Set("Authorization", "Bearer x")
		},
	} {
		eachRoute(t, d, func(route string, r *http.Request) {
			change(r)
			res := serve(d, r)
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != http.StatusNotFound || string(body) != plain.Body.String() || len(res.Header) != len(plain.Header()) {
				t.Errorf("%s, %s: %d %q %v", name, route, res.StatusCode, body, res.Header)
			}
		})
	}
	if n := s.asked.Load(); n != 0 {
		t.Errorf("the store was asked %d times for who may not look", n)
	}
}

func TestT05_EveryAnswerHasItsHeaders(t *testing.T) {
	t.Parallel()
	d := dashboard(t, &spy{}, web.Config{})
	eachRoute(t, d, func(route string, r *http.Request) {
		res := serve(d, r)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, expected %q", route, name, got, want)
			}
		}
		if csp := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
			t.Errorf("%s: policy %q", route, csp)
		}
		if cache := res.Header.Get("Cache-Control"); cache != "no-store" && !(strings.Contains(route, "/static/") && strings.Contains(cache, "immutable")) {
			t.Errorf("%s: it may be kept: %q", route, cache)
		}
		for name := range res.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s lets other sites read it", route, name)
			}
		}
	})
}

func TestT04_OtherMethodsDoNothing(t *testing.T) {
	t.Parallel()
	d := dashboard(t, &spy{}, web.Config{})
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace, "PROPFIND"} {
		eachRoute(t, d, func(route string, r *http.Request) {
			r.Method = method
			if res := serve(d, r); res.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s for %s: %d", method, route, res.StatusCode)
			}
		})
	}
}

func TestT25_UnknownCookiesChangeNothing(t *testing.T) {
	t.Parallel()
	d := dashboard(t, &spy{}, web.Config{Gate: web.Gate{Token: "a token that is long"}})
	stranger := func(r *http.Request) *http.Request { r.RemoteAddr = "192.0.2.7:1"; return r }
	eachRoute(t, d, func(route string, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/metrics") || r.Method != http.MethodGet {
			return
		}
		bare := serve(d, r)
		with := r.Clone(r.Context())
		for name, value := range map[string]string{
			"__profilin": "p=t,dp=t", "debug_toolbar": "forged", "debug_toolbar_once": "forged", "pp": "disable",
			"theme": "dark", "toolbar": "off", "disable": "1", "session": strings.Repeat("x", 2000),
		} {
			with.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		with.Header.Set("X-Rack-Mini-Profiler", "disable")
		res := serve(d, with)
		if res.StatusCode != bare.StatusCode || len(res.Header["Set-Cookie"]) > 0 || len(bare.Header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %d with cookies, %d without; cookies set %v", route, res.StatusCode, bare.StatusCode, res.Header["Set-Cookie"])
		}
		a, _ := io.ReadAll(bare.Body)
		b, _ := io.ReadAll(res.Body)
		if len(a) != len(b) {
			t.Errorf("%s: %d bytes with cookies, %d without", route, len(b), len(a))
		}
		if res := serve(d, stranger(with)); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: forged cookies let a stranger in: %d", route, res.StatusCode)
		}
	})
}

func TestT24_LivePagesAreEight(t *testing.T) {
	t.Parallel()
	d := dashboard(t, &spy{}, web.Config{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr, r.Host = "127.0.0.1:1234", "localhost"
		d.ServeHTTP(w, r)
	}))
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	open := func(ctx context.Context) int {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/_toolbar/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res.StatusCode
	}
	one, leave := context.WithCancel(ctx)
	for i := range 8 {
		with := ctx
		if i == 0 {
			with = one
		}
		if status := open(with); status != http.StatusOK {
			t.Fatalf("viewer %d: %d", i, status)
		}
	}
	for range 3 {
		if status := open(ctx); status != http.StatusServiceUnavailable {
			t.Errorf("a viewer too many: %d", status)
		}
	}
	leave()
	for open(ctx) != http.StatusOK { // the server notices when it does
		if ctx.Err() != nil {
			t.Fatal("the place of who left stays taken")
		}
	}
}

func TestT24_FourPagesAreDrawnAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &spy{wait: make(chan struct{})}
		d := dashboard(t, s, web.Config{})
		request := func(ctx context.Context) *http.Request {
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/_toolbar/requests", nil)
			r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
			return r
		}
		done := make(chan int, 20)
		for range 20 {
			go func() { done <- serve(d, request(context.Background())).StatusCode }()
		}
		synctest.Wait()
		if n := s.asked.Load(); n != 4 {
			t.Errorf("%d questions at once, expected 4", n)
		}
		// One that gives up while it waits takes no place.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		serve(d, request(ctx))
		if n := s.asked.Load(); n != 4 {
			t.Errorf("%d questions at once after one gave up", n)
		}
		close(s.wait)
		for range 20 {
			if status := <-done; status != http.StatusOK {
				t.Errorf("status %d", status)
			}
		}
	})
}

// A page that takes too long is given up, and its place is free again.
func TestT24_NoPageIsDrawnForLongerThanTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &spy{wait: make(chan struct{})} // never answers
		d := dashboard(t, s, web.Config{})
		began := time.Now()
		for range 2 {
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					r := httptest.NewRequest(http.MethodGet, "/_toolbar/requests", nil)
					r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
					serve(d, r)
				})
			}
			wg.Wait()
		}
		if took := time.Since(began); took > 25*time.Second {
			t.Errorf("two rounds took %v", took)
		}
	})
}

func TestT01_WrongTokensAreNotListenedToForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const token = "a token that is long enough"
		d := dashboard(t, &spy{}, web.Config{Gate: web.Gate{Token: token}})
		ask := func(peer, path, bearer, query string) *http.Response {
			r := httptest.NewRequest(http.MethodGet, path+query, nil)
			r.RemoteAddr, r.Host = peer, "shop.test"
			if bearer != "" {
				r.Header.Set("Authorization", "Bearer "+bearer)
			}
			return serve(d, r)
		}
		const guesser, friend = "192.0.2.7:1", "192.0.2.8:1"
		signIn := ask(guesser, "/_toolbar/", "", "?token="+url.QueryEscape(token))
		if signIn.StatusCode != http.StatusSeeOther || len(signIn.Cookies()) != 1 {
			t.Fatalf("sign in: %d", signIn.StatusCode)
		}
		for i := range 9 {
			ask(guesser, "/_toolbar/healthz", fmt.Sprint("guess ", i), "")
		}
		// The app's own bearer tokens, on its own paths, are no guesses at the dashboard's.
		for range 2000 {
			r := httptest.NewRequest(http.MethodGet, "/api/orders?token=theirs", nil)
			r.RemoteAddr = guesser
			r.Header.Set("Authorization", "Bearer theirs")
			if d.Open(r) {
				t.Fatal("a wrong token opens the toolbar in the page")
			}
		}
		if res := ask(guesser, "/_toolbar/healthz", token, ""); res.StatusCode != http.StatusOK {
			t.Errorf("after nine guesses: %d", res.StatusCode)
		}
		ask(guesser, "/_toolbar/healthz", "", "?token=guess")
		for _, how := range [][2]string{{token, ""}, {"", "?token=" + url.QueryEscape(token)}} {
			if res := ask(guesser, "/_toolbar/healthz", how[0], how[1]); res.StatusCode != http.StatusNotFound {
				t.Errorf("after ten guesses: %d", res.StatusCode)
			}
		}
		if res := ask(friend, "/_toolbar/healthz", token, ""); res.StatusCode != http.StatusOK {
			t.Errorf("another peer: %d", res.StatusCode)
		}
		r := httptest.NewRequest(http.MethodGet, "/_toolbar/healthz", nil)
		r.RemoteAddr = guesser
		r.AddCookie(signIn.Cookies()[0])
		if res := serve(d, r); res.StatusCode != http.StatusOK {
			t.Errorf("who is signed in already: %d", res.StatusCode)
		}
		time.Sleep(time.Minute)
		if res := ask(guesser, "/_toolbar/healthz", token, ""); res.StatusCode != http.StatusOK {
			t.Errorf("a minute later: %d", res.StatusCode)
		}
		for i := range 5000 { // a thousand peers are remembered, the rest together
			ask(fmt.Sprintf("[2001:db8::%x]:1", i), "/_toolbar/healthz", "guess", "")
		}
		if res := ask("192.0.2.200:1", "/_toolbar/healthz", token, ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("one more peer amid a flood: %d", res.StatusCode)
		}
	})
}

func TestT24_BoundsOfPagesAreClamped(t *testing.T) {
	t.Parallel()
	d := dashboard(t, &spy{}, web.Config{})
	for _, params := range []string{
		"limit=1000000000", "limit=-1", "limit=NaN", "before=-1", "before=99999999999999999999999", "before=NaN", "range=1000000d",
		"range=-1h", "q=dur>NaNms", "page=-1", "rows=99999999999", "sort=;drop", "since=9999-99-99", "until=-1", "at=-5&q=x", "at=999999999&q=x",
		"q=" + strings.Repeat("(", 5000), "a=" + strings.Repeat("x", 9000) + "&b=y",
	} {
		eachRoute(t, d, func(route string, r *http.Request) {
			if r.Method != http.MethodGet {
				return
			}
			r.URL.RawQuery = strings.ReplaceAll(params, ";", "%3B")
			if res := serve(d, r); res.StatusCode >= 500 {
				body, _ := io.ReadAll(res.Body)
				t.Errorf("%s?%.60s: %d %.200s", route, params, res.StatusCode, body)
			}
		})
	}
}
