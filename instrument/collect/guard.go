package collect

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

// PanicError is a panic of a store or a callback, caught where it was called.
type PanicError struct {
	Where string // "Store.Append", "Keep.Func", ...
	Value any
	Stack []byte
}

// Error has the value; the stack goes to the log only.
func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.Where, e.Value) }

// Unwrap is the value, when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// newPanicError is called in the deferred function that recovered.
func newPanicError(where string, v any) *PanicError {
	return &PanicError{Where: where, Value: v, Stack: debug.Stack()}
}

func isPanic(err error) bool {
	var p *PanicError
	return errors.As(err, &p)
}

// guard calls fn; a panic becomes its error.
func guard(where string, fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = newPanicError(where, v)
		}
	}()
	return fn()
}

const (
	// maxFailures in a row switch a part off.
	maxFailures = 10
	// maxTries is how often the same batch is tried.
	maxTries = 8
	// firstRetry and lastRetry bound the pause after a failure.
	firstRetry = 50 * time.Millisecond
	lastRetry  = 2 * time.Second
	// probeEvery is how often a part that is off is tried: a store whose disk has
	// room again is used within five seconds.
	probeEvery = 4500 * time.Millisecond
)

// breaker counts the failures of one part of the writer and says when to try
// again.
type breaker struct {
	part  string
	fails int // in a row
	off   bool
	retry time.Time // zero: at once
}

// failed takes a failure into account and reports whether it switched the part
// off.
func (b *breaker) failed(now time.Time) (tripped bool) {
	b.fails++
	tripped = !b.off && b.fails >= maxFailures
	b.off = b.off || tripped
	pause := probeEvery
	if !b.off {
		pause = min(firstRetry<<(b.fails-1), lastRetry)
	}
	// Jitter, so that processes that share a file do not meet again.
	b.retry = now.Add(pause/2 + rand.N(pause/2))
	return tripped
}

// worked takes a success into account and reports whether the part was off.
func (b *breaker) worked() (wasOff bool) {
	wasOff = b.off
	*b = breaker{part: b.part}
	return wasOff
}

// waits reports whether it is too early to try.
func (b *breaker) waits(now time.Time) bool { return now.Before(b.retry) }
