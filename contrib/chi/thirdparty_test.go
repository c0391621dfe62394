package chitap_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"
	"github.com/justinas/nosurf"
	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"

	chitap "github.com/go-debug-toolbar/debugtoolbar/contrib/chi"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// client asks a server that records, as a browser with cookies does.
type client struct {
	*testing.T
	url     string
	http    *http.Client
	records *middlewaretest.Records
}

func serve(t *testing.T, h http.Handler) *client {
	t.Helper()
	records := middlewaretest.NewRecords()
	srv := httptest.NewServer(records.Wrap(h))
	t.Cleanup(srv.Close)
	jar, _ := cookiejar.New(nil)
	c := srv.Client()
	c.Jar = jar
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{t, srv.URL, c, records}
}

// do sends a request and gives the response with its body read.
func (c *client) do(method, path, body string, header ...string) (*http.Response, string) {
	c.Helper()
	r, err := http.NewRequestWithContext(c.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := c.http.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatal(err)
	}
	return res, string(b)
}

type login struct{ user, session string }

// TestA46_SessionAndLogin: scs around an auth layer, as the order check wants it.
func TestA46_SessionAndLogin(t *testing.T) {
	t.Parallel()
	sessions := scs.New()
	loggedIn := signals.New[login]("user_logged_in", signals.Unlisted())
	var seen []login
	loggedIn.Connect(func(_ context.Context, e signals.Event[login]) error {
		seen = append(seen, e.Payload)
		return nil
	}, signals.UID("remember-login"))
	auth := middleware.Named("auth", func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			middleware.SetUser(r.Context(), sessions.GetString(r.Context(), "user"))
			next.ServeHTTP(w, r)
		})
	})
	r := chitap.Wrap(chi.NewRouter())
	r.Use(sessions.LoadAndSave, auth)
	r.Post("/login", func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.RenewToken(r.Context()); err != nil {
			t.Error(err)
		}
		sessions.Put(r.Context(), "user", r.FormValue("name"))
		_, _ = loggedIn.Send(r.Context(), "login", login{r.FormValue("name"), sessions.Token(r.Context())})
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	r.Get("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, middleware.About(r.Context()).User) })
	c := serve(t, r)
	if res, _ := c.do("POST", "/login", "name=ada", "Content-Type", "application/x-www-form-urlencoded"); res.StatusCode != 303 || len(res.Cookies()) != 1 {
		t.Errorf("login: %d %v", res.StatusCode, res.Cookies())
	}
	c.records.Next(t)
	if _, body := c.do("GET", "/", ""); body != "ada" {
		t.Errorf("the view sees user %q", body)
	}
	got := c.records.Next(t)
	want := "request GET /\n  layer scs.(*SessionManager).LoadAndSave\n    layer auth\n      view chi_test.TestA46_SessionAndLogin /\n"
	if tree := middlewaretest.Tree(got); got.User != "ada" || tree != want {
		t.Errorf("user %q\n%swant\n%s", got.User, tree, want)
	}
	if len(seen) != 1 || seen[0].user != "ada" || seen[0].session == "" {
		t.Errorf("logins: %v", seen)
	}
	wrong := middleware.NewStack(auth, middleware.Measured(sessions.LoadAndSave)).Check()
	if len(wrong) != 1 || !strings.Contains(wrong[0].Reason, "session") {
		t.Errorf("auth before session: %v", wrong)
	}
}

// TestA47_CrossSite: rs/cors, nosurf and a body limit, in the right order.
func TestA47_CrossSite(t *testing.T) {
	t.Parallel()
	views := 0
	csrf := middleware.Named("csrf", func(next http.Handler) http.Handler {
		h := nosurf.New(next)
		h.SetIsTLSFunc(func(*http.Request) bool { return false })
		return h
	})
	limit := middleware.Named("limit", func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, 1000)
			if r.Method == "POST" && r.ParseForm() != nil {
				status := http.StatusBadRequest
				if r.ContentLength > 1000 {
					status = http.StatusRequestEntityTooLarge
				}
				http.Error(w, http.StatusText(status), status)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	r := chitap.Wrap(chi.NewRouter())
	r.Use(cors.New(cors.Options{AllowedOrigins: []string{"https://shop.test"}, AllowedMethods: []string{"POST"}}).Handler, limit, csrf)
	r.Get("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, nosurf.Token(r)) })
	r.Post("/", func(w http.ResponseWriter, _ *http.Request) { views++; fmt.Fprint(w, "placed") })
	r.Options("/", func(http.ResponseWriter, *http.Request) { views++ })
	c := serve(t, r)
	const form = "application/x-www-form-urlencoded"
	_, token := c.do("GET", "/", "")
	if got := middlewaretest.Tree(c.records.Next(t)); !strings.Contains(got, "layer cors.(*Cors).Handler\n    layer limit\n      layer csrf\n        view ") {
		t.Errorf("got\n%s", got)
	}
	for name, ask := range map[string]struct {
		method, body string
		header       []string
		status       int
		origin       string
		stopped      any
	}{
		"no token":             {"POST", "a=1", []string{"Content-Type", form}, 400, "", "csrf"},
		"token":                {"POST", "a=1&csrf_token=" + url.QueryEscape(token), []string{"Content-Type", form, "Sec-Fetch-Site", "same-origin"}, 200, "", nil},
		"preflight":            {"OPTIONS", "", []string{"Origin", "https://shop.test", "Access-Control-Request-Method", "POST"}, 204, "https://shop.test", "cors.(*Cors).Handler"},
		"preflight from evil":  {"OPTIONS", "", []string{"Origin", "https://evil.test", "Access-Control-Request-Method", "POST"}, 204, "", "cors.(*Cors).Handler"},
		"body too large":       {"POST", strings.Repeat("a", 2000), []string{"Content-Type", form}, 413, "", "limit"},
		"body that is no form": {"POST", "%zz", []string{"Content-Type", form}, 400, "", "limit"},
	} {
		res, _ := c.do(ask.method, "/", ask.body, ask.header...)
		got := c.records.Next(t)
		if stopped := middlewaretest.Attr(got.Attrs, "middleware.stopped"); res.StatusCode != ask.status || res.Header.Get("Access-Control-Allow-Origin") != ask.origin || stopped != ask.stopped {
			t.Errorf("%s: %d, origin %q, stopped by %v", name, res.StatusCode, res.Header.Get("Access-Control-Allow-Origin"), stopped)
		}
	}
	if views != 1 {
		t.Errorf("the views ran %d times", views)
	}
}

// TestMW36_MW37_MW38_A48_CompressionAndConditions pins what gzhttp, ServeContent
// and ServeMux do: differences from Django are theirs.
func TestMW36_MW37_MW38_A48_CompressionAndConditions(t *testing.T) {
	t.Parallel()
	page := func(size int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"v1"`)
			w.Header().Set("Content-Type", "text/html")
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(strings.Repeat("a", size)))
		}
	}
	flushed := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/x/{$}", page(10))
	mux.HandleFunc("/large", page(500))
	mux.HandleFunc("/small", page(100))
	mux.HandleFunc("/stream", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, strings.Repeat("first ", 200))
		_ = http.NewResponseController(w).Flush()
		<-flushed
		fmt.Fprint(w, "second")
	})
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(200))
	if err != nil {
		t.Fatal(err)
	}
	c := serve(t, middleware.NewStack(middleware.Named("gzip", func(next http.Handler) http.Handler { return compress(next) })).Then(mux))
	for path, want := range map[string]struct {
		status   int
		encoding string
	}{"/x": {307, ""}, "/nowhere": {404, ""}, "/large": {200, "gzip"}, "/small": {200, ""}} {
		res, _ := c.do("GET", path, "", "Accept-Encoding", "gzip")
		if res.StatusCode != want.status || res.Header.Get("Content-Encoding") != want.encoding || res.StatusCode == 200 && res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
		c.records.Next(t)
	}
	if res, _ := c.do("GET", "/large", "", "Accept-Encoding", "gzip;q=0"); res.Header.Get("Content-Encoding") != "" {
		t.Errorf("gzip;q=0: %v", res.Header)
	}
	if res, body := c.do("GET", "/large", "", "If-None-Match", `"v1"`, "Accept-Encoding", "gzip"); res.StatusCode != 304 || body != "" {
		t.Errorf("the same version: %d %q", res.StatusCode, body)
	}
	r, _ := http.NewRequestWithContext(t.Context(), "GET", c.url+"/stream", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	res, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 1200)
	if _, err := io.ReadFull(z, first); err != nil {
		t.Errorf("first part: %v", err)
	}
	close(flushed)
	if rest, err := io.ReadAll(z); string(rest) != "second" || err != nil {
		t.Errorf("second part: %q %v", rest, err)
	}
}

// TestMW39_SessionsAreSavedByTheirOwnRules pins what scs does: it saves what
// changed whatever the status, deletes the cookie of a destroyed session, and adds Vary.
func TestMW39_SessionsAreSavedByTheirOwnRules(t *testing.T) {
	t.Parallel()
	sessions := scs.New()
	r := chitap.Wrap(chi.NewRouter())
	r.Use(sessions.LoadAndSave)
	r.Get("/{what}", func(w http.ResponseWriter, r *http.Request) {
		switch chi.URLParam(r, "what") {
		case "change":
			sessions.Put(r.Context(), "a", "1")
		case "fail":
			sessions.Put(r.Context(), "a", "2")
			w.WriteHeader(500)
		case "destroy":
			_ = sessions.Destroy(r.Context())
		case "read":
			fmt.Fprint(w, sessions.GetString(r.Context(), "a"))
		}
	})
	c := serve(t, r)
	for _, ask := range []struct {
		what    string
		cookies int
		body    string
	}{{"read", 0, ""}, {"change", 1, ""}, {"read", 0, "1"}, {"fail", 1, ""}, {"read", 0, "2"}, {"destroy", 1, ""}, {"read", 0, ""}} {
		res, body := c.do("GET", "/"+ask.what, "")
		if len(res.Cookies()) != ask.cookies || body != ask.body || res.Header.Get("Vary") != "Cookie" {
			t.Errorf("%s: %v %q %v", ask.what, res.Cookies(), body, res.Header["Vary"])
		}
	}
}

// TestA49_RateLimit by a clock that moves only when all sleep.
func TestA49_RateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var admitted atomic.Int32
		records := middlewaretest.NewRecords()
		r := chitap.Wrap(chi.NewRouter())
		r.Use(httprate.LimitBy(5, time.Minute, func(r *http.Request) (string, error) { return middleware.ClientAddr(r).String(), nil }))
		r.Get("/", func(http.ResponseWriter, *http.Request) { admitted.Add(1) })
		h := records.Wrap(r)
		ask := func(addr string) *httptest.ResponseRecorder {
			rec := httptest.NewRecorder()
			req := httptest.NewRequest("GET", "/", nil)
			req.RemoteAddr = addr + ":1"
			h.ServeHTTP(rec, req)
			return rec
		}
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { ask("192.0.2.1") })
		}
		wg.Wait()
		if n := admitted.Load(); n != 5 {
			t.Errorf("%d of 100 were admitted", n)
		}
		if res := ask("192.0.2.1"); res.Code != 429 || res.Header().Get("Retry-After") == "" {
			t.Errorf("%d %v", res.Code, res.Header())
		}
		if res := ask("192.0.2.2"); res.Code != 200 {
			t.Errorf("another client: %d", res.Code)
		}
		time.Sleep(2 * time.Minute)
		if res := ask("192.0.2.1"); res.Code != 200 {
			t.Errorf("after the window: %d", res.Code)
		}
		stopped := 0
		for range 103 {
			if middlewaretest.Attr(records.Next(t).Attrs, "middleware.stopped") != nil {
				stopped++
			}
		}
		if stopped != 96 {
			t.Errorf("%d Records say that the chain was cut short, want 96", stopped)
		}
	})
}

// pageCache is the small cache that an app writes: GET only, nothing private,
// nothing that sets a cookie, one call for many misses.
type pageCache struct {
	mu    sync.Mutex
	pages map[string]*cachedPage
}

type cachedPage struct {
	once sync.Once
	rec  *httptest.ResponseRecorder
}

func (c *pageCache) layer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "GET" {
			next.ServeHTTP(w, r)
			return
		}
		key := r.URL.String() + " " + r.Header.Get("Accept-Language")
		c.mu.Lock()
		p := c.pages[key]
		if p == nil {
			p = &cachedPage{}
			c.pages[key] = p
		}
		c.mu.Unlock()
		p.once.Do(func() {
			p.rec = httptest.NewRecorder()
			next.ServeHTTP(p.rec, r)
		})
		h := p.rec.Header()
		if strings.Contains(h.Get("Cache-Control"), "private") || h.Get("Set-Cookie") != "" {
			c.mu.Lock()
			delete(c.pages, key)
			c.mu.Unlock()
		}
		for k, v := range h {
			w.Header()[k] = v
		}
		w.WriteHeader(p.rec.Code)
		_, _ = w.Write(p.rec.Body.Bytes())
	})
}

// TestA50_ResponseCache: hits are seen as requests that a layer cut short.
func TestA50_ResponseCache(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	cache := &pageCache{pages: map[string]*cachedPage{}}
	r := chitap.Wrap(chi.NewRouter())
	r.Use(middleware.Named("page-cache", cache.layer))
	r.HandleFunc("/{kind}", func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		switch chi.URLParam(r, "kind") {
		case "private":
			w.Header().Set("Cache-Control", "private")
		case "cookie":
			w.Header().Set("Set-Cookie", "a=1")
		}
		fmt.Fprint(w, "page "+r.Header.Get("Accept-Language"))
	})
	c := serve(t, r)
	for _, ask := range []struct {
		method, path, language string
		calls                  int32
		stopped                any
	}{
		{"GET", "/public", "", 1, nil}, {"GET", "/public", "", 1, "page-cache"}, {"GET", "/public", "de", 2, nil},
		{"POST", "/public", "", 3, nil}, {"GET", "/private", "", 4, nil}, {"GET", "/private", "", 5, nil},
		{"GET", "/cookie", "", 6, nil}, {"GET", "/cookie", "", 7, nil},
	} {
		_, body := c.do(ask.method, ask.path, "", "Accept-Language", ask.language)
		got := middlewaretest.Attr(c.records.Next(t).Attrs, "middleware.stopped")
		if body != "page "+ask.language || calls.Load() != ask.calls || got != ask.stopped {
			t.Errorf("%+v: %q, %d calls, stopped by %v", ask, body, calls.Load(), got)
		}
	}
	calls.Store(0)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { c.do("GET", "/many", "") })
	}
	if wg.Wait(); calls.Load() != 1 {
		t.Errorf("20 misses at once called the view %d times", calls.Load())
	}
}

// TestMW34_ThirdPartyLayersKeepTheWriter: what they change is theirs; with and
// without us it is the same.
func TestMW34_ThirdPartyLayersKeepTheWriter(t *testing.T) {
	t.Parallel()
	sessions := scs.New()
	build := func(r chi.Router, h http.Handler) http.Handler {
		r.Use(cors.AllowAll().Handler, sessions.LoadAndSave, httprate.LimitBy(1000, time.Hour, perPath, httprate.WithResponseHeaders(httprate.ResponseHeaders{})))
		r.Handle("/*", h)
		return r
	}
	rec := instrument.New(instrument.Config{})
	for _, c := range middlewaretest.Cases() {
		if strings.HasPrefix(c.Name, "7 ") || strings.HasPrefix(c.Name, "8 ") || strings.HasPrefix(c.Name, "2 ") || strings.HasPrefix(c.Name, "9 ") {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				middlewaretest.CompareAgainst(t, c,
					func(h http.Handler) http.Handler { return build(chi.NewRouter(), h) },
					func(h http.Handler) http.Handler {
						return middleware.Record(rec, middleware.RecordOptions{})(build(chitap.Wrap(chi.NewRouter()), h))
					})
			})
		}
	}
}

func perPath(r *http.Request) (string, error) { return r.URL.Path, nil }
