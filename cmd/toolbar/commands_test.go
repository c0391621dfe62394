package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

func TestRequests_TakesAFilterAndWritesItsForms(t *testing.T) {
	t.Parallel()
	a, last := shop(t)
	for args, want := range map[string]int{
		"status:2xx":                     5,
		"status:5xx":                     0,
		"dur<1h sql:3":                   5,
		"failed>0 NOT user:ada":          5,
		"kind:command":                   0,
		"kind:request,command":           5,
		"id:" + last.String():            1,
		"(status:404 OR route:/orders*)": 5,
	} {
		out := mustRun(t, append([]string{"requests", "--db", a.path, "--format", "json"}, strings.Fields(args)...)...)
		if n := strings.Count(out, "\n"); n != want {
			t.Errorf("%s: %d records, want %d:\n%s", args, n, want, out)
		}
	}
	var row struct {
		ID, Handler string
		Status      int
		Duration    int64 `json:"duration_ns"`
		Queries     int
	}
	first, _, _ := strings.Cut(mustRun(t, "requests", "--db", a.path, "--format", "json"), "\n")
	if err := json.Unmarshal([]byte(first), &row); err != nil || row.ID != last.String() || row.Handler != "POST /orders" || row.Status != 201 || row.Queries != 3 {
		t.Errorf("%+v, %v", row, err)
	}
	if out := mustRun(t, "requests", "--db", a.path, "--format", "logfmt", "--limit", "1"); !strings.Contains(out, `handler="POST /orders" method=POST path=/orders status=201 `) {
		t.Error(out)
	}
	if out := mustRun(t, "requests", "--db", a.path, "--format", "md", "--sort", "slowest"); !strings.Contains(out, "| `POST /orders` |") {
		t.Error(out)
	}
	r := toolbar(t, "requests", "--db", a.path, "user:mara", "statsu:1")
	if r.code != exitUsage || !strings.Contains(r.stderr, "did you mean status?") || !strings.Contains(r.stderr, "  user:mara statsu:1\n            ^\n") {
		t.Errorf("%+v", r)
	}
	for _, bad := range []string{"--format pdf", "--sort speed"} {
		if r := toolbar(t, append([]string{"requests", "--db", a.path}, strings.Fields(bad)...)...); r.code != exitUsage {
			t.Errorf("%s: %+v", bad, r)
		}
	}
}

func TestFilter_IsCompletedByTheShell(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	for word, want := range map[string]string{"sta": "status:\t", "status:5": "status:5xx\n", "route:po": `route:"POST /orders"`, "is:fa": "is:failed"} {
		if out := toolbar(t, "__complete", "requests", "--db", a.path, word).stdout; !strings.Contains(out, want) {
			t.Errorf("%s: %q lacks %q", word, out, want)
		}
	}
}

// twoStores are the shop, and the shop after its view became three times as slow.
func twoStores(t *testing.T) (before, after string) {
	t.Helper()
	build := func(d time.Duration, failed bool) string {
		a := startApp(t)
		for i := range 200 {
			var err error
			if failed && i%4 == 0 {
				err = errBusy
			}
			a.rec.Observe(orders, d+time.Duration(i)*time.Microsecond, err)
			a.rec.Observe(mail, 5*time.Millisecond+time.Duration(i)*time.Microsecond, nil)
		}
		a.flush()
		return a.path
	}
	return build(10*time.Millisecond, false), build(30*time.Millisecond, true)
}

