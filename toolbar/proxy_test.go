package toolbar_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// stripping is a proxy that serves an app below /shop and takes that away; it says so when it is told to.
func stripping(t *testing.T, app string, says bool) *httptest.Server {
	t.Helper()
	target, err := url.Parse(app)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.SetXForwarded()
		r.Out.Host = r.In.Host
		r.Out.Header.Del("X-Forwarded-Prefix")
		if says {
			r.Out.Header.Set("X-Forwarded-Prefix", "/shop")
		}
	}}
	srv := httptest.NewServer(http.StripPrefix("/shop", proxy))
	t.Cleanup(srv.Close)
	return srv
}

var links = regexp.MustCompile(`(?:href|src|css|base|action|data-live|data-complete)="([^"#]+)"`)

func TestWrap_LinksLeadThroughAProxyThatTakesAPrefixAway(t *testing.T) {
	t.Parallel()
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for name, c := range map[string]struct {
		config toolbar.Config
		says   bool
	}{
		"the proxy says so":  {toolbar.Config{TrustedProxies: loopback}, true},
		"the app knows":      {toolbar.Config{OutsidePath: "/shop"}, false},
		"below another path": {toolbar.Config{TrustedProxies: loopback, Prefix: "/ops/debug/"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const token = "a long and random token"
			c.config.Token = token
			b := setup(t, c.config, shop(t))
			front := stripping(t, b.srv.URL, c.says)
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			b.srv.URL = front.URL // from here on through the proxy
			prefix := "/shop/_toolbar/"
			if c.config.Prefix != "" {
				prefix = "/shop" + c.config.Prefix
			}
			bearer := []string{"Authorization", "Bearer " + token}
			b.get("/shop/orders/6", bearer...) // for the one behind it to be compared with
			res, page := b.get("/shop/orders/7", bearer...)
			if !strings.Contains(page, `base="`+prefix+`"`) {
				t.Errorf("the toolbar in the page: %s", page)
			}
			id := res.Header.Get(toolbar.HeaderID)
			b.flush()

			seen := map[string]bool{}
			follow := []string{prefix, prefix + "requests/" + id, prefix + "handlers?sort=calls", prefix + "requests?q=status:200"}
			for i := 0; i < len(follow) && len(seen) < 60; i++ {
				if seen[follow[i]] {
					continue
				}
				seen[follow[i]] = true
				res, body := b.get(follow[i], bearer...)
				if res.StatusCode != http.StatusOK {
					t.Errorf("%s: %d", follow[i], res.StatusCode)
				}
				if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
					continue
				}
				for _, m := range links.FindAllStringSubmatch(body, -1) {
					if strings.HasPrefix(m[1], "data:") {
						continue
					}
					for _, link := range strings.Fields(html.UnescapeString(m[1])) {
						switch {
						case !strings.HasPrefix(link, prefix):
							t.Errorf("%s on %s leads past the proxy", link, follow[i])
						case !strings.Contains(m[0], "action=") && !strings.Contains(link, "/events"):
							follow = append(follow, link)
						}
					}
				}
			}
			if len(seen) < 50 {
				t.Errorf("%d pages were followed", len(seen))
			}

			// The token's cookie is for the path that the browser has, and so is where it is sent.
			signIn, err := client.Get(front.URL + prefix + "?token=" + url.QueryEscape(token))
			if err != nil {
				t.Fatal(err)
			}
			signIn.Body.Close()
			if at := signIn.Header.Get("Location"); at != prefix {
				t.Errorf("signed in, the browser is sent to %q", at)
			}
			if cookies := signIn.Cookies(); len(cookies) != 1 || cookies[0].Path != prefix {
				t.Errorf("cookies %v", cookies)
			}
		})
	}
}

func TestWrap_NobodyElseSaysWhereLinksLead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]toolbar.Config{
		"no proxy is trusted": {},
		"another one is":      {TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
	} {
		b := setup(t, c, shop(t))
		_, page := b.get("/orders/7", "X-Forwarded-Prefix", "/evil")
		_, overview := b.get("/_toolbar/", "X-Forwarded-Prefix", "/evil")
		if strings.Contains(page+overview, "/evil") || !strings.Contains(overview, `href="/_toolbar/requests"`) {
			t.Errorf("%s: the client chose where links lead", name)
		}
	}
}
