package commands_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
)

func numbers(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func TestCM50_A60_AtMostTheLimitRunAtOnceAndResultsAreInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int64
		results, err := commands.Parallel(t.Context(), commands.Pool{Limit: 8}, numbers(10_000), func(_ context.Context, i int) (int, error) {
			n := running.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Duration(i%7) * time.Millisecond) // that of the bubble
			running.Add(-1)
			return i * i, nil
		})
		if err != nil || most.Load() != 8 || len(results) != 10_000 {
			t.Fatalf("error %v, %d at once, %d results", err, most.Load(), len(results))
		}
		for i, r := range results {
			if r.Value != i*i || r.Err != nil {
				t.Fatalf("result %d is %+v", i, r)
			}
		}
	})
}

func TestA60_KeepGoingOrStop(t *testing.T) {
	t.Parallel()
	fail := func(_ context.Context, i int) (int, error) {
		if i == 3 || i == 5 {
			return 0, fmt.Errorf("item %d: %w", i, errDisk)
		}
		return i, nil
	}
	results, err := commands.Parallel(t.Context(), commands.Pool{Limit: 1, KeepGoing: true}, numbers(10), fail)
	e, ok := errors.AsType[*commands.ParallelError](err)
	if !ok || e.Failed != 2 || e.NotRun != 0 || e.Index != 3 || !errors.Is(err, errDisk) || results[9].Value != 9 ||
		err.Error() != "2 of 10 failed, the first is number 4: item 3: disk is full" {
		t.Errorf("keep going: %v, results %v", err, results)
	}
	results, err = commands.Parallel(t.Context(), commands.Pool{Limit: 1}, numbers(10), fail)
	if err == nil || err.Error() != "1 of 10 failed, the first is number 4: item 3: disk is full; 6 not begun" ||
		results[2].Value != 2 || !errors.Is(results[4].Err, commands.ErrNotRun) {
		t.Errorf("stop: %v, results %v", err, results)
	}
}

func TestA60_AFailureEndsTheContextOfTheOthers(t *testing.T) {
	t.Parallel()
	begun := make(chan bool)
	results, err := commands.Parallel(t.Context(), commands.Pool{Limit: 2}, numbers(2), func(ctx context.Context, i int) (int, error) {
		if i == 1 {
			<-begun
			return 0, errDisk
		}
		close(begun)
		<-ctx.Done()
		return 0, ctx.Err()
	})
	if !errors.Is(err, errDisk) || !errors.Is(results[0].Err, context.Canceled) ||
		err.Error() != "1 of 2 failed, the first is number 2: disk is full; 1 interrupted" {
		t.Errorf("error %v, results %v", err, results)
	}
}

func TestA60_GraceLetsRunningItemsFinish(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		grace time.Duration
		take  time.Duration
		want  error
		after time.Duration
	}{
		{"long enough", 10 * time.Second, 4 * time.Second, nil, 4 * time.Second},
		{"too short", 2 * time.Second, time.Hour, context.Canceled, 2 * time.Second},
		{"none", 0, time.Hour, context.Canceled, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				begun := time.Now()
				results, err := commands.Parallel(ctx, commands.Pool{Limit: 1, Grace: tt.grace}, numbers(3), func(ctx context.Context, _ int) (int, error) {
					cancel()
					select {
					case <-time.After(tt.take):
						return 1, nil
					case <-ctx.Done():
						return 0, ctx.Err()
					}
				})
				if !errors.Is(results[0].Err, tt.want) || !errors.Is(results[1].Err, commands.ErrNotRun) || !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, results %v", err, results)
				}
				if took := time.Since(begun); took != tt.after {
					t.Errorf("took %v, want %v", took, tt.after)
				}
			})
		})
	}
}

func TestCM50_A60_CtrlCDrains(t *testing.T) {
	t.Parallel()
	cmd, lines, errs := startPiped(t, "parallel")
	for range 8 {
		expect(t, lines, "begun")
	}
	signalTo(t, cmd, syscall.SIGINT)
	expect(t, lines, "toolbar flushed, context: <nil>", "database closed") // and none begun after it
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.HasPrefix(errs.String(), "Error: stopped by signal: interrupt: 8 of 10000 done; 9992 not begun\n") {
		t.Errorf("code %d, stderr %q", code, errs)
	}
}

func TestParallel_PanicsAndGoexitAreErrorsOfTheirItems(t *testing.T) {
	t.Parallel()
	results, err := commands.Parallel(t.Context(), commands.Pool{Limit: 3, KeepGoing: true}, numbers(3), func(_ context.Context, i int) (int, error) {
		switch i {
		case 0:
			panic("boom")
		case 1:
			runtime.Goexit()
		}
		return i, nil
	})
	p, ok := errors.AsType[*commands.PanicError](err)
	if !ok || p.Value != "boom" || !strings.Contains(string(p.Stack), "parallel_test.go") || results[1].Err == nil || results[2].Value != 2 {
		t.Errorf("error %v, results %v", err, results)
	}
}

func TestParallel_NothingToDo(t *testing.T) {
	t.Parallel()
	results, err := commands.Parallel(t.Context(), commands.Pool{}, nil, func(context.Context, int) (int, error) { return 0, errDisk })
	if err != nil || len(results) != 0 {
		t.Errorf("%v, %v", results, err)
	}
}

func TestParallel_TellsProgress(t *testing.T) {
	t.Parallel()
	res := printing(t, func(run *commands.Run) {
		_, _ = commands.Parallel(t.Context(), commands.Pool{Progress: run.Progress("mails", 5)}, numbers(5), func(context.Context, int) (int, error) { return 0, nil })
	})
	if res.Stderr != "mails: 100 % (5 of 5) in 0:00\n" {
		t.Errorf("printed %q", res.Stderr)
	}
}
