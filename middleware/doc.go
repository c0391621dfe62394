// Package middleware shows which layer of an HTTP stack takes the time.
//
// A middleware is a func(http.Handler) http.Handler, and a stack of them is
// opaque: when a request is slow or answers with the wrong header, nothing
// tells which layer did it. This package gives the layers names, measures
// each one without those inside it, and records the request around them.
//
// It depends on nothing but the standard library and package instrument.
//
// # The response writer
//
// Whoever wants to know what a handler answered has to wrap its
// http.ResponseWriter, and nearly every wrapper breaks something: streaming,
// websockets, sendfile, trailers. Wrap keeps all of it, and middlewaretest
// proves it for this package and for others, on the wire.
//
// # Adding to pages
//
// Inject adds a snippet to HTML pages as they stream by. The decision falls
// with the header and the first 512 bytes, since a Content-Length has to be
// right before the first byte is sent; from then on the snippet always goes
// in, at a place that is only known at the end:
//
//	<!doctype html> ... </body> ... </body></html>
//	|-- 512 bytes --|   |           |
//	 decides            held back   the later one wins
//	                    until here
package middleware
