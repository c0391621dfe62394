package commands_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// TestMain lets the test binary be the program that a test starts.
func TestMain(m *testing.M) {
	if os.Getenv("COMMANDS_TEST_PROGRAM") == "1" {
		os.Exit(program())
	}
	goleak.VerifyTestMain(m)
}

var errDisk = errors.New("disk is full")

// newRoot has a command of every kind that tests need.
func newRoot(opts ...commands.Option) *commands.Root {
	root := commands.New("manage", opts...)
	root.Add(
		commands.Command{
			Name: "cleanup", Group: "Shop",
			Help: "Delete old records.\n\nWhat is older than the given days goes, in batches.",
			Setup: func(f *commands.Flags) commands.RunFunc {
				days := f.Int("days", 30, "delete what is older, in `days`")
				dry := f.BoolP("dry-run", "n", false, "only count")
				format := commands.Choice(f, "format", "text", "how the result is printed", "text", "json")
				return func(_ context.Context, run *commands.Run) error {
					fmt.Fprintf(run.Out, "days=%d dry=%v format=%s v=%d\n", *days, *dry, *format, run.Verbosity)
					return nil
				}
			},
		},
		commands.Command{
			Name: "import_data", Group: "Shop", Help: "Read products from a file.", Args: "FILE [LIMIT]",
			Setup: func(f *commands.Flags) commands.RunFunc {
				f.String("password", "", "of the file")
				f.String("token", "tok-default", "of the service")
				return func(_ context.Context, run *commands.Run) error {
					fmt.Fprintln(run.Out, strings.Join(run.Args, ","))
					fmt.Fprintln(run.Err, "done")
					return nil
				}
			},
		},
		commands.Command{Name: "fail", Help: "Fail.", Args: "[HOW]", Run: fail},
	)
	return root
}

func fail(_ context.Context, run *commands.Run) error {
	switch strings.Join(run.Args, "") {
	case "lines":
		return commands.Errorf("büro:\n two lines")
	case "seven":
		return commands.WithExitCode(errDisk, 7)
	case "zero":
		return commands.WithExitCode(errDisk, 0)
	case "wrapped":
		return fmt.Errorf("write report: %w", commands.WithExitCode(errDisk, 9))
	case "panic":
		panic("boom")
	case "panic error":
		panic(errDisk)
	}
	return errDisk
}

func call(t *testing.T, args ...string) commandstest.Result {
	t.Helper()
	return commandstest.Call(t, newRoot(), args...)
}

// memory is a Sink that decodes what it gets.
type memory struct {
	t       *testing.T
	mu      sync.Mutex
	records []*instrument.Record
	blobs   []byte
}

func (m *memory) Want(*instrument.Summary) bool { return true }

func (m *memory) Put(s *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*s, bytes.Clone(blob), instrument.LiveNames())
	if err != nil {
		m.t.Errorf("decode: %v", err)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records = append(m.records, rec)
	m.blobs = append(append(append(m.blobs, blob...), s.Error...), s.Path...)
}

// names hides by name as package mask does, for the names in these tests.
type names struct{}

func (names) Key(key string) bool {
	return strings.Contains(key, "password") || strings.Contains(key, "token")
}
func (names) Text(s string) string {
	return strings.ReplaceAll(s, ":hunter2@", ":"+instrument.Redacted+"@")
}

var caller = instrument.NewHandler(instrument.KindRequest, "POST /cron", instrument.Source{})

// recorded runs fn inside a Record and gives the Records of the commands that it
// ran, and the Record itself.
func recorded(t *testing.T, fn func(context.Context)) (runs []*instrument.Record, outer *instrument.Record, m *memory) {
	t.Helper()
	m = &memory{t: t}
	r := instrument.New(instrument.Config{Sink: m, Masker: names{}})
	t.Cleanup(func() { r.SetEnabled(false) })
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: caller})
	fn(ctx)
	rec.End()
	last := len(m.records) - 1
	return m.records[:last], m.records[last], m
}

// quiet are streams that nobody reads.
func quiet() commands.IO {
	return commands.IO{In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}
}

func attrs(rec *instrument.Record) map[string]any {
	m := map[string]any{}
	for _, kv := range rec.Attrs {
		m[kv.Key] = kv.Value
	}
	return m
}