func TestCompare_FailsWhenSomethingBecameWorse(t *testing.T) {
	t.Parallel()
	before, after := twoStores(t)
	r := toolbar(t, "compare", before, after)
	if r.code != exitFound || !strings.Contains(r.stdout, "SLOWER request POST /orders") || strings.Contains(r.stdout, "send-confirmation") || !strings.Contains(r.stderr, "1 of 2 handlers became worse") {
		t.Errorf("%+v", r)
	}
	if out := mustRun(t, "compare", after, before); !strings.Contains(out, "faster request POST /orders") {
		t.Error(out)
	}
	if out := mustRun(t, "compare", before, before); !strings.Contains(out, "2 handlers: 2 same.") {
		t.Error(out)
	}
	if out := mustRun(t, "compare", before, after, "--handler", "send*"); strings.Contains(out, "orders") {
		t.Error(out)
	}
	if r := toolbar(t, "compare", before, after, "--format", "junit"); r.code != exitFound || !strings.Contains(r.stdout, `failures="1"`) {
		t.Errorf("%+v", r)
	}
	if r := toolbar(t, "report", "--db", after, "--baseline", before, "--format", "md"); r.code != exitFound || !strings.Contains(r.stdout, "| slower |") {
		t.Errorf("%+v", r)
	}
	// Windows: all was an instant ago.
	if out := mustRun(t, "compare", "--db", after, "2h..1h", "1h.."); !strings.Contains(out, "2 new") {
		t.Error(out)
	}
	for _, c := range []struct{ args, want string }{
		{"compare x", "accepts 2 arg"}, {"compare 1h..2h x", "ends before it begins"}, {"compare nowhere.db x", "there is no store at nowhere.db"},
		{"compare nope x --db " + before, "there is no build"}, {"compare soon..1h x", "neither an age"}, {"compare a b --min-change -1", "--min-change"}, {"compare a b --format pdf", "--format"},
		{"report --budget a --baseline b", "two reports"},
	} {
		if r := toolbar(t, strings.Fields(c.args)...); r.code != exitUsage || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%s: %+v", c.args, r)
		}
	}
}

