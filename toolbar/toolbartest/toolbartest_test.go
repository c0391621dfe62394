package toolbartest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/instrumenttest"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar/toolbartest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stored are the Records in a file, oldest first.
func stored(t *testing.T, path string) []query.Row {
	t.Helper()
	db, err := sqlitefile.Open(path, sqlitefile.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := store.Open(t.Context(), db, store.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	page, err := s.Records(t.Context(), query.Records{Sort: query.Oldest})
	if err != nil {
		t.Fatal(err)
	}
	return page.Records
}

func TestNew_StoresTestsWithTheirRequests(t *testing.T) {
	path := filepath.Join(t.TempDir(), "toolbar.db")
	t.Setenv(toolbar.EnvPath, path)
	t.Run("cart", func(t *testing.T) {
		rec := toolbartest.New(t)
		h := middleware.Record(rec.Recorder(), middleware.RecordOptions{})(http.NotFoundHandler())
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(rec.Context(), "GET", "/cart", nil))
	})
	t.Run("skipped", func(t *testing.T) { toolbartest.New(t).Skip("no shop") })
	rows := stored(t, path) // while the store is open: each test was stored at its end
	if err := toolbartest.Close(context.Background()); err != nil {
		t.Error(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.Handler.Kind.String()+" "+r.Handler.Name)
	}
	want := "test TestNew_StoresTestsWithTheirRequests/cart, request unmatched, test TestNew_StoresTestsWithTheirRequests/skipped"
	if strings.Join(got, ", ") != want {
		t.Fatalf("stored %q\nwant %q", got, want)
	}
	if rows[1].Parent != rows[0].ID || rows[0].Handler.Kind != instrumenttest.Kind {
		t.Errorf("the request's parent is %v, the test is %v", rows[1].Parent, rows[0].ID)
	}
}

func TestNew_WithoutAStoreIsInMemory(t *testing.T) {
	t.Setenv(toolbar.EnvPath, "")
	rec := toolbartest.New(t)
	rec.MaxQueries(0)
	if n := len(rec.Records()); n != 1 {
		t.Errorf("%d Records, want the test's", n)
	}
	if err := toolbartest.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestNew_AStoreThatCannotBeOpenedIsNoFailure(t *testing.T) {
	t.Setenv(toolbar.EnvPath, filepath.Join(t.TempDir(), strings.Repeat("x", 300), "toolbar.db"))
	rec := toolbartest.New(t)
	rec.MaxQueries(0)
	if err := toolbartest.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestNew_DashboardListsTestsWhereThereAreAny(t *testing.T) {
	path := filepath.Join(t.TempDir(), "toolbar.db")
	t.Setenv(toolbar.EnvPath, path)
	page := func(address string) string {
		t.Helper()
		tb, err := toolbar.New(toolbar.Config{NotDefault: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := tb.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		r := httptest.NewRequestWithContext(t.Context(), "GET", address, nil)
		r.RemoteAddr, r.Host = "127.0.0.1:1234", "localhost:8080"
		w := httptest.NewRecorder()
		tb.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", address, w.Code)
		}
		return w.Body.String()
	}
	const choice = "kind=test"
	if strings.Contains(page("/_toolbar/requests"), choice) {
		t.Error("the list offers tests, and there are none")
	}
	t.Run("failing", func(t *testing.T) {
		rec := toolbartest.New(t)
		rec.Log("the cart has 3 lines")
	})
	if err := toolbartest.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page("/_toolbar/requests"), choice) {
		t.Error("the list offers no tests")
	}
	list := page("/_toolbar/requests?kind=test")
	if !strings.Contains(list, t.Name()+"/failing") || !strings.Contains(list, "Tests") {
		t.Errorf("the test is not in its list:\n%s", list)
	}
}
