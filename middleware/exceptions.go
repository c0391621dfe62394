package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// ExceptionOptions says how errors and panics become responses. The zero value
// answers with the text of the status and logs to slog's default logger.
type ExceptionOptions struct {
	// Respond writes the response to an error. The header has nothing of the
	// body that the view may have announced. If it writes nothing, or fails,
	// the default is used: the error's message, or the text of the status.
	Respond func(w http.ResponseWriter, r *http.Request, status int, err error)

	// Report is told each error that is the app's fault (500 and above) and each
	// panic, once, with the request that failed: the place for an error tracker.
	// It may not write. A panic of it is ignored. Use [About] for the user, and
	// errors.As with a *PanicError for the stack.
	Report func(r *http.Request, err error)

	// Logger gets one record for each response of 400 and above. Nil is
	// slog's default.
	Logger *slog.Logger

	// Debug adds error and stack to the default response. Never set it where
	// strangers are clients.
	Debug bool

	// Propagate is for tests: after the ProcessException of the layers, an error
	// or panic is thrown on, and no response is made of it.
	Propagate bool
}

// Exceptions returns the layer that turns what fails inside it into responses.
// It is the only one to do so: without it, a panic passes through a Stack
// unchanged. Put it outermost, or inside the layers that must see everything.
//
//   - A layer inside always gets a response from what it calls, never a panic:
//     each is answered where it left its own layer.
//   - An error returned by a view (see HandlerFunc), or a panic of it, is first
//     offered to the layers' ProcessException, the innermost first. Errors and
//     panics of the layers themselves are not.
//   - http.ErrAbortHandler and runtime.Goexit pass through.
//   - Once a response has begun, nothing can be made of a panic: it is logged,
//     and the connection is cut, as the server would have done.
func Exceptions(o ExceptionOptions) Layer {
	wired.Store(true)
	e := &exceptions{o}
	src := instrument.FuncSource(Exceptions)
	return named(layer{name: "exceptions", source: src, exc: e, fn: func(next http.Handler) (http.Handler, error) {
		return &catching{e, next}, nil
	}})
}

type exceptions struct{ opt ExceptionOptions }

// byDefault is used where there is no Exceptions.
var byDefault = &exceptions{}

// catching is the handler of an Exceptions.
type catching struct {
	exc  *exceptions
	next http.Handler
}

func (h *catching) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := callOf(r.Context())
	res, w, own := watched(w, r)
	returned := false
	defer func() {
		v := recover()
		switch {
		case v != nil && v != http.ErrAbortHandler:
			v = h.caught(c, res, w, r, v)
		case v == nil && !returned: // Goexit
			return
		}
		switch {
		case own && v == nil:
			res.Finish()
		case own:
			res.Abort()
		}
		status := res.Status()
		if status == 0 {
			status = http.StatusOK
		}
		if !h.exc.opt.Propagate || v == nil {
			c.x.logOnce(h.exc, r, status)
		}
		if v != nil {
			panic(v)
		}
	}()
	h.next.ServeHTTP(w, r)
	returned = true
}

// caught deals with a panic that no boundary inside could answer.
func (h *catching) caught(c *call, res *Response, w http.ResponseWriter, r *http.Request, v any) (throw any) {
	err := newPanicError(v)
	throw = c.answer(res, w, r, err, false, nil)
	if throw != nil && !h.exc.opt.Propagate {
		c.noteFailure(r, err, http.StatusInternalServerError, nil)
		return http.ErrAbortHandler // logged by us
	}
	return throw
}

// boundary is the edge of a layer, where what fails in it becomes a response.
type boundary struct {
	res  *Response
	w    http.ResponseWriter
	own  bool
	mark int // how many header hooks there were
}

func newBoundary(w http.ResponseWriter, r *http.Request) (boundary, http.ResponseWriter) {
	res, w, own := watched(w, r)
	return boundary{res, w, own, len(res.hooks)}, w
}

// close is called when the layer of c returned, or panicked with v. It gives
// what is still to be thrown.
func (b *boundary) close(c *call, r *http.Request, v any, returned bool) (throw any) {
	if v != nil && v != http.ErrAbortHandler {
		if !c.probe.view {
			b.res.dropHooks(b.mark) // of layers inside, which have had their say
		}
		v = c.outer.answer(b.res, b.w, r, newPanicError(v), c.probe.view, c)
		returned = v == nil
	}
	switch {
	case !b.own:
	case returned:
		b.res.Finish()
	default:
		b.res.Abort()
	}
	return v
}

