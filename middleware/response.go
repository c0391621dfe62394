package middleware

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Response watches one response while a handler writes it. It never changes
// what goes over the wire, unless page injection was asked for.
//
// A Response belongs to one request and is not reused. Its methods may be
// called from several goroutines as far as the wrapped writer allows that;
// OnHeader is for the time before the handler runs.
type Response struct {
	w        http.ResponseWriter
	req      *http.Request
	hooks    []*headHook
	inj      *injector
	rec      *instrument.Recording // nil unless Record made this Response
	x        *exchange             // likewise
	recorder *recorder             // likewise
	tapes    *capture              // likewise; nil unless bodies are kept
	written  atomic.Int64
	status   atomic.Int32
	progress atomic.Uint32
	location atomic.Pointer[string] // where the client is sent on to

	late atomic.Pointer[lateHead]
}

// progress is how far a response is: several of these.
type progress uint32

const (
	wroteHead progress = 1 << iota // the final header was written, or is about to be
	tookOver                       // the connection was hijacked
	didFlush
	didFail
	sentHead  // by override: a hook had another status in mind
	dropsBody // a hook replaced the response: the handler's body is not sent
)

// is tells whether any of p holds.
func (r *Response) is(p progress) bool { return r.progress.Load()&uint32(p) != 0 }

// mark notes p, and reports whether that is new.
func (r *Response) mark(p progress) bool { return r.progress.Or(uint32(p))&uint32(p) == 0 }

// headHook is called before the header is written. It may change the head.
type headHook struct {
	run  func(*Head)
	done bool
}

// Wrap returns a writer to be given to the next handler in place of w, and
// the Response that watches it. The writer has exactly those optional
// interfaces (http.Flusher, http.Hijacker, io.ReaderFrom, ...) that w has.
//
// Who wraps also ends: call Finish when the handler has returned, Abort when
// it panicked.
func Wrap(w http.ResponseWriter, r *http.Request) (*Response, http.ResponseWriter) {
	res := new(Response)
	return res, res.wrap(w, r)
}

// wrap is Wrap for a Response that lies in something else.
func (r *Response) wrap(w http.ResponseWriter, req *http.Request) http.ResponseWriter {
	r.w, r.req = w, req
	return writers[capabilitiesOf(w)](bare{r})
}

// ResponseOf returns the nearest Response that watches w, looking through
// the writers of other packages that have an Unwrap method. It is nil when
// there is none.
func ResponseOf(w http.ResponseWriter) *Response {
	for w != nil {
		if own, ok := w.(interface{ response() *Response }); ok {
			return own.response()
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return nil
		}
		w = inner.Unwrap()
	}
	return nil
}

// Status is the final status code: the first one that is not informational.
// It is 0 as long as no header was written and 101 for a connection that was
// taken over after a request to upgrade it. A handler that returns without
// having written anything answers 200, as net/http has it, once Finish was
// called.
func (r *Response) Status() int {
	if s := r.status.Load(); s != 0 {
		return int(s)
	}
	if r.Hijacked() && r.req != nil && r.req.Header.Get("Upgrade") != "" {
		return http.StatusSwitchingProtocols
	}
	return 0
}

// BytesWritten counts the bytes of the body that the handler wrote with
// success. What page injection adds is not part of it, nor what was written
// to a hijacked connection.
func (r *Response) BytesWritten() int64 { return r.written.Load() }

// WroteHeader reports whether the final header was written, also when that
// happened implicitly.
func (r *Response) WroteHeader() bool { return r.is(wroteHead) }

// Hijacked reports whether the handler took over the connection.
func (r *Response) Hijacked() bool { return r.is(tookOver) }

// Flushed reports whether the handler flushed: it streams its answer.
func (r *Response) Flushed() bool { return r.is(didFlush) }

// Failed reports whether a write or a flush failed, which usually means that
// the client is gone. That the server refused what the handler wrote does not
// count.
func (r *Response) Failed() bool { return r.is(didFail) }

