package commands_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
)

// deleteCommand asks twice, and prints what is left of its input.
func deleteCommand() commands.Command {
	return commands.Command{Name: "delete", Run: func(ctx context.Context, run *commands.Run) error {
		for _, what := range []string{"orders", "customers"} {
			ok, err := run.Confirm(ctx, "Delete "+what+"?")
			if err != nil {
				return err
			}
			_ = run.Out.Line(fmt.Sprint(what, " ", ok))
		}
		rest, err := io.ReadAll(run.In)
		_ = run.Out.Line(string(rest))
		return err
	}}
}

func TestConfirm_AsksAndReadsOneLine(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(deleteCommand())
	for stdin, want := range map[string]string{
		"y\nYES\nrest": "orders true\ncustomers true\nrest\n",
		"no\n\n":       "orders false\ncustomers false\n\n",
		"yes":          "orders true\ncustomers false\n\n",
		"":             "orders false\ncustomers false\n\n",
		"y" + strings.Repeat("e", 200) + "\nyep\n": "orders false\ncustomers false\n\n",
	} {
		res := commandstest.CallWith(t, root, stdin, "delete")
		if res.Stdout != want || !strings.HasPrefix(res.Stderr, "Delete orders? [y/N] ") {
			t.Errorf("%.20q: got %+v", stdin, res)
		}
	}
}

func TestConfirm_IsRecorded(t *testing.T) {
	t.Parallel()
	runs, _, _ := recorded(t, func(ctx context.Context) {
		root := commands.New("manage")
		root.Add(deleteCommand())
		io := quiet()
		io.In = strings.NewReader("n\ny\n")
		_ = root.CallIO(ctx, io, "delete")
	})
	var kept []any
	for _, kv := range runs[0].Attrs {
		if kv.Key == "command.confirm" {
			kept = append(kept, kv.Value)
		}
	}
	if fmt.Sprint(kept) != "[Delete orders? no Delete customers? yes]" {
		t.Errorf("kept %q", kept)
	}
}

func TestConfirm_EndsWithTheContextOrTheInput(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(deleteCommand())
	in, typed := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := root.Exec(ctx, commands.IO{In: in, Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}, "delete")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	typed.Close() // whoever waits for the answer goes home
	err = root.Exec(t.Context(), commands.IO{In: iotest.ErrReader(errDisk), Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}, "delete")
	if !errors.Is(err, errDisk) {
		t.Errorf("error %v", err)
	}
}
