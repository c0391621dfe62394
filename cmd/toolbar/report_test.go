package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

func TestReport_NamesTheSlowReceiverFirstInEveryFormat(t *testing.T) {
	t.Parallel()
	a, id := shop(t)
	text := mustRun(t, "report", "--db", a.path)
	requireFirst(t, text, "send-confirmation")
	for _, want := range []string{"receiver send-confirmation (notify/mail.go:41)", "388 ms", id.String(), "called by signal order_status_changed"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("colours although nobody is looking")
	}
	if csv := mustRun(t, "report", "--db", a.path, "--format", "csv"); !strings.HasPrefix(strings.SplitAfterN(csv, "\n", 2)[1], "receiver,send-confirmation,") {
		t.Errorf("csv:\n%s", csv)
	}
	if md := mustRun(t, "report", "--db", a.path, "--format", "md"); !strings.Contains(md, "| 1 | receiver | `send-confirmation` |") {
		t.Errorf("md:\n%s", md)
	}
	var got struct {
		Rows []struct {
			Name  string
			Count int
			Max   time.Duration `json:"max_ns"`
		}
	}
	if err := json.Unmarshal([]byte(mustRun(t, "report", "--db", a.path, "--format", "json")), &got); err != nil {
		t.Fatal(err)
	}
	if r := got.Rows[0]; r.Name != "send-confirmation" || r.Count != 5 || r.Max != 388*time.Millisecond {
		t.Errorf("first row is %+v", r)
	}
}

func TestReport_PassesItsFlagsOn(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	for _, c := range []struct {
		args, first string
		rows        int
	}{
		{"--sort count", "SELECT name", 6},
		{"--sort errors", "reserve-stock", 6},
		{"--kind receiver", "send-confirmation", 2},
		{"--kind signal,view", "checkout.Create", 2},
		{"--handler reserve", "reserve-stock", 1},
		{"--handler res*", "reserve-stock", 1},
		{"--limit 2", "send-confirmation", 2},
		{"--limit 0", "send-confirmation", 6},
		{"--since 1h", "send-confirmation", 6},
		{"--since 2020-01-01 --until 2100-01-01T00:00:00Z", "send-confirmation", 6},
		{"--slow 6ms --sort slow", "checkout.Create", 6},
	} {
		out := mustRun(t, append([]string{"report", "--db", a.path}, strings.Fields(c.args)...)...)
		if c.args != "--slow 6ms --sort slow" && c.args != "--kind signal,view" {
			requireFirst(t, out, c.first)
		}
		if n := countRows(out); n != c.rows {
			t.Errorf("%s: %d rows, want %d:\n%s", c.args, n, c.rows, out)
		}
	}
	if out := mustRun(t, "report", "--db", a.path, "--until", "2020-01-01"); !strings.Contains(out, "Nothing was recorded") {
		t.Errorf("a window before everything says:\n%s", out)
	}
}

// countRows counts the lines of the table, which begin with a number at the margin.
func countRows(report string) (n int) {
	for line := range strings.Lines(report) {
		if line[0] >= '1' && line[0] <= '9' && strings.Contains(line, " %") && !strings.Contains(line, "shown") {
			n++
		}
	}
	return n
}

func TestReport_KnowsKindsThatAnIntegrationAdded(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	a.rec.Observe(instrument.NewHandler(instrument.RegisterKind("message"), "orders.created", instrument.Source{}), time.Second, nil)
	a.flush()
	requireFirst(t, mustRun(t, "report", "--db", a.path, "--kind", "message"), "orders.created")
}

func TestRun_UsageErrorsGiveTwoAndSayWhatToDo(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	for args, want := range map[string]string{
		"rport":                                    `unknown command "rport"`,
		"report extra":                             "extra",
		"report --nope":                            "--nope",
		"report --sort speed":                      "--sort: unknown order \"speed\", use one of self",
		"report --format pdf":                      "--format: unknown format \"pdf\", use one of text",
		"report --since yesterday":                 "--since",
		"report --until soon":                      "--until",
		"report --since 1h --until 2h":             "--since 1h is not before --until 2h",
		"report --slow -1s":                        "--slow",
		"report --slow fast":                       "--slow",
		"report --limit -1":                        "--limit",
		"report --db " + a.path + " --kind recver": "--kind: unknown kind \"recver\", use request",
		"requests --limit 0":                       "--limit",
		"requests --limit 1001":                    "--limit",
		"show":                                     "1 arg",
		"show 1 2":                                 "1 arg",
		"show what":                                `"what" is not a record's id`,
	} {
		r := toolbar(t, strings.Fields(args)...)
		if r.code != exitUsage || r.stdout != "" {
			t.Errorf("%s: exit code %d, stdout %q", args, r.code, r.stdout)
		}
		if !strings.Contains(r.stderr, want) || !strings.Contains(r.stderr, "--help") {
			t.Errorf("%s says %q, which lacks %q", args, r.stderr, want)
		}
	}
}

