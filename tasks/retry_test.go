package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

var atOnce = tasks.Retry{Delay: -1}

// failing fails as often as its argument says.
var failing = tasks.New("retry.failing", func(ctx context.Context, times int) error {
	if n := tasks.Current(ctx).Attempt; n <= times {
		return fmt.Errorf("failure %d", n)
	}
	return nil
}, tasks.Options{Retry: atOnce})

func TestTK14_MaxCountsRetries(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{failing}})
		seen := watch(t, c)
		for max, runs := range map[int]int{0: 4, 1: 2, 2: 3, -1: 1} {
			job := must(failing.With(tasks.Options{Retry: tasks.Retry{Max: max, Delay: -1}}).Enqueue(e.ctx(c), 100))(t)
			row := seen.until(job.ID())
			if row.State != rivertype.JobStateDiscarded || row.Attempt != runs || row.MaxAttempts != runs {
				t.Errorf("Max %d: %s after %d of %d runs, expected %d", max, row.State, row.Attempt, row.MaxAttempts, runs)
			}
		}
		job := must(failing.With(tasks.Options{Retry: tasks.Retry{Max: tasks.Forever, Delay: -1}}).Enqueue(e.ctx(c), 6))(t)
		if row := seen.until(job.ID()); row.State != rivertype.JobStateCompleted || row.Attempt != 7 {
			t.Errorf("for ever: %s after %d runs, expected completed after 7", row.State, row.Attempt)
		}
	})
}

func TestTK15_TheFirstWaitIsASecondOrLess(t *testing.T) {
	t.Parallel()
	for range 1000 {
		if d := (tasks.Retry{}).Wait(0, nil); d < 0 || d >= time.Second {
			t.Fatalf("the first wait is %s", d)
		}
	}
	if d := (tasks.Retry{Exact: true}).Wait(0, nil); d != time.Second {
		t.Errorf("the exact first wait is %s, expected 1s", d)
	}
}

func TestTK16_WaitsDouble(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]tasks.Retry{
		"1s 2s 4s 8s 16s":          {Exact: true},
		"2s 4s 8s 16s 32s":         {Exact: true, Delay: 2 * time.Second},
		"2s 4s 8s 16s 16s":         {Exact: true, Delay: 2 * time.Second, Cap: 16 * time.Second},
		"3m0s 3m0s 3m0s 3m0s 3m0s": {Exact: true, Delay: 3 * time.Minute, Factor: 1},
		"1s 3s 9s 27s 1m21s":       {Exact: true, Factor: 3},
		"0s 0s 0s 0s 0s":           {Exact: true, Delay: -1},
	} {
		var got []string
		for n := range 5 {
			got = append(got, r.Wait(n, nil).String())
		}
		same(t, fmt.Sprintf("%+v", r), got, strings.Fields(want)...)
	}
	if d := (tasks.Retry{Exact: true}).Wait(1000, nil); d != 10*time.Minute {
		t.Errorf("the 1000th wait is %s, expected the cap", d)
	}
}

func TestTK17_JitterIsBetweenNothingAndTheWhole(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	least, most := time.Hour, time.Duration(0)
	for range 10_000 {
		d := tasks.Retry{Delay: time.Second, Cap: 4 * time.Second}.Wait(random.IntN(10), random.Float64)
		if d < 0 || d > 4*time.Second {
			t.Fatalf("a wait of %s", d)
		}
		least, most = min(least, d), max(most, d)
	}
	if least > 10*time.Millisecond || most < 3900*time.Millisecond {
		t.Errorf("waits are from %s to %s, expected all of 0 to 4s", least, most)
	}
}

func TestTK18_AllErrorsAreKeptAndTheLastOneStands(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{failing}})
		seen := watch(t, c)
		job := must(failing.Enqueue(e.ctx(c), 100))(t)
		row := seen.until(job.ID())
		if len(row.Errors) != 4 {
			t.Fatalf("%d errors are kept, expected 4", len(row.Errors))
		}
		for i, err := range row.Errors {
			if want := fmt.Sprintf("failure %d", i+1); err.Error != want || err.Attempt != i+1 {
				t.Errorf("error %d is %q of attempt %d, expected %q", i, err.Error, err.Attempt, want)
			}
		}
		recs := e.sink.wait(t, "retry.failing", 4)
		for i, outcome := range []string{"retryable", "retryable", "retryable", "discarded"} {
			if got := attr(recs[i].Attrs, "task.outcome"); got != outcome || recs[i].Error != fmt.Sprintf("failure %d", i+1) {
				t.Errorf("Record %d: %v, %q, expected %s", i, got, recs[i].Error, outcome)
			}
		}
	})
}