// OnHeader registers fn to run right before the final header is written, be
// it by WriteHeader, Write, a flush or the end of the handler. What it sets in
// h is sent. The function registered last runs first, so that inner layers
// see the header before outer ones. It reports false, and fn never runs, when
// the header was written already. It does not run for a hijacked connection.
// fn must not write to the response.
func (r *Response) OnHeader(fn func(status int, h http.Header)) bool {
	return r.OnHead(func(head *Head) { fn(head.Status, head.Header) })
}

// OnHead is OnHeader for a function that may put another response in the place of the
// handler's.
func (r *Response) OnHead(fn func(h *Head)) bool {
	if r.is(wroteHead | tookOver) {
		return false
	}
	r.hooks = append(r.hooks, &headHook{run: fn})
	return true
}

// Finish ends the response after the handler returned normally: the header
// hooks run if nothing was written, and a page held back is completed.
func (r *Response) Finish() {
	if r.is(tookOver) {
		return
	}
	if !r.is(wroteHead) {
		r.begin(http.StatusOK)
	}
	if r.inj != nil {
		r.note(r.inj.finish())
	}
}

// Abort ends the response after the handler panicked: what was held back is
// handed on unchanged and nothing is added.
func (r *Response) Abort() {
	if r.inj != nil && !r.is(tookOver) {
		r.note(r.inj.abort())
	}
}

// begin marks the final header as written and runs the hooks, once.
func (r *Response) begin(code int) {
	if r.is(wroteHead) || !r.mark(wroteHead) {
		return
	}
	r.status.Store(int32(code))
	if len(r.hooks) == 0 {
		if r.recorder != nil {
			r.describeHead()
		}
		if r.inj != nil {
			r.inj.header()
		}
		return
	}
	r.beginHooked(Head{Status: code, Header: r.w.Header()}, code)
}

// beginHooked runs the hooks, the last registered first, and sends the header
// itself if they have something else in mind than code.
func (r *Response) beginHooked(head Head, code int) {
	for i := len(r.hooks) - 1; i >= 0; i-- {
		if h := r.hooks[i]; !h.done {
			h.done = true
			h.run(&head)
			r.status.Store(int32(head.Status))
		}
	}
	if r.recorder != nil {
		r.describeHead()
	}
	if r.inj != nil {
		r.inj.header()
	}
	if head.Status != code || head.replaced {
		r.override(&head)
	}
}

// override sends a head that is not the handler's, and the body if that was
// replaced.
func (r *Response) override(head *Head) {
	r.mark(sentHead)
	if r.inj == nil || !r.inj.holdsHeader() {
		r.w.WriteHeader(head.Status)
	}
	if !head.replaced {
		return
	}
	r.mark(dropsBody)
	if len(head.body) > 0 {
		_, _ = r.forward(head.body)
	}
}

// early runs a hook whose layer returned and wrote nothing: no layer inside is
// going to. If it changes the response, that is sent.
func (r *Response) early(h *headHook) {
	if h == nil || h.done || r.is(wroteHead) {
		return
	}
	h.done = true
	head := Head{Status: http.StatusOK, Header: r.w.Header()}
	h.run(&head)
	if head.Status != http.StatusOK || head.replaced {
		if r.mark(wroteHead) {
			r.status.Store(int32(head.Status))
			r.beginHooked(head, 0)
		}
	}
}

// dropHooks forgets the hooks registered after the first n.
func (r *Response) dropHooks(n int) {
	for _, h := range r.hooks[min(n, len(r.hooks)):] {
		h.done = true
	}
}

// note remembers that the other side could not be written to. Errors by which
// the server refuses what a handler does say nothing about the client.
func (r *Response) note(err error) {
	switch {
	case err == nil, errors.Is(err, http.ErrBodyNotAllowed), errors.Is(err, http.ErrContentLength),
		errors.Is(err, http.ErrHijacked), errors.Is(err, http.ErrHandlerTimeout), errors.Is(err, http.ErrNotSupported):
	default:
		r.mark(didFail)
	}
}

