package commands_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
)

func TestCM09_VersionInCallGoesToTheGivenWriter(t *testing.T) {
	t.Parallel()
	root := newRoot(commands.Version("1.2.3"))
	for _, args := range [][]string{{"--version"}, {"cleanup", "--version"}} {
		io := quiet()
		if err := root.Exec(t.Context(), io, args...); err != nil || fmt.Sprint(io.Out) != "manage version 1.2.3\n" {
			t.Errorf("%v: printed %q, error %v", args, io.Out, err)
		}
	}
	if out, err := root.Output(t.Context(), "cleanup", "--version"); err != nil || string(out) != "manage version 1.2.3\n" {
		t.Errorf("Call: printed %q, error %v", out, err)
	}
}

func TestCM13_ACommandThatDoesNothingIsRefused(t *testing.T) {
	t.Parallel()
	defer func() {
		if got := fmt.Sprint(recover()); got != `commands: Add "x": one of Run and Setup is required, and only one` {
			t.Errorf("panic %s", got)
		}
	}()
	commands.New("manage").Add(commands.Command{Name: "x"})
}

func TestCM14_OptionsInWideUseGiveWayToTheCommandsOwn(t *testing.T) {
	t.Parallel()
	cmd := commands.Command{Name: "export", Setup: func(f *commands.Flags) commands.RunFunc {
		json, profile := f.Bool("json", false, ""), f.String("profile", "", "")
		return func(_ context.Context, run *commands.Run) error {
			_ = run.Out.Printf("%v %s", *json, *profile)
			return errDisk
		}
	}}
	res := commandstest.Command(t, cmd, "--json", "--profile", "work")
	if res.Stdout != "true work" || res.Stderr != "Error: disk is full\n" {
		t.Errorf("got %+v", res)
	}
	if res := commandstest.Command(t, cmd, "--json", "--nope"); !strings.HasPrefix(res.Stderr, "Usage:") {
		t.Errorf("refused: got %+v", res)
	}
}

func TestCM17_CallRefusesAnInvalidChoice(t *testing.T) {
	t.Parallel()
	for _, args := range [][]any{{"--format", "xml"}, {"--days", "9.5"}, {"--verbosity", 99}, {nil}} {
		if err := newRoot().CallIO(t.Context(), quiet(), "cleanup", args...); commands.ExitCode(err) != 2 {
			t.Errorf("%v: error %v", args, err)
		}
	}
}

