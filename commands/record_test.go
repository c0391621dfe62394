package commands_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func TestRecord_RunIsARecordBelowTheCaller(t *testing.T) {
	t.Parallel()
	runs, outer, _ := recorded(t, func(ctx context.Context) {
		_ = newRoot().CallIO(ctx, quiet(), "import_data", "a.csv", 5, "--password", "hunter2", "-v", 2)
	})
	if len(runs) != 1 {
		t.Fatalf("%d runs, want 1", len(runs))
	}
	rec := runs[0]
	if rec.Handler.Kind != instrument.KindCommand || rec.Handler.Name != "import_data" ||
		!strings.HasSuffix(rec.Handler.Source.File, "helpers_test.go") || rec.Status != 0 {
		t.Errorf("record %+v", rec)
	}
	if rec.Parent != outer.ID || rec.Trace.TraceID != outer.Trace.TraceID {
		t.Errorf("parent %v, want %v", rec.Parent, outer.ID)
	}
	got := attrs(rec)
	for key, want := range map[string]any{
		"arg.1.file": "a.csv", "arg.2.limit": "5", "arg.verbosity": "2",
		"arg.password": instrument.Redacted, "default.token": instrument.Redacted,
		"command.stdout.size": int64(len("a.csv,5\n")), "command.stderr.size": int64(len("done\n")),
	} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	if _, ok := got["default.traceback"]; ok {
		t.Error("options that all commands have are kept only when given")
	}
}

func TestRecord_SecretsDoNotSurvive(t *testing.T) {
	t.Parallel()
	_, _, m := recorded(t, func(ctx context.Context) {
		root := newRoot()
		for _, line := range [][]any{
			{"import_data", "a.csv", "--password", "hunter2"},
			{"import_data", "a.csv", "--password=hunter2"},
			{"import_data", "a.csv", "--pasword=hunter2"},
			{"import_data", "a.csv", "5", "hunter2"},
			{"cleanup", "--days", "hunter2"},
			{"cleanup", "--=hunter2"},
			{"hunter2"},
		} {
			_ = root.CallIO(ctx, quiet(), line[0].(string), line[1:]...)
		}
	})
	if bytes.Contains(m.blobs, []byte("hunter2")) || bytes.Contains(m.blobs, []byte("tok-default")) {
		t.Errorf("a secret was kept:\n%q", m.blobs)
	}
	if len(m.records) != 7 { // six of a known command, and the caller's
		t.Errorf("%d records, want 7", len(m.records))
	}
}

func TestRecord_TellsHowARunEnded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args  []any
		code  int
		flags instrument.Flags
		text  string
	}{
		{[]any{"seven"}, 7, instrument.FlagError, "disk is full"},
		{[]any{"panic"}, 1, instrument.FlagError | instrument.FlagPanic, "boom"},
		{[]any{"a", "b"}, 2, instrument.FlagError, "unexpected argument, number 2"},
		{[]any{"--nope"}, 2, instrument.FlagError, "unknown flag: --nope"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.args), func(t *testing.T) {
			t.Parallel()
			runs, _, _ := recorded(t, func(ctx context.Context) {
				_ = newRoot().CallIO(ctx, quiet(), "fail", tt.args...)
			})
			rec := runs[0]
			if rec.Status != tt.code || !rec.Flags.Has(tt.flags) || rec.Error != tt.text {
				t.Errorf("status %d, flags %v, error %q", rec.Status, rec.Flags, rec.Error)
			}
			if tt.text == "boom" && len(rec.Spans[0].Stack) == 0 {
				t.Error("the panic has no stack")
			}
		})
	}
}

func TestRecord_GoexitIsAFailure(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(commands.Command{Name: "leave", Run: func(context.Context, *commands.Run) error {
		runtime.Goexit()
		return nil
	}})
	runs, _, _ := recorded(t, func(ctx context.Context) {
		done := make(chan bool)
		go func() {
			defer close(done)
			_ = root.CallIO(ctx, quiet(), "leave")
		}()
		<-done
	})
	if runs[0].Error != "the command called runtime.Goexit" {
		t.Errorf("error %q", runs[0].Error)
	}
}

func TestRecord_ManyArgumentsAreCut(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(commands.Command{Name: "each", Args: "FILE...", Run: func(context.Context, *commands.Run) error { return nil }})
	runs, _, _ := recorded(t, func(ctx context.Context) {
		_ = root.CallIO(ctx, quiet(), "each", strings.Fields(strings.Repeat("x ", 60)))
	})
	if got := attrs(runs[0]); got["arg.50.file"] != "x" || got["arg.51.file"] != nil || got["arg.more"] != int64(10) {
		t.Errorf("attributes %v", got)
	}
}