func (r *Response) writeHeader(code int) {
	switch {
	case r.is(tookOver):
		r.misuse("WriteHeader on hijacked connection", func() { r.w.WriteHeader(code) })
	case r.is(wroteHead):
		r.writtenTwice(code)
		r.misuse("superfluous", func() { r.settle(); r.w.WriteHeader(code) })
	case code < 100 || code > 999, informational(code):
		r.w.WriteHeader(code) // net/http panics on a code that does not exist
	default:
		r.begin(code)
		if !r.is(sentHead) && (r.inj == nil || !r.inj.holdsHeader()) {
			r.w.WriteHeader(code)
		}
	}
}

// informational tells interim answers from final ones. After 101 the
// connection speaks another protocol: that is final.
func informational(code int) bool {
	return code < 200 && code != http.StatusSwitchingProtocols
}

func (r *Response) write(p []byte) (n int, err error) {
	if r.is(tookOver) {
		return r.writeHijacked(p)
	}
	r.begin(http.StatusOK)
	if r.is(dropsBody) {
		return len(p), nil
	}
	return r.forward(p)
}

// forward writes the next bytes of the body.
func (r *Response) forward(p []byte) (n int, err error) {
	if r.inj != nil && r.inj.active() {
		n, err = r.inj.write(p)
	} else {
		n, err = r.w.Write(p)
	}
	if r.tapes != nil {
		r.tapes.response.add(p[:n])
	}
	return r.count(n, err)
}

func (r *Response) writeString(s string) (n int, err error) {
	if r.is(tookOver) {
		return r.writeHijacked([]byte(s))
	}
	r.begin(http.StatusOK)
	if r.is(dropsBody) {
		return len(s), nil
	}
	if r.inj != nil && r.inj.active() {
		n, err = r.inj.writeString(s)
	} else {
		n, err = io.WriteString(r.w, s)
	}
	if r.tapes != nil && r.tapes.response.wants() {
		r.tapes.response.add([]byte(s[:n]))
	}
	return r.count(n, err)
}

func (r *Response) count(n int, err error) (int, error) {
	r.written.Add(int64(n))
	r.note(err)
	return n, err
}

func (r *Response) writeHijacked(p []byte) (n int, err error) {
	if len(p) == 0 {
		return r.w.Write(p)
	}
	err = http.ErrHijacked
	r.misuse("Write on hijacked connection", func() { n, err = r.w.Write(p) })
	return n, err
}

func (r *Response) flush() {
	r.beforeFlush()
	r.w.(http.Flusher).Flush()
}

func (r *Response) flushError() error {
	r.beforeFlush()
	err := r.w.(errorFlusher).FlushError()
	r.note(err)
	return err
}

func (r *Response) beforeFlush() {
	if r.is(tookOver) {
		return
	}
	r.mark(didFlush)
	r.begin(http.StatusOK)
	r.settle()
}

// settle hands on what page injection holds back only until it knows whether
// the response is a page.
func (r *Response) settle() {
	if r.inj != nil && r.inj.active() {
		r.note(r.inj.settle())
	}
}

func (r *Response) hijack() (net.Conn, *bufio.ReadWriter, error) {
	if r.inj != nil {
		r.note(r.inj.abort())
	}
	conn, rw, err := r.w.(http.Hijacker).Hijack()
	if err == nil {
		r.mark(tookOver)
	}
	return conn, rw, err
}

// unwrap gives the inner writer away. Whoever gets it may write behind our
// back, so nothing that the handler wrote before may stay here.
func (r *Response) unwrap() http.ResponseWriter {
	if r.is(wroteHead) {
		r.settle()
	}
	return r.w
}

// Each of these is called from many generated types, into which the compiler
// would copy it.

//go:noinline
func (r *Response) closeNotify() <-chan bool {
	//lint:ignore SA1019 deprecated, but who asks for it gets what the server has
	return r.w.(http.CloseNotifier).CloseNotify()
}

//go:noinline
func (r *Response) push(target string, o *http.PushOptions) error {
	return r.w.(http.Pusher).Push(target, o)
}

//go:noinline
func (r *Response) setReadDeadline(t time.Time) error {
	return r.w.(controller).SetReadDeadline(t)
}

//go:noinline
func (r *Response) setWriteDeadline(t time.Time) error {
	return r.w.(controller).SetWriteDeadline(t)
}

//go:noinline
func (r *Response) enableFullDuplex() error {
	return r.w.(controller).EnableFullDuplex()
}