func TestCM18_AnUnknownOptionIsAnsweredWithThoseThatThereAre(t *testing.T) {
	t.Parallel()
	err := newRoot().CallIO(t.Context(), quiet(), "cleanup", "--dayz", 3)
	usage, ok := errors.AsType[*commands.UsageError](err)
	if !ok || usage.Suggestion != "--days" || !slices.IsSorted(usage.Options) || !slices.Contains(usage.Options, "--format") {
		t.Fatalf("error %#v", err)
	}
	want := "manage cleanup: unknown flag: --dayz. Did you mean --days?; valid options are: " + strings.Join(usage.Options, ", ")
	if err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

func TestCM19_OnlyTheNameOfAnOptionIsItsName(t *testing.T) {
	t.Parallel()
	for arg, code := range map[string]int{"--dry-run": 0, "--dry_run": 2, "--DRY-RUN": 2, "--dryrun": 2} {
		if err := newRoot().CallIO(t.Context(), quiet(), "cleanup", arg); commands.ExitCode(err) != code {
			t.Errorf("%s: error %v", arg, err)
		}
	}
}

type code int

func (c code) String() string { return fmt.Sprintf("code-%d", int(c)) }

func TestCM20_ArgumentsThatAreNoStringsAreWrittenOut(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	var got []string
	root.Add(commands.Command{Name: "dance", Args: "[STEP]...", Run: func(_ context.Context, run *commands.Run) error {
		got = run.Args
		return nil
	}})
	err := root.CallIO(t.Context(), quiet(), "dance", 1, 2.5, true, []int{3, 4}, []string{"a", "b c"}, code(7), []byte("raw"), []string{})
	if want := []string{"1", "2.5", "true", "3", "4", "a", "b c", "code-7", "raw"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCM21_PositionalsAndOptionsComeApart(t *testing.T) {
	t.Parallel()
	res := call(t, "import_data", "--password", "x", "a.csv", "--token=y", "7")
	if res.Stdout != "a.csv,7\n" {
		t.Errorf("got %+v", res)
	}
}

// grouped has options of which exactly one must be given.
func grouped() *commands.Root {
	root := commands.New("manage")
	root.Add(commands.Command{
		Name: "find",
		Setup: func(f *commands.Flags) commands.RunFunc {
			f.Int("foo-id", 0, "")
			f.String("foo-name", "", "")
			all := f.Bool("all", true, "")
			f.CountP("level", "l", "")
			return func(_ context.Context, run *commands.Run) error { return run.Out.Line(fmt.Sprint(*all)) }
		},
		Cobra: func(c *cobra.Command) {
			c.MarkFlagsOneRequired("foo-id", "foo-name", "all", "level")
			c.MarkFlagsMutuallyExclusive("foo-id", "foo-name", "all", "level")
		},
	})
	return root
}

func TestCM22_GroupsOfOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args []any
		want string // in the error; "" for none
	}{
		{nil, "at least one of the flags in the group [foo-id foo-name all level] is required"},
		{[]any{"--foo-id", 1, "--foo-name", "x"}, "[foo-id foo-name] were all set"},
		{[]any{"--foo-id", 0}, ""},
		{[]any{"--foo-name="}, ""},
		{[]any{"--all=false"}, ""},
		{[]any{"-ll"}, ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.args), func(t *testing.T) {
			t.Parallel()
			err := grouped().CallIO(t.Context(), quiet(), "find", tt.args...)
			if tt.want == "" && err != nil || tt.want != "" && (commands.ExitCode(err) != 2 || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCM23_CM28_AnOptionDeclaredTwiceIsRefused(t *testing.T) {
	t.Parallel()
	defer func() {
		if got := fmt.Sprint(recover()); !strings.HasPrefix(got, `commands: Add "x": declare its flags:`) || !strings.Contains(got, "until") {
			t.Errorf("panic %s", got)
		}
	}()
	commands.New("manage").Add(commands.Command{Name: "x", Setup: func(f *commands.Flags) commands.RunFunc {
		f.String("until", "", "")
		f.String("until", "", "")
		return nil
	}})
}

// queueRoot has commands below others.
func queueRoot() *commands.Root {
	root := commands.New("manage")
	root.Add(commands.Command{Name: "queue", Help: "Look after the queue.", Sub: []commands.Command{
		{Name: "purge", Help: "Empty it.", Args: "NAME [COUNT]", Setup: func(f *commands.Flags) commands.RunFunc {
			f.Int("bar", 0, "")
			return func(_ context.Context, run *commands.Run) error { return run.Out.Line(run.Name + " " + run.Args[0]) }
		}},
		{Name: "retry", Sub: []commands.Command{{Name: "all", Run: func(_ context.Context, run *commands.Run) error {
			return run.Out.Line(run.Name)
		}}}},
	}})
	return root
}

func TestCM24_CommandsBelowOthers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line   string
		code   int
		stdout string
		last   string // line on stderr
	}{
		{"queue purge mails", 0, "queue purge mails\n", ""},
		{"queue retry all", 0, "queue retry all\n", ""},
		{"queue", 2, "", "manage queue: error: missing command: choose from purge, retry"},
		{"queue pruge", 2, "", `manage queue: error: unknown command "pruge" (choose from purge, retry). Did you mean purge?`},
		{"queue purge mails --bar twelve", 2, "", `manage queue purge: error: invalid argument "twelve" for "--bar" flag: strconv.ParseInt: parsing "twelve": invalid syntax`},
		{"queue purge", 2, "", "manage queue purge: error: missing argument NAME"},
		{"help queue prge", 1, "", "Type 'manage help' for usage."},
	} {
		t.Run(tt.line, func(t *testing.T) {
			t.Parallel()
			res := commandstest.Call(t, queueRoot(), strings.Fields(tt.line)...)
			lines := strings.Split(strings.TrimSpace(res.Stderr), "\n")
			if res.Code != tt.code || res.Stdout != tt.stdout || lines[len(lines)-1] != tt.last {
				t.Errorf("got %+v", res)
			}
			words := strings.Fields(tt.line)
			if err := queueRoot().CallIO(t.Context(), quiet(), words[0], words[1:]); commands.ExitCode(err) != tt.code {
				t.Errorf("Call: %v", err)
			}
		})
	}
	if got := queueRoot().Names(); !slices.Equal(got, []string{"queue purge", "queue retry all"}) {
		t.Errorf("names %q", got)
	}
}

func TestCM24_WhatCannotStandBelowACommandIsRefused(t *testing.T) {
	t.Parallel()
	run := func(context.Context, *commands.Run) error { return nil }
	leaf := commands.Command{Name: "leaf", Run: run}
	for want, cmd := range map[string]commands.Command{
		`commands: Add "x": a command with commands below it takes no arguments`:  {Name: "x", Args: "A", Sub: []commands.Command{leaf}},
		`commands: Add "x": two commands below it are called "leaf"`:              {Name: "x", Sub: []commands.Command{leaf, leaf}},
		`commands: Add "x": leaf: one of Run and Setup is required, and only one`: {Name: "x", Sub: []commands.Command{{Name: "leaf"}}},
		`commands: Add "x": one of Run and Setup is required, and only one`:       {Name: "x", Run: run, Setup: func(*commands.Flags) commands.RunFunc { return run }},
		`commands: Add "x": flag --traceback is one that every command has`: {Name: "x", Sub: []commands.Command{{Name: "leaf", Setup: func(f *commands.Flags) commands.RunFunc {
			f.Bool("traceback", false, "")
			return run
		}}}},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != want {
					t.Errorf("panic %s\nwant  %s", got, want)
				}
			}()
			commands.New("manage").Add(cmd)
		}()
	}
}

func TestCM24_CommandsBelowOthersHaveGroups(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	say := func(_ context.Context, run *commands.Run) error { return run.Out.Line("said by " + run.Name) }
	root.Add(commands.Command{Name: "mail", Run: say, Sub: []commands.Command{{Name: "send", Group: "Daily", Help: "Send it.", Run: say}}})
	for _, tt := range []struct{ line, want string }{
		{"mail", "said by mail\n"},
		{"mail send", "said by mail send\n"},
		{"mail --help", "Daily\n  send        Send it.\n"},
	} {
		if res := commandstest.Call(t, root, strings.Fields(tt.line)...); res.Code != 0 || !strings.Contains(strings.ReplaceAll(res.Stdout, "Daily:", "Daily"), tt.want) {
			t.Errorf("%s: got %+v", tt.line, res)
		}
	}
}

func TestCM29_BaseOptionsCanBeLeftOutOfHelp(t *testing.T) {
	t.Parallel()
	root := newRoot()
	root.Add(commands.Command{Name: "plain", HideBase: []string{"--verbosity", "no-color"}, Run: func(_ context.Context, run *commands.Run) error {
		return run.Out.Line(fmt.Sprint(run.Verbosity))
	}})
	for _, args := range [][]string{{"plain", "--help"}, {"help", "plain"}, {"plain", "--nope"}} {
		res := commandstest.Call(t, root, args...)
		if help := res.Stdout + res.Stderr; strings.Contains(help, "--verbosity") || strings.Contains(help, "--no-color") || !strings.Contains(help, "--force-color") {
			t.Errorf("%v: got %+v", args, res)
		}
	}
	if res := commandstest.Call(t, root, "plain", "-v2"); res.Stdout != "2\n" {
		t.Errorf("got %+v", res)
	}
	if res := commandstest.Call(t, root, "cleanup", "--help"); !strings.Contains(res.Stdout, "--verbosity") {
		t.Errorf("another command: got %+v", res)
	}
}

func TestCM30_WhatIsMissingIsSaidInTheCommandsWords(t *testing.T) {
	t.Parallel()
	cmd := commands.Command{Name: "check", Args: "APP...", MissingArgs: "Enter at least one application label.",
		Run: func(context.Context, *commands.Run) error { return nil }}
	res := commandstest.Command(t, cmd)
	if res.Code != 2 || !strings.HasSuffix(res.Stderr, "test check: error: Enter at least one application label.\n") {
		t.Errorf("got %+v", res)
	}
}

func TestCM43_OverrideWinsWhateverIsAddedFirst(t *testing.T) {
	t.Parallel()
	say := func(text string) commands.Command {
		return commands.Command{Name: "serve", Run: func(_ context.Context, run *commands.Run) error { return run.Out.Line(text) }}
	}
	for name, add := range map[string]func(*commands.Root){
		"last":  func(r *commands.Root) { r.Add(say("library")); r.Override(say("app")) },
		"first": func(r *commands.Root) { r.Override(say("app")); r.Add(say("library")) },
	} {
		root := commands.New("manage")
		add(root)
		if res := commandstest.Call(t, root, "serve"); res.Stdout != "app\n" || len(root.Names()) != 1 {
			t.Errorf("%s: got %+v, names %q", name, res, root.Names())
		}
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, `commands: Override "serve": the name is taken by the command at`) {
					t.Errorf("%s: panic %s", name, got)
				}
			}()
			root.Override(say("third"))
		}()
	}
}

