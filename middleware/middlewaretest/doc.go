// Package middlewaretest finds out whether a middleware changes what it only
// means to watch.
//
// A handler is served twice by a real server, bare and wrapped, over HTTP/1.1
// and HTTP/2. Everything that can be observed has to be the same: the bytes
// on the wire, the errors that the client gets, what the handler sees, and
// the server's error log. Run does that with a list of handlers that are
// known to tell wrappers from the real thing:
//
//	func TestMyMiddleware(t *testing.T) {
//		middlewaretest.Run(t, func(next http.Handler) http.Handler {
//			return mymiddleware.New(next)
//		})
//	}
//
// Compare does it with a handler of your own.
package middlewaretest
