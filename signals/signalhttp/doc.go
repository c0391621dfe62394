// Package signalhttp tells the receivers of signals on whose request they run:
//
//	handler := signalhttp.Middleware(signalhttp.Options{
//		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
//	})(mux)
//
//	func logOrder(ctx context.Context, e signals.Event[Order]) error {
//		s := signals.ScopeOf(ctx)
//		return db.Log(ctx, e.Payload.ID, s.User, s.IP, s.RequestID)
//	}
//
// It is a package of its own so that programs that only send signals do not link
// net/http.
//
// What it sets lives in the request's context, so there is nothing to clear when the
// handler returns, fails or panics, and a goroutine that the handler started keeps
// the request that it belongs to.
//
// # Whose address
//
// X-Forwarded-For is written by whoever likes to. It is read from its end, where the
// nearest proxy has added its peer, for as long as the one who says so is a trusted
// proxy; the first address that is not is the client's:
//
//	1.2.3.4, 5.6.7.8, 10.0.0.1     peer 10.0.0.2
//	 │        │        └ trusted     └ trusted
//	 │        └ the client
//	 └ whatever the client wrote
package signalhttp
