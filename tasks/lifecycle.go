package tasks

import (
	"context"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// Event is what the signals of a job's life carry.
type Event struct {
	Job     *rivertype.JobRow // as it was when the attempt began, or after the insert
	Attempt int               // 1 for the first run; 0 when it was queued
	Outcome Outcome           // of the attempt; "" before its end
	Err     error             // why it failed; nil otherwise
	Took    time.Duration     // the attempt; 0 before its end
}

// The signals of a job's life. The sender is the job's kind. They are sent robustly: what
// a receiver does changes nothing for the job. An attempt sends Started, then one of
// Succeeded, Retrying and Failed, then Ended; one that was put off or interrupted sends
// Started and Ended alone.
var (
	// Queued is sent when a job was inserted, inside the transaction if there is one.
	Queued = signals.New[Event]("task_queued", signals.Doc("a job was inserted"))
	// Started is sent before an attempt.
	Started = signals.New[Event]("task_started", signals.Doc("an attempt at a job begins"))
	// Succeeded is sent when the job is done.
	Succeeded = signals.New[Event]("task_succeeded", signals.Doc("a job is done"))
	// Retrying is sent when an attempt failed that is not the last.
	Retrying = signals.New[Event]("task_retrying", signals.Doc("an attempt failed, and the job is tried again"))
	// Failed is sent once for a job that failed for good: its last attempt failed, its error
	// is permanent, or it was cancelled or expired.
	Failed = signals.New[Event]("task_failed", signals.Doc("a job failed for good"))
	// Ended is sent after each attempt, whatever came of it.
	Ended = signals.New[Event]("task_ended", signals.Doc("an attempt at a job has ended"))
)

// tell sends a signal of a job's life. Failures of receivers are logged by the signal.
func tell(ctx context.Context, s *signals.Signal[Event], e Event) {
	_, _ = s.SendRobust(ctx, e.Job.Kind, e)
}

// tellEnd sends what follows an attempt.
func (a *attempt) tellEnd(outcome Outcome, err error) {
	e := Event{Job: a.job, Attempt: a.job.Attempt, Outcome: outcome, Err: err, Took: a.client.now().Sub(a.start)}
	switch outcome {
	case Completed:
		tell(a.ctx, Succeeded, e)
	case Retried:
		tell(a.ctx, Retrying, e)
	case Discarded, Cancelled:
		tell(a.ctx, Failed, e)
	}
	tell(a.ctx, Ended, e)
}
