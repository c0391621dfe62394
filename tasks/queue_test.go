package tasks_test

import (
	"context"
	"slices"
	"testing"

	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

func TestTK11_AProcessWorksTheQueuesThatItNamesAndACallBeatsItsTask(t *testing.T) {
	task := tasks.New("tk11", func(context.Context, order) error { return nil }, tasks.Options{Queue: "mail"})
	onEngines(t, func(t *testing.T, e *env) {
		queues := map[string]tasks.Queue{"default": {}, "mail": {}, "bulk": {Workers: -1}} // bulk is for other processes
		c := e.open(tasks.Config{Tasks: []tasks.Definition{task}, Queues: queues})
		seen := watch(t, c)
		others := must(task.With(tasks.Options{Queue: "bulk"}).Enqueue(e.ctx(c), order{1}))(t)
		own := must(task.Enqueue(e.ctx(c), order{2}))(t)
		plain := must(task.With(tasks.Options{Queue: tasks.DefaultQueue}).Enqueue(e.ctx(c), order{3}))(t)
		for job, want := range map[*tasks.Job]string{others: "bulk", own: "mail", plain: "default"} {
			if job.Row.Queue != want {
				t.Errorf("job %d is in %s, expected %s", job.ID(), job.Row.Queue, want)
			}
		}
		if err := c.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		done := []int64{seen.next().Job.ID, seen.next().Job.ID}
		slices.Sort(done)
		if !slices.Equal(done, []int64{own.ID(), plain.ID()}) {
			t.Errorf("jobs %v were worked, expected %d and %d", done, own.ID(), plain.ID())
		}
		if state := e.state(others.ID()); state != "available" {
			t.Errorf("the job of the other processes is %s", state)
		}
		worker := e.open(tasks.Config{Tasks: []tasks.Definition{task}, Queues: map[string]tasks.Queue{"bulk": {Workers: 1}, "mail": {Workers: -1}}})
		seen = watch(t, worker) // before it begins: the job is there already
		if err := worker.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		if row := seen.until(others.ID()); row.State != rivertype.JobStateCompleted {
			t.Errorf("by the process that names the queue it is %s", row.State)
		}
	})
}

func TestTK12_TheMostUrgentRunFirst(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		ran := make(chan int, 10)
		task := tasks.New("tk12."+e.name, func(_ context.Context, o order) error { ran <- o.ID; return nil })
		c := e.open(tasks.Config{Tasks: []tasks.Definition{task}, Queues: map[string]tasks.Queue{"default": {Workers: 1}}})
		// In the opposite order, with one of no priority, which is a normal one.
		priorities := []tasks.Priority{tasks.Low, tasks.Normal, tasks.High, tasks.Critical, 0}
		for i, p := range priorities {
			must(task.With(tasks.Options{Priority: p}).Enqueue(e.ctx(c), order{i}))(t)
		}
		seen := watch(t, c)
		if err := c.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for range priorities {
			seen.next()
			got = append(got, priorities[<-ran].String())
		}
		if want := []string{"critical", "high", "normal", "normal", "low"}; !slices.Equal(got, want) {
			t.Errorf("the jobs ran in the order %v, expected %v", got, want)
		}
	})
}

// TestTK21_AJobIsRunningUntilItsFunctionReturns holds that River is late to acknowledge:
// who looks while the function runs sees a job that is not done, so that it is run again
// when its process dies there, and which of its attempts that is.
func TestTK21_AJobIsRunningUntilItsFunctionReturns(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		kind := "tk21." + e.name
		states := make(chan string, 2)
		task := tasks.New(kind, func(ctx context.Context, _ order) error {
			job := tasks.Current(ctx)
			states <- e.state(job.ID)
			if job.Attempt == 1 {
				return errBoom
			}
			return nil
		}, tasks.Options{Retry: tasks.Retry{Delay: -1}})
		c := e.start(tasks.Config{Tasks: []tasks.Definition{task}})
		seen := watch(t, c)
		job := must(task.Enqueue(e.ctx(c), order{}))(t)
		row := seen.until(job.ID())
		for range 2 {
			if state := <-states; state != "running" {
				t.Errorf("while its function runs the job is %s", state)
			}
		}
		if row.State != rivertype.JobStateCompleted || row.Attempt != 2 {
			t.Errorf("an error does not acknowledge: the job is %s after %d attempts, expected completed after 2", row.State, row.Attempt)
		}
	})
}

type ownValue struct{}

// TestTK37_EagerJobsRunWhenEnqueueReturns covers what makes eager modes lie: values that
// only a caller in the same process could give, and retries without an end.
func TestTK37_EagerJobsRunWhenEnqueueReturns(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		kind := "tk37." + e.name
		var got []order
		leaked := false
		task := tasks.New(kind, func(ctx context.Context, o order) error {
			got = append(got, o)
			leaked = leaked || ctx.Value(ownValue{}) != nil
			if o.ID == 2 {
				return errBoom
			}
			return nil
		}, tasks.Options{Retry: tasks.Retry{Max: 2}})
		unsaid := tasks.New(kind+".unsaid", func(context.Context, func()) error { return nil })
		eager := e.open(tasks.Config{Tasks: []tasks.Definition{task, unsaid}, Test: tasks.Eager})
		ctx := context.WithValue(e.ctx(eager), ownValue{}, "of the request")
		job := must(task.Enqueue(ctx, order{1}))(t)
		if job.Row.State != rivertype.JobStateCompleted || !slices.Equal(got, []order{{1}}) || leaked {
			t.Errorf("when Enqueue returns the job is %s, ran with %v, saw the caller's values: %v", job.Row.State, got, leaked)
		}
		got = nil
		job = must(task.Enqueue(ctx, order{2}))(t) // its error is the job's, and not Enqueue's
		if job.Row.State != rivertype.JobStateDiscarded || len(got) != 3 || len(job.Row.Errors) != 3 {
			t.Errorf("a job that fails is %s after %d runs with %d errors, expected discarded after 3", job.Row.State, len(got), len(job.Row.Errors))
		}
		if _, err := unsaid.Enqueue(ctx, func() {}); err == nil {
			t.Error("arguments that are no JSON were taken")
		}
		got = nil
		recording := e.open(tasks.Config{Tasks: []tasks.Definition{task, unsaid}, Test: tasks.RecordOnly})
		job = must(task.Enqueue(e.ctx(recording), order{3}))(t)
		if job.Row.State != rivertype.JobStateAvailable || got != nil {
			t.Errorf("recording: the job is %s, ran with %v", job.Row.State, got)
		}
	})
}
