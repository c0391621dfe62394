package main

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// dashboardOf serves the dashboard over an app's store, and gives its URL.
func dashboardOf(t *testing.T, a *app) string {
	t.Helper()
	d, err := web.New(web.Config{Store: a.store, Gate: web.Gate{Token: "open-sesame"}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	return s.URL + "/_toolbar/"
}

// What a running app says is what its store says, line by line and whatever is asked.
func TestRequests_OfARunningAppAreThoseOfItsStore(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	for range 120 { // more than a page of the API
		a.order()
	}
	_, rec := a.rec.Begin(t.Context(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, `GET /odd "name", (it)`, instrument.Source{})})
	rec.SetPath("GET", `/odd\path`)
	rec.SetStatus(500)
	rec.SetUser("mara")
	rec.Fail(errors.New("no such \x1b[31m order"))
	rec.End()
	_, rec = a.rec.Begin(t.Context(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindCommand, "import", instrument.Source{})})
	rec.Announce() // it has not ended
	t.Cleanup(rec.End)
	a.flush()
	url := dashboardOf(t, a)
	if out := mustRun(t, "requests", "--url", url, "--kind", "command", "--format", "json"); !strings.Contains(out, `"unfinished"`) {
		t.Errorf("a command that runs is not said to:\n%s", out)
	}
	for _, args := range [][]string{
		{},
		{"--limit", "121"},
		{"--limit", "1000"},
		{"--sort", "oldest", "--limit", "70"},
		{"--sort", "slowest", "--limit", "70"},
		{"--sort", "size", "--limit", "70"},
		{"--sort", "cost", "--asc", "--limit", "70"},
		{"--sort", "note", "--limit", "70"},
		{"status:5xx", "OR", "user:ada"},
		{"status:201 OR status:500", "--handler", `"name", (it)`},
		{"--path", `odd\p`},
		{"--failed"},
		{"--slower", "1h"},
		{"--slower", "1ns", "--since", "1h", "--until", time.Now().Add(time.Hour).Format(time.RFC3339)},
		{"--until", "1h"},
		{"--kind", "command"},
		{"--kind", "task"},
	} {
		for _, format := range lineFormats {
			args := append([]string{"requests", "--format", string(format)}, args...)
			want := mustRun(t, append(args, "--db", a.path)...)
			got := mustRun(t, append(args, "--url", url)...)
			if format == lineJSON { // the number of a process is the store's own
				want, got = withoutProcess(t, want), withoutProcess(t, got)
			}
			if format == lineLogfmt && strings.Contains(want, "process=") {
				t.Fatal("logfmt has a process now")
			}
			if got != want {
				t.Errorf("toolbar %q: the app says\n%s\nthe store says\n%s", args, got, want)
			}
		}
	}
}

func withoutProcess(t *testing.T, lines string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(lines) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		delete(row, "process")
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	return b.String()
}

func TestRequests_OfARunningAppSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	url := dashboardOf(t, a)
	for _, tc := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--url", url, "kind:command"}, exitUsage, "name it by --kind"},
		{[]string{"--url", url, "--kind", "request,command"}, exitUsage, "one kind at a time"},
		{[]string{"--url", url, "--kind", "reqest"}, exitUsage, `no kind "reqest"`},
		{[]string{"--url", url, "statsu:1"}, exitUsage, "did you mean status?"},
		{[]string{"--url", "shop"}, exitUsage, "no address of a dashboard"},
		{[]string{"--url", textServer(t, "hello")}, exitFailed, "something else than records"},
		{[]string{"--url", textServer(t, `{"records":[{"id":"","kind":"request"}],"complete":true}`)}, exitFailed, "the id of a record"},
		{[]string{"--url", textServer(t, `{"records":[{"id":"1tqv0k3c8p9w2","kind":"request","trace_id":"`+strings.Repeat("ab", 40)+`"}]}`)}, exitFailed, "the trace of record"},
		{[]string{"--url", errorServer(t)}, exitFailed, "503"},
	} {
		if r := toolbar(t, append([]string{"requests"}, tc.args...)...); r.code != tc.code || !strings.Contains(r.stderr, tc.says) {
			t.Errorf("%v: %+v, want exit code %d and %q", tc.args, r, tc.code, tc.says)
		}
	}
}
