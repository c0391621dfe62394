package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

type orderPaid struct{ ID int }

// shopSignals are three signals: one in use, one that nobody hears, one never sent.
func shopSignals(t *testing.T, rec *instrument.Recorder) []signals.Description {
	t.Helper()
	paid := signals.New[orderPaid]("invoice_paid", signals.Unlisted(), signals.Doc("An order was paid."), signals.Logger(slog.New(slog.DiscardHandler)))
	low := signals.New[orderPaid]("inventory_low", signals.Unlisted())
	gone := signals.New[orderPaid]("user_gone", signals.Unlisted())
	ok := func(context.Context, signals.Event[orderPaid]) error { return nil }
	paid.Connect(ok, signals.UID("hold-goods"), signals.From("shop"))
	paid.Connect(func(context.Context, signals.Event[orderPaid]) error { return errors.New("no mail") },
		signals.UID("write-mail"), signals.OnError(signals.Retry(1, nil), signals.Continue))
	paid.Connect(ok, signals.UID("repay"), signals.InEnvironment("mars"))
	gone.Connect(ok, signals.UID("say\x1b[31m-goodbye"))
	ctx, r := rec.Begin(t.Context(), instrument.Begin{Handler: orders})
	for range 3 {
		if _, err := paid.Send(ctx, "shop", orderPaid{7}); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = low.Send(ctx, nil, orderPaid{})
	r.End()
	return signals.Describe([]signals.Info{low.Info(), paid.Info(), gone.Info()}, rec)
}

func TestA01_SignalsOfTheStore(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	body, err := json.Marshal(shopSignals(t, a.rec))
	if err != nil {
		t.Fatal(err)
	}
	if r := toolbar(t, "signals", "--db", a.path); r.code != exitFailed || !strings.Contains(r.stderr, "has no signals") {
		t.Errorf("before they were written down: %+v", r)
	}
	if err := a.store.PutDocument(t.Context(), query.DocSignals, body); err != nil {
		t.Fatal(err)
	}
	checkSignalsText(t, "--db", a.path)
	for _, tc := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--process", "1"}, exitFailed, "no signals of a process 1"},
		{[]string{"--format", "xml"}, exitUsage, `"xml" is none of text, json, dot, mermaid`},
		{[]string{"[a"}, exitUsage, `"[a" is no pattern`},
		{[]string{"--url", "here"}, exitUsage, "no address of a dashboard"},
	} {
		if r := toolbar(t, append([]string{"signals", "--db", a.path}, tc.args...)...); r.code != tc.code || !strings.Contains(r.stderr, tc.says) {
			t.Errorf("%v: %+v, want exit code %d", tc.args, r, tc.code)
		}
	}
}

func TestA01_SignalsOfARunningApp(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	all := shopSignals(t, a.rec)
	d, err := web.New(web.Config{Store: a.store, Signals: func() []web.Signal { return all }, Gate: web.Gate{Token: "open-sesame", Hosts: []string{"nowhere"}}})
	if err != nil {
		t.Fatal(err)
	}
	closed := func(r *http.Request) *http.Request { r.Header.Set("X-Forwarded-For", "1.2.3.4"); return r } // not of this machine
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.ServeHTTP(w, closed(r)) }))
	t.Cleanup(app.Close)
	checkSignalsText(t, "--url", app.URL+"/_toolbar/", "--token", "open-sesame")
	for url, says := range map[string]string{
		app.URL + "/_toolbar/":   "does it want a --token?",
		app.URL + "/elsewhere/":  "is the path right",
		"http://127.0.0.1:1/":    "ask the app",
		textServer(t, "hello"):   "something else than signals",
		errorServer(t) + "/what": "503",
	} {
		if r := toolbar(t, "signals", "--url", url); r.code != exitFailed || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: want %q in %+v", url, says, r)
		}
	}
}

func textServer(t *testing.T, text string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
	t.Cleanup(s.Close)
	return s.URL
}

func errorServer(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(s.Close)
	return s.URL
}

// checkSignalsText holds every format to what shopSignals declares.
func checkSignalsText(t *testing.T, from ...string) {
	t.Helper()
	run := func(args ...string) string {
		t.Helper()
		return mustRun(t, append(append([]string{"signals"}, from...), args...)...)
	}
	text := run()
	for _, want := range []string{
		"3 signals of ", "invoice_paid  main.orderPaid  toolbar/signals_test.go:", "An order was paid.", "sent 3 times, last ",
		" 1. hold-goods ", `UID, From("shop")`, "called 3 times, ",
		" 2. write-mail ", "6 failed", "OnError(Retry(1), Continue)",
		"3. repay ", "never called  UID, InEnvironment(\"mars\")",
		"sent, and heard by nobody", "nobody listens", "never fired", `say\x1b[31m-goodbye`,
		"Never fired:    user_gone", "Nobody listens: inventory_low", "Never called:   repay of invoice_paid, ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("an escape sequence came through:\n%q", text)
	}
	if got := run("invoice_*"); strings.Contains(got, "inventory_low") || !strings.Contains(got, "invoice_paid") {
		t.Errorf("invoice_* gives:\n%s", got)
	}
	for flag, want := range map[string]string{"--never-fired": "user_gone", "--unheard": "inventory_low"} {
		if got := run(flag); !strings.Contains(got, "1 signals") || !strings.Contains(got, "\n"+want+" ") {
			t.Errorf("%s gives:\n%s", flag, got)
		}
	}
	if got := run("--never-called"); !strings.Contains(got, "2 signals") {
		t.Errorf("--never-called gives:\n%s", got)
	}
	if got := run("--format", "dot"); !strings.HasPrefix(got, "digraph signals {") || !strings.Contains(got, `label="1\nfrom shop"`) {
		t.Errorf("dot:\n%s", got)
	}
	if got := run("--format", "mermaid"); !strings.HasPrefix(got, "flowchart LR") || !strings.Contains(got, "hold-goods") {
		t.Errorf("mermaid:\n%s", got)
	}
	var c signalCatalogue
	if err := json.Unmarshal([]byte(run("--format", "json")), &c); err != nil || len(c.Signals) != 3 || c.Signals[1].Receivers[1].Errors != 6 {
		t.Errorf("json: %v, %+v", err, c)
	}
}
