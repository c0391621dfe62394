package tasks_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

func TestTK10_AJobThatExpiredIsNotRun(t *testing.T) {
	ran := make(chan int, 10)
	task := tasks.New("tk10", func(_ context.Context, o order) error { ran <- o.ID; return nil })
	onEngines(t, func(t *testing.T, e *env) {
		queue := e.open(tasks.Config{Tasks: []tasks.Definition{task}, InsertOnly: true, Now: func() time.Time { return time.Now().Add(-time.Minute) }})
		late := must(task.With(tasks.Options{Expires: 30 * time.Second}).Enqueue(e.ctx(queue), order{1}))(t)
		fine := must(task.With(tasks.Options{Expires: time.Hour}).Enqueue(e.ctx(queue), order{2}))(t)
		c := e.open(tasks.Config{Tasks: []tasks.Definition{task}})
		seen := watch(t, c)
		if err := c.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		rows := map[int64]*rivertype.JobRow{}
		for len(rows) < 2 {
			job := seen.next().Job
			rows[job.ID] = job
		}
		if row := rows[late.ID()]; row.State != rivertype.JobStateCancelled || !strings.Contains(row.Errors[0].Error, "expired before a worker had time for it") {
			t.Errorf("the late job is %s: %v", row.State, row.Errors)
		}
		if row := rows[fine.ID()]; row.State != rivertype.JobStateCompleted {
			t.Errorf("the other job is %s: %v", row.State, row.Errors)
		}
		if id := <-ran; id != 2 {
			t.Errorf("order %d ran, expected 2 alone", id)
		}
	})
}

func TestTK13_ARateDoesNotUseUpAttempts(t *testing.T) {
	limited := tasks.New("tk13", func(context.Context, int) error { return nil },
		tasks.Options{Rate: tasks.Rate{Count: 2, Per: 3 * time.Second}, Retry: tasks.Retry{Max: -1}})
	onEngines(t, func(t *testing.T, e *env) {
		clock := at("2026-03-02 09:00:00") // which stands still: that all four come at once is not left to the machine
		c := e.start(tasks.Config{Tasks: []tasks.Definition{limited}, Now: clock.Now})
		seen := watch(t, c)
		ids := map[int64]bool{}
		for i := range 4 { // at 0 s, 1.5 s, 3 s and 4.5 s: the last two are put off
			ids[must(limited.Enqueue(e.ctx(c), i))(t).ID()] = true
		}
		snoozed := 0
		for len(ids) > 0 {
			ev := seen.next()
			switch ev.Kind {
			case river.EventKindJobSnoozed:
				if snoozed++; snoozed == 2 {
					clock.to(clock.Now().Add(4500 * time.Millisecond))
				}
			case river.EventKindJobCompleted:
				if ev.Job.Attempt != 1 || len(ev.Job.Errors) != 0 {
					t.Errorf("a job that waited for its turn is at attempt %d with %v", ev.Job.Attempt, ev.Job.Errors)
				}
				delete(ids, ev.Job.ID)
			default:
				t.Fatalf("job %d: %s", ev.Job.ID, ev.Kind)
			}
		}
		if snoozed != 2 {
			t.Errorf("jobs were put off %d times, expected two of them, once", snoozed)
		}
	})
}

func TestTK25_TheTimeLimitIsSoft(t *testing.T) {
	polite := tasks.New("tk25.polite", func(ctx context.Context, _ order) error {
		<-ctx.Done()
		return ctx.Err()
	}, tasks.Options{Timeout: 50 * time.Millisecond, Retry: tasks.Retry{Max: -1}})
	caught := tasks.New("tk25.caught", func(ctx context.Context, _ order) error {
		<-ctx.Done()
		return nil // it has cleaned up
	}, tasks.Options{Timeout: time.Hour})
	never := tasks.New("tk25.never", func(ctx context.Context, _ order) error {
		if _, limited := ctx.Deadline(); limited {
			return errors.New("there is a limit")
		}
		return nil
	}, tasks.Options{Timeout: -1})
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{polite, caught, never}})
		seen := watch(t, c)
		row := seen.until(must(polite.Enqueue(e.ctx(c), order{}))(t).ID())
		if row.State != rivertype.JobStateDiscarded || row.Errors[0].Error != context.DeadlineExceeded.Error() {
			t.Errorf("over its limit: %s, %v", row.State, row.Errors)
		}
		row = seen.until(must(caught.With(tasks.Options{Timeout: 50 * time.Millisecond}).Enqueue(e.ctx(c), order{}))(t).ID())
		if row.State != rivertype.JobStateCompleted {
			t.Errorf("one that caught the limit of its call is %s: %v", row.State, row.Errors)
		}
		row = seen.until(must(never.Enqueue(e.ctx(c), order{}))(t).ID())
		if row.State != rivertype.JobStateCompleted {
			t.Errorf("one without a limit is %s: %v", row.State, row.Errors)
		}
	})
}

