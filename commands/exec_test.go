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

func TestCM01_A54_RunsAndSucceeds(t *testing.T) {
	t.Parallel()
	res := call(t, "cleanup", "--days", "7")
	if res.Code != 0 || res.Err != nil || res.Stderr != "" || res.Stdout != "days=7 dry=false format=text v=1\n" {
		t.Errorf("got %+v", res)
	}
}

func TestCM02_CM03_CM12_ErrorsExitWithTheirCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		how    string
		code   int
		stderr string
	}{
		{"", 1, "Error: disk is full\n"},
		{"lines", 1, "Error: büro:\n two lines\n"},
		{"seven", 7, "Error: disk is full\n"},
		{"wrapped", 9, "Error: write report: disk is full\n"},
		{"zero", 1, "Error: disk is full (exit code 0 is not one for an error: 1 is used)\n"},
	}
	for _, tt := range tests {
		t.Run("fail "+tt.how, func(t *testing.T) {
			t.Parallel()
			res := call(t, "fail", tt.how)
			if res.Code != tt.code || res.Stderr != tt.stderr || res.Stdout != "" {
				t.Errorf("got %+v, want code %d, stderr %q", res, tt.code, tt.stderr)
			}
		})
	}
	if commands.WithExitCode(nil, 3) != nil || commands.ExitCode(nil) != 0 {
		t.Error("no error has no exit code")
	}
}

func TestCM04_TracebackShowsTheChainAndKeepsTheCode(t *testing.T) {
	t.Parallel()
	res := call(t, "--traceback", "fail", "wrapped")
	want := `Error: write report: disk is full
  *fmt.wrapError: write report: disk is full
    *commands.Error: disk is full
      *errors.errorString: disk is full
`
	if res.Stderr != want || res.Code != 9 {
		t.Errorf("code %d, stderr\n%s\nwant\n%s", res.Code, res.Stderr, want)
	}
}

func TestCM04_TracebackShowsJoinedErrors(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(commands.Command{Name: "both", Run: func(context.Context, *commands.Run) error {
		return errors.Join(errDisk, errors.New("no mail"))
	}})
	res := commandstest.Call(t, root, "both", "--traceback")
	if !strings.Contains(res.Stderr, "    *errors.errorString: no mail\n") {
		t.Errorf("stderr %s", res.Stderr)
	}
}

func TestCM05_PanicPrintsItsStackAndExits1(t *testing.T) {
	t.Parallel()
	res := call(t, "fail", "panic")
	if res.Code != 1 || !strings.HasPrefix(res.Stderr, "panic: boom\n\ngoroutine ") ||
		!strings.Contains(res.Stderr, "commands_test.fail") || res.Stdout != "" {
		t.Errorf("got %+v", res)
	}
	if res := call(t, "fail", "panic error"); !errors.Is(res.Err, errDisk) {
		t.Errorf("error %v does not unwrap to what it panicked with", res.Err)
	}
}

func TestCM07_CM15_CM26_WrongUsageExits2(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		last string // line on stderr
	}{
		{"unknown option", []string{"cleanup", "--nope"}, "manage cleanup: error: unknown flag: --nope"},
		{"bad number", []string{"cleanup", "--days", "x"},
			`manage cleanup: error: invalid argument "x" for "--days" flag: strconv.ParseInt: parsing "x": invalid syntax`},
		{"bad choice", []string{"cleanup", "--format", "xml"},
			`manage cleanup: error: invalid argument "xml" for "--format" flag: choose from text, json`},
		{"argument too many", []string{"cleanup", "x"}, `manage cleanup: error: unexpected argument "x"`},
		{"argument missing", []string{"import_data"}, "manage import_data: error: missing argument FILE"},
		{"bad verbosity", []string{"cleanup", "-v", "7"},
			`manage cleanup: error: invalid argument "7" for "-v, --verbosity" flag: choose from 0, 1, 2, 3`},
		{"abbreviation (CM26)", []string{"cleanup", "--dry"}, "manage cleanup: error: unknown flag: --dry. Did you mean --dry-run?"},
		{"option of no command", []string{"--nope"}, "manage: error: unknown flag: --nope"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := call(t, tt.args...)
			lines := strings.Split(strings.TrimSpace(res.Stderr), "\n")
			if res.Code != 2 || res.Stdout != "" || lines[0] != "Usage:" || lines[len(lines)-1] != tt.last {
				t.Errorf("code %d, stdout %q, stderr\n%s", res.Code, res.Stdout, res.Stderr)
			}
		})
	}
}

func TestCM10_A54_UnknownCommandSuggestsACloseOne(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ typed, want string }{
		{"claenup", "Error: unknown command \"claenup\". Did you mean cleanup?\nType 'manage help' for usage.\n"},
		{"explode", "Error: unknown command \"explode\"\nType 'manage help' for usage.\n"},
	} {
		for _, args := range [][]string{{tt.typed}, {tt.typed, "x", "--flag"}, {"help", tt.typed}} {
			res := call(t, args...)
			if res.Code != 1 || res.Stderr != tt.want || res.Stdout != "" {
				t.Errorf("%v: got %+v", args, res)
			}
		}
	}
	err := newRoot().Call(t.Context(), "explode")
	if u, ok := errors.AsType[*commands.UnknownCommandError](err); !ok || u.Name != "explode" {
		t.Errorf("Call: %v", err)
	}
}

func TestCM14_EveryCommandHasTheBaseOptions(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"cleanup", "-v", "3"}, {"cleanup", "-v3"}, {"cleanup", "--verbosity=3"}, {"-v", "3", "cleanup"},
	} {
		if res := call(t, args...); !strings.HasSuffix(res.Stdout, "v=3\n") {
			t.Errorf("%v: got %+v", args, res)
		}
	}
	root := commands.New("manage", commands.Version("1.2.3"))
	if res := commandstest.Call(t, root, "--version"); res.Stdout != "manage version 1.2.3\n" || res.Code != 0 {
		t.Errorf("--version: got %+v", res)
	}
}

func TestCM25_CM27_OptionsStandAnywhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"import_data", "a.csv", "--password", "x", "5"}, "a.csv,5\n"},
		{[]string{"import_data", "--password=x", "a.csv"}, "a.csv\n"},
		{[]string{"import_data", "a.csv", "--", "--password"}, "a.csv,--password\n"},
		{[]string{"cleanup", "-n"}, "days=30 dry=true format=text v=1\n"},
	} {
		if res := call(t, tt.args...); res.Stdout != tt.want || res.Code != 0 {
			t.Errorf("%v: got %+v", tt.args, res)
		}
	}
}

func TestCM37_Colors(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(commands.Command{Name: "color", Run: func(_ context.Context, run *commands.Run) error {
		fmt.Fprint(run.Out, run.Out.Color())
		return nil
	}})
	for _, tt := range []struct{ flag, want string }{{"-v1", "false"}, {"--force-color", "true"}, {"--no-color", "false"}} {
		if res := commandstest.Call(t, root, "color", tt.flag); res.Stdout != tt.want {
			t.Errorf("%s: got %+v", tt.flag, res)
		}
	}
	res := commandstest.Call(t, root, "color", "--no-color", "--force-color")
	if res.Code != 1 || res.Stderr != "Error: the --no-color and --force-color options can't be used together\n" {
		t.Errorf("both: got %+v", res)
	}
}
