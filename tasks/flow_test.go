package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

var (
	// subtract takes from a number what its result is fed.
	double  = tasks.NewResult("flow.double", func(_ context.Context, n int) (int, error) { return 2 * n, nil })
	refuse  = tasks.NewResult("flow.refuse", func(context.Context, int) (int, error) { return 0, tasks.Permanent(errors.New("refused")) })
	flowing = []tasks.Definition{double, refuse, add}
)

// collector makes a task that hands over what it gets.
func collector[A any](e *env, kind string) (tasks.Task[A], chan A) {
	got := make(chan A, 10)
	return tasks.New(kind+"."+e.name, func(_ context.Context, a A) error { got <- a; return nil }), got
}

func TestTK38_AChainFeedsEachResultToTheNext(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		last, got := collector[int](e, "tk38.last")
		fixed, fixedGot := collector[order](e, "tk38.fixed")
		c := e.start(tasks.Config{Tasks: append([]tasks.Definition{last, fixed}, flowing...)})
		ctx := e.ctx(c)
		must(tasks.Chain(ctx, add.Call(sum{2, 3}), tasks.Feed(double.Task), tasks.Feed(double.Task), fixed.Call(order{7}), last.Call(1)))(t)
		if o := <-fixedGot; o.ID != 7 {
			t.Errorf("a call with arguments of its own got %+v", o)
		}
		if n := <-got; n != 1 {
			t.Errorf("a call with arguments of its own got %d", n)
		}
		must(tasks.Chain(ctx, add.Call(sum{2, 3}), tasks.Feed(double.Task), tasks.Feed(double.Task), tasks.Feed(last)))(t)
		if n := <-got; n != 20 {
			t.Errorf("(2+3)*2*2 is %d", n)
		}
	})
}

func TestTK38_AFailureEndsTheChainAndMistakesAreRefused(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		last, _ := collector[int](e, "tk38.never")
		c := e.start(tasks.Config{Tasks: append([]tasks.Definition{last}, flowing...)})
		seen := watch(t, c)
		ctx := e.ctx(c)
		job := must(tasks.Chain(ctx, refuse.Call(1), tasks.Feed(last)))(t)
		seen.until(job.ID())
		if n := e.count("SELECT count(*) FROM river_job"); n != 1 {
			t.Errorf("after a failure there are %d jobs, expected the first alone", n)
		}
		for want, calls := range map[string][]tasks.Call{
			"there are no calls":               nil,
			"a call is empty":                  {{}},
			"by a call that gives nothing":     {tasks.Feed(double.Task)},
			"takes int, but is fed":            {textTask.Call(order{}), tasks.Feed(double.Task)},
			"fed by a call that gives nothing": {last.Call(1), tasks.Feed(last)},
		} {
			if _, err := tasks.Chain(ctx, calls...); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, expected %q", err, want)
			}
		}
	})
}

var textTask = tasks.NewResult("flow.text", func(context.Context, order) (string, error) { return "text", nil })

func TestTK39_AGroupEndsInItsBodyWithResultsInOrder(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		body, got := collector[[]int](e, "tk39.body")
		c := e.start(tasks.Config{Tasks: append([]tasks.Definition{body}, flowing...), Queues: map[string]tasks.Queue{"default": {Workers: 20}}})
		ctx := e.ctx(c)
		var calls []tasks.Call
		want := ""
		for i := range 25 {
			calls = append(calls, double.Call(i))
			want += fmt.Sprint(2*i, " ")
		}
		jobs := must(tasks.Group(calls...).Then(ctx, tasks.Feed(body)))(t)
		if len(jobs) != 25 {
			t.Errorf("%d jobs were queued", len(jobs))
		}
		if results := <-got; strings.Trim(fmt.Sprint(results), "[]")+" " != want {
			t.Errorf("the body got %v, expected %s", results, want)
		}
		must(tasks.Group(double.Call(4)).Then(ctx, tasks.Feed(body)))(t)
		if results := <-got; len(results) != 1 || results[0] != 8 {
			t.Errorf("of a group of one the body got %v, expected a list of one", results)
		}
		must(tasks.Group().Then(ctx, tasks.Feed(body)))(t)
		if results := <-got; len(results) != 0 {
			t.Errorf("of an empty group the body got %v", results)
		}
		if n := e.count("SELECT count(*) FROM toolbar_group") + e.count("SELECT count(*) FROM toolbar_group_result"); n != 0 {
			t.Errorf("%d rows of groups are left", n)
		}
	})
}

func TestTK39_AFailureKeepsTheBodyFromRunning(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		body, _ := collector[[]int](e, "tk39.never")
		c := e.start(tasks.Config{Tasks: append([]tasks.Definition{body}, flowing...)})
		seen := watch(t, c)
		jobs := must(tasks.Group(double.Call(1), refuse.Call(2), double.Call(3)).Then(e.ctx(c), tasks.Feed(body)))(t)
		states := map[int64]rivertype.JobState{}
		for len(states) < 3 {
			job := seen.next().Job
			states[job.ID] = job.State
		}
		for i, want := range []rivertype.JobState{rivertype.JobStateCompleted, rivertype.JobStateCancelled, rivertype.JobStateCompleted} {
			if got := states[jobs[i].ID()]; got != want {
				t.Errorf("call %d is %s, expected %s: the others still run", i+1, got, want)
			}
		}
		if n := e.count("SELECT count(*) FROM river_job"); n != 3 {
			t.Errorf("there are %d jobs, expected no body", n)
		}
		if _, err := tasks.Group(double.Call(1)).Then(e.ctx(c), tasks.Feed(double.Task)); err == nil || !strings.Contains(err.Error(), "takes int, but is fed []int") {
			t.Errorf("a body of the wrong type: %v", err)
		}
	})
}
