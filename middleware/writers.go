package middleware

import (
	"io"
	"net/http"
	"reflect"
	"sync/atomic"
	"time"
)

//go:generate go run gen_writers.go

// Optional interfaces are found by type assertion, so a wrapper must have a
// method exactly if the wrapped writer has it: one that is missing breaks
// streaming or websockets, one that is too many promises what then fails.
// There is one type for each combination (writers_gen.go). Each holds nothing
// but a *Response, so that making one allocates nothing.

// capability is a set of optional interfaces.
type capability uint8

const (
	canControl     capability = 1 << iota // SetReadDeadline, SetWriteDeadline, EnableFullDuplex
	canCloseNotify                        // http.CloseNotifier
	canPush                               // http.Pusher
	canWriteString                        // io.StringWriter
	canReadFrom                           // io.ReaderFrom
	canHijack                             // http.Hijacker
	canFlush                              // http.Flusher
	canFlushError                         // FlushError() error, as http.ResponseController uses it
)

type errorFlusher interface{ FlushError() error }

// controller is what http.ResponseController needs of a writer. The three
// come together in net/http; a writer that has only some of them is still
// reached through Unwrap.
type controller interface {
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	EnableFullDuplex() error
}

func capabilities(w http.ResponseWriter) (c capability) {
	if _, ok := w.(controller); ok {
		c |= canControl
	}
	//lint:ignore SA1019 deprecated, but who asks for it gets what the server has
	if _, ok := w.(http.CloseNotifier); ok {
		c |= canCloseNotify
	}
	if _, ok := w.(http.Pusher); ok {
		c |= canPush
	}
	if _, ok := w.(io.StringWriter); ok {
		c |= canWriteString
	}
	if _, ok := w.(io.ReaderFrom); ok {
		c |= canReadFrom
	}
	if _, ok := w.(http.Hijacker); ok {
		c |= canHijack
	}
	if _, ok := w.(http.Flusher); ok {
		c |= canFlush
	}
	if _, ok := w.(errorFlusher); ok {
		c |= canFlushError
	}
	return c
}

// writerKinds are the first kinds of writers that were seen, with what they can: a server
// has one or two, and eight questions are several times as dear as finding it here.
var writerKinds [4]atomic.Pointer[writerKind]

type writerKind struct {
	of  reflect.Type
	can capability
}

func capabilitiesOf(w http.ResponseWriter) capability {
	of := reflect.TypeOf(w)
	for i := range writerKinds {
		known := writerKinds[i].Load()
		if known == nil {
			known = &writerKind{of, capabilities(w)}
			writerKinds[i].CompareAndSwap(nil, known)
			return known.can
		}
		if known.of == of {
			return known.can
		}
	}
	return capabilities(w)
}

// bare is the writer without any optional interface: the base of all others.
type bare struct{ r *Response }

func (w bare) Header() http.Header {
	h := w.r.w.Header()
	if w.r.recorder != nil && w.r.is(wroteHead) {
		w.r.lateHeader(h)
	}
	return h
}
func (w bare) WriteHeader(code int)        { w.r.writeHeader(code) }
func (w bare) Write(p []byte) (int, error) { return w.r.write(p) }
func (w bare) Unwrap() http.ResponseWriter { return w.r.unwrap() }
func (w bare) response() *Response         { return w.r }
