package commandstest_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
)

func TestA55_CallKeepsWhatACommandPrints(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(commands.Command{Name: "check", Run: func(ctx context.Context, run *commands.Run) error {
		in, err := io.ReadAll(run.In)
		fmt.Fprintf(run.Out, "read %d, %v", len(in), err)
		fmt.Fprintln(run.Err, "one warning")
		return commands.WithExitCode(commands.Errorf("bad"), 3)
	}})
	res := commandstest.Call(t, root, "check")
	if res.Stdout != "read 0, <nil>" || res.Stderr != "one warning\nError: bad\n" || res.Code != 3 || res.Err == nil {
		t.Errorf("got %+v", res)
	}
}
