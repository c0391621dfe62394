// Package commandstest runs commands in tests, as the command line would, and
// keeps what they print:
//
//	res := commandstest.Call(t, root, "cleanup", "--dry-run")
//	if res.Code != 0 || res.Stdout != "12 records\n" {
//		t.Errorf("got %+v", res)
//	}
package commandstest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
)

// Result is what a command line did.
type Result struct {
	Stdout string
	Stderr string // failures are printed here, as by Main
	Err    error
	Code   int // the exit code that the process would have
}

// Call runs a command line with the test's context and an empty standard input.
func Call(t testing.TB, root *commands.Root, args ...string) Result {
	t.Helper()
	return CallWith(t, root, "", args...)
}

// CallWith is Call with something on the standard input.
func CallWith(t testing.TB, root *commands.Root, stdin string, args ...string) Result {
	t.Helper()
	var out, errs bytes.Buffer
	err := root.Exec(t.Context(), commands.IO{In: strings.NewReader(stdin), Out: &out, Err: &errs}, args...)
	return Result{Stdout: out.String(), Stderr: errs.String(), Err: err, Code: commands.ExitCode(err)}
}

// Command runs one command that need not have been added to a Root, in a program
// called "test". args do not have its name.
func Command(t testing.TB, cmd commands.Command, args ...string) Result {
	t.Helper()
	root := commands.New("test")
	root.Add(cmd)
	return Call(t, root, append([]string{cmd.Name}, args...)...)
}
