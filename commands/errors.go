package commands

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/pflag"
)

// Exit codes.
const (
	ExitOK    = 0
	ExitError = 1
	ExitUsage = 2
	// ExitLocked says that another run of the command goes on: try again later.
	ExitLocked = 75
	// exitSignal plus a signal's number is the code after that signal, as shells
	// have it.
	exitSignal = 128
)

// Error is a failure that is told to whoever runs the command: its text is written
// for them.
type Error struct {
	Err  error
	Code int // the exit code, 1 to 255
}

// Errorf makes an Error with exit code 1. It formats as fmt.Errorf does, %w
// included.
func Errorf(format string, args ...any) error {
	return &Error{Err: fmt.Errorf(format, args...), Code: ExitError}
}

// WithExitCode gives an error another exit code; nil stays nil. A code that is none
// of 1 to 255 becomes 1, and the text says so: an error never exits as a success.
func WithExitCode(err error, code int) error {
	if err == nil {
		return nil
	}
	if code < 1 || code > 255 {
		return &Error{Err: fmt.Errorf("%w (exit code %d is not one for an error: 1 is used)", err, code), Code: ExitError}
	}
	return &Error{Err: err, Code: code}
}

// Error is the text of Err.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap is Err.
func (e *Error) Unwrap() error { return e.Err }

// UsageError says that a command was called in a wrong way: an unknown option, a
// value that does not fit, an argument too many.
type UsageError struct {
	Command    string // with the program's name: "manage cleanup"
	Usage      string // how to call it
	Err        error
	Options    []string // what there is instead of an unknown option, sorted
	Suggestion string   // the option that is close to an unknown one; "" when there is none
}

// Error is the command, what was wrong and, after an unknown option, those that there
// are.
func (e *UsageError) Error() string {
	text := e.Command + ": " + e.problem()
	if len(e.Options) > 0 {
		text += "; valid options are: " + strings.Join(e.Options, ", ")
	}
	return text
}

// problem is what was wrong, with the option that may be meant.
func (e *UsageError) problem() string {
	if e.Suggestion == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + ". Did you mean " + e.Suggestion + "?"
}

// Unwrap is what was wrong.
func (e *UsageError) Unwrap() error { return e.Err }

// UnknownCommandError says that there is no command of that name.
type UnknownCommandError struct {
	Name       string
	Suggestion string // a command whose name is close; "" when there is none
}

// Error names the command and, if there is one, the command that may be meant.
func (e *UnknownCommandError) Error() string {
	if e.Suggestion == "" {
		return fmt.Sprintf("unknown command %q", e.Name)
	}
	return fmt.Sprintf("unknown command %q. Did you mean %s?", e.Name, e.Suggestion)
}

// PanicError is the error of a command that panicked.
type PanicError struct {
	Value any
	Stack []byte // as runtime/debug.Stack gives it
}

// Error is the value's text, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap is the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// InterruptError says that a signal came while the command ran.
type InterruptError struct {
	Signal os.Signal
	Err    error // what the command returned then; may be nil
}

// Error names the signal.
func (e *InterruptError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("stopped by signal: %v", e.Signal)
	}
	return fmt.Sprintf("stopped by signal: %v: %v", e.Signal, e.Err)
}

// Unwrap is what the command returned.
func (e *InterruptError) Unwrap() error { return e.Err }

// ExitCode is the exit code that an error of Call or Exec stands for; 0 for nil.
func ExitCode(err error) int {
	if err == nil {
		return ExitOK
	}
	if e, ok := errors.AsType[*InterruptError](err); ok {
		if sig, ok := e.Signal.(syscall.Signal); ok {
			return exitSignal + int(sig)
		}
		return ExitError
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Code >= 1 && e.Code <= 255 {
		return e.Code
	}
	if _, ok := errors.AsType[*UsageError](err); ok {
		return ExitUsage
	}
	if _, ok := errors.AsType[*LockedError](err); ok {
		return ExitLocked
	}
	return ExitError
}

// valueError is a usage error whose text quotes what the user wrote. What was
// written may be a secret in the wrong place, so the Record gets another text.
type valueError struct {
	text     string
	recorded string
}

func (e *valueError) Error() string { return e.text }

// recordable is the error as it may be kept.
func (e *UsageError) recordable() error {
	if v, ok := errors.AsType[*valueError](e.Err); ok {
		return errors.New(v.recorded)
	}
	if v, ok := errors.AsType[*pflag.InvalidValueError](e.Err); ok {
		return fmt.Errorf("invalid value of --%s", v.GetFlag().Name)
	}
	if _, ok := errors.AsType[*pflag.InvalidSyntaxError](e.Err); ok {
		return errors.New("bad flag syntax")
	}
	return e.Err
}
