package commands_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
)

// labels has a command that works on labels as e says.
func labels(e commands.Each) *commands.Root {
	root := commands.New("manage")
	root.Add(commands.Command{Name: "labels", Args: "LABEL...", Run: func(ctx context.Context, run *commands.Run) error {
		return run.ForEachArg(ctx, e)
	}})
	return root
}

func TestCM31_EachArgumentIsWorkedOn(t *testing.T) {
	t.Parallel()
	var seen []string
	e := commands.Each{
		Do: func(_ context.Context, arg string) (string, error) {
			if seen = append(seen, arg); arg == "silent" {
				return "", nil
			}
			return "label=" + arg, nil
		},
		Check: func(_ context.Context, arg string) error {
			if strings.HasPrefix(arg, "bad") {
				return fmt.Errorf("no such app")
			}
			return nil
		},
	}
	if res := commandstest.Call(t, labels(e), "labels", "a", "silent", "b"); res.Stdout != "label=a\nlabel=b\n" || res.Code != 0 {
		t.Errorf("got %+v", res)
	}
	seen = nil
	res := commandstest.Call(t, labels(e), "labels", "a", "bad1", "bad2")
	if res.Code != 1 || res.Stderr != "Error: bad1: no such app\nbad2: no such app\n" || len(seen) > 0 {
		t.Errorf("one that is invalid: got %+v, worked on %v", res, seen)
	}
}

func TestCM31_AFailureStopsUnlessToldToKeepGoing(t *testing.T) {
	t.Parallel()
	do := func(_ context.Context, arg string) (string, error) {
		if arg != "good" {
			return "", errDisk
		}
		return arg, nil
	}
	for keep, want := range map[bool]string{false: "Error: x: disk is full\n", true: "Error: x: disk is full\ny: disk is full\n"} {
		res := commandstest.Call(t, labels(commands.Each{Do: do, KeepGoing: keep}), "labels", "good", "x", "y", "good")
		if res.Stderr != want || res.Code != 1 || (res.Stdout == "good\ngood\n") != keep {
			t.Errorf("keep going %v: got %+v", keep, res)
		}
	}
}

func TestA58_NotificationsAreSentOnceAlsoWhenRunTwice(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sent")
	var sent []string
	broken := true
	e := commands.Each{Checkpoint: file, Do: func(_ context.Context, user string) (string, error) {
		if user == "carol\n" && broken {
			return "", errDisk
		}
		sent = append(sent, user)
		return "", nil
	}}
	args := []string{"labels", "alice", "bob", "carol\n", "dave"}
	if res := commandstest.Call(t, labels(e), args...); res.Code != 1 {
		t.Errorf("first run: got %+v", res)
	}
	broken = false
	if res := commandstest.Call(t, labels(e), append(args, "-v2")...); res.Code != 0 || res.Stdout != "alice: done before\nbob: done before\n" {
		t.Errorf("second run: got %+v", res)
	}
	if want := []string{"alice", "bob", "carol\n", "dave"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the checkpoint of a complete batch is still there: %v", err)
	}
}

func TestForEachArg_StopsWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	root := labels(commands.Each{Do: func(_ context.Context, arg string) (string, error) { cancel(); return arg, nil }})
	out, err := root.Output(ctx, "labels", "a", "b")
	if string(out) != "a\n" || err == nil || err.Error() != "context canceled" {
		t.Errorf("printed %q, error %v", out, err)
	}
}

func TestCheckpoint_SurvivesALineThatWasCutShort(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.WriteFile(file, []byte("\"a\"\n@41\n@4"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := openCheckpoint(t, file)
	if !c.Done("a") || c.Done("b") || c.Position() != 41 {
		t.Errorf("position %d", c.Position())
	}
	for _, err := range []error{c.Mark("b"), c.Mark("b"), c.SetPosition(42), c.Close(), c.Close()} {
		if err != nil {
			t.Error(err)
		}
	}
	if got := read(t, file); got != "\"a\"\n@41\n\"b\"\n@42\n" {
		t.Errorf("file %q", got)
	}
	if c.Mark("c") == nil {
		t.Error("a closed checkpoint takes a mark")
	}
}

func TestCheckpoint_RefusesAnotherFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(file, []byte("dear diary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := commands.OpenCheckpoint(file)
	if err == nil || !strings.Contains(err.Error(), "line 1 is not one of a checkpoint") || read(t, file) != "dear diary\n" {
		t.Errorf("error %v", err)
	}
	if _, err := commands.OpenCheckpoint(filepath.Join(file, "x")); err == nil {
		t.Error("a file below a file was opened")
	}
}

func openCheckpoint(t *testing.T, file string) *commands.Checkpoint {
	t.Helper()
	c, err := commands.OpenCheckpoint(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}
