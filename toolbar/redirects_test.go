package toolbar_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// sendsOn is an app that redirects, with cookies, in the ways that its paths name.
func sendsOn() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/cart", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "flash", Value: "added"})
		w.Header().Set("Cache-Control", "max-age=600")
		http.Redirect(w, r, "/orders/7?a=1&b=<2>", http.StatusSeeOther)
	})
	mux.HandleFunc("/again", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/orders/7", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/script", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", `javascript:alert("x")`)
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/strict", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		http.Redirect(w, r, "/orders/7", http.StatusFound)
	})
	mux.HandleFunc("/nonce", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; script-src 'nonce-r4nd0m'; style-src 'nonce-r4nd0m'")
		http.Redirect(w, r, "/orders/7", http.StatusFound)
	})
	mux.HandleFunc("/unchanged", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	mux.HandleFunc("/orders/7", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "the order") })
	return mux
}

// navigate asks like a browser that shows the answer as a page, and follows nothing.
func (b *bundle) navigate(method, path string, headers ...string) (*http.Response, string) {
	b.Helper()
	req, err := http.NewRequest(method, b.srv.URL+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	req.Header.Set("Sec-Fetch-Dest", "document")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	c := *b.srv.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := c.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return res, string(body)
}

func TestInterceptRedirects_ANavigationStopsAtAPageWithTheToolbar(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{InterceptRedirects: true}, sendsOn())
	for _, method := range []string{"GET", "POST"} {
		res, page := b.navigate(method, "/cart")
		id := res.Header.Get(toolbar.HeaderID)
		if res.StatusCode != http.StatusOK || res.Header.Get("Location") != "" || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("%s: %d, %v", method, res.StatusCode, res.Header)
		}
		if res.Header.Get("Set-Cookie") != "flash=added" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: the app's cookie is gone, or the page may be cached: %v", method, res.Header)
		}
		for _, want := range []string{
			"<h1>303 See Other</h1>", method + " /cart sends on to", `<a href="/orders/7?a=1&amp;b=&lt;2&gt;" autofocus>`,
			`<debug-toolbar base="/_toolbar/" record="` + id + `"`, `<link rel="stylesheet" href="/_toolbar/static/app.`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %s: %s", method, want, page)
			}
		}
		// What is recorded is what the app answered, and the next request leads back to it.
		b.flush()
		var rec struct{ Status int }
		if b.api("requests/"+id, &rec); rec.Status != http.StatusSeeOther {
			t.Errorf("%s: the Record says %d, want 303", method, rec.Status)
		}
		next, _ := b.navigate("GET", "/orders/7?a=1&b=<2>")
		b.flush()
		var after struct{ Parent string }
		if b.api("requests/"+next.Header.Get(toolbar.HeaderID), &after); after.Parent != id {
			t.Errorf("%s: the page after it was sent by %q, want %s", method, after.Parent, id)
		}
	}
}

func TestInterceptRedirects_NobodyAndNothingElse(t *testing.T) {
	t.Parallel()
	on, off := setup(t, toolbar.Config{InterceptRedirects: true}, sendsOn()), setup(t, toolbar.Config{}, sendsOn())
	for what, res := range map[string]func() (*http.Response, string){
		"off by default":              func() (*http.Response, string) { return off.navigate("GET", "/cart") },
		"who may not see the toolbar": func() (*http.Response, string) { return on.navigate("GET", "/cart", "X-Forwarded-For", "192.0.2.1") },
		"a fetch": func() (*http.Response, string) {
			return on.navigate("GET", "/cart", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty")
		},
		"a frame":                 func() (*http.Response, string) { return on.navigate("GET", "/cart", "Sec-Fetch-Dest", "iframe") },
		"htmx":                    func() (*http.Response, string) { return on.navigate("POST", "/cart", "HX-Request", "true") },
		"another method":          func() (*http.Response, string) { return on.navigate("PUT", "/cart") },
		"a form to be sent again": func() (*http.Response, string) { return on.navigate("POST", "/again") },
	} {
		if res, body := res(); res.StatusCode != http.StatusSeeOther && res.StatusCode != http.StatusTemporaryRedirect || !strings.HasPrefix(res.Header.Get("Location"), "/orders/7") || strings.Contains(body, "debug-toolbar") {
			t.Errorf("%s: %d to %q, want the app's own redirect", what, res.StatusCode, res.Header.Get("Location"))
		}
	}
	if res, _ := on.navigate("GET", "/unchanged"); res.StatusCode != http.StatusNotModified {
		t.Errorf("304 became %d", res.StatusCode)
	}
	if res, _ := on.navigate("GET", "/again"); res.StatusCode != http.StatusOK {
		t.Errorf("307 of a GET: %d, want the page", res.StatusCode)
	}
}

func TestInterceptRedirects_UnderContentPolicies(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{InterceptRedirects: true}, sendsOn())
	_, page := b.navigate("GET", "/strict")
	if !strings.Contains(page, `<a href="/orders/7"`) || strings.Contains(page, "<script") || strings.Contains(page, "<link") || strings.Contains(page, "style=") {
		t.Errorf("a policy that allows nothing gets %s", page)
	}
	_, page = b.navigate("GET", "/nonce")
	if strings.Count(page, `nonce="r4nd0m"`) != 3 || !strings.Contains(page, "<debug-toolbar") {
		t.Errorf("a policy with a nonce gets %s", page)
	}
	_, page = b.navigate("GET", "/script")
	if strings.Contains(page, "<a href") || !strings.Contains(page, "<code>javascript:alert(&#34;x&#34;)</code>") {
		t.Errorf("an address that no browser follows is a link: %s", page)
	}
}