func TestCM44_HelpListsNamesForScripts(t *testing.T) {
	t.Parallel()
	if res := call(t, "help", "--commands"); res.Stdout != "cleanup\nfail\nimport_data\n" || res.Code != 0 {
		t.Errorf("got %+v", res)
	}
}

func TestCM48_TheShellCompletes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want string // first lines
	}{
		{[]string{"__complete", "cle"}, "cleanup\tDelete old records.\n:"},
		{[]string{"__complete", "cleanup", "--form"}, "--format\thow the result is printed\n:"},
		{[]string{"__complete", "cleanup", "--format", ""}, "text\njson\n:"},
		{[]string{"__complete", "-v", ""}, "0\n1\n2\n3\n:"},
		{[]string{"completion", "bash"}, "# bash completion V2 for manage"},
		{[]string{"completion", "zsh"}, "#compdef manage"},
	} {
		res := call(t, tt.args...)
		if res.Code != 0 || !strings.HasPrefix(res.Stdout, tt.want) {
			t.Errorf("%v: code %d, printed %.200q", tt.args, res.Code, res.Stdout)
		}
	}
}

func TestCM49_ACommandKeepsNothingFromOneRunToTheNext(t *testing.T) {
	t.Parallel()
	cmd := commands.Command{Name: "count", Setup: func(f *commands.Flags) commands.RunFunc {
		n := f.Int("n", 1, "")
		return func(_ context.Context, run *commands.Run) error { return run.Out.Line(fmt.Sprint(*n)) }
	}}
	for _, tt := range []struct{ arg, want string }{{"--n=5", "5\n"}, {"-v1", "1\n"}} {
		if res := commandstest.Command(t, cmd, tt.arg); res.Stdout != tt.want {
			t.Errorf("%s: got %+v", tt.arg, res)
		}
	}
}
