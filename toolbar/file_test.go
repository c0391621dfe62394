package toolbar_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/internal/tmpfs"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// logs gathers what the toolbar says.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// hello is an app whose answers do not change.
var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/fails" {
		http.Error(w, "it failed", http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "hello %s\n", r.URL.Path)
})

// ask serves a request, of a stranger unless headers say more, and gives the whole answer.
func ask(h http.Handler, path, remote string) string {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr, r.Host = remote, "localhost"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var b bytes.Buffer
	if err := w.Result().Write(&b); err != nil {
		panic(err)
	}
	return b.String()
}

const (
	stranger = "192.0.2.7:1234"
	local    = "127.0.0.1:1234"
)

// sameAsBare asks the app n times, wrapped and bare.
func sameAsBare(t *testing.T, tb *toolbar.Toolbar, n int) {
	t.Helper()
	wrapped := tb.Wrap(hello)
	for i := range n {
		path := fmt.Sprintf("/%d", i)
		if i%10 == 0 {
			path = "/fails"
		}
		if got, want := ask(wrapped, path, stranger), ask(hello, path, stranger); got != want {
			t.Fatalf("%s is answered\n%s\nwithout the toolbar\n%s", path, got, want)
		}
	}
}

// balanced holds that each Record is stored, dropped for a reason or queued.
func balanced(t *testing.T, s collect.Stats) {
	t.Helper()
	sum := s.Stored + uint64(s.QueuedRecords)
	for _, n := range s.Dropped {
		sum += n
	}
	if s.Produced != sum {
		t.Errorf("produced %d, stored %d + dropped %v + queued %d", s.Produced, s.Stored, s.Dropped, s.QueuedRecords)
	}
}

func newToolbar(t *testing.T, path string, log io.Writer) *toolbar.Toolbar {
	t.Helper()
	tb, err := toolbar.New(toolbar.Config{Path: path, NotDefault: true, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tb.Close(context.Background()) })
	return tb
}

func TestF14_ADamagedStoreIsPutAsideWhileTheAppServes(t *testing.T) {
	t.Parallel()
	var out logs
	path := filepath.Join(t.TempDir(), "toolbar.db")
	tb := newToolbar(t, path, &out)
	sameAsBare(t, tb, 50)
	if err := tb.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal"} {
		rubbish(t, name)
	}
	sameAsBare(t, tb, 50)
	ask(tb.Handler(), "/_toolbar/requests", local) // a reader meets it, if no writer does
	sameAsBare(t, tb, 50)
	if err := tb.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	balanced(t, tb.Stats())
	aside := sqlitefile.AsideOf(path)
	if len(aside) != 1 || strings.Count(out.String(), "damaged and is put aside") != 1 {
		t.Fatalf("put aside: %v; log:\n%s", aside, &out)
	}
	if page := ask(tb.Handler(), "/_toolbar/health", local); !strings.Contains(page, filepath.Base(aside[0])) {
		t.Error("the health page does not name it")
	}
	if page := ask(tb.Handler(), "/_toolbar/requests", local); !strings.Contains(page, "/49") {
		t.Error("what came after it is not there")
	}
}

// rubbish overwrites a file in place.
func rubbish(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(bytes.Repeat([]byte("rubbish"), int(info.Size())/7)); err != nil {
		t.Fatal(err)
	}
}

func TestF15_AStoreThatCannotBeWrittenIsRead(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(path string) error{
		"as it was left":     func(string) error { return nil },
		"copied without wal": func(path string) error { return os.RemoveAll(path + "-wal") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tmpfs.New(t, 8<<20)
			path := dir.Join("toolbar.db")
			first := newToolbar(t, path, io.Discard)
			sameAsBare(t, first, 20)
			if err := first.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			db, err := sqlitefile.Open(path, sqlitefile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
				t.Fatal(err)
			}
			db.Close()
			if err := prepare(path); err != nil {
				t.Fatal(err)
			}
			dir.ReadOnly(t, true)
			var out logs
			tb := newToolbar(t, path, &out)
			sameAsBare(t, tb, 20)
			if err := tb.Flush(context.Background()); err != nil {
				t.Error(err)
			}
			if s := tb.Stats(); s.Produced != 0 {
				t.Errorf("something was recorded: %+v", s)
			}
			if n := strings.Count(out.String(), "cannot be written"); n != 1 {
				t.Errorf("the log says so %d times:\n%s", n, &out)
			}
			for page, want := range map[string]string{"requests": "/19", "health": "recording has switched itself off", "api/v1/requests": "/19"} {
				if got := ask(tb.Handler(), "/_toolbar/"+page, local); !strings.Contains(got, want) {
					t.Errorf("%s has no %q", page, want)
				}
			}
		})
	}
}

func TestF15_WithNothingToReadItIsAnError(t *testing.T) {
	t.Parallel()
	dir := tmpfs.New(t, 8<<20)
	dir.ReadOnly(t, true)
	_, err := toolbar.New(toolbar.Config{Path: dir.Join("x", "toolbar.db"), NotDefault: true})
	if err == nil || !strings.Contains(err.Error(), "set Config.Path to a place that the app may write to") {
		t.Errorf("got %v", err)
	}
}