// answer makes a response of err, unless one has begun. fromView says that err
// comes from a view, so that the layers around c are asked first; at is the call
// that failed, if it is not the one that r runs in. It gives what is to be thrown
// instead of an answer, or nil.
func (c *call) answer(res *Response, w http.ResponseWriter, r *http.Request, err error, fromView bool, at *call) (throw any) {
	exc := c.exc
	if exc == nil {
		exc = byDefault
	}
	if res.is(wroteHead | tookOver) {
		return c.tooLate(r, err, at)
	}
	if fromView && c.x.askOnce() {
		if err = c.processException(res, w, r, err); err == nil {
			c.x.answered()
			return nil
		}
		c.x.answered()
	}
	if exc.opt.Propagate {
		c.x.propagate()
		return thrown(err)
	}
	c.noteFailure(r, err, statusFor(r, err), at)
	return exc.respond(res, w, r, err)
}

// tooLate is for an error after the response has begun.
func (c *call) tooLate(r *http.Request, err error, at *call) (throw any) {
	var p *PanicError
	if errors.As(err, &p) {
		return p.Value
	}
	status := statusFor(r, err)
	c.noteFailure(r, err, status, at)
	if status < 500 {
		return nil
	}
	return http.ErrAbortHandler
}

func thrown(err error) any {
	if p, ok := err.(*PanicError); ok {
		return p.Value
	}
	return err
}

// processException asks the layers from c outwards. It gives the error that is
// left, nil if one has answered.
func (c *call) processException(res *Response, w http.ResponseWriter, r *http.Request, err error) error {
	if errors.As(err, new(*wiringError)) {
		return err
	}
	for _, o := range c.handling() {
		hook := o.probe.hooks.exception
		if hook == nil {
			continue
		}
		next := guarded(r.Context(), o.probe.hooks.exceptionSpan, func() error { return hook.ProcessException(w, r, err) })
		if next == nil || res.is(wroteHead) {
			return nil
		}
		if !same(next, err) {
			return next
		}
	}
	return err
}

// same compares errors that may not be comparable.
func same(a, b error) (eq bool) {
	defer func() { _ = recover() }()
	return a == b
}

// guarded runs a hook in a span of its own and makes an error of its panic.
// What the hook gives back is not its failure, so it is not recorded as one.
func guarded(ctx context.Context, h *instrument.Handler, hook func() error) (err error) {
	span := instrument.Leaf(ctx, h)
	defer func() {
		v := recover()
		if v == http.ErrAbortHandler {
			span.End(nil)
			panic(v)
		}
		if v != nil {
			span.Panic(v)
			err = newPanicError(v)
		}
		span.End(nil)
	}()
	return hook()
}

// wiringError is a mistake of the app's wiring, which layers are not asked about.
type wiringError struct{ text string }

func (e *wiringError) Error() string { return e.text }

// failure is what went wrong with a request.
type failure struct {
	err        error
	status     int
	asked      bool // layers are being asked, or an error is on its way out
	propagated bool
	logged     bool
	reported   bool
	layer      string
}

// failing gives what went wrong, to be written to. The caller holds x.mu.
func (x *exchange) failing() *failure {
	if x.failure == nil {
		x.failure = &failure{}
	}
	return x.failure
}

func (x *exchange) askOnce() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	f := x.failing()
	if f.asked || f.propagated {
		return false
	}
	f.asked = true
	return true
}

func (x *exchange) answered() {
	x.mu.Lock()
	x.failing().asked = false
	x.mu.Unlock()
}

func (x *exchange) propagate() {
	x.mu.Lock()
	x.failing().propagated = true
	x.mu.Unlock()
}

// noteFailure tells the Record and the app's reporter about an error that is
// not the client's, once, and keeps it for the log.
func (c *call) noteFailure(r *http.Request, err error, status int, at *call) {
	x := c.x
	if at == nil {
		at = callOf(r.Context())
	}
	layer := at.named(r)
	x.mu.Lock()
	if at != nil && at.x == x && status >= 500 {
		at.note().failure = err
	}
	f := x.failing()
	first := !f.reported && status >= 500
	f.err, f.status, f.layer = err, status, layer
	f.reported = f.reported || first
	x.mu.Unlock()
	if !first {
		return
	}
	if x.rec != nil {
		x.rec.Set(keyFailed.String(layer))
		if p, ok := err.(*PanicError); ok {
			x.rec.Panic(p.Value)
		} else {
			x.rec.Fail(err)
		}
	}
	if c.exc != nil && c.exc.opt.Report != nil {
		defer func() { _ = recover() }()
		c.exc.opt.Report(r, err)
	}
}

