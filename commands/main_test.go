package commands_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const atExit = "toolbar flushed, context: <nil>\ndatabase closed\n"

func TestCM01_CM02_CM03_CM05_CM07_CM11_CM12_MainExitsAndRunsOnExit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args   []string
		code   int
		stdout string
		stderr string // begins with
	}{
		{[]string{"cleanup"}, 0, "days=30 dry=false format=text v=1\n" + atExit, "manage: exit: store is locked\n"},
		{[]string{"fail", "lines"}, 1, atExit, "Error: büro:\n two lines\nmanage: exit"},
		{[]string{"claenup"}, 1, atExit, "Error: unknown command \"claenup\". Did you mean cleanup?\n"},
		{[]string{"fail", "seven"}, 7, atExit, "Error: disk is full\n"},
		{[]string{"fail", "panic"}, 1, atExit, "panic: boom\n"},
		{[]string{"cleanup", "--nope"}, 2, atExit, "Usage:\n"},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			cmd, out, errs := start(t, tt.args...)
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != tt.code || out.String() != tt.stdout || !strings.HasPrefix(errs.String(), tt.stderr) {
				t.Errorf("code %d, stdout %q, stderr %q", code, out, errs)
			}
		})
	}
}

func TestCM06_InterruptCancelsAndExits130(t *testing.T) {
	t.Parallel()
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			cmd, lines, errs := startPiped(t, "wait")
			expect(t, lines, "ready")
			signalTo(t, cmd, sig)
			expect(t, lines, "cleaned up", "toolbar flushed, context: <nil>", "database closed")
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != code {
				t.Errorf("code %d, want %d", got, code)
			}
			if want := fmt.Sprintf("Stopped by signal: %v.\n", sig); !strings.HasPrefix(errs.String(), want) {
				t.Errorf("stderr %q, want %q first", errs, want)
			}
		})
	}
}

func TestCM06_SecondInterruptKills(t *testing.T) {
	t.Parallel()
	cmd, lines, _ := startPiped(t, "stubborn")
	expect(t, lines, "ready")
	signalTo(t, cmd, syscall.SIGINT)
	expect(t, lines, "not yet")
	signalTo(t, cmd, syscall.SIGINT)
	_ = cmd.Wait()
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || ws.Signal() != syscall.SIGINT {
		t.Errorf("the process ended with %v, want to be killed by the signal", cmd.ProcessState)
	}
}

// newProgram makes a process of the test program. What begins like a variable of its
// environment goes there.
func newProgram(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	args = slices.DeleteFunc(args, func(a string) bool {
		if strings.HasPrefix(a, "COMMANDS_TEST_") || strings.HasPrefix(a, "TRACEPARENT=") {
			env = append(env, a)
			return true
		}
		return false
	})
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(append(os.Environ(), "COMMANDS_TEST_PROGRAM=1", "COMMANDS_TEST_LOCKS="+filepath.Join(t.TempDir(), "locks")), env...)
	return cmd
}

func start(t *testing.T, args ...string) (cmd *exec.Cmd, out, errs *bytes.Buffer) {
	t.Helper()
	cmd, out, errs = newProgram(t, args...), new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out, errs
}

func startPiped(t *testing.T, args ...string) (*exec.Cmd, *bufio.Scanner, *bytes.Buffer) {
	t.Helper()
	cmd, errs := newProgram(t, args...), new(bytes.Buffer)
	cmd.Stderr = errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out), errs
}

func expect(t *testing.T, lines *bufio.Scanner, want ...string) {
	t.Helper()
	for _, w := range want {
		if !lines.Scan() || lines.Text() != w {
			t.Fatalf("printed %q, want %q", lines.Text(), w)
		}
	}
}

func signalTo(t *testing.T, cmd *exec.Cmd, sig os.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}
