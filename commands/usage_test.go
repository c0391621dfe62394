package commands_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// runOf gives the Record of one run of a command.
func runOf(t *testing.T, cmd commands.Command, opts []commands.Option, args ...any) *instrument.Record {
	t.Helper()
	runs, _, _ := recorded(t, func(ctx context.Context) {
		root := commands.New("manage", opts...)
		root.Add(cmd)
		_ = root.CallIO(ctx, quiet(), cmd.Name, args...)
	})
	if len(runs) != 1 {
		t.Fatalf("%d runs, want 1", len(runs))
	}
	return runs[0]
}

func TestRecord_KeepsTheEndOfTheOutput(t *testing.T) {
	t.Parallel()
	lines := strings.Repeat("a line of thirty-two characters\n", 200)
	for _, tt := range []struct {
		name    string
		printed string
		opts    []commands.Option
		want    any
	}{
		{"all of little", "a\nb", nil, "a\nb"},
		{"whole lines of much", "first\n" + lines, nil, lines[:127*32]},
		{"no half of a long line", "x=" + strings.Repeat("y", 9000), nil, nil},
		{"less", "one\ntwo\nthree\n", []commands.Option{commands.KeepOutput(8)}, "three\n"},
		{"nothing", "one\n", []commands.Option{commands.KeepOutput(0)}, nil},
		{"no half of a key", strings.Repeat("MIIE\n", 900) + "-----END PRIVATE KEY-----\nsaved\n", nil, "saved\n"},
		{"without colours", "\x1b[31;1mbad\x1b[0m \xff\n", nil, "bad \uFFFD\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := runOf(t, commands.Command{Name: "print", Run: func(_ context.Context, run *commands.Run) error {
				for chunk := range strings.SplitAfterSeq(tt.printed, "\n") {
					_, _ = io.WriteString(run.Out, chunk)
				}
				return run.Err.Line("problems")
			}}, tt.opts)
			got := attrs(rec)
			if got["command.stdout"] != tt.want || got["command.stdout.size"] != int64(len(tt.printed)) {
				t.Errorf("kept %q of %v bytes, want %q", got["command.stdout"], got["command.stdout.size"], tt.want)
			}
			if tt.opts == nil && got["command.stderr"] != "problems\n" {
				t.Errorf("kept %q of stderr", got["command.stderr"])
			}
		})
	}
}

func TestRecord_OutputIsMasked(t *testing.T) {
	t.Parallel()
	rec := runOf(t, commands.Command{Name: "leak", Run: func(_ context.Context, run *commands.Run) error {
		return run.Out.Line("dial postgres://shop:hunter2@db/shop")
	}}, nil)
	if got := attrs(rec)["command.stdout"]; got != "dial postgres://shop:"+instrument.Redacted+"@db/shop\n" {
		t.Errorf("kept %q", got)
	}
}

func TestRecord_KeepsProgressAndWhatWasUsed(t *testing.T) {
	t.Parallel()
	rec := runOf(t, commands.Command{Name: "half", Run: func(_ context.Context, run *commands.Run) error {
		run.Progress("rows", 10).Add(4)
		return errDisk
	}}, nil)
	got := attrs(rec)
	if got["command.progress.done"] != int64(4) || got["command.progress.total"] != int64(10) {
		t.Errorf("progress %v of %v", got["command.progress.done"], got["command.progress.total"])
	}
	if cpu, ok := got["process.cpu.time"].(time.Duration); !ok || cpu < 0 {
		t.Errorf("cpu %v", got["process.cpu.time"])
	}
	if peak, ok := got["process.memory.peak"].(int64); !ok || peak < 1<<20 || peak > 1<<40 {
		t.Errorf("peak memory %v", got["process.memory.peak"])
	}
}

func TestRecord_KeepsTheSignal(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	runs, _, _ := recorded(t, func(context.Context) { // found by the goroutine
		cancel(&commands.InterruptError{Signal: os.Interrupt})
		root := newRoot()
		root.Add(commands.Command{Name: "wait", Run: wait})
		_ = root.CallIO(ctx, quiet(), "wait")
	})
	if got := attrs(runs[0])["command.signal"]; got != "interrupt" || runs[0].Status != 130 {
		t.Errorf("signal %v, status %d", got, runs[0].Status)
	}
}

func TestRecord_HasTheIDThatTheRunHas(t *testing.T) {
	t.Parallel()
	var id string
	rec := runOf(t, commands.Command{Name: "id", Run: func(ctx context.Context, run *commands.Run) error {
		if id = run.ID; commands.FromContext(ctx) != run {
			t.Error("the context has another run")
		}
		return nil
	}}, nil)
	if rec.ID.String() != id {
		t.Errorf("run %s, record %s", id, rec.ID)
	}
}

func TestProfile_WritesAFileAndSaysWhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, tt := range []struct {
		kind, reader string
		magic        string // of the file
	}{
		{"cpu", "go tool pprof", "\x1f\x8b"},
		{"heap", "go tool pprof", "\x1f\x8b"},
		{"trace", "go tool trace", "go 1."},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(dir, tt.kind)
			cmd, out, errs := start(t, "busy", "--profile", tt.kind+"="+file)
			_ = cmd.Wait()
			if want := "Wrote " + tt.kind + " profile: " + tt.reader + " " + file + "\n"; !strings.HasPrefix(errs.String(), want) || !strings.HasSuffix(out.String(), "\n"+atExit) {
				t.Errorf("stdout %q, stderr %q", out, errs)
			}
			if b := read(t, file); !strings.HasPrefix(b, tt.magic) {
				t.Errorf("the file begins with %.10q", b)
			}
		})
	}
}

