package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func TestRequests_ListsTheNewestFirst(t *testing.T) {
	t.Parallel()
	a, last := shop(t)
	lines := strings.Split(strings.TrimSpace(mustRun(t, "requests", "--db", a.path)), "\n")
	if len(lines) != 6 {
		t.Fatalf("%d lines, want a head and five requests:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	if !strings.HasPrefix(lines[1], last.String()) || !strings.Contains(lines[1], "201") || !strings.HasSuffix(lines[1], "POST /orders") {
		t.Errorf("first line is %q", lines[1])
	}
	for args, want := range map[string]int{
		"--limit 2":       3,
		"--slower 1h":     1,
		"--failed":        1,
		"--path ord":      6,
		"--path nothing":  1,
		"--handler POST*": 6,
		"--kind task":     1,
		"--since 1h":      6,
		"--until 1h":      1,
	} {
		out := mustRun(t, append([]string{"requests", "--db", a.path}, strings.Fields(args)...)...)
		if n := strings.Count(out, "\n"); n != want {
			t.Errorf("%s: %d lines, want %d:\n%s", args, n, want, out)
		}
	}
}

func TestRequests_AreOrderedByWhateverColumn(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	for size, name := range map[int64]string{20: "small", 1000: "large", 300: "middle"} {
		_, rec := a.rec.Begin(t.Context(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "GET /f", instrument.Source{})})
		rec.SetPath("GET", "/"+name)
		rec.EndWith(instrument.Outcome{Status: 200}, instrument.KeyBytesOut.Int64(size))
	}
	a.flush()
	for args, want := range map[string]string{
		"--sort size":                 "large middle small",
		"--sort size --asc":           "small middle large",
		"--sort name --asc":           "large middle small",
		"--sort size --format md":     "large middle small",
		"--sort size --format json":   "large middle small",
		"--sort size --asc --limit 2": "small middle",
		"--sort name --format logfmt": "small middle large",
		"--sort size --format logfmt": "large middle small",
	} {
		fields := strings.Fields(args)
		out := mustRun(t, append([]string{"requests", "--db", a.path}, fields...)...)
		var order []string
		for line := range strings.Lines(out) {
			for _, name := range []string{"small", "middle", "large"} {
				if strings.Contains(line, "/"+name) {
					order = append(order, name)
				}
			}
		}
		if got := strings.Join(order, " "); got != want {
			t.Errorf("%s: %s, want %s:\n%s", args, got, want, out)
		}
	}
	if out := mustRun(t, "requests", "--db", a.path, "--sort", "size"); !strings.Contains(out, "size  what") || !strings.Contains(out, " 1000 B  GET /f") {
		t.Errorf("the list by size has no sizes:\n%s", out)
	}
	for args, says := range map[string]string{"--asc": "newest is an order without a reverse", "--sort speed": "use one of newest, oldest, slowest, duration"} {
		if r := toolbar(t, append([]string{"requests", "--db", a.path}, strings.Fields(args)...)...); r.code != exitUsage || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: exit code %d, %q", args, r.code, r.stderr)
		}
	}
}

func TestShow_DrawsTheTree(t *testing.T) {
	t.Parallel()
	a, last := shop(t)
	out := mustRun(t, "show", "--db", a.path, last.String())
	_, below, _ := strings.Cut(out, " own\n")
	var tree []string
	for line := range strings.Lines(below) {
		columns := []rune(strings.TrimRight(line, "\n"))
		tree = append(tree, string(columns[min(31, len(columns)):])) // behind the figures
	}
	want := []string{
		"request POST /orders",
		"  view checkout.Create",
		"    3 times query SELECT name FROM products WHER…",
		"    signal order_status_changed",
		"      receiver reserve-stock  [error]",
		"      database is locked",
		"      receiver send-confirmation  [slow]",
	}
	if strings.Join(tree, "\n") != strings.Join(want, "\n") {
		t.Errorf("tree:\n%s\nwant:\n%s\nall:\n%s", strings.Join(tree, "\n"), strings.Join(want, "\n"), out)
	}
	for _, part := range []string{"request POST /orders", "status 201", last.String() + ", began ", "database is locked"} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in:\n%s", part, out)
		}
	}
}

