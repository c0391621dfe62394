package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Gate decides who may see the dashboard. Its zero value lets in who sits at this
// machine: a loopback peer, asking for a loopback Host (so that a page of another
// site, whose name was pointed here, is kept out), through no proxy.
type Gate struct {
	// Allow lets in whoever it says, from anywhere, beside the peers of this machine.
	// It is asked first. Nil: nobody else.
	Allow func(*http.Request) bool
	// Token lets in who sends it to the dashboard: as "Authorization: Bearer TOKEN", or
	// once as the parameter "token" of the first page, which is then kept in a cookie. Who
	// sends ten wrong ones in a minute is not listened to until it is over. Empty: no token
	// is good.
	Token string
	// OneTime lets in the browser that first follows the address that is printed at the
	// start. Nil: there is none.
	OneTime *OneTime
	// Hosts are further names under which peers of this machine may ask, without port.
	Hosts []string

	prefix  string   // of the dashboard; "": not known
	guesses *guesses // nil: not counted
}

// cookieName is the cookie that a good token is kept in. Cookies do not know ports,
// so the value, not the name, tells apps on one machine apart.
const cookieName = "debug_toolbar"

// forwarding headers say that the peer is a proxy: whom it speaks for is unknown.
var forwardingHeaders = []string{
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server",
	"X-Forwarded-Port", "X-Real-Ip", "Via", "Cf-Connecting-Ip", "True-Client-Ip", "X-Client-Ip", "X-Cluster-Client-Ip",
}

// Open reports whether r may see the dashboard. It reads nothing but the request's
// header and asks no store.
func (g *Gate) Open(r *http.Request) bool {
	if crossSite(r) {
		return false
	}
	return g.allows(r) || g.tokenIn(r) || g.OneTime.admitted(r) || g.OneTime.brings(r) || g.local(r)
}

// allows asks the app; a gate that panics is closed.
func (g *Gate) allows(r *http.Request) (open bool) {
	if g.Allow == nil {
		return false
	}
	defer func() {
		if recover() != nil {
			open = false
		}
	}()
	return g.Allow(r)
}

// local is the check of the zero Gate.
func (g *Gate) local(r *http.Request) bool {
	for _, h := range forwardingHeaders {
		if len(r.Header[h]) > 0 {
			return false
		}
	}
	return loopbackPeer(r.RemoteAddr) && g.loopbackHost(r.Host)
}

func loopbackPeer(addr string) bool {
	ap, err := netip.ParseAddrPort(addr)
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

func (g *Gate) loopbackHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return addr.Unmap().IsLoopback() && addr.Zone() == ""
	}
	name = strings.ToLower(name)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	for _, h := range g.Hosts {
		if strings.EqualFold(h, name) {
			return true
		}
	}
	return false
}

// crossSite is a request that another site's page made, other than by a link that
// was followed.
func crossSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document" || r.Method != http.MethodGet
}

func (g *Gate) tokenIn(r *http.Request) bool {
	if g.Token == "" {
		return false
	}
	if c, err := r.Cookie(cookieName); err == nil && same(c.Value, g.cookieValue()) {
		return true
	}
	if sent, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && g.guessed(r, sent) {
		return true
	}
	return g.tokenInURL(r)
}

func (g *Gate) tokenInURL(r *http.Request) bool {
	if g.Token == "" || r.Method != http.MethodGet || !strings.Contains(r.URL.RawQuery, "token=") {
		return false
	}
	sent := r.URL.Query().Get("token")
	return sent != "" && g.guessed(r, sent)
}

// guessed tells whether what was sent is the token. A peer that was wrong too often is not
// listened to for a while, even if it is right then. The app may have bearer tokens of its
// own: what comes on its paths is counted apart.
func (g *Gate) guessed(r *http.Request, sent string) bool {
	own := strings.HasPrefix(r.URL.Path, g.prefix)
	if !g.guesses.allowed(r.RemoteAddr, own) {
		return false
	}
	if same(sent, g.Token) {
		return true
	}
	g.guesses.failed(r.RemoteAddr, own)
	return false
}

// cookieValue is not the token itself, so that the cookie of one app does not open
// what else the token may be used for.
func (g *Gate) cookieValue() string {
	sum := sha256.Sum256([]byte("debug toolbar cookie\x00" + g.Token))
	return strings.ToLower(strings.TrimRight(encode32(sum[:]), "="))
}

// signIn keeps a token that came in the URL in a cookie and sends the browser to the
// same page without it, so that it does not stay in the history or a referrer.
func (g *Gate) signIn(w http.ResponseWriter, r *http.Request, prefix string) bool {
	name, value := cookieName, ""
	switch {
	case g.tokenInURL(r):
		value = g.cookieValue()
	case g.OneTime.take(r):
		name, value = onceCookie, g.OneTime.session
	default:
		return false
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: prefix, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
	w.Header().Set("Location", prefix)
	w.WriteHeader(http.StatusSeeOther)
	return true
}

func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
