package commands_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
)

var errRefused = errors.New("connection refused")

// checkedRoot has checks of every kind, and a command for every choice of them.
func checkedRoot() *commands.Root {
	root := commands.New("manage")
	say := func(_ context.Context, run *commands.Run) error { return run.Out.Line("ran") }
	root.Add(
		commands.Command{Name: "all", Run: say},
		commands.Command{Name: "tagged", Run: say, Checks: []string{"mail", "migrations"}},
		commands.Command{Name: "repair", Run: say, NoChecks: true},
		commands.Command{Name: "unknown_tag", Run: say, Checks: []string{"nobody"}},
	)
	root.AddCheck(
		commands.Check{Name: "database", Tags: []string{"db"}, Run: func(context.Context) error {
			return errors.Join(errRefused, commands.Errorf("no user is set"), commands.Warningf("the pool is small"))
		}},
		commands.Check{Name: "schema", Tags: []string{"db", "migrations"}, Run: func(context.Context) error {
			return commands.Warningf("2 migrations are not applied")
		}},
		commands.Check{Name: "mail", Tags: []string{"mail"}, Run: func(context.Context) error { return nil }},
	)
	return root
}

func TestCM40_CM41_ErrorsOfChecksStopACommand(t *testing.T) {
	t.Parallel()
	res := commandstest.Call(t, checkedRoot(), "all")
	want := "Warning: database: the pool is small\n" +
		"Warning: schema: 2 migrations are not applied\n" +
		"Error: the checks found what must be put right first:\n  database: connection refused\n  database: no user is set\n"
	if res.Code != 1 || res.Stdout != "" || res.Stderr != want {
		t.Errorf("code %d, stdout %q, stderr\n%s\nwant\n%s", res.Code, res.Stdout, res.Stderr, want)
	}
	e, ok := errors.AsType[*commands.CheckError](res.Err)
	if !ok || len(e.Failed) != 2 || e.Failed[0].Check != "database" || !errors.Is(res.Err, errRefused) {
		t.Errorf("error %#v", res.Err)
	}
}

func TestCM40_OnlyTheChecksWithACommandsTagsRun(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"repair", "unknown_tag"} {
		if res := commandstest.Call(t, checkedRoot(), name); res.Code != 0 || res.Stdout != "ran\n" || res.Stderr != "" {
			t.Errorf("%s: got %+v", name, res)
		}
	}
}

func TestCM40_CallSkipsChecksUnlessAsked(t *testing.T) {
	t.Parallel()
	root := checkedRoot()
	if err := root.CallIO(t.Context(), quiet(), "all"); err != nil {
		t.Errorf("Call: %v", err)
	}
	err := root.CallIO(t.Context(), quiet(), "all", "--skip-checks=false")
	if _, ok := errors.AsType[*commands.CheckError](err); !ok {
		t.Errorf("Call that asks: %v", err)
	}
	if res := commandstest.Call(t, root, "all", "--skip-checks"); res.Code != 0 || res.Stdout != "ran\n" {
		t.Errorf("--skip-checks: got %+v", res)
	}
}

func TestCM42_ANoticeAboutMigrationsDoesNotStopACommand(t *testing.T) {
	t.Parallel()
	res := commandstest.Call(t, checkedRoot(), "tagged")
	if res.Code != 0 || res.Stdout != "ran\n" || res.Stderr != "Warning: schema: 2 migrations are not applied\n" {
		t.Errorf("got %+v", res)
	}
}

func TestCM16_SkipChecksIsNoOptionWhereNothingIsChecked(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"repair", "unknown_tag"} {
		res := commandstest.Call(t, checkedRoot(), name, "--skip-checks")
		if res.Code != 2 || !strings.HasSuffix(res.Stderr, "manage "+name+": error: unknown flag: --skip-checks\n") {
			t.Errorf("got %+v", res)
		}
	}
	if res := call(t, "cleanup", "--skip-checks"); res.Code != 2 {
		t.Errorf("no checks at all: got %+v", res)
	}
}

func TestCM41_WarningsAreLogLinesWithJSON(t *testing.T) {
	t.Parallel()
	res := commandstest.Call(t, checkedRoot(), "tagged", "--json")
	if l := jsonLines(t, res.Stderr); len(l) != 1 || l[0]["level"] != "WARN" || l[0]["check"] != "schema" || l[0]["command"] != "tagged" {
		t.Errorf("got %+v", res)
	}
}

func TestCM41_AFailedCheckIsRecordedOnTheRunItStopped(t *testing.T) {
	t.Parallel()
	runs, _, _ := recorded(t, func(ctx context.Context) {
		_ = checkedRoot().CallIO(ctx, quiet(), "all", "--skip-checks=false")
	})
	if len(runs) != 1 || runs[0].Status != 1 || runs[0].Error != "the checks found what must be put right first:" {
		t.Errorf("%+v", runs)
	}
}

func TestAddCheck_RefusesOneThatChecksNothing(t *testing.T) {
	t.Parallel()
	defer func() {
		if got := fmt.Sprint(recover()); got != `commands: AddCheck "x": Name and Run are required` {
			t.Errorf("panic %s", got)
		}
	}()
	commands.New("manage").AddCheck(commands.Check{Name: "x"})
}

func TestCM46_AnErrorInTheConfigurationDoesNotHideHelp(t *testing.T) {
	t.Parallel()
	var read []string
	root := newRoot(commands.Configure(func(_ context.Context, file string) error {
		if read = append(read, file); file == "broken" {
			return errors.New("broken: line 3: not a number")
		}
		return nil
	}))
	for _, args := range [][]string{{}, {"help"}, {"help", "cleanup"}, {"cleanup", "--help", "--config=broken"}, {"help", "--commands"}} {
		if res := commandstest.Call(t, root, args...); res.Code != 0 || res.Stdout == "" || len(read) > 0 {
			t.Errorf("%v: got %+v, configured with %q", args, res, read)
		}
	}
	res := commandstest.Call(t, root, "cleanup", "--config", "broken")
	if res.Code != 1 || res.Stdout != "" || res.Stderr != "Error: configure: broken: line 3: not a number\n" {
		t.Errorf("got %+v", res)
	}
	for _, args := range [][]string{{"cleanup"}, {"--config", "good", "cleanup"}} {
		if res := commandstest.Call(t, root, args...); res.Code != 0 {
			t.Errorf("%v: got %+v", args, res)
		}
	}
	if err := root.CallIO(t.Context(), quiet(), "cleanup"); err != nil || fmt.Sprint(read) != "[broken  good]" {
		t.Errorf("%v, configured with %q", err, read)
	}
}
