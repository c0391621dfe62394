package tasks_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

type order struct {
	ID int `json:"id"`
}

func TestTK01_EnqueueGivesAHandleAndRunRunsInline(t *testing.T) {
	runs := 0
	task := tasks.New("tk01", func(context.Context, order) error { runs++; return nil })
	onEngines(t, func(t *testing.T, e *env) {
		c := e.open(tasks.Config{Tasks: []tasks.Definition{task}, InsertOnly: true})
		job := must(task.Enqueue(e.ctx(c), order{7}))(t)
		if job.ID() == 0 || job.Row.State != rivertype.JobStateAvailable || string(job.Row.EncodedArgs) == "" {
			t.Errorf("the handle is %+v", job.Row)
		}
		if err := job.Refresh(t.Context()); err != nil || job.Row.State != rivertype.JobStateAvailable {
			t.Errorf("the job is %s after a refresh: %v", job.Row.State, err)
		}
	})
	t.Run("inline", func(t *testing.T) {
		if err := task.Run(t.Context(), order{7}); err != nil || runs != 1 {
			t.Errorf("Run ran the task %d times: %v", runs, err)
		}
	})
}

type anything struct {
	At    time.Time
	Bytes []byte
	Any   any
	Float float64
}

func TestTK02_ArgumentsMakeTheTripThroughJSON(t *testing.T) {
	got := make(chan anything, 2)
	task := tasks.New("tk02", func(_ context.Context, a anything) error { got <- a; return nil })
	bare := tasks.New("tk02.bare", func(context.Context, func()) error { return nil })
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{task, bare}})
		seen := watch(t, c)
		now := time.Now().In(time.FixedZone("here", 3600))
		job := must(task.Enqueue(e.ctx(c), anything{At: now, Bytes: []byte{0, 255}, Any: int64(1<<53 + 1)}))(t)
		seen.until(job.ID())
		a := <-got
		if !a.At.Equal(now) || a.At == now || a.At.String() == now.String() {
			t.Errorf("the time is %v, expected the moment of %v without its monotonic clock", a.At, now)
		}
		if string(a.Bytes) != "\x00\xff" {
			t.Errorf("the bytes are %v", a.Bytes)
		}
		if a.Any != float64(1<<53) {
			t.Errorf("a number in any is %v (%T): JSON rounds it", a.Any, a.Any)
		}
		for name, enqueue := range map[string]func() error{
			"NaN":             func() error { _, err := task.Enqueue(e.ctx(c), anything{Float: math.NaN()}); return err },
			"a function":      func() error { _, err := task.Enqueue(e.ctx(c), anything{Any: func() {}}); return err },
			"only a function": func() error { _, err := bare.Enqueue(e.ctx(c), func() {}); return err },
		} {
			if err := enqueue(); err == nil || !strings.Contains(err.Error(), "write the arguments as JSON") {
				t.Errorf("%s: %v, expected to be refused when queued", name, err)
			}
		}
	})
}

func TestTK03_KindsAreUniqueAndUnknownOnesAreRetriedThenDiscarded(t *testing.T) {
	task := tasks.New("tk03", func(context.Context, order) error { return nil })
	other := tasks.New("tk03.other", func(context.Context, order) error { return nil })
	t.Run("twice", func(t *testing.T) {
		defer func() {
			if v, _ := recover().(string); !strings.Contains(v, `kind "tk03" is taken by the task at tasks/call_test.go:`) {
				t.Errorf("the panic is %q", v)
			}
		}()
		tasks.New("tk03", func(context.Context, order) error { return nil })
	})
	onEngines(t, func(t *testing.T, e *env) {
		queue := e.open(tasks.Config{Tasks: []tasks.Definition{task, other}, InsertOnly: true})
		worker := e.start(tasks.Config{Tasks: []tasks.Definition{other}, Retry: tasks.Retry{Max: 1, Delay: -1}})
		seen := watch(t, worker)
		job := must(task.With(tasks.Options{Retry: tasks.Retry{Max: 1, Delay: -1}}).Enqueue(e.ctx(queue), order{1}))(t)
		row := seen.until(job.ID())
		if row.State != rivertype.JobStateDiscarded || len(row.Errors) != 2 {
			t.Errorf("a job of an unknown kind is %s after %d errors, expected to be discarded after 2", row.State, len(row.Errors))
		}
		rec := e.sink.wait(t, "tk03", 2)[1]
		if !strings.Contains(rec.Error, `no task of this process is called "tk03"`) {
			t.Errorf("the Record's error is %q", rec.Error)
		}
	})
}