// named is the name of the layer or view, which for a view that a router chose
// is its route.
func (c *call) named(r *http.Request) string {
	switch {
	case c == nil || c.probe == nil:
		return ""
	case c.probe.view && r.Pattern != "":
		return r.Pattern
	}
	return c.probe.Name()
}

// bodyHeaders describe a body that is not going to come.
var bodyHeaders = []string{"Content-Length", "Content-Range", "Content-Disposition", "Accept-Ranges", "Etag", "Last-Modified", "Trailer"}

// respond writes the response to err. Nothing has been written yet. If the app's
// own way fails half-way, it gives what is to be thrown.
func (e *exceptions) respond(res *Response, w http.ResponseWriter, r *http.Request, err error) (throw any) {
	status := statusFor(r, err)
	clearBody(res, w.Header())
	if e.opt.Respond != nil {
		failure := e.custom(w, r, status, err)
		if res.is(wroteHead | tookOver) {
			if failure != nil {
				return http.ErrAbortHandler
			}
			return nil
		}
		if failure != nil {
			clearBody(res, w.Header())
			status, err = http.StatusInternalServerError, nil
		}
	}
	text := messageFor(status, err)
	if e.opt.Debug && err != nil {
		text += "\n\n" + err.Error()
		var p *PanicError
		if errors.As(err, &p) {
			text += "\n\n" + p.Stack()
		}
	}
	http.Error(w, text, status)
	return nil
}

// custom calls the app's Respond and gives the error of its panic.
func (e *exceptions) custom(w http.ResponseWriter, r *http.Request, status int, err error) (failure error) {
	defer func() {
		if v := recover(); v != nil {
			failure = newPanicError(v)
			if c := callOf(r.Context()); c != nil {
				c.x.mu.Lock()
				f := c.x.failing()
				f.err = errors.Join(f.err, fmt.Errorf("respond to it: %w", failure))
				f.status = http.StatusInternalServerError
				c.x.mu.Unlock()
			}
			if e.opt.Report != nil {
				defer func() { _ = recover() }()
				e.opt.Report(r, failure)
			}
		}
	}()
	e.opt.Respond(w, r, status, err)
	return nil
}

// clearBody takes back what the view said about its body. An encoding is left
// where a layer compresses, which may have announced it already.
func clearBody(res *Response, h http.Header) {
	for _, key := range bodyHeaders {
		delete(h, key)
	}
	if isServerWriter(res.w) {
		delete(h, "Content-Encoding")
	}
	if cc := h.Get("Cache-Control"); cc != "" && cc != "no-store" {
		h.Set("Cache-Control", "no-store")
	}
}

// logOnce writes the one log record of a response that failed.
func (x *exchange) logOnce(e *exceptions, r *http.Request, status int) {
	x.mu.Lock()
	var f failure
	if x.failure != nil {
		f = *x.failure
	}
	if status < 400 && f.err != nil && (f.status >= 500 || status == 0) {
		status = f.status // the response had begun before it failed
	}
	if f.logged || status < 400 || status == statusClientGone {
		x.mu.Unlock()
		return
	}
	x.failing().logged = true
	x.mu.Unlock()
	logger := slog.Default()
	if e != nil && e.opt.Logger != nil {
		logger = e.opt.Logger
	}
	level := slog.LevelWarn
	if status >= 500 {
		level = slog.LevelError
	}
	if !logger.Enabled(r.Context(), level) {
		return
	}
	logger.LogAttrs(r.Context(), level, logMessage(r, status), logAttrs(x, r, status, f)...)
}

// logMessage has the path in its escaped form, so that it cannot forge a line.
func logMessage(r *http.Request, status int) string {
	text := http.StatusText(status)
	if text == "" {
		text = fmt.Sprintf("Status %d", status)
	}
	return text + ": " + r.URL.EscapedPath()
}

func logAttrs(x *exchange, r *http.Request, status int, f failure) []slog.Attr {
	attrs := []slog.Attr{slog.Int("status", status), slog.String("method", r.Method)}
	if x.rec != nil {
		attrs = append(attrs, slog.String("record", x.rec.ID().String()), slog.String("trace", x.rec.TraceContext().TraceID.String()))
	}
	if f.err == nil {
		return attrs
	}
	attrs = append(attrs, slog.String("error", f.err.Error()))
	if f.layer != "" {
		attrs = append(attrs, slog.String("layer", f.layer))
	}
	var p *PanicError
	if status >= 500 && errors.As(f.err, &p) {
		attrs = append(attrs, slog.String("stack", p.Stack()))
	}
	return attrs
}
