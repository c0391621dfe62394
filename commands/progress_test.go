package commands_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
)

// importing takes a second for each of 25 rows.
func importing(err error) commands.Command {
	return commands.Command{Name: "import", Run: func(_ context.Context, run *commands.Run) error {
		p := run.Progress("import", 25)
		for i := range 25 {
			if i == 20 && err != nil {
				return err
			}
			time.Sleep(time.Second) // that of the bubble
			p.Add(1)
		}
		return nil
	}}
}

func TestCM50_A59_LinesWhereThereIsNoTerminal(t *testing.T) {
	t.Parallel()
	const lines = "import: 40 % (10 of 25), 1/s, 0:15 left\nimport: 80 % (20 of 25), 1/s, 0:05 left\n"
	for _, tt := range []struct {
		name string
		err  error
		args []string
		want string
	}{
		{"until all is done", nil, nil, lines + "import: 100 % (25 of 25) in 0:25\n"},
		{"until it fails", errDisk, nil, lines + "import: failed at 80 % (20 of 25): disk is full\nError: disk is full\n"},
		{"not at verbosity 0", nil, []string{"-v0"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				res := commandstest.Command(t, importing(tt.err), tt.args...)
				if res.Stderr != tt.want || res.Stdout != "" {
					t.Errorf("printed %q on stdout, stderr\n%s\nwant\n%s", res.Stdout, res.Stderr, tt.want)
				}
			})
		})
	}
}

func TestA59_LogLinesWithJSON(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		res := commandstest.Command(t, importing(nil), "--json")
		lines := jsonLines(t, res.Stderr)
		last := lines[len(lines)-1]
		if len(lines) != 3 || last["msg"] != "progress" || last["done"] != 25.0 || last["total"] != 25.0 ||
			last["command"] != "import" || lines[0]["eta_s"] != 15.0 {
			t.Errorf("lines %v", lines)
		}
	})
}

func TestProgress_LongAndFast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		res := printing(t, func(run *commands.Run) {
			p := run.Progress("rows", 100_000_000)
			for range 2 {
				time.Sleep(time.Hour)
				p.Add(10_000_000)
			}
			p.End(errDisk)
		})
		want := "rows: 10 % (10000000 of 100000000), 2778/s, 9:00:00 left\n" +
			"rows: 20 % (20000000 of 100000000), 2778/s, 8:00:00 left\n" +
			"rows: failed at 20 % (20000000 of 100000000): disk is full\n"
		if res.Stderr != want {
			t.Errorf("printed\n%s\nwant\n%s", res.Stderr, want)
		}
	})
}

func TestA59_AFailureIsALogLineWithJSON(t *testing.T) {
	t.Parallel()
	lines := jsonLines(t, commandstest.Command(t, commands.Command{Name: "import", Run: func(_ context.Context, run *commands.Run) error {
		run.Progress("rows", 0).Add(3)
		return errDisk
	}}, "--json").Stderr)
	if len(lines) != 2 || lines[0]["msg"] != "progress" || lines[0]["error"] != "disk is full" || lines[0]["done"] != 3.0 || lines[1]["msg"] != "disk is full" {
		t.Errorf("lines %v", lines)
	}
}

func TestProgress_EndsWithTheRun(t *testing.T) {
	t.Parallel()
	var kept *commands.Progress
	res := printing(t, func(run *commands.Run) {
		kept = run.Progress("a", 10) // fewer are done
		kept.Add(4)
		empty := run.Progress("b", 0)
		empty.End(nil)
		empty.End(errDisk)
		failed := run.Progress("c", 0)
		failed.Add(3)
		failed.End(errDisk)
		later := run.Progress("d", 0)
		later.SetTotal(1)
		later.Add(2) // more than expected
	})
	want := "b: 100 % (0 of 0) in 0:00\nc: failed at 3: disk is full\na: 100 % (4 of 4) in 0:00\nd: 100 % (2 of 2) in 0:00\n"
	if res.Stderr != want {
		t.Errorf("printed %q, want %q", res.Stderr, want)
	}
	kept.Add(1) // does nothing any more
	var none *commands.Progress
	none.Add(1)
	none.SetTotal(1)
	none.End(errors.New("x"))
}

func TestProgress_IsAddedToFromSeveralGoroutines(t *testing.T) {
	t.Parallel()
	res := printing(t, func(run *commands.Run) {
		p := run.Progress("mails", 80)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 10 {
					p.Add(1)
				}
			})
		}
		wg.Wait()
	})
	if !strings.HasPrefix(res.Stderr, "mails: 100 % (80 of 80) in") {
		t.Errorf("got %+v", res)
	}
}

func TestA55_LogLinesCarryCommandAndRun(t *testing.T) {
	t.Parallel()
	logging := func(run *commands.Run) {
		run.Log.Debug("details")
		run.Log.Info("sent", "mails", 3)
		run.Log.Error("bounced")
	}
	for _, tt := range []struct {
		arg  string
		want int // lines
	}{{"-v0", 1}, {"-v1", 2}, {"-v2", 3}} {
		res := printing(t, logging, tt.arg, "--json")
		lines := jsonLines(t, res.Stderr)
		if len(lines) != tt.want {
			t.Errorf("%s: lines %v", tt.arg, lines)
		}
		for _, l := range lines {
			if l["command"] != "print" || l["run"] == "" || l["run"] != lines[0]["run"] {
				t.Errorf("%s: line %v", tt.arg, l)
			}
		}
	}
	if res := printing(t, logging); !strings.Contains(res.Stderr, " msg=sent command=print run=") {
		t.Errorf("as text: %q", res.Stderr)
	}
}

func TestA55_FailuresAreJSONToo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		msg  string
		exit float64
	}{
		{[]string{"--json", "fail", "seven"}, "disk is full", 7},
		{[]string{"fail", "panic", "--json"}, "panic: boom", 1},
		{[]string{"cleanup", "--nope", "--json"}, "manage cleanup: unknown flag: --nope; valid options are: ", 2},
		{[]string{"claenup", "--json"}, `unknown command "claenup". Did you mean cleanup?`, 1},
	} {
		lines := jsonLines(t, call(t, tt.args...).Stderr)
		if len(lines) != 1 || !strings.HasPrefix(lines[0]["msg"].(string), tt.msg) || lines[0]["exit"] != tt.exit || lines[0]["level"] != "ERROR" {
			t.Errorf("%v: %v", tt.args, lines)
		}
	}
	if res := call(t, "import_data", "--nope", "--", "--json"); !strings.HasPrefix(res.Stderr, "Usage:") {
		t.Errorf("an argument: got %+v", res)
	}
}

func jsonLines(t *testing.T, text string) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for line := range strings.Lines(text) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		lines = append(lines, m)
	}
	return lines
}

// printingTo reports whether a command's output takes colours when that is w.
func printingTo(t *testing.T, w io.Writer) (color bool) {
	t.Helper()
	root := commands.New("manage")
	root.Add(commands.Command{Name: "color", Run: func(_ context.Context, run *commands.Run) error {
		color = run.Out.Color()
		return nil
	}})
	if err := root.Exec(t.Context(), commands.IO{Out: w, Err: &bytes.Buffer{}}, "color"); err != nil {
		t.Error(err)
	}
	return color
}