func TestTK04_WithGivesAnotherTask(t *testing.T) {
	task := tasks.New("tk04", func(context.Context, order) error { return nil }, tasks.Options{Tags: []string{"mine"}})
	onEngines(t, func(t *testing.T, e *env) {
		c := e.open(tasks.Config{Tasks: []tasks.Definition{task}, InsertOnly: true, Queues: map[string]tasks.Queue{"default": {}, "bulk": {}}})
		urgent := task.With(tasks.Options{Priority: tasks.Critical})
		bulk := urgent.With(tasks.Options{Queue: "bulk"}).With(tasks.Options{}) // nothing set: nothing changes
		for i, want := range []struct {
			task     tasks.Task[order]
			queue    string
			priority int
		}{{task, "default", 3}, {urgent, "default", 1}, {bulk, "bulk", 1}} {
			row := must(want.task.Enqueue(e.ctx(c), order{i}))(t).Row
			if row.Queue != want.queue || row.Priority != want.priority || len(row.Tags) != 1 {
				t.Errorf("%d: queue %s, priority %d, tags %v, expected %s, %d and one tag", i, row.Queue, row.Priority, row.Tags, want.queue, want.priority)
			}
		}
	})
}

func TestTK05_WhatCannotWorkIsRefused(t *testing.T) {
	task := tasks.New("tk05", func(context.Context, order) error { return nil })
	nowhere := tasks.New("tk05.nowhere", func(context.Context, order) error { return nil }, tasks.Options{Queue: "nowhere"})
	declared := tasks.New[order]("tk05.declared", nil)
	for want, define := range map[string]func(){
		"has the priority 9": func() {
			tasks.New("tk05.a", func(context.Context, order) error { return nil }, tasks.Options{Priority: 9})
		},
		"is no name": func() { tasks.New("tk05 b", func(context.Context, order) error { return nil }) },
		"waits cannot become shorter": func() {
			tasks.New("tk05.c", func(context.Context, order) error { return nil }, tasks.Options{Retry: tasks.Retry{Factor: .5}})
		},
		"Rate needs both": func() {
			tasks.New("tk05.d", func(context.Context, order) error { return nil }, tasks.Options{Rate: tasks.Rate{Count: 3}})
		},
		"a second is the least": func() {
			tasks.New("tk05.e", func(context.Context, order) error { return nil }, tasks.Options{Unique: tasks.Unique{Period: 1}})
		},
		"has both At and In": func() {
			tasks.New("tk05.f", func(context.Context, order) error { return nil }, tasks.Options{In: 1, At: time.Now()})
		},
		"before it is queued": func() {
			tasks.New("tk05.g", func(context.Context, order) error { return nil }, tasks.Options{Expires: -1})
		},
		"more than Forever": func() {
			tasks.New("tk05.h", func(context.Context, order) error { return nil }, tasks.Options{Retry: tasks.Retry{Max: math.MaxInt}})
		},
	} {
		func() {
			defer func() {
				if v, _ := recover().(string); !strings.Contains(v, want) {
					t.Errorf("the panic is %q, expected %q", v, want)
				}
			}()
			define()
		}()
	}
	onEngines(t, func(t *testing.T, e *env) {
		c := e.open(tasks.Config{Tasks: []tasks.Definition{task}, InsertOnly: true})
		for want, o := range map[string]tasks.Options{
			`queue "bulk" does not exist: Config.Queues has default`: {Queue: "bulk"},
			"has the priority 5":   {Priority: 5},
			"a Rate is the task's": {Rate: tasks.Rate{Count: 1, Per: time.Second}},
		} {
			if _, err := task.With(o).Enqueue(e.ctx(c), order{}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, expected %q", err, want)
			}
		}
		for want, config := range map[string]tasks.Config{
			`is in queue "nowhere", which Config.Queues lacks`: {Tasks: []tasks.Definition{nowhere}},
			`"tk05.declared" is declared at`:                   {Tasks: []tasks.Definition{declared}},
			"two tasks are of kind":                            {Tasks: []tasks.Definition{task, task}},
			"no queue of Config.Queues has workers":            {Tasks: []tasks.Definition{task}, Queues: map[string]tasks.Queue{"default": {Workers: -1}}},
			"several databases":                                {DSN: "a", DB: e.db},
			"Retry.Cap cannot be less":                         {Retry: tasks.Retry{Cap: -1}},
			"cannot be less than 0":                            {Drain: -1},
		} {
			if _, err := e.tryOpen(config); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, expected %q", err, want)
			}
		}
		if _, err := tasks.Open(t.Context(), tasks.Config{}); err == nil || !strings.Contains(err.Error(), "names no database") {
			t.Errorf("a Config without a database: %v", err)
		}
	})
}