func TestTK19_ARetryIsTheSameJob(t *testing.T) {
	permanent := tasks.New("tk19.permanent."+t.Name(), func(context.Context, order) error { return tasks.Permanent(errors.New("no such order")) })
	var asked atomic.Int64
	later := tasks.New("tk19.later", func(ctx context.Context, _ order) error {
		if asked.Add(1)%3 != 0 {
			return tasks.Later(0)
		}
		return nil
	}, tasks.Options{Retry: tasks.Retry{Max: -1}})
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{failing, permanent, later}, Queues: map[string]tasks.Queue{"bulk": {}, "default": {Workers: 1}}})
		seen := watch(t, c)
		job := must(failing.With(tasks.Options{Queue: "bulk", Priority: tasks.Low, Tags: []string{"nightly"}}).Enqueue(e.ctx(c), 2))(t)
		row := seen.until(job.ID())
		if row.ID != job.ID() || row.Queue != "bulk" || row.Priority != 4 || row.Tags[0] != "nightly" || row.Attempt != 3 {
			t.Errorf("after two retries the job is %+v", row)
		}
		job = must(permanent.Enqueue(e.ctx(c), order{}))(t)
		row = seen.until(job.ID())
		if row.State != rivertype.JobStateCancelled || row.Attempt != 1 || !strings.Contains(row.Errors[0].Error, "no such order") {
			t.Errorf("a permanent error: %s after %d runs with %v", row.State, row.Attempt, row.Errors)
		}
	})
	t.Run("a snooze does not count", func(t *testing.T) {
		_, dsn := sqliteDSN(t)
		e := newEnv(t, "sqlite", "sqlite", dsn)
		c := e.start(tasks.Config{Tasks: []tasks.Definition{later}})
		seen := watch(t, c)
		job := must(later.Enqueue(e.ctx(c), order{}))(t)
		row := seen.until(job.ID())
		if row.State != rivertype.JobStateCompleted || row.Attempt != 1 || len(row.Errors) != 0 {
			t.Errorf("the job is %s after %d attempts with %v", row.State, row.Attempt, row.Errors)
		}
		if got := attr(e.sink.wait(t, "tk19.later", 3)[0].Attrs, "task.outcome"); got != "snoozed" {
			t.Errorf("the first attempt's Record is %v, expected snoozed", got)
		}
	})
	if err := tasks.Permanent(nil); err != nil {
		t.Errorf("Permanent(nil) is %v", err)
	}
}

func TestA68_TwiceThenSucceedingForEverAndPermanent(t *testing.T) {
	permanent := tasks.New("a68.permanent", func(context.Context, order) error { return tasks.Permanent(errors.New("gone")) })
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{failing, permanent}})
		var alerts atomic.Int64
		defer tasks.Failed.On(func(_ context.Context, ev tasks.Event) error {
			if ev.Job.Kind == "retry.failing" && e.mine(ev) {
				alerts.Add(1)
			}
			return nil
		}).Disconnect()
		seen := watch(t, c)
		twice := seen.until(must(failing.Enqueue(e.ctx(c), 2))(t).ID())
		if twice.State != rivertype.JobStateCompleted || twice.Attempt != 3 {
			t.Errorf("failing twice: %s after %d runs, expected 3", twice.State, twice.Attempt)
		}
		ever := seen.until(must(failing.With(tasks.Options{Tags: []string{e.name}}).Enqueue(e.ctx(c), 100))(t).ID())
		if ever.State != rivertype.JobStateDiscarded || len(ever.Errors) != 4 || alerts.Load() != 1 {
			t.Errorf("failing for ever: %s with %d errors and %d alerts, expected 4 and 1", ever.State, len(ever.Errors), alerts.Load())
		}
		once := seen.until(must(permanent.Enqueue(e.ctx(c), order{}))(t).ID())
		if once.State != rivertype.JobStateCancelled || once.Attempt != 1 {
			t.Errorf("a permanent error: %s after %d runs, expected 1", once.State, once.Attempt)
		}
	})
}

func TestRetry_WaitsAreKeptByTheDatabase(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{failing}})
		seen := watch(t, c, river.EventKindJobFailed)
		must(failing.With(tasks.Options{Retry: tasks.Retry{Delay: 40 * time.Second, Exact: true}}).Enqueue(e.ctx(c), 1))(t)
		row := seen.next().Job
		began := row.Errors[0].At.Truncate(time.Millisecond) // which is as exactly as SQLite keeps when it goes on
		wait, latest := row.ScheduledAt.Sub(began), time.Now().Add(40*time.Second)
		if row.State != rivertype.JobStateRetryable || wait < 40*time.Second || row.ScheduledAt.After(latest) {
			t.Errorf("the job is %s for %s, expected to wait 40s by the call's own policy", row.State, wait)
		}
	})
}
