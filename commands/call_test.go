package commands_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
)

func TestCM08_CallReturnsErrorsOfUsage(t *testing.T) {
	t.Parallel()
	io := quiet()
	err := newRoot().CallIO(t.Context(), io, "cleanup", "--nope")
	usage, ok := errors.AsType[*commands.UsageError](err)
	if !ok || commands.ExitCode(err) != 2 || !strings.HasPrefix(usage.Error(), "manage cleanup: unknown flag: --nope; valid options are: --days, ") ||
		!strings.HasPrefix(usage.Usage, "Usage:\n  manage cleanup [flags]") {
		t.Errorf("error %v", err)
	}
	if fmt.Sprint(io.Out) != "" || fmt.Sprint(io.Err) != "" {
		t.Errorf("Call printed %q, %q", io.Out, io.Err)
	}
}

func TestCM09_HelpInCallGoesToTheGivenWriter(t *testing.T) {
	t.Parallel()
	for _, args := range [][]any{{"cleanup", "--help"}, {"help", "cleanup"}} {
		io := quiet()
		if err := newRoot().CallIO(t.Context(), io, args[0].(string), args[1:]...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
		if out := fmt.Sprint(io.Out); !strings.HasPrefix(out, "Delete old records.\n") {
			t.Errorf("%v: printed %q", args, out)
		}
	}
}

func TestCM17_CM20_CallChecksAsTheCommandLineDoes(t *testing.T) {
	t.Parallel()
	root := newRoot()
	io := quiet()
	if err := root.CallIO(t.Context(), io, "import_data", []string{"a.csv"}, 5); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(io.Out); got != "a.csv,5\n" {
		t.Errorf("printed %q", got)
	}
	err := root.CallIO(t.Context(), quiet(), "cleanup", "--days", "many")
	if commands.ExitCode(err) != 2 {
		t.Errorf("error %v", err)
	}
}

func TestCM33_CM34_A55_EachCallHasItsOwnStreamsAndState(t *testing.T) {
	t.Parallel()
	root := newRoot()
	first, second := quiet(), quiet()
	if err := root.CallIO(t.Context(), first, "cleanup", "--days", 1); err != nil {
		t.Fatal(err)
	}
	if err := root.CallIO(t.Context(), second, "cleanup"); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(first.Out) != "days=1 dry=false format=text v=1\n" ||
		fmt.Sprint(second.Out) != "days=30 dry=false format=text v=1\n" {
		t.Errorf("printed %q and %q", first.Out, second.Out)
	}
}

func TestCall_RunsOfOneCommandMayOverlap(t *testing.T) {
	t.Parallel()
	root := newRoot()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			io := quiet()
			want := fmt.Sprintf("days=%d dry=false format=text v=1\n", i)
			if err := root.CallIO(t.Context(), io, "cleanup", "--days", i); err != nil || fmt.Sprint(io.Out) != want {
				t.Errorf("printed %q, error %v", io.Out, err)
			}
		})
	}
	wg.Wait()
}

func TestCall_InsideACommandWritesWhereThatWrites(t *testing.T) {
	t.Parallel()
	root := newRoot()
	root.Add(commands.Command{Name: "nightly", Run: func(ctx context.Context, run *commands.Run) error {
		fmt.Fprintln(run.Out, "begin")
		return root.Call(ctx, "cleanup")
	}})
	io := quiet()
	if err := root.CallIO(t.Context(), io, "nightly"); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(io.Out); got != "begin\ndays=30 dry=false format=text v=1\n" {
		t.Errorf("printed %q", got)
	}
}

func TestCall_WrongUsageInsideACommandIsAnErrorOfThatCommand(t *testing.T) {
	t.Parallel()
	root := newRoot()
	root.Add(commands.Command{Name: "nightly", Run: func(ctx context.Context, _ *commands.Run) error {
		return root.Call(ctx, "cleanup", "--nope")
	}})
	io := quiet()
	err := root.Exec(t.Context(), io, "nightly")
	if commands.ExitCode(err) != 1 || !strings.HasPrefix(fmt.Sprint(io.Err), "Error: manage cleanup: unknown flag: --nope; valid") {
		t.Errorf("error %v, printed %q", err, io.Err)
	}
}

func TestCall_PanicComesBackAsAnError(t *testing.T) {
	t.Parallel()
	err := newRoot().CallIO(t.Context(), quiet(), "fail", "panic")
	if p, ok := errors.AsType[*commands.PanicError](err); !ok || p.Value != "boom" {
		t.Errorf("error %v", err)
	}
}