func TestProfile_NamesTheFileAfterTheRun(t *testing.T) {
	t.Parallel()
	cmd := newProgram(t, "busy", "--profile", "heap", "--json")
	cmd.Dir = t.TempDir()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	written, _ := filepath.Glob(filepath.Join(cmd.Dir, "busy-*.heap.pprof"))
	line, _, _ := strings.Cut(errs.String(), "\n")
	if got := jsonLines(t, line)[0]; len(written) != 1 || got["file"] != filepath.Base(written[0]) || got["kind"] != "heap" {
		t.Errorf("files %q, line %v", written, got)
	}
}

func TestProfile_RefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	if res := call(t, "cleanup", "--profile", "speed"); res.Code != 2 || !strings.HasSuffix(res.Stderr, "choose from cpu, heap, trace; cpu=FILE names the file\n") {
		t.Errorf("got %+v", res)
	}
	res := call(t, "cleanup", "--profile", "heap="+filepath.Join(t.TempDir(), "no", "file"))
	if res.Code != 1 || res.Stdout != "" || !strings.HasPrefix(res.Stderr, "Error: profile: open ") {
		t.Errorf("got %+v", res)
	}
}

func TestA55_LogLinesCanBeKept(t *testing.T) {
	t.Parallel()
	var kept bytes.Buffer
	wrap := func(slog.Handler) slog.Handler { return slog.NewTextHandler(&kept, nil) }
	root := newRoot(commands.LogHandler(wrap))
	root.Add(commands.Command{Name: "log", Run: func(_ context.Context, run *commands.Run) error {
		run.Log.Info("sent")
		return nil
	}})
	if res := commandstest.Call(t, root, "log"); res.Stderr != "" || !strings.Contains(kept.String(), "msg=sent command=log run=") {
		t.Errorf("got %+v, kept %q", res, kept.String())
	}
}

// api is an app's HTTP interface: a token is required, and who asks is logged.
func api(t *testing.T) (url string, log *bytes.Buffer) {
	t.Helper()
	log = new(bytes.Buffer)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("Authorization") {
		case "":
			w.WriteHeader(http.StatusUnauthorized)
		case "Bearer good":
			log.WriteString(r.Header.Get(commands.HeaderCommand) + " " + r.Header.Get(commands.HeaderRun))
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, log
}

func TestA62_ACommandCallsTheAppsInterface(t *testing.T) {
	t.Parallel()
	url, log := api(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: commands.Transport(transport)}
	var id string
	cmd := commands.Command{Name: "sync", Setup: func(f *commands.Flags) commands.RunFunc {
		token := f.String("token", "", "")
		return func(ctx context.Context, run *commands.Run) error {
			id = run.ID
			return get(ctx, client, url, *token)
		}
	}}
	for token, want := range map[string]string{"": "Error: 401 Unauthorized\n", "bad": "Error: 403 Forbidden\n", "good": ""} {
		if res := commandstest.Command(t, cmd, "--token", token); res.Stderr != want || (res.Code == 0) != (want == "") {
			t.Errorf("token %q: got %+v", token, res)
		}
		if token == "good" && log.String() != "sync "+id {
			t.Errorf("the app's log: %q", log)
		}
	}
	log.Reset()
	if err := get(t.Context(), client, url, "good"); err != nil || log.String() != " " {
		t.Errorf("outside a command: %v, %q", err, log)
	}
}

func get(ctx context.Context, client *http.Client, url, token string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return commands.Errorf("%s", resp.Status)
	}
	return nil
}

func TestA62_AReceiverCallsACommandOnce(t *testing.T) {
	t.Parallel()
	root := commands.New("manage")
	var invoices []string
	root.Add(commands.Command{Name: "generate_invoice", Args: "ORDER", Run: func(_ context.Context, run *commands.Run) error {
		if run.Args[0] == "13" {
			return commands.Errorf("order 13 has no customer")
		}
		invoices = append(invoices, run.Args[0])
		return nil
	}})
	receiver := func(ctx context.Context, order int) error {
		return root.CallIO(ctx, quiet(), "generate_invoice", order)
	}
	runs, outer, _ := recorded(t, func(ctx context.Context) {
		if err := receiver(ctx, 12); err != nil {
			t.Error(err)
		}
		if err := receiver(ctx, 13); err == nil || err.Error() != "order 13 has no customer" {
			t.Errorf("error %v", err)
		}
	})
	if len(invoices) != 1 || len(runs) != 2 || runs[0].Parent != outer.ID || attrs(runs[0])["arg.1.order"] != "12" {
		t.Errorf("invoices %v, runs %v", invoices, runs)
	}
}

func TestRecord_ContinuesTheTraceThatTheProcessWasStartedIn(t *testing.T) {
	t.Parallel()
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for header, want := range map[string]bool{"00-" + trace + "-" + parent + "-01": true, "nonsense": false} {
		cmd, out, _ := start(t, "trace", "TRACEPARENT="+header)
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := strings.Cut(out.String(), "\n"); (got == trace) != want || len(got) != len(trace) {
			t.Errorf("%s: trace %q", header, got)
		}
	}
}

func TestF04_ACommandThatExitsTheProcessDoesSo(t *testing.T) {
	t.Parallel()
	for arg, code := range map[string]int{"0": 0, "1": 1, "3": 3} {
		cmd, out, errs := start(t, "leave", arg)
		_ = cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != code || out.String() != "leaving\n" || errs.Len() > 0 {
			t.Errorf("code %d, want %d, stdout %q, stderr %q", got, code, out, errs)
		}
	}
}
