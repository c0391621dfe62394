package signals

import (
	"errors"
	"fmt"
	"reflect"
	"time"
)

// Result is what one receiver did in one send.
type Result struct {
	Receiver *Connection
	Value    any           // what it gave to [Event.Return]; nil when it did not
	Err      error         // nil when it succeeded or was skipped
	Duration time.Duration // with all attempts; 0 while nothing records: then no clock is read
	Skipped  string        // why it was not called; "" when it was
	Handled  string        // the policy that took care of Err; "" when none did
	Queued   bool          // its call was handed to a queue: see [Queued]
	Attempts int           // how often it was called: more than once only after [Retry]
}

// failed says that the send has failed with the receiver.
func (r *Result) failed() bool { return r.Err != nil && r.Handled == "" }

// PanicError is the error of a receiver that panicked in a robust send.
type PanicError struct {
	Value any    // what the receiver panicked with; *runtime.PanicNilError for nil
	Stack []byte // as runtime/debug.Stack gives it
}

// Error is the value's text, without the stack. The fields of a struct have their names, by which secrets are masked.
func (e *PanicError) Error() string {
	if err, ok := e.Value.(error); ok {
		return fmt.Sprintf("panic: %v", err)
	}
	return fmt.Sprintf("panic: %+v", e.Value)
}

// Unwrap is the value if it is an error, so that errors.Is and errors.As reach it.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// errGoexit marks the span of a receiver that ended its goroutine; no caller gets it.
var errGoexit = errors.New("the receiver called runtime.Goexit")

var textErrorType = reflect.TypeOf(errors.New(""))

// isAbort recognises http.ErrAbortHandler, with which a handler gives up its
// response and which the server has to see. By type and text: net/http would be in
// every program that sends a signal.
func isAbort(v any) bool {
	err, ok := v.(error)
	return ok && reflect.TypeOf(err) == textErrorType && err.Error() == "net/http: abort Handler"
}

// joined is the error of a robust send: that of its receiver if one failed, all of
// them joined if several did.
func joined(results []Result) error {
	var errs []error
	for i := range results {
		if results[i].failed() {
			errs = append(errs, results[i].Err)
		}
	}
	return join(errs)
}

// join leaves a single error as it is.
func join(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
