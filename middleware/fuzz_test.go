package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// FuzzClient: whatever is sent as forwarding headers, without trusted proxies the connection's address counts, and no
// prefix of a path is more than one.
func FuzzClient(f *testing.F) {
	f.Add("192.0.2.1:1234", "203.0.113.9, 10.0.0.1", "/shop")
	f.Add("[2001:db8::1]:80", " [2001:db8::2]:443 ,", "//evil.example")
	f.Add("10.0.0.1:1", "::ffff:10.0.0.2,x", "/a/../b,/c")
	f.Add("pipe", "127.0.0.1%lo", `/"><script>`)
	proxies := netip.MustParsePrefix("10.0.0.0/8")
	f.Fuzz(func(t *testing.T, remote, forwarded, prefix string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		alone := middleware.ClientAddr(r)
		r.Header["X-Forwarded-For"], r.Header["X-Forwarded-Prefix"] = []string{forwarded}, []string{prefix}
		if got := middleware.ClientAddr(r); got != alone {
			t.Fatalf("%q says %q, and is believed: %s", remote, forwarded, got)
		}
		if got := middleware.ClientAddr(r, proxies); !proxies.Contains(alone) && got != alone {
			t.Fatalf("%q is no proxy, says %q and is believed: %s", remote, forwarded, got)
		}
		if got := middleware.ClientPrefix(r); got != "" {
			t.Fatalf("%q says %q, and is believed", remote, got)
		}
		got := middleware.ClientPrefix(r, proxies)
		if got != "" && (!proxies.Contains(alone) || got[0] != '/' || strings.HasPrefix(got, "//") || strings.Contains(got, "..") || strings.ContainsAny(got, "\"'<>\\ \x00\r\n?#")) {
			t.Fatalf("%q says %q: %q", remote, prefix, got)
		}
	})
}

// FuzzContentPolicy: a policy is never changed, and a nonce is only one that the policy names and that can stand in an
// attribute.
func FuzzContentPolicy(f *testing.F) {
	f.Add("script-src 'nonce-AbC+/9=='", "")
	f.Add("script-src 'nonce-a', default-src 'self'", "script-src 'nonce-a'")
	f.Add(`script-src 'nonce-"><b>'`, "sandbox")
	f.Add("default-src 'none'; script-src-elem https: 'strict-dynamic'", "require-trusted-types-for 'script'")
	f.Fuzz(func(t *testing.T, policy, report string) {
		const page = "<!doctype html><html><body>hello</body></html>"
		h := middleware.Inject(middleware.Injection{Loads: []string{"style-src", "connect-src"}, Snippet: func(p middleware.Page) []byte {
			// The word nonce may be in any case, the nonce itself may not.
			if p.Nonce != "" && (!strings.Contains(policy+" "+report, "-"+p.Nonce+"'") || strings.ContainsAny(p.Nonce, "\"'<>& ")) {
				t.Errorf("policies %q and %q give the nonce %q", policy, report, p.Nonce)
			}
			return []byte(mark)
		}})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{"text/html"}
			w.Header()["Content-Security-Policy"], w.Header()["Content-Security-Policy-Report-Only"] = []string{policy}, []string{report}
			_, _ = w.Write([]byte(page))
		}))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if got := w.Header(); got["Content-Security-Policy"][0] != policy || got["Content-Security-Policy-Report-Only"][0] != report {
			t.Fatalf("the policies became %q", got)
		}
		if body := strings.Replace(w.Body.String(), mark, "", 1); body != page {
			t.Fatalf("the page became %q", body)
		}
	})
}
