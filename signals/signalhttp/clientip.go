package signalhttp

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientIP is who sent a request: the peer of the connection, or, for as long as that
// is a trusted proxy, the one that it names in X-Forwarded-For. An entry that is no
// address ends the search at the last one that was. The zero Addr is unknown: a
// connection that is no TCP.
func ClientIP(r *http.Request, trustedProxies []netip.Prefix) netip.Addr {
	client := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !trusted(client, trustedProxies) {
			break
		}
		before, ok := parseAddr(hop)
		if !ok {
			break
		}
		client = before
	}
	return client
}

// peer is the other end of the connection.
func peer(r *http.Request) netip.Addr {
	addr, _ := parseAddr(r.RemoteAddr)
	return addr
}

func trusted(addr netip.Addr, proxies []netip.Prefix) bool {
	return addr.IsValid() && slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// parseAddr reads an address with or without port, brackets and spaces. IPv4 in
// IPv6 becomes IPv4, and a zone is left out: it means something on one machine only.
func parseAddr(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	return addr.Unmap().WithZone(""), err == nil
}
