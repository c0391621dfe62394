package e2etest

import (
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// App is the demo in the test's own process, served on a port of its own.
type App struct {
	*app.App
	URL  string // without a slash at the end
	File string // of the toolbar

	tb     testing.TB
	server *httptest.Server
}

// Open opens the demo with a small shop and files of its own; change may change more. It is closed when the test ends.
func Open(tb testing.TB, change ...func(*app.Options)) *App {
	tb.Helper()
	dir := tb.TempDir()
	o := app.Options{
		ToolbarFile: filepath.Join(dir, "toolbar.db"),
		ShopFile:    filepath.Join(dir, "shop.db"),
		Seed:        store.Seed{Customers: 10, Orders: 40, Visits: 50},
		FiringWait:  time.Minute, // a page without the answer would be another one
		Toolbar:     func(c *toolbar.Config) { c.NotDefault = true },
	}
	for _, f := range change {
		f(&o)
	}
	opened, err := app.New(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	a := &App{App: opened, File: o.ToolbarFile, tb: tb, server: httptest.NewServer(opened.Handler())}
	a.URL = a.server.URL
	tb.Cleanup(a.Close)
	return a
}

// Close closes server, shop and toolbar. It may be called again.
func (a *App) Close() {
	if a.server == nil {
		return
	}
	CloseServer(a.server)
	a.server = nil
	if err := a.App.Close(); err != nil {
		a.tb.Error(err)
	}
}

// CloseServer closes a server whose live pages would hold it up. Nobody listens any more when their connections are closed:
// a page that connects again is not waited for.
func CloseServer(s *httptest.Server) {
	s.Listener.Close()
	s.CloseClientConnections()
	s.Close()
}

// Flush waits until the shop has nothing left to do, and has everything stored that has ended.
func (a *App) Flush() {
	a.tb.Helper()
	a.Idle()
	if err := a.Toolbar.Flush(a.tb.Context()); err != nil {
		a.tb.Fatal(err)
	}
}

// Idle waits until all jobs that wait or run have ended, those too that were gathered for later.
func (a *App) Idle() {
	a.tb.Helper()
	ended, cancel := a.Tasks.SubscribeConfig(&river.SubscribeConfig{ChanSize: 10_000, Kinds: []river.EventKind{
		river.EventKindJobCompleted, river.EventKindJobCancelled, river.EventKindJobFailed, river.EventKindJobSnoozed,
	}})
	defer cancel()
	if err := a.Tasks.Batched(tasks.Batch{}).Flush(a.tb.Context()); err != nil {
		a.tb.Fatal(err)
	}
	open := jobs.Query{States: []jobs.State{jobs.Available, jobs.Running, jobs.Retryable}, Limit: 1}
	for {
		page, err := a.Tasks.Jobs().List(a.tb.Context(), open)
		if err != nil {
			a.tb.Fatal(err)
		}
		if len(page.Jobs) == 0 {
			return
		}
		select {
		case <-ended:
		case <-time.After(time.Minute):
			a.tb.Fatalf("after a minute there is still %+v", page.Jobs[0])
		}
	}
}

// Page is the address of a path of the dashboard.
func (a *App) Page(path string) string { return a.URL + "/_toolbar/" + path }

// API is the address of a path below api/v1/.
func (a *App) API(path string) string { return a.Page("api/v1/" + path) }
