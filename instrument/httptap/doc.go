// Package httptap shows an app's outgoing HTTP calls on the request that made them: where
// to, how long, in which phase the time went, and the line in the app's own code.
//
//	client := &http.Client{Transport: httptap.Transport(http.DefaultTransport)}
//
// A call finds its request by the context or, where the app passes none, by the goroutine
// (see package instrument). Each hop of a redirect and each try of a client that tries
// again is a call of its own; tries that net/http makes by itself, on a connection that
// had gone stale, are counted on the call.
//
// # What a call is made of
//
//	RoundTrip                                   it returns         the body's end
//	|..queue..|==dns==|=connect=|=tls=|=send=|====wait====|==transfer==|
//	          |  only for a new connection   |
//
// The call lasts until the body was read to its end or closed; time in which the app held
// the body and did not read it is not counted behind the last Read. A body that is never
// closed leaves the call unfinished, which the page shows. The phases come from
// net/http/httptrace; a trace that the app has put into the context still hears everything.
// Transports other than net/http's tell no phases.
//
// # What is kept
//
// The address without its user info, its query masked by name and value. Statistics are
// kept by method, host and the shape of the path: /charges/ch_3Px9 counts as
// /charges/ch_{id}; [Name] groups otherwise. Headers and bodies are kept only with
// [Headers] and [Bodies].
//
// A status of 500 and above makes a call failed, as an error does; one below does not: a
// 404 may be just the answer that was asked for.
//
// # The trace
//
// A call in a Record sends W3C's traceparent and tracestate headers, unless the app has set
// the first. Where the callee is recorded too, in the same store, the call is linked with
// its Record. [Propagate] says to whom they are sent; baggage that came with the request may
// hold anything, and goes only to those that it names.
//
// # What is left alone
//
// The request is never changed: what is sent is a copy. The response is the transport's
// own; only its body is wrapped, with the interfaces that it has. Errors are the
// transport's own. While recording is off a call costs one load.
package httptap