// Lists show the command line as it was given, with its secrets hidden by name.
func TestRecord_NamesTheCommandLine(t *testing.T) {
	t.Parallel()
	root := newRoot()
	root.Add(commands.Command{Name: "queue", Sub: []commands.Command{{Name: "purge", Args: "[NAME] [TOKEN]", Run: func(context.Context, *commands.Run) error { return nil }}}})
	long := strings.Repeat("é", 200)
	for want, args := range map[string][]any{
		"cleanup --days 7 -n":                              {"cleanup", "--days", 7, "-n"},
		"cleanup -n -v2 --format=json":                     {"cleanup", "-n", "-v2", "--format=json"},
		"cleanup -nv 2":                                    {"cleanup", "-nv", "2"},
		"import_data --password [redacted] 'my file' 5":    {"import_data", "--password", "hunter2", "my file", 5},
		"import_data --token=[redacted] 'db:[redacted]@h'": {"import_data", "--token=hunter2", "db:hunter2@h"},
		`import_data -- "--a\nb" ''`:                       {"import_data", "--", "--a\nb", ""},
		"queue purge mail [redacted]":                      {"queue", "purge", "mail", "hunter2"},
		"import_data " + long[:160] + "…":                  {"import_data", long},
	} {
		runs, _, m := recorded(t, func(ctx context.Context) {
			if err := root.CallIO(ctx, quiet(), args[0].(string), args[1:]...); err != nil {
				t.Errorf("%s: %v", want, err)
			}
		})
		if got := runs[0].Path; got != want {
			t.Errorf("command line %q, want %q", got, want)
		}
		if bytes.Contains(m.blobs, []byte("hunter2")) {
			t.Errorf("%s: a secret was kept: %q", want, m.blobs)
		}
	}
}

func TestRecord_ALongCommandLineIsCut(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	root.Add(commands.Command{Name: "each", Args: "FILE...", Run: func(context.Context, *commands.Run) error { return nil }})
	runs, _, _ := recorded(t, func(ctx context.Context) {
		_ = root.CallIO(ctx, quiet(), "each", strings.Fields(strings.Repeat("file ", 5000)))
	})
	if got := runs[0].Path; !strings.HasPrefix(got, "each file file ") || !strings.HasSuffix(got, " …") || len(got) > 1100 {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

// A caller that does not pass its context on is found by the goroutine's label.
func TestRecord_CallerIsFoundWithoutItsContext(t *testing.T) {
	t.Parallel()
	runs, outer, _ := recorded(t, func(context.Context) {
		_ = newRoot().CallIO(context.Background(), quiet(), "cleanup")
	})
	if len(runs) != 1 || runs[0].Parent != outer.ID || runs[0].Trace.TraceID != outer.Trace.TraceID {
		t.Errorf("runs %v", runs)
	}
}

func TestA62_ReceiverOfACallGetsTheError(t *testing.T) {
	t.Parallel()
	_, outer, _ := recorded(t, func(ctx context.Context) {
		if err := newRoot().CallIO(ctx, quiet(), "fail"); err != errDisk {
			t.Errorf("error %v, want the command's own", err)
		}
	})
	if outer.Flags.Has(instrument.FlagError) {
		t.Error("the caller's Record failed, although the caller handled the error")
	}
}

// TestA53_CommandsAreReported: a reporter hears of each command that failed or panicked, once, and of none that a user got
// wrong or that went well. Its own failure changes nothing.
func TestA53_CommandsAreReported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run  commands.RunFunc
		want int
	}{
		"fails":     {func(context.Context, *commands.Run) error { return errors.New("disk full") }, 1},
		"panics":    {func(context.Context, *commands.Run) error { panic("boom") }, 1},
		"goes well": {func(context.Context, *commands.Run) error { return nil }, 0},
	} {
		rec := instrument.New(instrument.Config{})
		reported := 0
		rec.AddHooks(instrument.Hooks{Uncaught: func(_ context.Context, r *instrument.Recording, err error) {
			if r.Handler().Name() == "work" && err != nil {
				reported++
			}
			panic("the tracker is down")
		}})
		root := commands.New("manage")
		root.Add(commands.Command{Name: "work", Help: "Work.", Setup: func(*commands.Flags) commands.RunFunc { return c.run }})
		ctx, outer := rec.Begin(t.Context(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindTask, "outer", instrument.Source{})})
		err := root.Exec(ctx, quiet(), "work")
		outer.End()
		if (err != nil) != (c.want == 1) || reported != c.want {
			t.Errorf("%s: %v, reported %d times", name, err, reported)
		}
		rec.SetEnabled(false)
	}
}
