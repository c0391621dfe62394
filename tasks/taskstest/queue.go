// Package taskstest lets tests see what an app queues, without a database or workers:
//
//	func TestOrder_SendsAMail(t *testing.T) {
//		q := taskstest.Record(t, mail.Welcome)
//		shop.Register(q.Context(), "ann@example.org")
//		if got := taskstest.Queued(t, q, mail.Welcome); len(got) != 1 || got[0] != "ann@example.org" {
//			t.Errorf("queued %v", got)
//		}
//	}
//
// [Record] keeps what is queued and runs nothing. [Eager] runs each job as soon as it is
// queued, before Enqueue returns: its effects can be looked at in the next line. In both
// the arguments make the trip through JSON that they would make through the database, so
// that what would be lost on the way is lost here too; the job has a context of its own,
// without the values of the caller's; and uniqueness, results, chains and groups work.
//
// What differs from workers: a transaction is not waited for, jobs run one after the
// other on the caller's goroutine, and what fails is tried again at once. A job that is
// due later runs when the test's clock comes there: see [Queue.Advance]. Where these
// differences matter, test with a Client on an SQLite file.
package taskstest

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// Queue is a queue in memory. Its Client does what any Client does.
type Queue struct {
	*tasks.Client
	t      testing.TB
	offset atomic.Int64
	from   atomic.Int64 // the last job before Clear
}

// Eager makes a queue whose jobs are run as soon as they are queued. defs are the tasks
// that may be queued; none means all of the process.
func Eager(t testing.TB, defs ...tasks.Definition) *Queue {
	t.Helper()
	return New(t, tasks.Config{Test: tasks.Eager, Tasks: defs})
}

// Record makes a queue that keeps its jobs and runs none, until [Queue.Work].
func Record(t testing.TB, defs ...tasks.Definition) *Queue {
	t.Helper()
	return New(t, tasks.Config{Test: tasks.RecordOnly, Tasks: defs})
}

// New makes a queue with a Config of the test's own; what it lacks is set as by Record.
// The database is always one in memory.
func New(t testing.TB, config tasks.Config) *Queue {
	t.Helper()
	q := &Queue{t: t}
	config.DSN, config.DB, config.Pool = ":memory:", nil, nil
	if config.Test == tasks.NotTesting {
		config.Test = tasks.RecordOnly
	}
	if config.Now == nil {
		config.Now = func() time.Time { return time.Now().Add(time.Duration(q.offset.Load())) }
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	client, err := tasks.Open(t.Context(), config)
	if err != nil {
		t.Fatalf("taskstest: %v", err)
	}
	t.Cleanup(func() { client.Close(context.Background()) })
	q.Client = client
	return q
}

// Context is the test's context, in which tasks are queued here.
func (q *Queue) Context() context.Context { return tasks.WithClient(q.t.Context(), q.Client) }

// SetDefault makes the queue the one of all contexts until the test ends, for code that
// passes none on. Tests that use it cannot run in parallel.
func (q *Queue) SetDefault() {
	before := tasks.Default()
	tasks.SetDefault(q.Client)
	q.t.Cleanup(func() { tasks.SetDefault(before) })
}

// Jobs are the jobs that were queued, in that order, as they are now: of the kinds named,
// or of all. They are copies.
func (q *Queue) Jobs(kinds ...string) []*rivertype.JobRow {
	q.t.Helper()
	params := river.NewJobListParams().First(10_000).OrderBy(river.JobListOrderByID, river.SortOrderAsc)
	if len(kinds) > 0 {
		params = params.Kinds(kinds...)
	}
	list, err := q.JobList(q.t.Context(), params)
	if err != nil {
		q.t.Fatalf("taskstest: %v", err)
	}
	var jobs []*rivertype.JobRow
	for _, j := range list.Jobs {
		if j.ID > q.from.Load() {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// Clear forgets the jobs that were queued so far.
func (q *Queue) Clear() {
	q.t.Helper()
	if jobs := q.Jobs(); len(jobs) > 0 {
		q.from.Store(jobs[len(jobs)-1].ID)
	}
}

// Work runs the jobs that are due, and those that they queue.
func (q *Queue) Work() {
	q.t.Helper()
	if err := q.WorkDue(q.Context()); err != nil {
		q.t.Fatalf("taskstest: %v", err)
	}
}

// Advance moves the queue's clock on, queues what schedules are due by then, and in Eager
// mode runs the jobs whose time has come.
func (q *Queue) Advance(d time.Duration) {
	q.t.Helper()
	q.offset.Add(int64(d))
	if err := q.RunSchedules(q.Context()); err != nil {
		q.t.Fatalf("taskstest: %v", err)
	}
	if q.Eager() {
		q.Work()
	}
}

// Queued are the arguments with which a task was queued, in that order.
func Queued[A any](t testing.TB, q *Queue, task tasks.Task[A]) []A {
	t.Helper()
	var list []A
	for _, job := range q.Jobs(task.Kind()) {
		args, err := tasks.DecodeArgs[A](job.EncodedArgs)
		if err != nil {
			t.Fatalf("taskstest: job %d: %v", job.ID, err)
		}
		list = append(list, args)
	}
	return list
}