func TestCompare_TellsBuildsApart(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	for range 50 {
		a.rec.Observe(orders, 10*time.Millisecond, nil)
	}
	a.flush()
	a.store.Close()
	// A test's program has no revision: give its run one, and let another run follow.
	db, err := sqlitefile.Open(a.path, sqlitefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE build SET revision = 'aaaa1111'"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	b := startAppAt(t, a.path)
	for range 50 {
		b.rec.Observe(orders, 50*time.Millisecond, nil)
	}
	b.flush()
	if r := toolbar(t, "report", "--db", a.path, "--baseline", "aaaa"); r.code != exitFound || !strings.Contains(r.stdout, "SLOWER") {
		t.Errorf("%+v", r)
	}
	if r := toolbar(t, "compare", "--db", a.path, "build:bbbb", "aaaa"); r.code != exitUsage || !strings.Contains(r.stderr, "the store has aaaa1111") {
		t.Errorf("%+v", r)
	}
}

// loopingOrder records an order that looks each of its lines up, as sqltap records it.
func (a *app) loopingOrder(lines int) {
	a.t.Helper()
	db, err := sqltap.Open("sqlite", filepath.Join(a.t.TempDir(), "shop.db"))
	if err != nil {
		a.t.Fatal(err)
	}
	defer db.Close()
	for _, text := range []string{"CREATE TABLE line (id INTEGER PRIMARY KEY)", "INSERT INTO line VALUES (1), (2), (3), (4), (5)"} {
		if _, err := db.Exec(text); err != nil {
			a.t.Fatal(err)
		}
	}
	ctx, rec := a.rec.Begin(context.Background(), beginOrders)
	defer rec.End()
	rows, err := db.QueryContext(ctx, "SELECT id FROM line ORDER BY id")
	if err != nil {
		a.t.Fatal(err)
	}
	var ids []int
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			a.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	rows.Close()
	for _, id := range ids[:lines] {
		if err := db.QueryRowContext(ctx, "SELECT id FROM line WHERE id = ?", id).Scan(&id); err != nil {
			a.t.Fatal(err)
		}
	}
}

func TestCompare_TellsANewNPlusOne(t *testing.T) {
	t.Parallel()
	build := func(lines int) string {
		a := startApp(t)
		for range 3 {
			a.loopingOrder(lines)
		}
		a.flush()
		return a.path
	}
	before, after := build(0), build(5)
	r := toolbar(t, "compare", before, after)
	if r.code != exitFound || !strings.Contains(r.stdout, "N+1    request POST /orders") || !strings.Contains(r.stdout, "It runs 5 x SELECT id FROM line WHERE id = ? at") || !strings.Contains(r.stderr, "1 new N+1") {
		t.Errorf("%+v", r)
	}
	if r := toolbar(t, "report", "--db", after, "--baseline", before, "--format", "sarif"); r.code != exitFound || !strings.Contains(r.stdout, `"n-plus-one"`) {
		t.Errorf("%+v", r)
	}
	if out := mustRun(t, "compare", after, after); strings.Contains(out, "N+1") {
		t.Error(out)
	}
	if out := mustRun(t, "compare", after, before); strings.Contains(out, "N+1 ") {
		t.Error(out)
	}
}

func TestReport_BrokenBudgetFails(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	path := filepath.Join(t.TempDir(), "budget.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("budgets:\n- handler: send*\n  kind: receiver\n  p95: 100ms\n- handler: POST*\n  queries: 3\n")
	r := toolbar(t, "report", "--db", a.path, "--budget", path)
	if r.code != exitFound || !strings.Contains(r.stdout, "1 of 2 limits are broken.") || !strings.Contains(r.stdout, "p95: 388 ms, where 100 ms is allowed") || !strings.Contains(r.stderr, "1 of 2 limits") {
		t.Errorf("%+v", r)
	}
	if r := toolbar(t, "report", "--db", a.path, "--budget", path, "--format", "sarif"); r.code != exitFound || !json.Valid([]byte(r.stdout)) {
		t.Errorf("%+v", r)
	}
	write("budgets:\n- handler: send*\n  kind: receiver\n  p95: 10s\n")
	if out := mustRun(t, "report", "--db", a.path, "--budget", path); !strings.Contains(out, "All 1 limits are kept.") {
		t.Error(out)
	}
	write("budgets:\n- handler: send*\n  p59: 10s\n")
	if r := toolbar(t, "report", "--db", a.path, "--budget", path); r.code != exitUsage || !strings.Contains(r.stderr, `line 3: there is no "p59"`) {
		t.Errorf("%+v", r)
	}
}

func TestTail_WritesWhatIsNew(t *testing.T) {
	t.Parallel()
	a, last := shop(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"tail", "--db", a.path, "-n", "2", "--format", "json", "failed>0"}, strings.NewReader(""), out, io.Discard)
		out.Close()
	}()
	lines := json.NewDecoder(in)
	next := func() (row struct{ ID string }) {
		t.Helper()
		if err := lines.Decode(&row); err != nil {
			t.Fatal(err)
		}
		return row
	}
	next()
	if got := next(); got.ID != last.String() {
		t.Errorf("the last one is %s, want %s", got.ID, last)
	}
	for range 3 {
		id := a.order()
		a.flush()
		if got := next(); got.ID != id.String() {
			t.Errorf("new is %s, want %s", got.ID, id)
		}
	}
	cancel()
	if code := <-ended; code != exitFine {
		t.Errorf("exit code %d", code)
	}
	for _, bad := range []string{"-n 1001", "-n -1", "--format pdf", "status:x"} {
		if r := toolbar(t, append([]string{"tail", "--db", a.path}, strings.Fields(bad)...)...); r.code != exitUsage {
			t.Errorf("%s: %+v", bad, r)
		}
	}
}

func TestTop_WritesTablesWhereThereIsNoTerminal(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	out := mustRun(t, "top", "--db", a.path, "--count", "2", "--every", "100ms", "--window", "1h")
	if strings.Count(out, "Slow handlers") != 2 || strings.Contains(out, "\x1b") {
		t.Error(out)
	}
	for _, bad := range []string{"--every 1ms", "--window 1s", "--count -1", "--sort speed"} {
		if r := toolbar(t, append([]string{"top", "--db", a.path}, strings.Fields(bad)...)...); r.code != exitUsage {
			t.Errorf("%s: %+v", bad, r)
		}
	}
}

