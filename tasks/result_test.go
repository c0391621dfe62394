package tasks_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

type sum struct{ A, B int }

var add = tasks.NewResult("result.add", func(_ context.Context, s sum) (int, error) { return s.A + s.B, nil })

func TestTK29_StatesAndAJobThatIsNotThere(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		begun, release := make(chan struct{}), make(chan struct{})
		waits := tasks.New("tk29.waits."+e.name, func(context.Context, order) error {
			close(begun)
			<-release
			return nil
		})
		c := e.start(tasks.Config{Tasks: []tasks.Definition{add, waits, failing}})
		seen := watch(t, c)
		state := func(job *tasks.Job) rivertype.JobState {
			if err := job.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			return job.Row.State
		}
		later := must(add.With(tasks.Options{In: time.Hour}).Enqueue(e.ctx(c), sum{}))(t)
		runs := must(waits.Enqueue(e.ctx(c), order{}))(t)
		<-begun
		if s := state(runs); s != rivertype.JobStateRunning {
			t.Errorf("a job that runs is %s", s)
		}
		close(release)
		seen.until(runs.ID())
		done := must(add.Enqueue(e.ctx(c), sum{}))(t)
		seen.until(done.ID())
		bad := must(failing.With(tasks.Options{Retry: tasks.Retry{Max: -1}}).Enqueue(e.ctx(c), 9))(t)
		seen.until(bad.ID())
		retry := must(failing.With(tasks.Options{Retry: tasks.Retry{Delay: time.Hour, Cap: time.Hour, Exact: true}}).Enqueue(e.ctx(c), 1))(t)
		for seen.next().Job.ID != retry.ID() {
		}
		must(c.JobCancel(t.Context(), later.ID()))(t)
		for job, want := range map[*tasks.Job]rivertype.JobState{
			later: rivertype.JobStateCancelled, done: rivertype.JobStateCompleted, bad: rivertype.JobStateDiscarded, retry: rivertype.JobStateRetryable,
		} {
			if s := state(job); s != want {
				t.Errorf("the job is %s, expected %s", s, want)
			}
		}
		if _, err := add.Result(e.ctx(c), 1<<40); !errors.Is(err, river.ErrNotFound) {
			t.Errorf("a job that is not there: %v", err)
		}
	})
}

func TestTK30_TypedResults(t *testing.T) {
	fails := tasks.NewResult("tk30.fails", func(context.Context, order) (int, error) { return 0, tasks.Permanent(errors.New("no such order")) })
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{add, fails}})
		seen := watch(t, c)
		ctx := e.ctx(c)
		job := must(add.Enqueue(ctx, sum{2, 3}))(t)
		seen.until(job.ID())
		if r := must(add.Result(ctx, job.ID()))(t); r != 5 {
			t.Errorf("the result is %d, expected 5", r)
		}
		later := must(add.With(tasks.Options{In: time.Hour}).Enqueue(ctx, sum{}))(t)
		if _, err := add.Result(ctx, later.ID()); !errors.Is(err, tasks.ErrNotFinished) {
			t.Errorf("before its end: %v", err)
		}
		bad := must(fails.Enqueue(ctx, order{}))(t)
		seen.until(bad.ID())
		var failed *tasks.FailedError
		if _, err := fails.Result(ctx, bad.ID()); !errors.As(err, &failed) || failed.State != "cancelled" || len(failed.Errors) != 1 || !strings.Contains(err.Error(), "no such order") {
			t.Errorf("of a failure: %v", err)
		}
		var mismatch *tasks.MismatchError
		if _, err := fails.Result(ctx, job.ID()); !errors.As(err, &mismatch) || mismatch.Kind != "result.add" {
			t.Errorf("of another task: %v", err)
		}
		if r := must(add.Run(ctx, sum{4, 5}))(t); r != 9 {
			t.Errorf("inline: %d, expected 9", r)
		}
	})
}

func TestTK31_AResultThatIsNoJSONFailsOnce(t *testing.T) {
	var runs atomic.Int64
	bad := tasks.NewResult("tk31", func(context.Context, order) (any, error) {
		runs.Add(1)
		return func() {}, nil
	})
	onEngines(t, func(t *testing.T, e *env) {
		before := runs.Load()
		c := e.start(tasks.Config{Tasks: []tasks.Definition{bad}, Queues: map[string]tasks.Queue{e.name: {}}})
		seen := watch(t, c)
		row := seen.until(must(bad.With(tasks.Options{Queue: e.name, Retry: atOnce}).Enqueue(e.ctx(c), order{}))(t).ID())
		if row.State != rivertype.JobStateCancelled || row.Attempt != 1 || !strings.Contains(row.Errors[0].Error, "write the result as JSON") {
			t.Errorf("the job is %s after %d runs: %v", row.State, row.Attempt, row.Errors)
		}
		if runs.Load() == before {
			t.Error("the task did not run")
		}
	})
}

func TestTK44_ProgressIsWrittenSeldomAndAtTheEnd(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		halfway, goOn := make(chan struct{}), make(chan struct{})
		rows := tasks.New("tk44."+e.name, func(ctx context.Context, _ order) error {
			for i := range int64(1000) {
				tasks.SetProgress(ctx, i+1, 1000, "rows")
				if i == 500 {
					close(halfway)
					<-goOn
				}
			}
			return nil
		})
		c := e.start(tasks.Config{Tasks: []tasks.Definition{rows}})
		seen := watch(t, c)
		job := must(rows.Enqueue(e.ctx(c), order{}))(t)
		<-halfway
		var meta struct {
			Progress tasks.Progress `json:"toolbar:progress"`
		}
		decode(t, must(c.JobGet(t.Context(), job.ID()))(t).Metadata, &meta)
		if p := meta.Progress; p.Done < 1 || p.Total != 1000 || p.Note != "rows" {
			t.Errorf("while it runs the progress is %+v", p)
		}
		close(goOn)
		decode(t, seen.until(job.ID()).Metadata, &meta)
		if meta.Progress.Done != 1000 {
			t.Errorf("at the end the progress is %+v", meta.Progress)
		}
		if got := attr(e.sink.wait(t, "tk44."+e.name, 1)[0].Attrs, "task.progress.done"); got != int64(1000) {
			t.Errorf("the Record's progress is %v", got)
		}
	})
	tasks.SetProgress(context.Background(), 1, 2, "") // outside of a job: nothing
}
