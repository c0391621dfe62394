package tasks

import (
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

// Permanent says that trying again would not help: returned by a task, the job is
// cancelled with err as its error, and not retried. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return river.JobCancel(err)
}

// Later has a job run again after d: returned by a task, this attempt does not count.
// A d of 0 or less is at once.
func Later(d time.Duration) error { return river.JobSnooze(max(d, 0)) }

// Expected marks an error that is no fault of the program, as a customer's full mailbox:
// it is retried as others are, but logged as information. Expected(nil) is nil.
func Expected(err error) error {
	if err == nil {
		return nil
	}
	return &expectedError{err}
}

type expectedError struct{ err error }

// Error is the text of what was expected.
func (e *expectedError) Error() string { return e.err.Error() }

// Unwrap is what was expected.
func (e *expectedError) Unwrap() error { return e.err }

func isExpected(err error) bool {
	_, ok := errors.AsType[*expectedError](err)
	return ok
}

// ErrExpired is the error of a job that was not begun before its deadline
// ([Options.Expires]): it is cancelled without being run.
var ErrExpired = errors.New("tasks: the job expired before a worker had time for it")

// ErrNotFinished is given for the result of a job that has not ended.
var ErrNotFinished = errors.New("tasks: the job has not finished yet")

// MismatchError says that a job is of another task than the one whose result was asked.
type MismatchError struct {
	ID         int64
	Kind, Want string
}

// Error names the job and both tasks.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("tasks: job %d is of task %q, not of %q", e.ID, e.Kind, e.Want)
}

// FailedError says that a job has failed, with the error of each attempt.
type FailedError struct {
	ID     int64
	Kind   string
	State  string   // "discarded" or "cancelled"
	Errors []string // of the attempts, first to last
}

// Error names the job and its last error.
func (e *FailedError) Error() string {
	last := "it was cancelled before it ran"
	if n := len(e.Errors); n > 0 {
		last = e.Errors[n-1]
	}
	return fmt.Sprintf("tasks: job %d (%s) is %s: %s", e.ID, e.Kind, e.State, last)
}
