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
