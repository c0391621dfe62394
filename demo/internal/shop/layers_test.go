package shop_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// recorded puts a recorder around the shop and gives the Records that follow.
func (b *bench) recorded() (next func() *instrument.Record) {
	b.t.Helper()
	records := make(recordSink, 100)
	rec := instrument.New(instrument.Config{Sink: records, Masker: mask.Default()})
	b.t.Cleanup(func() { rec.SetEnabled(false) })
	h := b.server.Config.Handler
	b.server.Close()
	b.server = httptest.NewServer(middleware.Record(rec, middleware.RecordOptions{Bodies: true})(h)) // closed with the bench
	b.client = b.browser()
	return func() *instrument.Record { return <-records }
}

type recordSink chan *instrument.Record

func (s recordSink) Want(*instrument.Summary) bool { return true }

func (s recordSink) Put(sum *instrument.Summary, blob []byte) {
	if rec, err := instrument.Decode(*sum, blob, instrument.LiveNames()); err == nil {
		s <- rec
	}
}

func attribute(rec *instrument.Record, key string) any {
	for _, kv := range rec.Attrs {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}

// do sends a request with headers and gives the response; what is in its body does not matter.
func (b *bench) do(method, path, body string, header ...string) *http.Response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := b.server.Client().Transport.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	res.Body.Close()
	return res
}

// layersOf are the layers that a request passed.
func layersOf(rec *instrument.Record) (names []string) {
	for _, s := range rec.Spans {
		if s.Handler.Kind == instrument.KindLayer {
			names = append(names, s.Handler.Name)
		}
	}
	return names
}

func TestA46_SessionsAreSeenFromTheToolbar(t *testing.T) {
	b := setup(t)
	next := b.recorded()
	b.login(store.CustomerEmail)
	var login *instrument.Record
	for rec := next(); ; rec = next() {
		if rec.Method == "POST" {
			login = rec
			break
		}
	}
	if changed, _ := attribute(login, "session.changed").(string); !strings.Contains(changed, "user added") {
		t.Errorf("the login changed %q", changed)
	}
	if body, _ := attribute(login, "http.request.body").(string); strings.Contains(body, shop.DemoPassword) || !strings.Contains(body, "password=[redacted]") {
		t.Errorf("the form is kept as %q", body)
	}
	home := next() // where the login led to
	values, _ := attribute(home, "session.values").(string)
	if home.User == "" || !strings.Contains(values, `"user":"1"`) || home.Parent != login.ID || attribute(home, "redirect.from") != login.ID.String() {
		t.Errorf("user %q, session %s, parent %v", home.User, values, home.Parent)
	}
	want := "request-log security-headers compress cors csrf check-forms signal-scope session show-session auth activity"
	if got := strings.Join(layersOf(home), " "); got != want {
		t.Errorf("layers %s", got)
	}
}

func TestA47_PartnersFormsAndLimits(t *testing.T) {
	b := setup(t)
	next := b.recorded()
	preflight := b.do("OPTIONS", "/api/stock", "", "Origin", "https://partner.example", "Access-Control-Request-Method", "GET")
	if preflight.Header.Get("Access-Control-Allow-Origin") != "https://partner.example" || attribute(next(), "middleware.stopped") != "cors" {
		t.Errorf("preflight: %d %v", preflight.StatusCode, preflight.Header)
	}
	stranger := b.do("OPTIONS", "/api/stock", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "GET")
	if stranger.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a stranger's preflight: %v", stranger.Header)
	}
	next()
	const form = "application/x-www-form-urlencoded"
	for body, want := range map[string]int{"a=%zz": 400, "a=" + strings.Repeat("x", 100_000): 413} {
		if res := b.do("POST", "/cart", body, "Content-Type", form); res.StatusCode != want || attribute(next(), "middleware.stopped") != "check-forms" {
			t.Errorf("a form of %d bytes: %d", len(body), res.StatusCode)
		}
	}
}

func TestA48_PagesAreCompressedAndKnown(t *testing.T) {
	b := setup(t)
	page := b.do("GET", "/shelves/bowls", "", "Accept-Encoding", "gzip")
	if page.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(strings.Join(page.Header.Values("Vary"), ","), "Accept-Encoding") {
		t.Errorf("a page: %d %v", page.StatusCode, page.Header)
	}
	small := b.do("GET", "/api/stock?sku=FH-101", "", "Accept-Encoding", "gzip")
	if small.StatusCode != 200 || small.Header.Get("Content-Encoding") != "" {
		t.Errorf("a small answer: %d %v", small.StatusCode, small.Header)
	}
	if again := b.do("GET", "/api/stock?sku=FH-101", "", "If-None-Match", small.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("what is known: %d", again.StatusCode)
	}
}

func TestA49_PasswordsAreNotGuessed(t *testing.T) {
	b := setup(t)
	next := b.recorded()
	try := func(email string) *http.Response {
		return b.do("POST", "/login", url.Values{"email": {email}, "password": {"guess"}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	}
	const nobody = "nobody@example.com" // whose password takes no time to check
	refused := 0
	for range 40 {
		if res := try(nobody); res.StatusCode == http.StatusTooManyRequests {
			refused++
			if res.Header.Get("Retry-After") == "" || attribute(next(), "middleware.stopped") != "login-limit" {
				t.Errorf("refused with %v", res.Header)
			}
		} else {
			next()
		}
	}
	if refused != 10 {
		t.Errorf("%d of 40 were refused", refused)
	}
	if res := try("somebody@example.com"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("another account: %d", res.StatusCode)
	}
}

func TestA50_RecommendationsAreKept(t *testing.T) {
	b := setup(t)
	next := b.recorded()
	views := func(n int) (asked int) {
		for range n {
			for _, s := range next().Spans {
				if s.Handler.Kind == instrument.KindView && strings.HasSuffix(s.Handler.Name, "recommendationsAPI") {
					asked++
				}
			}
		}
		return asked
	}
	const path = "/api/recommendations?sku=FH-101"
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { b.do("GET", path, "") })
	}
	wg.Wait()
	if n := views(10); n != 1 {
		t.Errorf("ten who ask at once ask the view %d times", n)
	}
	b.do("GET", path, "")
	if rec := next(); attribute(rec, "middleware.stopped") != "answers" {
		t.Errorf("an answer that is kept was made again: %s", fmt.Sprint(layersOf(rec)))
	}
	b.do("GET", path, "", "Cache-Control", "no-cache")
	b.do("GET", path, "", "Accept-Language", "de")
	b.do("GET", "/api/recommendations?sku=FH-102", "")
	if n := views(3); n != 3 {
		t.Errorf("three other questions ask the view %d times", n)
	}
}
