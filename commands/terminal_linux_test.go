package commands_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
)

// onTerminal runs the program with its standard error, and its standard output too
// unless that is given, on a terminal; it gives what the terminal got.
func onTerminal(t *testing.T, out io.Writer, env []string, args ...string) string {
	t.Helper()
	screen, terminal := openTerminal(t, 100)
	cmd := newProgram(t, args...)
	cmd.Env = append(cmd.Env, "NO_COLOR=", "TERM=xterm")
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = out, terminal
	if out == nil {
		cmd.Stdout = terminal
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	shown, _ := io.ReadAll(screen) // an error when the last has closed the terminal
	_ = cmd.Wait()
	return strings.ReplaceAll(string(shown), "\r\n", "\n")
}

const escape = "\x1b["

func TestCM37_TerminalsGetColors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		args []string
		env  []string
		want bool
	}{
		{"terminal", nil, nil, true},
		{"NO_COLOR", nil, []string{"NO_COLOR=1"}, false},
		{"dumb terminal", nil, []string{"TERM=dumb"}, false},
		{"--no-color", []string{"--no-color"}, nil, false},
		{"NO_COLOR and --force-color", []string{"--force-color"}, []string{"NO_COLOR=1"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := onTerminal(t, nil, tt.env, append([]string{"styled"}, tt.args...)...)
			if strings.Contains(got, escape) != tt.want || !strings.Contains(got, "sent") {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestCM37_ErrorsAreColoredWhereErrIsATerminal(t *testing.T) {
	t.Parallel()
	if got := onTerminal(t, nil, nil, "fail"); !strings.HasPrefix(got, "\x1b[31;1mError\x1b[0m: disk is full\n") {
		t.Errorf("terminal: %q", got)
	}
	var out bytes.Buffer
	got := onTerminal(t, &out, nil, "styled")
	if strings.Contains(out.String(), escape) || !strings.Contains(got, "\x1b[31;1mwarned\x1b[0m") {
		t.Errorf("output %q is a pipe, terminal: %q", out.String(), got)
	}
	cmd, _, errs := start(t, "fail")
	_ = cmd.Wait()
	if !strings.HasPrefix(errs.String(), "Error: disk is full\n") {
		t.Errorf("pipe: %q", errs)
	}
}

func TestA59_ABarOnATerminal(t *testing.T) {
	t.Parallel()
	got := onTerminal(t, nil, nil, "progress", "4")
	for _, want := range []string{
		"import [--------------------] 0 % (0 of 4)", // at once
		"\r\x1b[Krow 1\n", // a line stands above the bar,
		"row 2\nimport [", // which is drawn again below it
		"[####################] 100 % (4 of 4) in 0:00\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

func TestA59_ABarNeverMixesWithData(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	got := onTerminal(t, &out, nil, "progress", "2")
	if !strings.HasPrefix(out.String(), "row 1\nrow 2\n"+atExit) || strings.Contains(out.String(), escape) {
		t.Errorf("output %q", out.String())
	}
	if !strings.Contains(got, "100 % (2 of 2)") {
		t.Errorf("terminal %q", got)
	}
	if got := onTerminal(t, &out, nil, "progress", "2", "-v0"); strings.Contains(got, "import") {
		t.Errorf("at verbosity 0: %q", got)
	}
}

func TestA59_ABarShowsTheFailure(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	got := onTerminal(t, &out, nil, "progress", "4", "--fail-at", "3")
	if !strings.Contains(got, "[##########----------] 50 % (2 of 4) failed: disk is full\n") {
		t.Errorf("terminal %q", got)
	}
}

// /dev/null is a device, and nobody looks at it.
func TestCM37_ADeviceIsNoTerminal(t *testing.T) {
	t.Parallel()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if res := printingTo(t, null); res {
		t.Error("the null device takes colours")
	}
}