func TestQueries_SaysWhatCallsThem(t *testing.T) {
	t.Parallel()
	a, id := shop(t)
	a.slow[product] = append(a.slow[product], instrument.SlowRecord{ID: id, Duration: 2 * time.Millisecond})
	a.rec.Observe(product, 2*time.Millisecond, nil)
	a.flush()
	out := mustRun(t, "queries", "--db", a.path)
	requireFirst(t, out, "SELECT name")
	if !strings.Contains(out, "called by view checkout.Create") || strings.Contains(out, "send-confirmation") {
		t.Error(out)
	}
}

func TestExceptions_AlikeOnesStandTogether(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	var last instrument.ID
	for i := range 3 {
		_, rec := a.rec.Begin(t.Context(), beginOrders)
		rec.Fail(fmt.Errorf("no order %d for %q", i, "mara"))
		rec.End()
		last = rec.ID()
	}
	_, rec := a.rec.Begin(t.Context(), beginOrders)
	rec.Fail(errBusy)
	rec.End()
	a.flush()
	var list []struct {
		ID, Error, Handler, Sample, State string
		Count                             int
	}
	if err := json.Unmarshal([]byte(mustRun(t, "exceptions", "--db", a.path, "--kind", "request", "--format", "json")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) == 2 && list[0].Count == 3 { // they came in one millisecond
		list[0], list[1] = list[1], list[0]
	}
	if len(list) != 2 || list[0].Error != errBusy.Error() || list[1].Count != 3 || list[1].Sample != last.String() || list[1].Handler != "POST /orders" || list[1].State != "unresolved" {
		t.Errorf("%+v", list)
	}
	if out := mustRun(t, "exceptions", "--db", a.path); !strings.Contains(out, "3 x in request POST /orders") {
		t.Error(out)
	}
	for _, args := range [][]string{{"nowhere"}, {"--panics"}, {"--resolved"}, {"--ignored"}, {"--reported"}, {"--kind", "task"}} {
		if out := mustRun(t, append([]string{"exceptions", "--db", a.path}, args...)...); !strings.Contains(out, "No such exception") {
			t.Errorf("%q: %s", args, out)
		}
	}
	if out := mustRun(t, "exceptions", "--db", a.path, "no ORDER", "--unresolved", "--sort", "count"); !strings.Contains(out, "toolbar exceptions "+list[1].ID) || strings.Contains(out, list[0].ID) {
		t.Error(out)
	}
	if out := mustRun(t, "exceptions", "--db", a.path, list[1].ID); !strings.Contains(out, "toolbar show "+last.String()) || !strings.Contains(out, "3 x request POST /orders") {
		t.Error(out)
	}
	if r := toolbar(t, "exceptions", "--db", a.path, "--kind", "request", "--unresolved", "--fail"); r.code != exitFound || !strings.Contains(r.stderr, "2 exceptions are listed") {
		t.Errorf("%+v", r)
	}
	if r := toolbar(t, "exceptions", "--db", a.path, "--resolved", "--fail"); r.code != exitFine {
		t.Errorf("%+v", r)
	}
	for _, args := range [][]string{{"--sort", "size"}, {"--kind", "thing"}, {"--limit", "-1"}, {"--format", "xml"}, {"a", "b"}} {
		if r := toolbar(t, append([]string{"exceptions", "--db", a.path}, args...)...); r.code != exitUsage || r.stderr == "" {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

func TestExceptions_OneHasItsStackAndChain(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	ctx, rec := a.rec.Begin(t.Context(), beginOrders)
	instrument.Report(ctx, fmt.Errorf("load prices: %w", fs.ErrNotExist))
	rec.End()
	a.flush()
	out := mustRun(t, "exceptions", "--db", a.path, "--reported", "--format", "json")
	var list []struct{ ID string }
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	out = mustRun(t, "exceptions", "--db", a.path, list[0].ID)
	for _, want := range []string{"wraps *errors.errorString: file does not exist", "> toolbar.TestExceptions_OneHasItsStackAndChain", "commands_test.go:"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if out = mustRun(t, "exceptions", "--db", a.path, list[0].ID, "--format", "json"); !strings.Contains(out, `"depth": 1`) || !strings.Contains(out, `"own": true`) {
		t.Error(out)
	}
}

func TestExport_JSONAndOTLPHaveEverySpan(t *testing.T) {
	t.Parallel()
	a, id := shop(t)
	var records []struct {
		ID   string
		Tree []struct {
			Name   string
			Parent int
			Error  string
		}
	}
	if err := json.Unmarshal([]byte(mustRun(t, "export", "--db", a.path, "--id", id.String())), &records); err != nil {
		t.Fatal(err)
	}
	if len(records) != 1 || records[0].ID != id.String() || len(records[0].Tree) != 8 || records[0].Tree[6].Error != errBusy.Error() {
		t.Errorf("%+v", records)
	}
	var otlp struct {
		ResourceSpans []struct {
			ScopeSpans []struct {
				Spans []struct {
					TraceID, SpanID, ParentSpanID, Name, StartTimeUnixNano, EndTimeUnixNano string
					Kind                                                                    int
					Status                                                                  struct{ Code int }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(mustRun(t, "export", "--db", a.path, "--format", "otlp", "status:201")), &otlp); err != nil {
		t.Fatal(err)
	}
	spans := otlp.ResourceSpans[0].ScopeSpans[0].Spans
	ids, failed := map[string]bool{}, 0
	for _, s := range spans {
		if len(s.TraceID) != 32 || len(s.SpanID) != 16 || ids[s.SpanID] || s.EndTimeUnixNano < s.StartTimeUnixNano {
			t.Errorf("%+v", s)
		}
		ids[s.SpanID] = true
		if s.Status.Code == 2 {
			failed++
		}
	}
	for _, s := range spans {
		if s.ParentSpanID != "" && !ids[s.ParentSpanID] {
			t.Errorf("%s has a parent that is not there", s.Name)
		}
	}
	if len(spans) != 40 || failed != 5 {
		t.Errorf("%d spans, %d failed", len(spans), failed)
	}
	for format, want := range map[string]string{"curl": "curl ", "go": "http.NewRequest", "test": "func Test", "har": `"entries"`, "markdown": "POST /orders"} {
		if out := mustRun(t, "export", "--db", a.path, "--format", format, "--id", id.String()); !strings.Contains(out, want) {
			t.Errorf("%s: %s", format, out)
		}
	}
	if r := toolbar(t, "export", "--db", a.path, "--format", "curl"); r.code != exitFailed || !strings.Contains(r.stderr, "5 were chosen") {
		t.Errorf("%+v", r)
	}
	for _, bad := range []string{"--limit 0", "--format pdf", "--id ??", "--id " + id.String() + " status:200"} {
		if r := toolbar(t, append([]string{"export", "--db", a.path}, strings.Fields(bad)...)...); r.code != exitUsage {
			t.Errorf("%s: %+v", bad, r)
		}
	}
	if r := toolbar(t, "export", "--db", a.path, "status:404"); r.code != exitFailed || !strings.Contains(r.stderr, "no record is like that") {
		t.Errorf("%+v", r)
	}
}

func TestExport_ABundleIsServed(t *testing.T) {
	t.Parallel()
	a, id := shop(t)
	file := filepath.Join(t.TempDir(), "slow.zip")
	mustRun(t, "export", "--db", a.path, "--id", id.String(), "--format", "zip", "-o", file)
	if r := toolbar(t, "export", "--db", a.path, "--format", "zip", "-o", file); r.code != exitFailed {
		t.Errorf("a file was overwritten: %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", file}, strings.NewReader(""), out, io.Discard)
		out.Close()
	}()
	var address string
	if _, err := fmt.Fscanln(in, &address); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, in)
	get := func(path string) string {
		t.Helper()
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", path, resp.Status, err)
		}
		return string(b)
	}
	if page := get("requests/" + id.String()); !strings.Contains(page, "send-confirmation") {
		t.Error("the record's page lacks its receiver")
	}
	if list := get("requests"); strings.Count(list, `requests/0`) == 0 && !strings.Contains(list, id.String()) {
		t.Error("the list lacks the record")
	}
	cancel()
	if code := <-ended; code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

func TestT15_ABundleThatIsABombIsRefused(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	make := func(name string, fill func(z *zip.Writer)) string {
		path := filepath.Join(t.TempDir(), name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		fill(z)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		f.Close()
		return path
	}
	bomb := make("bomb.zip", func(z *zip.Writer) {
		w, _ := z.Create("toolbar.db")
		_, _ = io.CopyN(w, zeros{}, 32<<20)
	})
	other := make("other.zip", func(z *zip.Writer) {
		w, _ := z.Create("../../etc/passwd")
		_, _ = w.Write([]byte("x"))
	})
	for path, want := range map[string]string{bomb: "not unpacked", other: "is no bundle", a.path + ".zip": "no such file"} {
		if r := toolbar(t, "serve", path); r.code != exitFailed || !strings.Contains(r.stderr, want) {
			t.Errorf("%s: %+v", path, r)
		}
	}
	for _, addr := range []string{"0.0.0.0:0", "example.org:80", "8080", ":8080"} {
		if r := toolbar(t, "serve", "--db", a.path, "--addr", addr); r.code != exitUsage {
			t.Errorf("%s: %+v", addr, r)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestPrune_RemovesAndSaysSo(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	if out := mustRun(t, "prune", "--db", a.path, "--records", "2"); !strings.HasPrefix(out, "Removed 3 of 5 records;") {
		t.Error(out)
	}
	if n := strings.Count(mustRun(t, "requests", "--db", a.path), "POST /orders"); n != 2 {
		t.Errorf("%d are left", n)
	}
	if out := mustRun(t, "prune", "--db", a.path, "--age", "1h", "--bytes", "1GiB"); !strings.HasPrefix(out, "Removed 0 of 2") {
		t.Error(out)
	}
	if out := mustRun(t, "report", "--db", a.path); !strings.Contains(out, "send-confirmation") {
		t.Error("statistics are gone")
	}
	for _, bad := range []string{"", "--age soon", "--records -1", "--bytes 5", "--bytes 5XB", "--age 2100-01-01"} {
		if r := toolbar(t, append([]string{"prune", "--db", a.path}, strings.Fields(bad)...)...); r.code != exitUsage {
			t.Errorf("%q: %+v", bad, r)
		}
	}
	if r := toolbar(t, "prune", "--db", a.path+"x", "--records", "1"); r.code != exitFailed {
		t.Errorf("%+v", r)
	}
}

func TestPrune_AllEmptiesAStoreOnceSomebodyAgrees(t *testing.T) {
	t.Parallel()
	a, last := shop(t)
	if _, err := a.store.Mark(t.Context(), last, query.Mark{Pin: true}); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"--all", "--all --yes --age 1d"} { // nobody can be asked; contradicts itself
		if r := toolbar(t, append([]string{"prune", "--db", a.path}, strings.Fields(args)...)...); r.code != exitUsage {
			t.Errorf("%s: %+v", args, r)
		}
	}
	if n := strings.Count(mustRun(t, "requests", "--db", a.path), "POST /orders"); n != 5 {
		t.Errorf("%d records are left, want all 5", n)
	}
	if out := mustRun(t, "prune", "--db", a.path, "--all", "--yes"); !regexp.MustCompile(`^Removed 5 records, 1 of them pinned, [1-9]\d* rows of statistics and [1-9]\d* exceptions; the store has `).MatchString(out) {
		t.Error(out)
	}
	if out := mustRun(t, "requests", "--db", a.path); strings.Contains(out, "POST /orders") {
		t.Errorf("records are left:\n%s", out)
	}
	a.order() // the app goes on
	a.flush()
	if out := mustRun(t, "report", "--db", a.path); !strings.Contains(out, "send-confirmation") {
		t.Errorf("what came afterwards is not there:\n%s", out)
	}
	for answer, want := range map[string]bool{"y\n": true, " YES \r\n": true, "": false, "\n": false, "yep\n": false, "n\n": false} {
		var out strings.Builder
		if got := agrees(strings.NewReader(answer), &out, "Remove?"); got != want || out.String() != "Remove? [y/N] " {
			t.Errorf("%q: %v, asked %q", answer, got, out.String())
		}
	}
}

func TestDoctor_FindsWhatIsBad(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	_, rec := a.rec.Begin(t.Context(), beginOrders)
	rec.SetUser("mara")
	rec.End()
	a.flush()
	out := mustRun(t, "doctor", "--db", a.path, "--exposure")
	for _, want := range []string{"ok    files: only their owner may read them", "every page is intact", "for 6 records", "1 write now", "a viewer sees user: 1 values, 0 masked; for example mara", "a viewer sees error: 5 values"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	var list []finding
	if err := json.Unmarshal([]byte(mustRun(t, "doctor", "--db", a.path, "--format", "json", "--quick")), &list); err != nil || len(list) < 5 {
		t.Errorf("%v, %v", list, err)
	}
	for name, body := range map[string]string{
		"recording": `{"produced":10,"stored":7,"dropped":{"not_kept":1,"queue_full":2},"disabled":{"prune":"disk full"},"faults":3,"error":"disk I/O error"}`,
		"settings":  `{"groups":[{"name":"toolbar","values":[{"name":"Prefix","value":"/_toolbar/"}]}]}`,
	} {
		if err := a.store.PutDocument(t.Context(), name, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	r := toolbar(t, "doctor", "--db", a.path)
	for _, want := range []string{"note  drops: 2 of 10 records of the last day were lost", "bad   switched off: prune of process 1: disk full", "3 callbacks panicked", "last error: disk I/O error", "configuration: Prefix /_toolbar/"} {
		if r.code != exitFound || !strings.Contains(r.stdout, want) {
			t.Errorf("no %q in:\n%s", want, r.stdout)
		}
	}
	if err := os.Chmod(a.path, 0o644); err != nil {
		t.Fatal(err)
	}
	if r := toolbar(t, "doctor", "--db", a.path); r.code != exitFound || !strings.Contains(r.stdout, "bad   files: others than their owner may read toolbar.db (-rw-r--r--)") {
		t.Errorf("%+v", r)
	}
}

func TestDoctor_SeesDamageThatQueriesDoNot(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	for range 50 {
		a.order()
	}
	a.flush()
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := copyStore(t.Context(), a.path, copied); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(b) / 2; i < len(b)-200; i += 4096 {
		copy(b[i:], bytes.Repeat([]byte{0xff}, 64))
	}
	if err := os.WriteFile(copied, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r := toolbar(t, "doctor", "--db", copied)
	if r.code == exitFine {
		t.Errorf("nothing was found: %+v", r)
	}
}

// TestRun_PassesTheAppThrough runs this test's program again as the app.
func TestRun_PassesTheAppThrough(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "run.db")
	app := func(args ...string) []string {
		return append([]string{"run", "--db", db, "--"}, append([]string{os.Args[0]}, args...)...)
	}
	r := toolbar(t, app("-test.run=TestHelperApp", "-test.v", "shop")...)
	if r.code != exitFine || !strings.Contains(r.stdout, "the app says hello") || !strings.Contains(r.stderr, "send-confirmation") {
		t.Errorf("%+v", r)
	}
	if r := toolbar(t, app("-test.run=TestHelperApp", "-test.v", "seven")...); r.code != 7 {
		t.Errorf("%+v", r)
	}
	if r := toolbar(t, "run", "--db", filepath.Join(t.TempDir(), "none.db"), "--", "true"); r.code != exitFine || !strings.Contains(r.stderr, "has kept no store") {
		t.Errorf("%+v", r)
	}
	if r := toolbar(t, "run", "--", "/no/such/program"); r.code != exitFailed {
		t.Errorf("%+v", r)
	}
	budget := filepath.Join(t.TempDir(), "b.yaml")
	if err := os.WriteFile(budget, []byte("budgets:\n- handler: send*\n  kind: receiver\n  max: 1ms\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := toolbar(t, "run", "--db", db, "-q", "--budget", budget, "--", os.Args[0], "-test.run=TestHelperApp", "-test.v", "shop"); r.code != exitFound || !strings.Contains(r.stderr, "BROKEN receiver send-confirmation") {
		t.Errorf("%+v", r)
	}
	if out, err := exec.Command("kill", "-l").CombinedOutput(); err == nil && len(out) > 0 {
		if r := toolbar(t, "run", "--db", db, "-q", "--", "sh", "-c", "kill -TERM $$"); r.code != 128+15 {
			t.Errorf("%+v", r)
		}
	}
}

// TestHelperApp is the app of TestRun; by itself it does nothing.
func TestHelperApp(t *testing.T) {
	path := os.Getenv(envDB)
	args := os.Args
	if path == "" || len(args) < 2 {
		return
	}
	switch args[len(args)-1] {
	case "shop":
		a := startAppAt(t, path)
		for range 3 {
			a.order()
		}
		a.flush()
		fmt.Println("the app says hello")
	case "seven":
		os.Exit(7)
	case "writes":
		fmt.Print("one\n\x1b[31mred\x1b[0m \x00\xff\npassword=hunter2hunter2\n\npart")
		go func() { panic("it broke") }()
		select {}
	}
}

func TestHelp_EachCommandExplainsItself(t *testing.T) {
	t.Parallel()
	root := newRoot()
	for _, c := range root.Commands() {
		if c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		if len(c.Long) < 80 || c.Example == "" || c.Short == "" {
			t.Errorf("%s has no full help", c.Name())
		}
		if strings.Count(c.Long, "Exit codes:") != 1 {
			t.Errorf("%s: its help does not say its exit codes, or twice", c.Name())
		}
		for line := range strings.Lines(c.Long) {
			if len([]rune(line)) > 101 {
				t.Errorf("%s: a line of its help is too long: %q", c.Name(), line)
			}
		}
	}
}

func TestCSV_OfAComparisonIsRead(t *testing.T) {
	t.Parallel()
	before, after := twoStores(t)
	r := toolbar(t, "compare", before, after, "--format", "csv")
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][2] != "slower" {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestTasks_AttemptsAreCounted(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	invoice := instrument.NewHandler(instrument.KindTask, "mail.Invoice", instrument.Source{})
	for range 3 {
		a.rec.Observe(invoice, 40*time.Millisecond, errBusy)
	}
	a.rec.Observe(invoice, 40*time.Millisecond, nil)
	a.rec.Observe(orders, time.Second, nil)
	a.flush()
	out := mustRun(t, "tasks", "--db", a.path, "--format", "json")
	var doc struct {
		Rows []struct {
			Name          string
			Count, Errors int
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || len(doc.Rows) != 1 || doc.Rows[0].Name != "mail.Invoice" || doc.Rows[0].Count != 4 || doc.Rows[0].Errors != 3 {
		t.Errorf("%v, %+v\n%s", err, doc, out)
	}
}
