package tasks_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// life notes the signals of jobs of a kind.
type life struct {
	mu   sync.Mutex
	list []string
}

func (l *life) add(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, what)
}

func (l *life) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.list...)
}

func listen(t testing.TB, kind string) *life {
	t.Helper()
	l := &life{}
	for name, s := range map[string]*signals.Signal[tasks.Event]{
		"queued": tasks.Queued, "started": tasks.Started, "succeeded": tasks.Succeeded,
		"retrying": tasks.Retrying, "failed": tasks.Failed, "ended": tasks.Ended,
	} {
		conn := s.On(func(context.Context, tasks.Event) error { l.add(name); return nil }, signals.From(kind))
		t.Cleanup(func() { conn.Disconnect() })
	}
	return l
}

func TestTK33_TheSequenceOfASuccess(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		kind := "tk33." + e.name
		l := listen(t, kind)
		task := tasks.New(kind, func(context.Context, order) error { l.add("body"); return nil })
		c := e.open(tasks.Config{Tasks: []tasks.Definition{task}})
		seen := watch(t, c)
		job := must(task.Enqueue(e.ctx(c), order{}))(t) // before the workers: "queued" comes first
		if err := c.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		seen.until(job.ID())
		same(t, "sequence", l.all(), "queued", "started", "body", "succeeded", "ended")
	})
}

func TestTK34_TheSequenceOfAFailure(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		kind := "tk34." + e.name
		l := listen(t, kind)
		task := tasks.New(kind, func(context.Context, order) error { l.add("body"); return errors.New("no") },
			tasks.Options{Retry: tasks.Retry{Max: 2, Delay: -1}})
		c := e.open(tasks.Config{Tasks: []tasks.Definition{task}})
		seen := watch(t, c)
		job := must(task.Enqueue(e.ctx(c), order{}))(t)
		if err := c.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		seen.until(job.ID())
		same(t, "sequence", l.all(), "queued", "started", "body", "retrying", "ended",
			"started", "body", "retrying", "ended", "started", "body", "failed", "ended")
	})
}

func TestTK32_AReceiverThatFailsChangesNothing(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		kind := "tk32." + e.name
		task := tasks.New(kind, func(context.Context, order) error { return nil })
		for _, s := range []*signals.Signal[tasks.Event]{tasks.Queued, tasks.Started, tasks.Succeeded, tasks.Ended} {
			bad := s.On(func(context.Context, tasks.Event) error { return errors.New("receiver") }, signals.From(kind))
			worse := s.On(func(context.Context, tasks.Event) error { panic("receiver") }, signals.From(kind))
			t.Cleanup(func() { bad.Disconnect(); worse.Disconnect() })
		}
		c := e.start(tasks.Config{Tasks: []tasks.Definition{task}})
		seen := watch(t, c)
		job, err := task.Enqueue(e.ctx(c), order{})
		if err != nil {
			t.Fatalf("Enqueue failed with its receivers: %v", err)
		}
		if row := seen.until(job.ID()); row.State != rivertype.JobStateCompleted || row.Attempt != 1 {
			t.Errorf("the job is %s after %d runs: %v", row.State, row.Attempt, row.Errors)
		}
	})
}

func TestTK35_ExpectedErrorsAreInformation(t *testing.T) {
	expected := tasks.New("tk35.expected", func(context.Context, order) error { return tasks.Expected(errors.New("the mailbox is full")) },
		tasks.Options{Retry: tasks.Retry{Max: 1, Delay: -1}})
	other := tasks.New("tk35.other", func(context.Context, order) error { return errors.New("no route") },
		tasks.Options{Retry: tasks.Retry{Max: 1, Delay: -1}})
	onEngines(t, func(t *testing.T, e *env) {
		var out syncBuffer
		logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c := e.start(tasks.Config{Tasks: []tasks.Definition{expected, other}, Logger: logger})
		seen := watch(t, c)
		seen.until(must(expected.Enqueue(e.ctx(c), order{}))(t).ID())
		seen.until(must(other.Enqueue(e.ctx(c), order{}))(t).ID())
		var levels []string
		for line := range strings.Lines(out.String()) {
			if strings.Contains(line, `msg="task failed"`) {
				level, _, _ := strings.Cut(line[strings.Index(line, "level=")+6:], " ")
				kind, _, _ := strings.Cut(line[strings.Index(line, "task=")+5:], " ")
				levels = append(levels, kind+":"+level)
			}
		}
		same(t, "log", levels, "tk35.expected:INFO", "tk35.expected:INFO", "tk35.other:WARN", "tk35.other:ERROR")
		if strings.Contains(out.String(), "river") {
			t.Errorf("River's chatter is in the log:\n%s", out.String())
		}
	})
	if tasks.Expected(nil) != nil {
		t.Error("Expected(nil) is an error")
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestTK36_APanicIsAFailedAttemptWithItsStack(t *testing.T) {
	explode := tasks.New("tk36", func(_ context.Context, o order) error { explodeAt(o.ID); return nil },
		tasks.Options{Retry: tasks.Retry{Max: 1, Delay: -1}})
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{explode}, Queues: map[string]tasks.Queue{"default": {Workers: 1}}})
		seen := watch(t, c)
		row := seen.until(must(explode.Enqueue(e.ctx(c), order{1}))(t).ID())
		if row.State != rivertype.JobStateDiscarded || len(row.Errors) != 2 || row.Errors[0].Error != "order 1 exploded" || !strings.Contains(row.Errors[0].Trace, "explodeAt") {
			t.Errorf("the job is %s: %+v", row.State, row.Errors)
		}
		rec := e.sink.wait(t, "tk36", 2)[1]
		if rec.Error != "order 1 exploded" || !strings.Contains(rec.Flags.String(), "panic") || !calls(rec.Spans[0].Stack, "explodeAt") {
			t.Errorf("the Record: %q, %s, %v", rec.Error, rec.Flags, rec.Spans[0].Stack)
		}
		// The one worker has survived.
		if row := seen.until(must(explode.Enqueue(e.ctx(c), order{0}))(t).ID()); row.State != rivertype.JobStateCompleted {
			t.Errorf("the next job is %s", row.State)
		}
	})
}

func explodeAt(id int) {
	if id > 0 {
		panic("order 1 exploded")
	}
}

func calls(stack []instrument.Frame, name string) bool {
	return slices.ContainsFunc(stack, func(f instrument.Frame) bool { return strings.Contains(f.Func, name) })
}
