package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// served is the shop with its dashboard, as an app that runs elsewhere.
func served(t *testing.T) (a *app, address string) {
	t.Helper()
	a, _ = shop(t)
	dashboard, err := web.New(web.Config{Store: a.store, Snapshot: func(ctx context.Context) (io.ReadCloser, error) {
		path := filepath.Join(t.TempDir(), "copy.db")
		if err := a.store.Snapshot(ctx, path); err != nil {
			return nil, err
		}
		return http.Dir(filepath.Dir(path)).Open(filepath.Base(path))
	}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(dashboard)
	t.Cleanup(server.Close)
	return a, server.URL + "/_toolbar/"
}

func TestURL_EveryCommandReadsARunningApp(t *testing.T) {
	t.Parallel()
	a, address := served(t)
	last := a.order()
	a.flush()
	for _, args := range [][]string{
		{"report"}, {"report", "--format", "json"}, {"requests"}, {"requests", "--format", "json", "status:2xx"}, {"show", last.String()},
		{"queries"}, {"exceptions"}, {"export", "--id", last.String()}, {"export", "--format", "otlp"}, {"top", "--count", "1", "--window", "1h"},
	} {
		file, url := mustRun(t, append(args, "--db", a.path)...), mustRun(t, append(args, "--db", address)...)
		if file == "" || file != url {
			t.Errorf("%q differ:\n%s\n%s", args, file, url)
		}
	}
	if out := mustRun(t, "compare", address, a.path); !strings.Contains(out, "6 handlers: 6 too few calls.") {
		t.Error(out)
	}
	if out := mustRun(t, "doctor", "--db", address); !strings.Contains(out, "every page is intact") || !strings.Contains(out, "for 6 records") {
		t.Error(out)
	}
	if out := mustRun(t, "top", "--db", address, "--count", "2", "--every", "100ms", "--window", "1h"); strings.Count(out, "Slow handlers") != 2 {
		t.Error(out)
	}
}

func TestURL_TailFollowsARunningApp(t *testing.T) {
	t.Parallel()
	a, address := served(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"tail", "--db", address, "-n", "1", "--format", "json"}, strings.NewReader(""), out, io.Discard)
		out.Close()
	}()
	lines := json.NewDecoder(in)
	var row struct{ ID string }
	if err := lines.Decode(&row); err != nil {
		t.Fatal(err)
	}
	id := a.order()
	a.flush()
	if err := lines.Decode(&row); err != nil || row.ID != id.String() {
		t.Errorf("%+v, %v", row, err)
	}
	cancel()
	if code := <-ended; code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

func TestURL_WhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	nothing := httptest.NewServer(http.NotFoundHandler())
	defer nothing.Close()
	hostile := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("<html>\x1b]0;owned\x07")) }))
	defer hostile.Close()
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"report", "--db", nothing.URL}, exitFailed, "there is no dashboard, or none for you"},
		{[]string{"report", "--db", hostile.URL}, exitFailed, "toolbar.db"},
		{[]string{"report", "--db", "http://127.0.0.1:1/_toolbar/"}, exitFailed, "ask the app"},
		{[]string{"report", "--db", "http://"}, exitUsage, "is no address of a dashboard"},
		{[]string{"prune", "--records", "1", "--db", nothing.URL}, exitUsage, "prune works on a file"},
		{[]string{"run", "--db", nothing.URL, "--", "true"}, exitUsage, "run works on a file"},
	} {
		r := toolbar(t, c.args...)
		if r.code != c.code || !strings.Contains(r.stderr, c.want) || strings.Contains(r.stderr, "\x1b") || r.stdout != "" {
			t.Errorf("%q: %+v", c.args, r)
		}
	}
}

func TestSnapshot_IsAStoreOfItsOwn(t *testing.T) {
	t.Parallel()
	a, last := shop(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := a.store.Snapshot(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := a.store.Snapshot(t.Context(), path); err == nil {
		t.Error("a copy was written over another")
	}
	a.order() // the app goes on
	a.flush()
	db, err := sqlitefile.Open(path, sqlitefile.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	st, err := store.Open(t.Context(), db, store.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if rec, err := st.Record(t.Context(), last); err != nil || len(rec.Spans) != 8 {
		t.Errorf("%+v, %v", rec, err)
	}
	if h, err := st.Health(t.Context()); err != nil || h.Records != 5 {
		t.Errorf("%+v, %v", h, err)
	}
}
