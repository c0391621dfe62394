// Package toolbartest puts an app's tests into a toolbar's store, where command line and
// dashboard list them: what each test asked for, the statements, signals and log lines in
// it, and the assertions that failed.
//
//	func TestCart(t *testing.T) {
//		rec := toolbartest.New(t)
//		showCart(rec.Context(), db)
//		rec.NoNPlusOne()
//	}
//
//	toolbar run -- go test ./...
//	toolbar requests kind:test
//	toolbar serve
//
// Without TOOLBAR_DB in the environment, as in a plain "go test", it is package
// instrumenttest and nothing is stored.
package toolbartest

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/instrumenttest"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// patience is how long a test waits at its end until it is stored.
const patience = 10 * time.Second

// opened are the toolbars of the process's tests by their path: one for all tests, since
// each is a process of its own in the store, and one more where a test changes TOOLBAR_DB.
var opened struct {
	mu     sync.Mutex
	byPath map[string]*toolbar.Toolbar
}

// New is instrumenttest.New on the store that the environment's TOOLBAR_DB names, or on
// none. A store that cannot be used is said in the test's log, and is no failure.
func New(t testing.TB) *instrumenttest.Test {
	t.Helper()
	tb := shared(t, os.Getenv(toolbar.EnvPath))
	if !tb.Recorder().Enabled() {
		return instrumenttest.New(t)
	}
	t.Cleanup(func() { // after the Record has ended
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := tb.Flush(ctx); err != nil {
			t.Logf("toolbartest: the test is not in the store: %v", err)
		}
	})
	return instrumenttest.New(t, instrumenttest.On(tb.Recorder()))
}

// shared gives the toolbar of a path; one that does nothing for none.
func shared(t testing.TB, path string) *toolbar.Toolbar {
	t.Helper()
	opened.mu.Lock()
	defer opened.mu.Unlock()
	if tb := opened.byPath[path]; tb != nil {
		return tb
	}
	tb, err := toolbar.New(toolbar.Config{Path: path, Disabled: path == "", NotDefault: true})
	if err != nil {
		t.Logf("toolbartest: nothing is stored: %v", err)
		tb = new(toolbar.Toolbar)
	}
	if opened.byPath == nil {
		opened.byPath = map[string]*toolbar.Toolbar{}
	}
	opened.byPath[path] = tb
	return tb
}

// Close closes the store, for a TestMain that looks for goroutines which are left. Tests
// that begin later open it again. It need not be called: each test is stored when it ends.
func Close(ctx context.Context) (err error) {
	opened.mu.Lock()
	defer opened.mu.Unlock()
	for path, tb := range opened.byPath {
		err = errors.Join(err, tb.Close(ctx))
		delete(opened.byPath, path)
	}
	return err
}
