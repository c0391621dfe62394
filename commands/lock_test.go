package commands_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func TestCM50_A61_RunsOfProcessesDoNotOverlap(t *testing.T) {
	t.Parallel()
	locks := "COMMANDS_TEST_LOCKS=" + filepath.Join(t.TempDir(), "shop.db")
	first, lines, _ := startPiped(t, "alone", locks)
	expect(t, lines, "ready")

	second, out, errs := start(t, "alone", locks)
	_ = second.Wait()
	want := fmt.Sprintf("Error: alone is running already: process %d since ", first.Process.Pid)
	if code := second.ProcessState.ExitCode(); code != commands.ExitLocked || out.String() != atExit || !strings.HasPrefix(errs.String(), want) {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, errs)
	}

	signalTo(t, first, syscall.SIGKILL) // which leaves the file, but not the lock
	_ = first.Wait()
	third, lines, _ := startPiped(t, "alone", locks)
	expect(t, lines, "ready")
	signalTo(t, third, syscall.SIGINT)
	_ = third.Wait()
	if code := third.ProcessState.ExitCode(); code != 130 {
		t.Errorf("after the first was killed: code %d", code)
	}
}

// exclusive has a command that runs fn alone.
func exclusive(locks commands.Locker, fn func(root *commands.Root, ctx context.Context) error) *commands.Root {
	root := commands.New("manage", commands.Locks(locks))
	root.Add(commands.Command{Name: "a/b", Exclusive: true, Run: func(ctx context.Context, _ *commands.Run) error { return fn(root, ctx) }})
	return root
}

func TestA61_RunsInOneProcessDoNotOverlap(t *testing.T) {
	t.Parallel()
	locks := commands.FileLocks(filepath.Join(t.TempDir(), "shop"))
	depth := 0
	root := exclusive(locks, func(root *commands.Root, ctx context.Context) error {
		if depth++; depth > 1 {
			t.Error("ran twice at once")
			return nil
		}
		return root.CallIO(ctx, quiet(), "a/b")
	})
	runs, _, _ := recorded(t, func(ctx context.Context) {
		err := root.CallIO(ctx, quiet(), "a/b")
		locked, ok := errors.AsType[*commands.LockedError](err)
		if !ok || locked.Name != "a/b" || !strings.HasPrefix(locked.Holder, "process ") || commands.ExitCode(err) != 75 {
			t.Errorf("error %v", err)
		}
	})
	if !runs[0].Flags.Has(instrument.FlagSkipped) || runs[0].Status != 75 || runs[1].Flags.Has(instrument.FlagSkipped) {
		t.Errorf("records %v %v", runs[0].Flags, runs[1].Flags)
	}
	depth = 0
	if err := exclusive(locks, func(*commands.Root, context.Context) error { return nil }).CallIO(t.Context(), quiet(), "a/b"); err != nil {
		t.Errorf("the lock was kept: %v", err)
	}
}

func TestA61_ThePlaceOfTheLocksMustExist(t *testing.T) {
	t.Parallel()
	root := exclusive(commands.FileLocks(filepath.Join(t.TempDir(), "no", "shop")), func(*commands.Root, context.Context) error {
		t.Error("ran without the lock")
		return nil
	})
	if res := commandstest.Call(t, root, "a/b"); res.Code != 1 || !strings.HasPrefix(res.Stderr, "Error: lock a/b: open ") {
		t.Errorf("got %+v", res)
	}
}

func TestA61_WhatStandsInALocksFileIsShownSafely(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "shop")
	root := exclusive(commands.FileLocks(path), func(root *commands.Root, ctx context.Context) error {
		if err := os.WriteFile(path+".a-b.lock", []byte("\x1b]0;owned\a process 1\n"), 0o600); err != nil {
			t.Error(err)
		}
		return root.CallIO(ctx, quiet(), "a/b")
	})
	err := root.CallIO(t.Context(), quiet(), "a/b")
	if locked, ok := errors.AsType[*commands.LockedError](err); !ok || locked.Holder != "]0;owned process 1" {
		t.Errorf("error %v", err)
	}
}

// brokenLocks cannot be unlocked.
type brokenLocks struct{}

func (brokenLocks) Lock(context.Context, string) (func() error, error) {
	return func() error { return errDisk }, nil
}

func TestA61_ALockThatCannotBeReleasedIsAnError(t *testing.T) {
	t.Parallel()
	root := exclusive(brokenLocks{}, func(*commands.Root, context.Context) error { return nil })
	if res := commandstest.Call(t, root, "a/b"); res.Stderr != "Error: unlock a/b: disk is full\n" {
		t.Errorf("got %+v", res)
	}
}

func TestA61_ExclusiveWithoutLocksIsRefused(t *testing.T) {
	t.Parallel()
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "needs the option Locks") {
			t.Errorf("panic %s", got)
		}
	}()
	commands.New("manage").Add(commands.Command{Name: "x", Exclusive: true, Run: func(context.Context, *commands.Run) error { return nil }})
}

func TestA61_ACronLineIsQuietWhenItSucceeds(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(commands.Command{Name: "nightly", Args: "[HOW]", Run: func(_ context.Context, run *commands.Run) error {
		p := run.Progress("rows", 2)
		p.Add(2)
		_ = run.Out.V(1).Line("2 rows")
		run.Log.Info("done")
		if len(run.Args) > 0 {
			return commands.WithExitCode(errDisk, 3)
		}
		return nil
	}})
	if res := commandstest.Call(t, root, "nightly", "-v0"); res.Code != 0 || res.Stdout+res.Stderr != "" {
		t.Errorf("got %+v", res)
	}
	if res := commandstest.Call(t, root, "nightly", "-v0", "badly"); res.Code != 3 || res.Stdout != "" || res.Stderr != "Error: disk is full\n" {
		t.Errorf("got %+v", res)
	}
}
