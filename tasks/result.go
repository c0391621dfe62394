package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// ResultTask is a Task whose function gives something back, which is kept with the job for
// as long as River keeps the job: a day.
type ResultTask[A, R any] struct{ Task[A] }

// NewResult is [New] for a function that gives something back. What it gives is written as
// JSON; when that is not possible the job fails for good, since running it again would
// repeat what it did.
func NewResult[A, R any](kind string, work func(ctx context.Context, args A) (R, error), options ...Options) ResultTask[A, R] {
	t := ResultTask[A, R]{newTask[A](kind, work == nil, func(ctx context.Context, args A) error {
		r, err := work(ctx, args)
		if err != nil {
			return err
		}
		return keepResult(ctx, r)
	}, instrument.FuncSource(work), options)}
	t.def.result = reflect.TypeFor[R]()
	return t
}

// keepResult leaves what a task gave back with its job.
func keepResult[R any](ctx context.Context, r R) error {
	encoded, err := json.Marshal(r)
	if err != nil {
		return Permanent(fmt.Errorf("write the result as JSON: %w", err))
	}
	if a := attemptOf(ctx); a != nil {
		a.result = encoded
		return a.set(rivertype.MetadataKeyOutput, json.RawMessage(encoded))
	}
	if kept, ok := ctx.Value(resultKey{}).(*[]byte); ok { // Run: there is no job
		*kept = encoded
	}
	return nil
}

type resultKey struct{}

// Run runs the task here and now and gives its result. Arguments and result make the trip
// through JSON that they would make through the database.
func (t ResultTask[A, R]) Run(ctx context.Context, args A) (r R, err error) {
	var kept []byte
	if err := t.Task.Run(context.WithValue(ctx, resultKey{}, &kept), args); err != nil {
		return r, err
	}
	return r, json.Unmarshal(kept, &r)
}

// With gives a ResultTask with other options; t stays as it is. Fields of o that are zero
// leave those of t.
func (t ResultTask[A, R]) With(o Options) ResultTask[A, R] { return ResultTask[A, R]{t.Task.With(o)} }

// Result is what a job gave back. It is [ErrNotFinished] while the job has not ended, a
// [*FailedError] when it failed, a [*MismatchError] when the job is another task's, and
// river.ErrNotFound when there is no such job.
func (t ResultTask[A, R]) Result(ctx context.Context, id int64) (r R, err error) {
	c := FromContext(ctx)
	if c == nil {
		return r, errNoClient
	}
	row, err := c.JobGet(ctx, id)
	if err != nil {
		return r, fmt.Errorf("tasks: read job %d: %w", id, err)
	}
	if row.Kind != t.def.kind {
		return r, &MismatchError{ID: id, Kind: row.Kind, Want: t.def.kind}
	}
	if err := notDone(row); err != nil {
		return r, err
	}
	return r, json.Unmarshal(row.Output(), &r)
}

// notDone says why a job has no result.
func notDone(row *rivertype.JobRow) error {
	switch row.State {
	case rivertype.JobStateCompleted:
		return nil
	case rivertype.JobStateCancelled, rivertype.JobStateDiscarded:
		e := &FailedError{ID: row.ID, Kind: row.Kind, State: string(row.State)}
		for _, a := range row.Errors {
			e.Errors = append(e.Errors, a.Error)
		}
		return e
	}
	return fmt.Errorf("%w: job %d is %s", ErrNotFinished, row.ID, row.State)
}
