package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// TestMode is how a Client behaves in an app's tests. Package taskstest sets it.
type TestMode uint8

// The modes.
const (
	NotTesting TestMode = iota // jobs are queued, workers work them
	Eager                      // a job is worked as soon as it is queued, before Enqueue returns
	RecordOnly                 // jobs are queued and stay there
)

// testEngine is an engine whose jobs are worked by who queues them. Transactions of the
// app are left alone: they are of another database.
type testEngine struct {
	engine
	client *Client
}

// Insert queues a job, and in Eager mode works it.
func (e *testEngine) Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error) {
	results, err := e.InsertMany(ctx, []river.InsertManyParams{{Args: args, InsertOpts: opts}})
	if err != nil {
		return nil, err
	}
	return results[0], nil
}

// InsertMany queues jobs, and in Eager mode works them.
func (e *testEngine) InsertMany(ctx context.Context, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error) {
	results, err := e.engine.InsertMany(ctx, params)
	if err != nil {
		return nil, err
	}
	return results, e.work(ctx, results)
}

func (e *testEngine) work(ctx context.Context, results []*rivertype.JobInsertResult) error {
	if e.client.config.Test != Eager {
		return nil
	}
	for _, r := range results {
		if r.UniqueSkippedAsDuplicate || r.Job.State != rivertype.JobStateAvailable {
			continue
		}
		job, err := e.client.workNow(ctx, r.Job)
		if err != nil {
			return err
		}
		r.Job = job
	}
	return nil
}

// within runs fn in a transaction of the queue's own database; what it queued is worked
// when that is committed.
func (e *testEngine) within(ctx context.Context, _ any, fn func(transaction) error) error {
	var queued []*rivertype.JobInsertResult
	err := e.engine.within(ctx, nil, func(x transaction) error {
		insert := x.insert
		x.insert = func(ctx context.Context, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error) {
			results, err := insert(ctx, params)
			queued = append(queued, results...)
			return results, err
		}
		x.complete = func(ctx context.Context, job *rivertype.JobRow) error {
			attemptOf(ctx).completed = true
			return nil
		}
		return fn(x)
	})
	if err != nil {
		return err
	}
	return e.work(ctx, queued)
}

// valueless ends when its parent does and has none of its values: a worker does not have
// them either.
type valueless struct{ context.Context }

// Value is nil.
func (valueless) Value(any) any { return nil }

// eagerSnoozes is how often a job that puts itself off is run again at once.
const eagerSnoozes = 10

// WorkDue works the jobs that are due by the Client's clock, in the order in which workers
// would, until there are none. It is for Clients with Config.Test set.
func (c *Client) WorkDue(ctx context.Context) error {
	if c.config.Test == NotTesting {
		return errors.New("tasks: WorkDue: the Client is not in a test mode: see package taskstest")
	}
	for {
		list, err := c.JobList(ctx, river.NewJobListParams().First(1000).OrderBy(river.JobListOrderByScheduledAt, river.SortOrderAsc).
			States(rivertype.JobStateAvailable, rivertype.JobStateScheduled, rivertype.JobStateRetryable))
		if err != nil {
			return err
		}
		job := firstDue(list.Jobs, c.now())
		if job == nil {
			return nil
		}
		if _, err := c.workNow(ctx, job); err != nil {
			return err
		}
	}
}

// firstDue is the most urgent job of those whose time has come.
func firstDue(jobs []*rivertype.JobRow, now time.Time) (first *rivertype.JobRow) {
	for _, j := range jobs {
		if !j.ScheduledAt.After(now) && (first == nil || j.Priority < first.Priority) {
			first = j
		}
	}
	return first
}

// workNow works a job to its end: what fails is tried again at once.
func (c *Client) workNow(ctx context.Context, job *rivertype.JobRow) (*rivertype.JobRow, error) {
	for snoozes := 0; ; {
		outcome, err := c.attemptNow(ctx, job)
		if err != nil {
			return nil, err
		}
		if job, err = c.JobGet(ctx, job.ID); err != nil {
			return nil, err
		}
		if outcome == Snoozed {
			snoozes++
		}
		if outcome != Retried && outcome != Snoozed || snoozes == eagerSnoozes {
			return job, nil
		}
	}
}

