package commands_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
)

// printing runs a command that does only what fn does.
func printing(t *testing.T, fn func(run *commands.Run), args ...string) commandstest.Result {
	t.Helper()
	return commandstest.Command(t, commands.Command{Name: "print", Run: func(_ context.Context, run *commands.Run) error {
		fn(run)
		return nil
	}}, args...)
}

func TestCM32_LinesEndOnce(t *testing.T) {
	t.Parallel()
	res := printing(t, func(run *commands.Run) {
		_ = run.Out.Line("a")
		_ = run.Out.LineEnd("b", "")
		_ = run.Out.Line("c\n")
		_ = run.Out.Line("")
		_ = run.Out.LineEnd("d", "!")
		_ = run.Out.LineEnd("e!", "!")
	})
	if want := "a\nbc\n\nd!e!"; res.Stdout != want {
		t.Errorf("printed %q, want %q", res.Stdout, want)
	}
}

func TestCM33_WhatIsPrintedPastTheStreamsIsNotTheirs(t *testing.T) {
	t.Parallel()
	cmd, out, _ := start(t, "past")
	_ = cmd.Wait()
	if got := out.String(); !strings.HasPrefix(got, "past the streams\ncaptured=\"through the stream\\n\"\n") {
		t.Errorf("printed %q", got)
	}
}

func TestCM35_OutputIsWhatWasPrinted(t *testing.T) {
	t.Parallel()
	root := newRoot()
	root.Add(commands.Command{Name: "silent", Run: func(context.Context, *commands.Run) error { return nil }})
	for name, want := range map[string]string{"cleanup": "days=30 dry=false format=text v=1\n", "silent": ""} {
		out, err := root.Output(t.Context(), name)
		if err != nil || string(out) != want {
			t.Errorf("%s: %q, %v, want %q", name, out, err, want)
		}
	}
}

func TestCM36_StylesLeaveTheNewlineOutside(t *testing.T) {
	t.Parallel()
	styled := func(run *commands.Run) {
		_ = run.Out.Line(run.Out.Paint(commands.StyleSuccess, "sent"))
		_ = run.Out.Line(run.Out.Paint(commands.StyleError, "bad\n"))
		_ = run.Out.Line(run.Out.Paint(commands.StyleWarning, "old") + run.Out.Paint(commands.StyleNotice, "!") + run.Out.Paint(commands.StylePlain, "?"))
		_ = run.Out.Line(run.Out.Paint(commands.StyleError, ""))
	}
	golden(t, "styles", printing(t, styled, "--force-color").Stdout)
	if res := printing(t, styled); res.Stdout != "sent\nbad\nold!?\n\n" {
		t.Errorf("without colours: %q", res.Stdout)
	}
}

func TestCM38_FlushReachesTheStream(t *testing.T) {
	t.Parallel()
	var under bytes.Buffer
	buffered := bufio.NewWriter(&under)
	root := commands.New("manage")
	root.Add(commands.Command{Name: "flush", Run: func(_ context.Context, run *commands.Run) error {
		_ = run.Out.Line("a")
		if under.Len() != 0 {
			t.Error("written before Flush")
		}
		return run.Out.Flush()
	}})
	err := root.Exec(t.Context(), commands.IO{Out: buffered, Err: &bytes.Buffer{}}, "flush")
	if err != nil || under.String() != "a\n" {
		t.Errorf("%q, %v", under.String(), err)
	}
}

func TestCM39_VerbosityHelper(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]string{"-v0": "0", "-v1": "01", "-v2": "012", "-v3": "0123"} {
		res := printing(t, func(run *commands.Run) {
			for level := range 4 {
				_ = run.Out.V(level).Printf("%d", level)
			}
		}, flag)
		if res.Stdout != want {
			t.Errorf("%s: printed %q, want %q", flag, res.Stdout, want)
		}
	}
}

func TestOutput_NilDropsEverything(t *testing.T) {
	t.Parallel()
	var o *commands.Output
	if n, err := fmt.Fprint(o.V(1), "abc"); n != 3 || err != nil || o.Line("x") != nil || o.Flush() != nil || o.Color() {
		t.Error("a nil Output does something")
	}
}

func TestA58_FilesAreWrittenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(weeklyReport())
	file := filepath.Join(t.TempDir(), "report.csv")
	for range 2 { // the same every time
		if res := commandstest.Call(t, root, "weekly_report", "--format", "csv", "--out", file); res.Code != 0 {
			t.Fatalf("got %+v", res)
		}
		golden(t, "weekly", read(t, file))
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if res := commandstest.Call(t, root, "weekly_report", "--out", file, "--break"); res.Code != 1 {
		t.Errorf("got %+v", res)
	}
	golden(t, "weekly", read(t, file)) // the old one is whole
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if commandstest.Call(t, root, "weekly_report", "--out", file); mode(t, file) != 0o640 {
		t.Errorf("mode %o, want that of the old file", mode(t, file))
	}
	if res := commandstest.Call(t, root, "weekly_report", "--out", filepath.Join(file, "x")); res.Code != 1 {
		t.Errorf("got %+v", res)
	}
}

// weeklyReport prints orders of the week, sorted.
func weeklyReport() commands.Command {
	orders := map[string]int{"tea": 3, "coffee": 12, "a, b": 1}
	return commands.Command{Name: "weekly_report", Setup: func(f *commands.Flags) commands.RunFunc {
		commands.Choice(f, "format", "csv", "of the report", "csv")
		out := f.String("out", "", "write to `FILE`")
		broken := f.Bool("break", false, "fail half-way")
		return func(context.Context, *commands.Run) error {
			return commands.WriteFile(*out, func(w io.Writer) error {
				c := csv.NewWriter(w)
				for _, name := range slices.Sorted(maps.Keys(orders)) {
					_ = c.Write([]string{name, strconv.Itoa(orders[name])})
				}
				c.Flush()
				if *broken {
					return errDisk
				}
				return c.Error()
			})
		}
	}}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mode(t *testing.T, file string) os.FileMode {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}