// deafUntil ignores its context.
func deafUntil(release chan struct{}) func(context.Context, order) error {
	return func(context.Context, order) error {
		<-release
		return nil
	}
}

// standsAt says that it is there, and stays.
func standsAt(begun chan context.Context, release chan struct{}) func(context.Context, order) error {
	return func(ctx context.Context, _ order) error {
		begun <- ctx
		<-release
		return nil
	}
}

func TestTK25_AStuckJobSaysWhereItStands(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		release := make(chan struct{})
		deaf := tasks.New("tk25.deaf."+e.name, deafUntil(release), tasks.Options{Timeout: 10 * time.Millisecond})
		begun := make(chan context.Context, 1)
		standing := tasks.New("tk25.standing."+e.name, standsAt(begun, release), tasks.Options{Timeout: -1})
		stuck := make(chan river.JobStuckHandlerParams, 1)
		c := e.start(tasks.Config{Tasks: []tasks.Definition{deaf, standing}, StuckAfter: 10 * time.Millisecond, River: func(rc *river.Config) {
			rc.JobStuckHandler = func(_ context.Context, p river.JobStuckHandlerParams) river.JobStuckHandlerResult {
				stuck <- p
				return river.JobStuckHandlerResult{}
			}
		}})
		job := must(deaf.Enqueue(e.ctx(c), order{}))(t)
		if p := <-stuck; p.ID != job.ID() {
			t.Errorf("job %d is reported, expected %d", p.ID, job.ID())
		}
		e.sink.mu.Lock()
		rec := e.sink.announced[0]
		e.sink.mu.Unlock()
		if !rec.Unfinished() || attr(rec.Attrs, "task.stuck") != true {
			t.Errorf("the Record that was announced is %+v", rec.Attrs)
		}
		if c.Running() != 1 {
			t.Errorf("%d jobs run, expected the stuck one", c.Running())
		}
		// On a busy machine the time may be over before the job has come to its function: where it stands is looked at in
		// one that is there.
		must(standing.Enqueue(e.ctx(c), order{}))(t)
		tasks.ReportStuck(<-begun)
		e.sink.mu.Lock()
		rec = e.sink.announced[1]
		e.sink.mu.Unlock()
		where, _ := attr(rec.Attrs, "task.stuck.at").(string)
		if !strings.Contains(where, "standsAt") || !strings.Contains(where, "limits_test.go:") {
			t.Errorf("the job stands at %q, expected standsAt", where)
		}
		close(release)
	})
}

// heard is a log that calls a function for lines that have a text.
type heard struct {
	slog.Handler
	text string
	tell func()
}

func (*heard) Enabled(context.Context, slog.Level) bool { return true }
func (h *heard) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h *heard) WithGroup(string) slog.Handler          { return h }

func (h *heard) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, h.text) {
		h.tell()
	}
	return nil
}

