package middleware

import (
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"runtime"
	"strings"
)

// HTTPError is an error that knows which response it deserves.
type HTTPError struct {
	// Status is the status code. 0 or one below 400 counts as 500.
	Status int

	// Message is for the client. Empty means the text of the status.
	Message string

	// Err is for the log and the Record. It may be nil.
	Err error
}

// Error is the whole text, for the log.
func (e *HTTPError) Error() string {
	s := fmt.Sprintf("%d %s", e.HTTPStatus(), http.StatusText(e.HTTPStatus()))
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives Err.
func (e *HTTPError) Unwrap() error { return e.Err }

// HTTPStatus is the status code of the response.
func (e *HTTPError) HTTPStatus() int {
	if e.Status < 400 || e.Status > 599 {
		return http.StatusInternalServerError
	}
	return e.Status
}

// PanicError is a panic of a view or layer as an error.
type PanicError struct {
	Value any // what panic was called with

	pcs []uintptr
}

// Error is the text of the value.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap gives the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Stack is the stack at the panic, one call a line, innermost first.
func (e *PanicError) Stack() string {
	var b strings.Builder
	frames := runtime.CallersFrames(e.pcs)
	for more := len(e.pcs) > 0; more; {
		var f runtime.Frame
		f, more = frames.Next()
		fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
	}
	return b.String()
}

// newPanicError is called by the deferred function that recovered v, while the
// frames of the panic are still there.
func newPanicError(v any) *PanicError {
	pcs := make([]uintptr, 64)
	return &PanicError{v, pcs[:runtime.Callers(3, pcs)]}
}

// statusClientGone is what nginx made of a client that did not wait.
const statusClientGone = 499

// StatusOf is the status of the response to an error: what the error's own
// HTTPStatus() int says, 413 for a body that is too large, 400 for a form that
// cannot be read, 500 for everything else. It is 200 for nil.
func StatusOf(err error) int {
	var own interface{ HTTPStatus() int }
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &own):
		if s := own.HTTPStatus(); s >= 400 && s <= 599 {
			return s
		}
	case errors.As(err, &tooLarge), errors.Is(err, multipart.ErrMessageTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, http.ErrNotMultipart), errors.Is(err, http.ErrMissingBoundary), errors.Is(err, http.ErrMissingFile):
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// statusFor is StatusOf, but for a client that went away, which is why the view
// failed.
func statusFor(r *http.Request, err error) int {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return statusClientGone
	}
	return StatusOf(err)
}

// messageFor is what the client is told.
func messageFor(status int, err error) string {
	var e *HTTPError
	if errors.As(err, &e) && e.Message != "" && e.HTTPStatus() == status {
		return e.Message
	}
	if text := http.StatusText(status); text != "" {
		return text
	}
	return fmt.Sprintf("Error %d", status)
}

// HandlerFunc is a view that may fail. What it returns is given to the
// ProcessException of the layers around it, and then becomes a response by the
// rules of the Exceptions around it:
//
//	mux.Handle("GET /orders/{id}", middleware.HandlerFunc(showOrder))
//
// Without an Exceptions it is answered and logged as by one without options.
// An error after the response has begun cannot be answered: it is logged and the
// connection is cut, so that the client does not take a part for the whole. An
// error of a status below 500 is only logged then.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP calls f and answers its error.
func (f HandlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	res, w, own := watched(w, r)
	done := false
	defer func() {
		switch {
		case !own:
		case done:
			res.Finish()
		default:
			res.Abort()
		}
	}()
	if err := f(w, r); err != nil {
		if throw := failed(res, w, r, err); throw != nil {
			panic(throw)
		}
	}
	done = true
}

// failed answers the error of a view that has returned.
func failed(res *Response, w http.ResponseWriter, r *http.Request, err error) (throw any) {
	c := callOf(r.Context())
	if c == nil {
		c = newExchange(r.Context(), nil, nil)
	}
	throw = c.answer(res, w, r, err, true, nil)
	if c.exc == nil { // otherwise it logs when the response is complete
		c.x.logOnce(byDefault, r, res.Status())
	}
	return throw
}

// watched is the Response that watches w, if w itself is its writer. Otherwise
// it wraps w; then own is true, and the caller has to end it.
func watched(w http.ResponseWriter, r *http.Request) (res *Response, _ http.ResponseWriter, own bool) {
	if x, ok := w.(interface{ response() *Response }); ok {
		return x.response(), w, false
	}
	res, w = Wrap(w, r)
	return res, w, true
}