func TestShow_ACommandHasItsLineAndItsOutput(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	root := commands.New("manage")
	root.Add(commands.Command{Name: "import", Args: "FILE", Setup: func(f *commands.Flags) commands.RunFunc {
		f.Int("limit", 10, "rows")
		f.Bool("dry-run", false, "only count")
		return func(_ context.Context, run *commands.Run) error {
			run.Progress("rows", 8).Add(3)
			fmt.Fprintln(run.Out, "read \x1b]0;a title\x07", run.Args[0])
			fmt.Fprintln(run.Err, "row 4 is empty")
			return commands.WithExitCode(errBusy, 7)
		}
	}})
	ctx, outer := a.rec.Begin(t.Context(), instrument.Begin{Handler: orders})
	_ = root.CallIO(ctx, commands.IO{Out: io.Discard, Err: io.Discard}, "import", "--limit", 5, "my file.csv")
	outer.End()
	id := a.items[0].Summary.ID
	a.flush()

	out := mustRun(t, "show", id.String(), "--db", a.path)
	for _, want := range []string{
		"command import, ", ", exit code 7\n", "\n$ import --limit 5 'my file.csv'\n", "not given: --dry-run=false\n",
		"caused by: " + outer.ID().String() + "\n", "progress 3 of 8", "\n  read \\x1b]0;a title\\x07 my file.csv\n", "\n  row 4 is empty\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if list := mustRun(t, "requests", "--kind", "command", "--db", a.path); !strings.Contains(list, "  import --limit 5 'my file") {
		t.Errorf("list:\n%s", list)
	}
}

func TestShow_TellsWhereAPanicCameFrom(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	ctx, rec := a.rec.Begin(t.Context(), beginOrders)
	func() {
		defer func() { rec.Panic(recover()) }()
		_ = ctx
		panic("no stock")
	}()
	rec.End()
	a.flush()
	out := mustRun(t, "show", "--db", a.path, rec.ID().String())
	for _, want := range []string{"[panic]", "no stock", "stack of request POST /orders", "requests_test.go:"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
}

func TestShow_TellsOfQueriesThatNeedNotBe(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	hash := instrument.NewKey("db.query.hash")
	list := instrument.NewHandler(instrument.KindQuery, "SELECT id FROM orders", instrument.Source{})
	ctx, rec := a.rec.Begin(t.Context(), beginOrders)
	feeder := instrument.Leaf(ctx, list, hash.Int64(1), instrument.NewKey("db.response.returned_rows").Int64(4))
	feeder.End(nil)
	for i := range 4 {
		s := instrument.Leaf(ctx, product, hash.Int64(int64(10+i)))
		s.End(nil)
	}
	for range 3 {
		s := instrument.Leaf(ctx, session, hash.Int64(99))
		s.End(nil)
	}
	rec.End()
	a.flush()
	out := mustRun(t, "show", "--db", a.path, rec.ID().String())
	for _, want := range []string{
		"N+1: SELECT name FROM products WHERE id = ?", "ran 4 times, once for each row of: SELECT id FROM orders", "WHERE key IN (...)",
		"duplicates: SELECT data FROM sessions WHERE id = ?", "2 of 3 runs asked for what had been read before", "Ask once",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
}

var session = instrument.NewHandler(instrument.KindQuery, "SELECT data FROM sessions WHERE id = ?", instrument.Source{})

func TestClock_GivesTheDayOfEarlierTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC)
	if got := clock(now.Add(-time.Hour), now); got != "12:00:00.000" {
		t.Errorf("today: %q", got)
	}
	if got := clock(now.Add(-48*time.Hour), now); got != "18 Nov 13:00" {
		t.Errorf("earlier: %q", got)
	}
}

func TestParseWhen(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Time{
		"":                     {},
		"90s":                  now.Add(-90 * time.Second),
		"1h30m":                now.Add(-90 * time.Minute),
		"7d":                   now.AddDate(0, 0, -7),
		"1.5d":                 now.Add(-36 * time.Hour),
		"2w":                   now.AddDate(0, 0, -14),
		"0":                    now,
		"2026-11-19":           time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC),
		"2026-11-19 12:30":     time.Date(2026, 11, 19, 12, 30, 0, 0, time.UTC),
		"2026-11-19T12:30:15":  time.Date(2026, 11, 19, 12, 30, 15, 0, time.UTC),
		"2026-11-19T12:30:15Z": time.Date(2026, 11, 19, 12, 30, 15, 0, time.UTC),
	} {
		if got, err := parseWhen("since", s, now); err != nil || !got.Equal(want) {
			t.Errorf("parseWhen(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"yesterday", "-1h", "-3d", "d", "1x", "NaNd", "1e300d", "2026-13-01"} {
		if got, err := parseWhen("since", s, now); err == nil {
			t.Errorf("parseWhen(%q) = %v", s, got)
		}
	}
}
