package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// storeVar has the test program be a program of commands that records into the file it names.
const storeVar = "E2E_STORE"

// wholesale runs what the command line says: a command that has secret arguments, which the shop has not, and that goes on until
// its input ends.
func wholesale(file string) int {
	tb, err := toolbar.New(toolbar.Config{Path: file, Service: "wholesale"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return commands.ExitError
	}
	root := commands.New("manage")
	root.Add(commands.Command{
		Name: "sync-catalogue",
		Help: "Fetch the catalogue of the wholesaler.",
		Args: "SOURCE",
		Setup: func(f *commands.Flags) commands.RunFunc {
			f.String("api-token", "", "the `token` of the wholesaler")
			code := f.Int("code", 0, "the exit `code`")
			return func(ctx context.Context, run *commands.Run) error {
				fmt.Fprintln(run.Out, "syncing")
				if _, err := io.ReadAll(run.In); err != nil || *code == 0 {
					return err
				}
				return commands.WithExitCode(fmt.Errorf("%s did not answer", run.Args[0]), *code)
			}
		},
	})
	code := root.Main(context.Background())
	if err := tb.Close(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return commands.ExitError
	}
	return code
}

// command is a command that runs in a process of its own.
type command struct {
	t     *testing.T
	cmd   *exec.Cmd
	input io.WriteCloser
}

// begin starts a command and returns when it is at work.
func begin(t *testing.T, file string, args ...string) *command {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &command{t: t, cmd: exec.CommandContext(t.Context(), self, args...)}
	c.cmd.Env = append(os.Environ(), storeVar+"="+file, "GORACE=atexit_sleep_ms=0")
	c.cmd.Stderr = io.Discard
	if c.input, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.end() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "syncing\n" {
		t.Fatalf("the command said %q: %v", line, err)
	}
	return c
}

// end lets the command end and returns its exit code. It may be called again.
func (c *command) end() int {
	c.input.Close()
	if c.cmd.ProcessState == nil {
		late := time.AfterFunc(time.Minute, func() { c.cmd.Process.Kill() })
		defer late.Stop()
		c.cmd.Wait()
	}
	return c.cmd.ProcessState.ExitCode()
}
