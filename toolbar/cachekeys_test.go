package toolbar_test

import (
	"context"
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/cachetap"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// shelf is a cache of the app.
type shelf struct {
	mu    sync.Mutex // guards all
	all   map[string]string
	fails error
}

func (s *shelf) Get(_ context.Context, key string) (v string, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok = s.all[key]
	return v, ok, nil
}

func (s *shelf) Set(_ context.Context, key, v string, _ time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[key] = v
	return nil
}

func (s *shelf) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key == "product:panics" {
		panic("no shelf")
	}
	delete(s.all, key)
	return s.fails
}

func (s *shelf) has(key string) bool {
	_, ok, _ := s.Get(context.Background(), key)
	return ok
}

// longKey is longer than what is kept of a key, and another one begins as it does.
var longKey = "product:" + strings.Repeat("x", 300)

var shelfKeys = []string{"product:101", "session:hunter2Canary", "session_8f3a9c04", longKey, "product:panics"}

// cached is an app that looks all of shelfKeys up, one at a time, and two at once.
func cached(t *testing.T, c toolbar.Config) (b *bundle, s *shelf, id, page string) {
	t.Helper()
	s = &shelf{all: map[string]string{longKey[:200]: "not this one"}}
	for _, key := range shelfKeys {
		s.all[key] = "here"
	}
	wrapped := cachetap.Wrap("products", s)
	other := cachetap.New("others")
	many := cachetap.New("products")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /products", func(_ http.ResponseWriter, r *http.Request) {
		for _, key := range shelfKeys {
			if _, _, err := wrapped.Get(r.Context(), key); err != nil {
				t.Error(err)
			}
		}
		other.Get(r.Context(), "page:7").Miss()
		many.GetMany(r.Context(), "product:1", "product:2").Found(1, 2)
	})
	b = setup(t, c, mux)
	b.get("/products")
	b.flush()
	var list struct {
		Records []struct{ ID string }
	}
	b.api("requests?q=path:/products", &list)
	id = list.Records[0].ID
	_, page = b.get("/_toolbar/requests/" + id + "/cache")
	return b, s, id, page
}

var (
	cacheProof  = regexp.MustCompile(`id="cache-form"[^>]*>\s*<input type="hidden" name="proof" value="([^"]+)"`)
	cacheButton = regexp.MustCompile(`form="cache-form" name="span" value="(\d+)" aria-label="Delete the key ([^"]+)"`)
)