func TestTK06_ATimeOrADuration(t *testing.T) {
	task := tasks.New("tk06", func(context.Context, order) error { return nil })
	onEngines(t, func(t *testing.T, e *env) {
		clock := at("2026-03-02 09:00:00")
		c := e.open(tasks.Config{Tasks: []tasks.Definition{task}, InsertOnly: true, Now: clock.Now})
		want := clock.Now().Add(time.Hour)
		for i, o := range []tasks.Options{{In: time.Hour}, {At: want}, {At: want.In(time.FixedZone("there", -7200))}} {
			row := must(task.With(o).Enqueue(e.ctx(c), order{i}))(t).Row
			if !row.ScheduledAt.Equal(want) || row.State != rivertype.JobStateScheduled {
				t.Errorf("%+v: %s at %s, expected scheduled at %s", o, row.State, row.ScheduledAt, want)
			}
		}
	})
}

func TestTK07_TheFirstRunIsAttempt1(t *testing.T) {
	attempts := make(chan int, 10)
	task := tasks.New("tk07", func(ctx context.Context, _ order) error {
		attempts <- tasks.Current(ctx).Attempt
		if tasks.Current(ctx).Attempt == 1 {
			return errors.New("not yet")
		}
		return nil
	}, tasks.Options{Retry: tasks.Retry{Delay: -1}})
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{task}})
		seen := watch(t, c)
		job := must(task.Enqueue(e.ctx(c), order{}))(t)
		seen.until(job.ID())
		if a, b := <-attempts, <-attempts; a != 1 || b != 2 {
			t.Errorf("the attempts were %d and %d, expected 1 and 2", a, b)
		}
		if tasks.Current(t.Context()) != nil {
			t.Error("outside of a job there is a current one")
		}
	})
}

// TestTK08_ArgumentsAreCheckedByTheCompiler pins the types that make a wrong call not
// compile.
func TestTK08_ArgumentsAreCheckedByTheCompiler(t *testing.T) {
	t.Parallel()
	task := tasks.New("tk08", func(context.Context, order) error { return nil })
	call := reflect.TypeOf(task.Enqueue)
	if call.NumIn() != 2 || call.In(1) != reflect.TypeFor[order]() || call.IsVariadic() {
		t.Errorf("Enqueue is %s, expected to take a context and an order", call)
	}
}

func TestTK09_NotBeforeItsTime(t *testing.T) {
	task := tasks.New("tk09", func(context.Context, order) error { return nil })
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{task}})
		seen := watch(t, c, river.EventKindJobCompleted)
		later := must(task.With(tasks.Options{In: 300 * time.Millisecond}).Enqueue(e.ctx(c), order{1}))(t)
		past := must(task.With(tasks.Options{At: time.Now().Add(-time.Hour)}).Enqueue(e.ctx(c), order{2}))(t)
		if past.Row.State != rivertype.JobStateAvailable {
			t.Errorf("a job for a time that has passed is %s, expected to run at once", past.Row.State)
		}
		rows := map[int64]*rivertype.JobRow{}
		for len(rows) < 2 {
			job := seen.next().Job
			rows[job.ID] = job
		}
		if row := rows[later.ID()]; row.AttemptedAt.Before(row.ScheduledAt) {
			t.Errorf("the job ran at %s, before %s", row.AttemptedAt, row.ScheduledAt)
		}
		if _, err := task.With(tasks.Options{In: time.Second, At: time.Now()}).Enqueue(e.ctx(c), order{}); err == nil || !strings.Contains(err.Error(), "has both At and In") {
			t.Errorf("both: %v", err)
		}
	})
}
