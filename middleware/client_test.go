package middleware_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

func TestClientPrefix_BelievesTrustedProxiesAlone(t *testing.T) {
	t.Parallel()
	private := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		remote string
		header []string
		trust  []netip.Prefix
		want   string
	}{
		{"203.0.113.9:4711", []string{"/shop"}, nil, ""},
		{"203.0.113.9:4711", []string{"/shop"}, private, ""}, // not through the proxy
		{"10.0.0.1:80", []string{"/shop"}, nil, ""},
		{"10.0.0.1:80", []string{"/shop"}, private, "/shop"},
		{"10.0.0.1:80", []string{"/shop/"}, private, "/shop"},
		{"10.0.0.1:80", []string{" /team-1/shop_2 "}, private, "/team-1/shop_2"},
		{"10.0.0.1:80", []string{"/first, /second"}, private, "/first/second"},
		{"10.0.0.1:80", []string{"/first/", "/second"}, private, "/first/second"},
		{"10.0.0.1:80", nil, private, ""},
		{"10.0.0.1:80", []string{"/"}, private, ""},
		{"10.0.0.1:80", []string{"shop"}, private, ""},
		{"10.0.0.1:80", []string{"//evil.test"}, private, ""},
		{"10.0.0.1:80", []string{"/,/evil.test"}, private, "/evil.test"},
		{"10.0.0.1:80", []string{"/a/../b"}, private, ""},
		{"10.0.0.1:80", []string{`/"><script>`}, private, ""},
		{"10.0.0.1:80", []string{"/a b"}, private, ""},
		{"10.0.0.1:80", []string{"/a?b"}, private, ""},
		{"10.0.0.1:80", []string{"/" + strings.Repeat("a", 300)}, private, ""},
	} {
		r := get("/")
		r.RemoteAddr, r.Header["X-Forwarded-Prefix"] = c.remote, c.header
		if got := middleware.ClientPrefix(r, c.trust...); got != c.want {
			t.Errorf("%s, %q: %q, want %q", c.remote, c.header, got, c.want)
		}
	}
}