func TestRun_HelpAndVersionAreFine(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"", "--help", "help report", "report --help", "requests -h", "show --help", "--version"} {
		if out := mustRun(t, strings.Fields(args)...); out == "" {
			t.Errorf("%s prints nothing", args)
		}
	}
}

func TestRun_AStoreThatCannotBeReadGivesThree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing", "toolbar.db")
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	a, _ := shop(t)
	for _, c := range []struct{ path, want string }{
		{missing, "there is no store at " + missing + ": run the app with its toolbar first, or name its file with --db"},
		{text, "notes.txt"},
		{dir, "folder"},
		{newer(t), "newer version of the toolbar"},
	} {
		for _, command := range []string{"report", "requests"} {
			r := toolbar(t, command, "--db", c.path)
			if r.code != exitFailed || r.stdout != "" || !strings.Contains(r.stderr, c.want) {
				t.Errorf("%s --db %s: exit code %d, stdout %q, stderr %q; want 3 and %q", command, c.path, r.code, r.stdout, r.stderr, c.want)
			}
		}
	}
	if _, err := os.Stat(filepath.Dir(missing)); !os.IsNotExist(err) {
		t.Error("reading made the folder of a store")
	}
	if r := toolbar(t, "show", "--db", a.path, "0000000000001"); r.code != exitFailed || !strings.Contains(r.stderr, "there is no record 0000000000001") {
		t.Errorf("show of nothing: %+v", r)
	}
}

// newer is a store of a later version.
func newer(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "newer.db")
	db, err := sqlitefile.Open(path, sqlitefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func(db *sql.DB) { db.Close() }(db)
	if _, err := db.Exec("PRAGMA user_version = 9999"); err != nil {
		t.Fatal(err)
	}
	return path
}

// closed is a pipe whose reader has gone.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestRun_OutputThatFailsGivesThree(t *testing.T) {
	t.Parallel()
	a, id := shop(t)
	for _, args := range [][]string{{"report"}, {"requests"}, {"show", id.String()}} {
		var stderr strings.Builder
		code := run(t.Context(), append(args, "--db", a.path), strings.NewReader(""), closed{}, &stderr)
		if code != exitFailed || !strings.Contains(stderr.String(), "broken pipe") {
			t.Errorf("%s: exit code %d, %q", args, code, stderr.String())
		}
	}
}

func TestT21_CommandsPrintNothingThatATerminalActsOn(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	const evil = "x\x1b]0;owned\x07\x9b2J\r\u202egnp\u200b\xff"
	h := instrument.NewHandler(instrument.KindRequest, "GET /"+evil, instrument.Source{Func: evil, File: evil, Line: 1})
	ctx, rec := a.rec.Begin(t.Context(), instrument.Begin{Handler: h})
	rec.SetPath("GET", "/"+evil)
	rec.SetUser(evil)
	instrument.Leaf(ctx, instrument.NewHandler(instrument.KindQuery, evil, instrument.Source{}), instrument.KeyDetail.String(evil)).End(errors.New(evil))
	rec.Fail(errors.New(evil))
	rec.End()
	a.flush()
	outputs := []string{
		mustRun(t, "requests", "--db", a.path),
		mustRun(t, "show", "--db", a.path, rec.ID().String()),
		toolbar(t, "show", evil).stderr,
		toolbar(t, "report", "--db", evil).stderr,
		toolbar(t, "report", "--sort", evil).stderr,
		toolbar(t, evil).stderr,
	}
	for _, format := range []string{"text", "json", "csv", "md"} {
		outputs = append(outputs, mustRun(t, "report", "--db", a.path, "--format", format))
	}
	for _, out := range outputs {
		if !strings.Contains(out, "owned") {
			t.Errorf("the text is not in %q", out)
		}
		for _, c := range out {
			if c != '\n' && term.Unsafe(c) {
				t.Errorf("%U in %q", c, out)
				break
			}
		}
	}
}
