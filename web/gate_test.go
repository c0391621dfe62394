package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/web"
)

func request(remote, host string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/_toolbar/", nil)
	r.RemoteAddr, r.Host = remote, host
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestT02_LoopbackIsNotTrustedBehindAProxy(t *testing.T) {
	t.Parallel()
	const here = "127.0.0.1:1234"
	for name, c := range map[string]struct {
		remote string
		header string
		want   bool
	}{
		"IPv4 loopback":     {here, "", true},
		"127.9.9.9":         {"127.9.9.9:1", "", true},
		"IPv6 loopback":     {"[::1]:1", "", true},
		"mapped loopback":   {"[::ffff:127.0.0.1]:1", "", true},
		"no address":        {"", "", false},
		"unix socket":       {"@", "", false},
		"another machine":   {"192.0.2.7:1", "", false},
		"no port":           {"127.0.0.1", "", false},
		"Forwarded":         {here, "Forwarded", false},
		"X-Forwarded-For":   {here, "X-Forwarded-For", false},
		"X-Forwarded-Host":  {here, "X-Forwarded-Host", false},
		"X-Forwarded-Proto": {here, "X-Forwarded-Proto", false},
		"X-Real-Ip":         {here, "X-Real-Ip", false},
		"Via":               {here, "Via", false},
		"CF-Connecting-IP":  {here, "CF-Connecting-IP", false},
		"XFF from outside":  {"192.0.2.7:1", "X-Forwarded-For", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(c.remote, "localhost:8080")
			if c.header != "" {
				r.Header.Set(c.header, "127.0.0.1")
			}
			if got := new(web.Gate).Open(r); got != c.want {
				t.Errorf("open = %v, want %v", got, c.want)
			}
		})
	}
}

func TestT03_HostMustBeLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "localhost:8080": true, "shop.localhost:8080": true, "LOCALHOST:1": true,
		"127.0.0.1:8080": true, "127.0.0.2": true, "[::1]:8080": true, "[::1]": true, "dev.test:8080": true,
		"evil.com:8080": false, "localhost.evil.com": false, "127.0.0.1.nip.io": false, "LOCALHOST.": false,
		"0.0.0.0:8080": false, "[fe80::1%lo]:8080": false, "[::1%lo]:80": false, "": false, "xlocalhost": false,
	} {
		g := &web.Gate{Hosts: []string{"dev.test"}}
		if got := g.Open(request("127.0.0.1:1", host)); got != want {
			t.Errorf("Host %q: open = %v, want %v", host, got, want)
		}
	}
}

func TestT05_OtherSitesReadNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		site, mode, dest string
		want             bool
	}{
		"own page":               {"same-origin", "cors", "empty", true},
		"typed":                  {"none", "navigate", "document", true},
		"old browser":            {"", "", "", true},
		"link from another site": {"cross-site", "navigate", "document", true},
		"fetch":                  {"cross-site", "cors", "empty", false},
		"image":                  {"cross-site", "no-cors", "image", false},
		"frame":                  {"cross-site", "navigate", "iframe", false},
		"other port":             {"same-site", "cors", "empty", false},
	} {
		r := request("127.0.0.1:1", "localhost:8080", "Sec-Fetch-Site", c.site, "Sec-Fetch-Mode", c.mode, "Sec-Fetch-Dest", c.dest)
		if got := new(web.Gate).Open(r); got != c.want {
			t.Errorf("%s: open = %v, want %v", name, got, c.want)
		}
	}
}

func TestGate_TokenOpensFromAnywhere(t *testing.T) {
	t.Parallel()
	g := &web.Gate{Token: "s3cret-token"}
	far := func(headers ...string) *http.Request { return request("192.0.2.7:1", "example.com", headers...) }
	if g.Open(far()) {
		t.Error("open without the token")
	}
	if !g.Open(far("Authorization", "Bearer s3cret-token")) {
		t.Error("closed with the token")
	}
	if g.Open(far("Authorization", "Bearer s3cret-tokeN")) || g.Open(far("Authorization", "Basic s3cret-token")) {
		t.Error("open with a wrong token")
	}
	if new(web.Gate).Open(far("Authorization", "Bearer ")) {
		t.Error("an empty token opens a gate without one")
	}
}

func TestGate_AllowIsTheAppsOwnGate(t *testing.T) {
	t.Parallel()
	g := &web.Gate{Allow: func(r *http.Request) bool { return r.Header.Get("X-Admin") == "yes" }}
	if !g.Open(request("192.0.2.7:1", "example.com", "X-Admin", "yes")) {
		t.Error("closed to whom the app lets in")
	}
	if g.Open(request("192.0.2.7:1", "example.com")) {
		t.Error("open to whom the app does not let in")
	}
}

func TestF01_GateThatPanicsIsClosed(t *testing.T) {
	t.Parallel()
	g := &web.Gate{Allow: func(*http.Request) bool { panic("no session") }}
	if g.Open(request("192.0.2.7:1", "example.com")) {
		t.Error("open after a panic")
	}
	if !g.Open(request("127.0.0.1:1", "localhost")) {
		t.Error("closed to this machine")
	}
}

func TestGate_TheOneTimeAddressOpensForOneBrowser(t *testing.T) {
	t.Parallel()
	once := web.NewOneTime()
	d, err := web.New(web.Config{Store: struct{ web.Store }{}, Gate: web.Gate{OneTime: once}})
	if err != nil {
		t.Fatal(err)
	}
	visit := func(target string, cookies ...*http.Cookie) *http.Response {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.RemoteAddr, r.Host = "192.0.2.7:1", "shop.test"
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		return w.Result()
	}
	path := once.Path("/_toolbar/")
	if res := visit("/_toolbar/healthz"); res.StatusCode != http.StatusNotFound {
		t.Errorf("without the token: status %d", res.StatusCode)
	}
	if res := visit("/_toolbar/?token=guessed"); res.StatusCode != http.StatusNotFound {
		t.Errorf("with another token: status %d", res.StatusCode)
	}
	res := visit(path)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/_toolbar/" || len(res.Cookies()) != 1 {
		t.Fatalf("with the token: status %d to %q, %d cookies", res.StatusCode, res.Header.Get("Location"), len(res.Cookies()))
	}
	c := res.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
		t.Errorf("the cookie is %v", c)
	}
	if res := visit("/_toolbar/healthz", c); res.StatusCode != http.StatusOK {
		t.Errorf("the browser that was let in: status %d", res.StatusCode)
	}
	if res := visit(path); res.StatusCode != http.StatusNotFound {
		t.Errorf("the address again: status %d", res.StatusCode)
	}
	if once.Path("/_toolbar/") != "" {
		t.Error("the address that was used is still given")
	}
}