// attemptNow makes one attempt at a job, as a worker of River would.
func (c *Client) attemptNow(ctx context.Context, job *rivertype.JobRow) (Outcome, error) {
	def := c.defs[job.Kind]
	if def == nil || def.work == nil {
		return "", fmt.Errorf("tasks: job %d: no task of this Client works %q", job.ID, job.Kind)
	}
	now := c.now().UTC()
	job.Attempt++
	job.AttemptedAt, job.AttemptedBy, job.State = &now, append(job.AttemptedBy, c.ID()), rivertype.JobStateRunning
	if err := c.update(ctx, job, nil); err != nil {
		return "", err
	}
	inner := withClient(valueless{ctx}, c)
	if limit := (&worker{def: def}).Timeout(&river.Job[jobArgs]{JobRow: job}); limit > 0 {
		timed, cancel := context.WithTimeout(inner, limit)
		defer cancel()
		inner = timed
	}
	a, trace, err := c.runNow(inner, job, def)
	return a.outcome, c.settle(ctx, a, err, trace)
}

// runNow runs the task inside what records and what decides, and catches its panic.
func (c *Client) runNow(ctx context.Context, job *rivertype.JobRow, def *definition) (a *attempt, trace string, err error) {
	ctx = context.WithValue(ctx, eagerKey{}, &a)
	defer func() {
		if v := recover(); v != nil {
			err, trace = fmt.Errorf("%v", v), string(debug.Stack())
		}
	}()
	err = (&recording{client: c}).Work(ctx, job, func(ctx context.Context) error {
		return (&policy{client: c}).Work(ctx, job, func(ctx context.Context) error { return def.work(ctx, job.EncodedArgs) })
	})
	return a, "", err
}

// eagerKey is for where begin leaves the attempt that workNow makes.
type eagerKey struct{}

// settle gives the job the state that follows from an attempt.
func (c *Client) settle(ctx context.Context, a *attempt, err error, trace string) error {
	job, now := a.job, c.now().UTC()
	switch {
	case a.completed || a.outcome == Completed:
		job.State, job.FinalizedAt, err = rivertype.JobStateCompleted, &now, nil
	case a.outcome == Cancelled:
		job.State, job.FinalizedAt = rivertype.JobStateCancelled, &now
	case a.outcome == Discarded:
		job.State, job.FinalizedAt = rivertype.JobStateDiscarded, &now
	case a.outcome == Retried:
		job.State = rivertype.JobStateAvailable
	default: // it does not count
		job.State, job.Attempt, err = rivertype.JobStateScheduled, job.Attempt-1, nil
	}
	if err != nil {
		job.Errors = append(job.Errors, rivertype.AttemptError{At: a.start, Attempt: job.Attempt, Error: err.Error(), Trace: trace})
	}
	return c.update(ctx, job, a.updates)
}

// update writes a job as it is.
func (c *Client) update(ctx context.Context, job *rivertype.JobRow, meta map[string]any) error {
	errs := make([][]byte, len(job.Errors))
	for i, e := range job.Errors {
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		errs[i] = text
	}
	merged, err := mergeMetadata(job.Metadata, meta)
	if err != nil {
		return err
	}
	_, err = c.engine.executor().JobUpdateFull(ctx, &riverdriver.JobUpdateFullParams{
		ID: job.ID, Schema: c.config.Schema,
		AttemptDoUpdate: true, Attempt: job.Attempt,
		AttemptedAtDoUpdate: true, AttemptedAt: job.AttemptedAt,
		AttemptedByDoUpdate: true, AttemptedBy: job.AttemptedBy,
		ErrorsDoUpdate: true, Errors: errs,
		FinalizedAtDoUpdate: true, FinalizedAt: job.FinalizedAt,
		MetadataDoUpdate: true, Metadata: merged,
		StateDoUpdate: true, State: job.State,
	})
	return err
}

// Eager tells whether jobs are worked by who queues them.
func (c *Client) Eager() bool { return c.config.Test == Eager }
