package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// leaky is an app that is careless with secrets in every way there is: see leaks.
type leaky struct {
	t       *testing.T
	file    string
	toolbar *toolbar.Toolbar
	said    *lines // what the toolbar itself logged
	server  *httptest.Server

	log     *slog.Logger
	db      *sql.DB
	root    *commands.Root
	span    *instrument.Handler
	signal  *signals.Signal[credentials]
	receive func() error // what the signal's receiver does; requests come one after the other
}

// lines collects log lines.
type lines struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// openLeaky opens the app. Its toolbar is the process's own, so that nothing escapes it.
func openLeaky(t *testing.T) *leaky {
	t.Helper()
	dir := t.TempDir()
	l := &leaky{
		t: t, file: filepath.Join(dir, "toolbar.db"), said: &lines{},
		span: instrument.NewHandler(instrument.KindCustom, "send a letter", instrument.Source{}),
	}
	var err error
	if l.toolbar, err = toolbar.New(toolbar.Config{Path: l.file, Logger: slog.New(slog.NewTextHandler(l.said, nil))}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.toolbar.Close(context.Background()) })
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	l.log = slog.New(slogtap.New(quiet.Handler()))
	l.signal = signals.New[credentials]("leaky", signals.Unlisted(), signals.Logger(l.log))
	l.signal.Connect(func(context.Context, signals.Event[credentials]) error { return l.receive() }, signals.UID("careless"))
	if l.db, err = sqltap.Open("sqlite", filepath.Join(dir, "vault.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.db.Close() })
	if _, err := l.db.Exec("CREATE TABLE vault (a)"); err != nil {
		t.Fatal(err)
	}
	l.root = commands.New("manage")
	l.root.Add(syncCommand)
	l.server = httptest.NewUnstartedServer(l.toolbar.Wrap(l.handler()))
	l.server.Config.ErrorLog = slog.NewLogLogger(quiet.Handler(), slog.LevelError) // net/http logs panics; the app's log is the app's
	l.server.Start()
	t.Cleanup(l.server.Close)
	return l
}

var syncCommand = commands.Command{
	Name: "sync", Help: "Fetch something.", Args: "[SOURCE]",
	Setup: func(f *commands.Flags) commands.RunFunc {
		f.String("password", "", "the `password`")
		f.String("api-token", "", "the `token`")
		f.Int("count", 1, "how many")
		fail := f.Bool("fail", false, "fail")
		return func(_ context.Context, run *commands.Run) error {
			if *fail {
				return fmt.Errorf("%s did not answer", run.Args[0])
			}
			return nil
		}
	},
}

// handler does the leak that the path names. One that returns an error panics with it.
func (l *leaky) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/leak/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil {
			panic(err)
		}
		_ = r.ParseForm() // as an app would
		_, _ = io.Copy(io.Discard, r.Body)
		http.SetCookie(w, &http.Cookie{Name: "session", Value: canary(n), HttpOnly: true})
		if do := leaks[n].do; do != nil {
			if err := do(r.Context(), l, canary(n)); err != nil {
				panic(err)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"user":"mara","password":%q}`, canary(n)) // bodies are kept in development
	})
	return middleware.NewStack(middleware.Named("careless", func(next http.Handler) http.Handler { return next })).Then(mux)
}

// play has every leak happen, and returns how many requests were not answered.
func (l *leaky) play() (unanswered int) {
	l.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for n, leak := range leaks {
		r, err := http.NewRequestWithContext(l.t.Context(), http.MethodGet, fmt.Sprintf("%s/leak/%d", l.server.URL, n), nil)
		if err != nil {
			l.t.Fatal(err)
		}
		if leak.send != nil {
			leak.send(r, canary(n))
		}
		res, err := client.Do(r)
		if errors.Is(err, io.EOF) {
			unanswered++ // its handler panicked
			continue
		}
		if err != nil {
			l.t.Fatal(err)
		}
		res.Body.Close()
	}
	if err := l.toolbar.Flush(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	return unanswered
}
