package commands_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
)

// program is what the test binary is when a test starts it as a program.
func program() int {
	root := newRoot(
		commands.OnExit(func(context.Context) error { fmt.Println("database closed"); return nil }),
		commands.OnExit(func(ctx context.Context) error {
			fmt.Println("toolbar flushed, context:", ctx.Err())
			return errors.New("store is locked")
		}),
	)
	root.Add(commands.Command{Name: "wait", Run: func(ctx context.Context, run *commands.Run) error {
		defer fmt.Fprintln(run.Out, "cleaned up")
		fmt.Fprintln(run.Out, "ready")
		<-ctx.Done()
		return ctx.Err()
	}})
	root.Add(commands.Command{Name: "stubborn", Run: func(ctx context.Context, run *commands.Run) error {
		fmt.Fprintln(run.Out, "ready")
		<-ctx.Done()
		fmt.Fprintln(run.Out, "not yet")
		select {}
	}})
	root.Add(commands.Command{Name: "past", Run: func(ctx context.Context, run *commands.Run) error {
		fmt.Println("past the streams")
		out, err := root.Output(ctx, "through")
		fmt.Fprintf(run.Out, "captured=%q\n", out)
		return err
	}})
	root.Add(commands.Command{Name: "through", Run: func(_ context.Context, run *commands.Run) error { return run.Out.Line("through the stream") }})
	return root.Main(context.Background())
}

const atExit = "toolbar flushed, context: <nil>\ndatabase closed\n"

func TestCM05_CM11_MainExitsAndRunsOnExit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args   []string
		code   int
		stdout string
		stderr string // begins with
	}{
		{[]string{"cleanup"}, 0, "days=30 dry=false format=text v=1\n" + atExit, "manage: exit: store is locked\n"},
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

func newProgram(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), "COMMANDS_TEST_PROGRAM=1")
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
