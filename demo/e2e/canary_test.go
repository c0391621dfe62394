package e2e_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func TestT11_NoSecretIsKeptOrShownAnywhere(t *testing.T) {
	if len(leaks) < 40 {
		t.Errorf("%d leaks, want 40 at least", len(leaks))
	}
	l := openLeaky(t)
	if n := l.play(); n != 1 {
		t.Errorf("%d requests were not answered, want the one whose handler panics", n)
	}
	seen := l.crawl()
	if len(seen) < 8*len(leaks) {
		t.Errorf("only %d pages were seen", len(seen))
	}
	all := &strings.Builder{}
	for where, text := range seen {
		all.WriteString(text)
		if !suspect(text) {
			continue
		}
		for n, leak := range leaks {
			for _, form := range forms(canary(n)) {
				if strings.Contains(text, form) {
					t.Errorf("%s is in %s:\n…%s…", leak.where, where, around(text, form))
				}
			}
		}
	}
	text := html.UnescapeString(all.String())
	for n, leak := range leaks {
		if !strings.Contains(text, leak.shows) || !strings.Contains(text, fmt.Sprintf("/leak/%d", n)) {
			t.Errorf("%s: nothing shows %q: was it recorded at all?", leak.where, leak.shows)
		}
		for _, hit := range e2etest.Grep(t, l.file, forms(canary(n))...) {
			t.Errorf("%s is in the file %s", leak.where, hit)
		}
	}
}

func TestT11_TheShopsToolbarKeepsNoSecretOfVisitors(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	const password, card = "glaze-and-kiln-5150", "5105105105105100"
	v.Post("/signup", "name", "Wren", "email", "wren@example.test", "password", password)
	v.Post("/cart", "sku", "FH-101", "quantity", "1")
	v.Post("/orders", "street", "3 Mill Row", "city", "Bath", "method", "card", "card", card)
	v.Get("/search?q=mug&token=" + password)
	a.Flush()
	secrets := []string{password, card, v.Session()}
	if hits := e2etest.Grep(t, a.File, secrets...); len(hits) > 0 {
		t.Errorf("secrets are in %q", hits)
	}
	if len(e2etest.Grep(t, a.File, "Wren")) == 0 {
		t.Error("the user's name is not in the file: the search finds nothing")
	}
}

// forms are the ways in which a secret may be written.
func forms(secret string) []string {
	return []string{
		secret, strings.ToLower(secret), strings.ToUpper(secret), hex.EncodeToString([]byte(secret)),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte("mara:"+secret)), "="), base64.StdEncoding.EncodeToString([]byte(secret))[:12],
	}
}

// suspect looks quickly whether a text may hold any of the forms of any secret.
func suspect(text string) bool {
	const bird = "Kanarie" // what all secrets begin with
	for _, stem := range forms(bird + "00")[2:] {
		if strings.Contains(text, stem[:min(len(stem), 8)]) {
			return true
		}
	}
	return strings.Contains(strings.ToLower(text), strings.ToLower(bird))
}

func around(text, part string) string {
	i := strings.Index(text, part)
	return text[max(0, i-120):min(len(text), i+120)]
}

// crawl reads everything that there is to read, by address or command line.
func (l *leaky) crawl() map[string]string {
	l.t.Helper()
	seen := map[string]string{"the toolbar's log": l.said.String()}
	base := l.server.URL + "/_toolbar/"
	read := func(path string) string {
		if _, ok := seen[path]; !ok {
			_, seen[path] = e2etest.Fetch(l.t, base+path)
		}
		return seen[path]
	}
	var mu sync.Mutex // guards seen while Records are read
	keep := func(where, text string) {
		mu.Lock()
		defer mu.Unlock()
		seen[where] = text
	}
	for _, path := range []string{"metrics", "api/v1/health", "api/v1/signals", "api/v1/handlers?range=all", "api/v1/report?range=all"} {
		read(path)
	}
	link := regexp.MustCompile(`href="/_toolbar/([^"#]*)`)
	record := regexp.MustCompile(`^requests/[^?]+\?`)           // the views of one Record: all of them are below
	variant := regexp.MustCompile(`[?&](sort|dir|live|range)=`) // the same in another order, of another time
	for todo := []string{"", "requests?limit=500"}; len(todo) > 0; {
		e2etest.Share(l.t, todo, func(t *testing.T, each iter.Seq[string]) {
			for path := range each {
				_, text := e2etest.Fetch(t, base+path)
				keep(path, text)
			}
		})
		next := map[string]bool{}
		for _, path := range todo {
			for _, m := range link.FindAllStringSubmatch(seen[path], -1) {
				to := html.UnescapeString(m[1])
				if _, ok := seen[to]; !ok && !strings.HasPrefix(to, "static/") && !record.MatchString(to) && !variant.MatchString(to) {
					next[to] = true
				}
			}
		}
		todo = slices.Sorted(maps.Keys(next))
	}
	for _, kind := range []string{"request", "command", "signal"} {
		records := e2etest.Decode[e2etest.Records](l.t, read("api/v1/requests?limit=500&kind="+kind)).Records
		e2etest.Share(l.t, records, func(t *testing.T, each iter.Seq[e2etest.Record]) {
			for r := range each {
				paths := []string{"api/v1/requests/" + r.ID}
				for i := range e2etest.Get[e2etest.Record](t, base+paths[0]).Spans {
					paths = append(paths, fmt.Sprintf("requests/%s?span=%d", r.ID, i))
				}
				for _, panel := range []string{"", "/sql", "/signals", "/middleware", "/logs", "/exceptions", "/request"} {
					paths = append(paths, "requests/"+r.ID+panel+"?fragment=1")
				}
				for _, path := range paths {
					_, text := e2etest.Fetch(t, base+path)
					keep(path, text)
				}
				keep("toolbar show "+r.ID, e2etest.Tool(t, l.file, "show", r.ID))
			}
		})
		seen["toolbar requests "+kind] = e2etest.Tool(l.t, l.file, "requests", "--limit", "1000", "--kind", kind)
	}
	for _, format := range []string{"text", "json", "csv", "md"} {
		seen["toolbar report "+format] = e2etest.Tool(l.t, l.file, "report", "--limit", "0", "--format", format)
	}
	read("requests?q=" + url.QueryEscape("is:failed"))
	seen["events"] = l.stream(base + "events?kind=request&last=" + instrument.FirstID(time.Now().Add(-time.Hour)).String())
	return seen
}

// stream reads what a live list gets that has missed everything so far, up to the last request.
func (l *leaky) stream(url string) string {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer res.Body.Close()
	var text strings.Builder
	last := fmt.Sprintf(`title="/leak/%d"`, len(leaks)-1)
	for lines := bufio.NewScanner(res.Body); !strings.Contains(text.String(), last); {
		if !lines.Scan() {
			l.t.Fatalf("the stream ended: %v\n%.1000s", lines.Err(), text.String())
		}
		text.WriteString(lines.Text() + "\n")
	}
	return text.String()
}