func TestTK26_CloseLetsRunningJobsEnd(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		begun, release, stopping := make(chan struct{}), make(chan struct{}), make(chan struct{})
		slow := tasks.New("tk26.slow."+e.name, func(ctx context.Context, _ order) error {
			close(begun)
			<-release
			return ctx.Err()
		})
		log := slog.New(&heard{slog.DiscardHandler, "Entering shutdown loop", sync.OnceFunc(func() { close(stopping) })})
		c := e.start(tasks.Config{
			Tasks: []tasks.Definition{slow}, Queues: map[string]tasks.Queue{"default": {Workers: 1}},
			River: func(rc *river.Config) { rc.Logger = log },
		})
		job := must(slow.Enqueue(e.ctx(c), order{1}))(t)
		waiting := must(slow.Enqueue(e.ctx(c), order{2}))(t)
		<-begun
		closed := make(chan error, 1)
		go func() { closed <- c.Close(context.Background()) }()
		select {
		case <-stopping: // from here on River takes no other job
		case <-time.After(time.Minute):
			t.Fatal("for a minute River did not say that it stops")
		}
		select {
		case err := <-closed:
			t.Fatalf("Close did not wait: %v", err)
		case <-time.After(50 * time.Millisecond): // it may close too early, never too late: no flake
		}
		close(release)
		if err := <-closed; err != nil {
			t.Errorf("close: %v", err)
		}
		if state := e.state(job.ID()); state != "completed" {
			t.Errorf("the job that ran is %s", state)
		}
		if state := e.state(waiting.ID()); state != "available" {
			t.Errorf("the job that waited is %s", state)
		}
	})
}

func TestTK26_AfterTheDrainJobsAreCancelledAndDoNotLoseAnAttempt(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		begun := make(chan struct{})
		slow := tasks.New("tk26.drain."+e.name, func(ctx context.Context, _ order) error {
			close(begun)
			<-ctx.Done()
			return ctx.Err()
		})
		c := e.start(tasks.Config{Tasks: []tasks.Definition{slow}, Drain: 20 * time.Millisecond})
		job := must(slow.Enqueue(e.ctx(c), order{}))(t)
		<-begun
		if err := c.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		if n := e.count("SELECT count(*) FROM river_job WHERE id = $1 AND state = 'available' AND attempt = 0", job.ID()); n != 1 {
			t.Errorf("the interrupted job is %s, expected to be available again with no attempt used", e.state(job.ID()))
		}
		if got := attr(e.sink.wait(t, "tk26.drain."+e.name, 1)[0].Attrs, "task.outcome"); got != "interrupted" {
			t.Errorf("the Record says %v, expected interrupted", got)
		}
	})
}

func TestTK27_CancellingAJobThatWaitsAndOneThatRuns(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		begun := make(chan int, 2)
		running := tasks.New("tk27."+e.name, func(ctx context.Context, o order) error {
			begun <- o.ID
			<-ctx.Done()
			if o.ID == 2 {
				return nil // it was nearly done anyway
			}
			return ctx.Err()
		})
		c := e.start(tasks.Config{Tasks: []tasks.Definition{running}})
		seen := watch(t, c)
		waits := must(running.With(tasks.Options{In: time.Hour}).Enqueue(e.ctx(c), order{0}))(t)
		if row := must(c.JobCancel(t.Context(), waits.ID()))(t); row.State != rivertype.JobStateCancelled {
			t.Errorf("a job that waits is %s", row.State)
		}
		for id, want := range map[int]rivertype.JobState{1: rivertype.JobStateCancelled, 2: rivertype.JobStateCompleted} {
			job := must(running.Enqueue(e.ctx(c), order{id}))(t)
			if got := <-begun; got != id {
				t.Fatalf("order %d runs, expected %d", got, id)
			}
			must(c.JobCancel(t.Context(), job.ID()))(t)
			row := seen.until(job.ID())
			if id == 1 && row.State != want {
				t.Errorf("a job that runs and stops is %s", row.State)
			}
			if id == 2 && row.State != rivertype.JobStateCancelled && row.State != want {
				t.Errorf("a job that runs and ends well is %s", row.State)
			}
		}
		select {
		case id := <-begun:
			t.Errorf("order %d ran although it was cancelled", id)
		default:
		}
	})
}

func TestTK28_GivingUpAndDoneWithNothing(t *testing.T) {
	reject := tasks.New("tk28.reject", func(context.Context, order) error { return tasks.Permanent(errors.New("no")) })
	ignore := tasks.New("tk28.ignore", func(context.Context, order) error { return nil })
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{reject, ignore}})
		seen := watch(t, c)
		if row := seen.until(must(reject.Enqueue(e.ctx(c), order{}))(t).ID()); row.State != rivertype.JobStateCancelled || row.Attempt != 1 {
			t.Errorf("given up: %s after %d runs", row.State, row.Attempt)
		}
		if row := seen.until(must(ignore.Enqueue(e.ctx(c), order{}))(t).ID()); row.State != rivertype.JobStateCompleted {
			t.Errorf("nothing to do: %s", row.State)
		}
	})
}