func TestCacheKeys_AreDeletedByWhoMay(t *testing.T) {
	t.Parallel()
	var s *shelf
	c := toolbar.Config{CacheDelete: map[string]func(context.Context, string) error{
		"products": func(ctx context.Context, key string) error { return s.Delete(ctx, key) },
	}}
	b, shelf, id, page := cached(t, c)
	s = shelf
	buttons := map[string]string{}
	for _, m := range cacheButton.FindAllStringSubmatch(page, -1) {
		buttons[html.UnescapeString(m[2])] = m[1]
	}
	if len(buttons) != 2 || buttons["product:101"] == "" || buttons["product:panics"] == "" {
		t.Fatalf("keys that can be deleted: %v", buttons)
	}
	if n := strings.Count(page, "not known"); n < 4 || !strings.Contains(page, "masked or cut when they were recorded") {
		t.Errorf("%d keys are said not to be known", n)
	}
	proof := cacheProof.FindStringSubmatch(page)[1]
	form := url.Values{"proof": {proof}, "id": {id}, "span": {buttons["product:101"]}, "do": {"cache"}, "back": {"/_toolbar/requests/" + id + "/cache"}}
	status, page := b.post("cache", form, "Sec-Fetch-Site", "same-origin")
	if status != http.StatusOK || !strings.Contains(page, "The key product:101 goes from the cache products") || !s.has("product:101") {
		t.Fatalf("it does not ask first: %d\n%s", status, page)
	}
	form.Set("sure", "yes")
	status, page = b.post("cache", form, "Sec-Fetch-Site", "same-origin")
	if status != http.StatusOK || s.has("product:101") || !strings.Contains(page, "deleted <time") {
		t.Errorf("it is there still, or the page does not say that it is gone: %d\n%s", status, page)
	}

	// What a form names is a span of a Record: any other is refused, and nothing else is touched.
	_, health := b.get("/_toolbar/health")
	if !strings.Contains(health, "products product:101") {
		t.Error("the audit log does not tell of it")
	}
	for span := range 12 {
		if n := strconv.Itoa(span); n != buttons["product:panics"] {
			b.post("cache", url.Values{"proof": {proof}, "id": {id}, "do": {"cache"}, "sure": {"yes"}, "span": {n}, "key": {"session:hunter2Canary"}}, "Sec-Fetch-Site", "same-origin")
		}
	}
	for _, key := range append(shelfKeys[1:], longKey[:200]) {
		if !s.has(key) {
			t.Errorf("%.40s is gone", key)
		}
	}

	// The cache's own failures, and its panics, are told and noted.
	form.Set("span", buttons["product:panics"])
	if status, page = b.post("cache", form, "Sec-Fetch-Site", "same-origin"); status != http.StatusBadRequest || !strings.Contains(page, "no shelf") {
		t.Errorf("a cache that panics: %d %s", status, page)
	}
	s.fails = errors.New("connection refused")
	form.Set("span", buttons["product:101"])
	if status, page = b.post("cache", form, "Sec-Fetch-Site", "same-origin"); status != http.StatusBadRequest || !strings.Contains(page, "connection refused") {
		t.Errorf("a cache that fails: %d %s", status, page)
	}
}

func TestT04_CacheKeysAreKeptFromWhoMayNot(t *testing.T) {
	t.Parallel()
	never := map[string]func(context.Context, string) error{"products": func(context.Context, string) error {
		t.Error("a key was deleted")
		return nil
	}}
	for name, c := range map[string]toolbar.Config{
		"not handed over": {},
		"another cache's": {CacheDelete: map[string]func(context.Context, string) error{"pages": never["products"]}},
		"read only":       {CacheDelete: never, ReadOnly: true},
		"no right":        {CacheDelete: never, May: func(_ *http.Request, a web.Action) bool { return a != web.ActCache }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _, id, page := cached(t, c)
			if cacheButton.MatchString(page) {
				t.Error("the page offers it")
			}
			_, list := b.get("/_toolbar/requests")
			proof := ""
			if m := regexp.MustCompile(`name="proof" value="([^"]+)"`).FindStringSubmatch(list); m != nil {
				proof = m[1]
			}
			for span := range 12 {
				form := url.Values{"proof": {proof}, "id": {id}, "span": {strconv.Itoa(span)}, "do": {"cache"}, "sure": {"yes"}}
				if status, _ := b.post("cache", form, "Sec-Fetch-Site", "same-origin"); status != http.StatusForbidden && status != http.StatusBadRequest {
					t.Errorf("span %d: status %d", span, status)
				}
			}
		})
	}

	// With the right, but from another site or without proof.
	b, _, id, page := cached(t, toolbar.Config{CacheDelete: never})
	button, proof := cacheButton.FindStringSubmatch(page), cacheProof.FindStringSubmatch(page)
	form := url.Values{"proof": {proof[1]}, "id": {id}, "span": {button[1]}, "do": {"cache"}, "sure": {"yes"}}
	if status, _ := b.post("cache", form, "Origin", "http://evil.test"); status != http.StatusForbidden {
		t.Errorf("from another site: status %d", status)
	}
	form.Set("proof", "made.up")
	if status, _ := b.post("cache", form, "Sec-Fetch-Site", "same-origin"); status != http.StatusForbidden {
		t.Errorf("without proof: status %d", status)
	}
	form.Set("proof", proof[1])
	if res, _ := b.get("/_toolbar/cache?" + form.Encode()); res.StatusCode != http.StatusNotFound {
		t.Errorf("by a link: status %d", res.StatusCode)
	}
}
