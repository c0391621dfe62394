// Package middleware shows which layer of an HTTP stack takes the time.
//
// A middleware is a func(http.Handler) http.Handler, and a stack of them is
// opaque: when a request is slow or answers with the wrong header, nothing
// tells which layer did it. This package gives the layers names, measures
// each one without those inside it, and records the request around them:
//
//	func main() {
//		mux := http.NewServeMux()
//		mux.HandleFunc("GET /hello", hello)
//		stack := middleware.NewStack(requestLog, middleware.Named("cors", allowOrigin("*")))
//		record := middleware.Record(instrument.New(instrument.Config{}), middleware.RecordOptions{})
//		log.Fatal(http.ListenAndServe("127.0.0.1:8080", record(stack.Then(mux))))
//	}
//
// A stack passes on what its layers do, panics included; only the layer that
// [Exceptions] makes turns errors and panics into responses. The package depends on
// the standard library and package instrument alone.
//
// # What is measured
//
//	Record                 the request, from here to the last byte
//	└ layer requestLog     its own time is what is left of its span
//	  └ layer cors         without the span inside it
//	    └ view main.hello  what the mux chose, with file and line
//
// A layer's span says how long it took before and after the next one, that it cut
// the chain short if it called none, and which response headers and context keys
// it changed: values only of headers that say nothing about a user.
//
// # Hooks
//
// A layer can be a value with some of Django's hooks instead of a function (see
// [Hooks]). With layers A and B around a view, they are called in this order:
//
//	A.ProcessRequest           B.ProcessRequest
//	A.ProcessView              B.ProcessView              after routing
//	view
//	B.ProcessException         A.ProcessException         if the view failed
//	B.ProcessTemplateResponse  A.ProcessTemplateResponse  if it ends with Render
//	B.ProcessResponse          A.ProcessResponse          before the header is sent
//
// Responses are not buffered for that. ProcessResponse runs when the header is
// about to be written, which for a streamed response is long before the view ends.
// It can set headers and replace the response, but it does not see the body.
// As every layer in Go, one with hooks may be put around a single route; the order
// of events is then the same as around everything.
//
// # Errors
//
// Within [Exceptions], the error of a view (see [HandlerFunc]) and every panic
// becomes a response at the edge of the layer that it left, so that the layers
// around it see a response with a status, and never a panic. One log record is
// written for each response of 400 and above.
//
// # The response writer
//
// Whoever wants to know what a handler answered has to wrap its
// http.ResponseWriter, and nearly every wrapper breaks something: streaming,
// websockets, sendfile, trailers. [Wrap] keeps all of it, and middlewaretest
// proves it for this package and for others, on the wire. Two things can not
// be kept: net/http closes the connection after http.MaxBytesReader has hit
// its limit only if that was given the server's own writer, and a writer that
// has just one or two of SetReadDeadline, SetWriteDeadline and
// EnableFullDuplex offers them through Unwrap alone.
//
// # Bodies
//
// With RecordOptions.Bodies the Record has what went in and out, masked by the rules for
// its form and at most 64 KiB of each: bodies, forms, the names of uploads, cookies, and
// sessions with [ShowSession]. A body is copied while the handler reads or writes it:
// nothing is read ahead and nothing waits. The request's Body is then of a type of this
// package. Files that go from the disk to the connection without passing through the
// program, and what is compressed, are not kept, and no markup either: in a page a secret
// may stand anywhere.
//
// # Adding to pages
//
// [Inject] adds a snippet to HTML pages as they stream by. The decision falls
// with the header and the first 512 bytes, since a Content-Length has to be
// right before the first byte is sent; from then on the snippet always goes
// in, at a place that is only known at the end:
//
//	<!doctype html> ... </body> ... </body></html>
//	|-- 512 bytes --|   |           |
//	 decides            held back   the later one wins
//	                    until here
package middleware
