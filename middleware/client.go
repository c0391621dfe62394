package middleware

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddr is the address of the client. What a client sends as
// X-Forwarded-For can be anything, so the header is believed only as far as
// trusted proxies wrote it: from the connection's own address backwards, the
// first address that is not one of theirs is the client's. Without trusted
// proxies it is the connection's. It is not valid if that is no IP address.
func ClientAddr(r *http.Request, trusted ...netip.Prefix) netip.Addr {
	addr := parseAddr(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !isTrusted(addr, trusted) {
			break
		}
		next := parseAddr(hop)
		if !next.IsValid() {
			break // what stands before that cannot be believed
		}
		addr = next
	}
	return addr
}

// ClientPrefix is the beginning of the path that proxies took away before they passed a
// request on, without a slash at the end: "/shop" where the client asked for /shop/cart
// and the app is asked for /cart. Links that begin with a slash need it. It is what
// X-Forwarded-Prefix says, of several in turn all of them, when the connection is a
// trusted proxy's, and "" otherwise; so is anything that is no plain path, because it
// ends in pages.
func ClientPrefix(r *http.Request, trusted ...netip.Prefix) string {
	said := r.Header["X-Forwarded-Prefix"]
	if len(said) == 0 || !isTrusted(parseAddr(r.RemoteAddr), trusted) {
		return ""
	}
	whole := ""
	for part := range strings.SplitSeq(strings.Join(said, ","), ",") {
		whole += strings.TrimRight(strings.TrimSpace(part), "/")
	}
	if whole == "" || len(whole) > maxClientPrefix || whole[0] != '/' || strings.Contains(whole, "//") || strings.Contains(whole, "..") || strings.ContainsFunc(whole, notInPath) {
		return ""
	}
	return whole
}

const maxClientPrefix = 256

func notInPath(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("/-._~%@:+", r)
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// parseAddr reads an address as proxies write it: with spaces, in brackets, with
// a port, or as IPv4 in IPv6.
func parseAddr(s string) netip.Addr {
	s = strings.TrimSpace(s)
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}