func TestCall_GoexitUnwinds(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(commands.Command{Name: "exit", Run: func(context.Context, *commands.Run) error {
		runtime.Goexit()
		return nil
	}})
	returned := make(chan bool)
	go func() {
		back := false
		defer func() { returned <- back }()
		_ = root.Call(context.Background(), "exit")
		back = true
	}()
	if <-returned {
		t.Error("Call returned")
	}
}

func TestCM28_CM43_AddRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	run := func(context.Context, *commands.Run) error { return nil }
	setup := func(declare func(*commands.Flags)) func(*commands.Flags) commands.RunFunc {
		return func(f *commands.Flags) commands.RunFunc { declare(f); return run }
	}
	tests := []struct {
		name string
		cmd  commands.Command
		want string
	}{
		{"name twice", commands.Command{Name: "cleanup", Run: run}, `commands: Add "cleanup": the name is taken by the command at commands/helpers_test.go:`},
		{"built-in name", commands.Command{Name: "help", Run: run}, `commands: Add "help": the name is taken by a built-in command`},
		{"no name", commands.Command{Run: run}, `commands: Add "": the name "" is not one word`},
		{"two words", commands.Command{Name: "a b", Run: run}, `commands: Add "a b": the name "a b" is not one word`},
		{"nothing to run", commands.Command{Name: "x"}, `commands: Add "x": one of Run and Setup is required, and only one`},
		{"flag of all commands", commands.Command{Name: "x", Setup: setup(func(f *commands.Flags) { f.Bool("traceback", false, "") })},
			`commands: Add "x": flag --traceback is one that every command has`},
		{"letter of all commands", commands.Command{Name: "x", Setup: setup(func(f *commands.Flags) { f.BoolP("verify", "v", false, "") })},
			`commands: Add "x": flag -v is one that every command has (--verbosity)`},
		{"args that repeat in the middle", commands.Command{Name: "x", Run: run, Args: "A... B"}, `commands: Add "x": args "A... B": only the last may end in "..."`},
		{"args required too late", commands.Command{Name: "x", Run: run, Args: "[A] B"}, `commands: Add "x": args "[A] B": "B" is required after one that is not`},
		{"args badly written", commands.Command{Name: "x", Run: run, Args: "[A"}, `commands: Add "x": args "[A": "[A" is neither NAME nor [NAME]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := newRoot()
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, tt.want) {
					t.Errorf("panic %s\nwant  %s", got, tt.want)
				}
			}()
			root.Add(tt.cmd)
		})
	}
}

func TestArgs_CountsWhatTheSpecSays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		spec string
		args string
		want string // the error; "" for none
	}{
		{"", "", ""},
		{"LABEL...", "", "manage x: missing argument LABEL"},
		{"LABEL...", "a b c", ""},
		{"[LABEL]...", "", ""},
		{"FILE [LIMIT]", "a b c", `manage x: unexpected argument "c"`},
	}
	for _, tt := range tests {
		t.Run(tt.spec+" with "+tt.args, func(t *testing.T) {
			t.Parallel()
			root := commands.New("manage")
			root.Add(commands.Command{Name: "x", Args: tt.spec, Run: func(context.Context, *commands.Run) error { return nil }})
			got := ""
			if err := root.CallIO(t.Context(), quiet(), "x", strings.Fields(tt.args)); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("error %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCobra_ReachesWhatTheFieldsDoNotSay(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(commands.Command{
		Name: "report",
		Setup: func(f *commands.Flags) commands.RunFunc {
			f.Bool("csv", false, "")
			f.Bool("json", false, "")
			return func(context.Context, *commands.Run) error { return errDisk }
		},
		Cobra: func(c *cobra.Command) { c.MarkFlagsMutuallyExclusive("csv", "json") },
	})
	err := root.CallIO(t.Context(), quiet(), "report", "--csv", "--json")
	if commands.ExitCode(err) != 2 || !strings.Contains(err.Error(), "[csv json]") {
		t.Errorf("error %v", err)
	}
	c := root.Cobra()
	c.SetArgs([]string{"report"})
	var out bytes.Buffer
	c.SetOut(&out)
	if err := c.Execute(); !errors.Is(err, errDisk) {
		t.Errorf("run by cobra: %v", err)
	}
}
