package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// hurried is a store in which a search never gets through all Records in the time that a list has at first.
type hurried struct {
	*store.Store
	enough time.Duration // with so much time it does
}

func (h hurried) Records(ctx context.Context, q query.Records) (query.RecordPage, error) {
	page, err := h.Store.Records(ctx, q)
	if q.Budget < h.enough && q.Limit == 50 {
		n := len(page.Records) / 3
		page.Records, page.Complete, page.Searched, page.Total = page.Records[:n], false, int64(n), int64(len(page.Records))
	}
	return page, err
}

// searching serves a dashboard over what the host has recorded.
func searching(t *testing.T, enough time.Duration) (address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	h := openHost(t, func(c *toolbar.Config) { c.Path = path })
	for i := range 30 {
		res, err := http.Get(h.URL + fmt.Sprintf("/api/%d", i%7))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	if err := h.Toolbar.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := sqlitefile.Open(path, sqlitefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), db, store.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	d, err := web.New(web.Config{Store: hurried{st, enough}})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(d)
	t.Cleanup(func() { e2etest.CloseServer(srv); st.Close(); db.Close() })
	return srv.URL + web.DefaultPrefix
}

func TestBrowser_ASearchThatRanOutOfTimeGoesOn(t *testing.T) {
	t.Parallel()
	const rows, says = `document.querySelectorAll('tr[data-id]').length`, `document.querySelector('[data-searched]').textContent`
	p := openBrowser(t).tab()
	p.open(searching(t, time.Second) + "requests?sort=name&dir=asc")
	p.until(rows + ` === 30 && !document.querySelector('[data-search-on]')`)
	names := value[[]string](p, `[...document.querySelectorAll('tr[data-id] a')].map((a) => a.textContent.trim())`)
	if !slices.IsSorted(names) {
		t.Errorf("the rows are %q", names)
	}

	// A search that never comes to an end stops by itself and says how far it came.
	p.open(searching(t, time.Hour) + "requests?q=" + "status:200")
	p.until(`!document.querySelector('[data-search-on]') && ` + says + `.includes('searched 10 of 30')`)
	if n := value[int](p, rows); n != 10 {
		t.Errorf("%d rows", n)
	}

	p.quiet()
}

func TestBrowser_ListsAreOrderedByAnyColumn(t *testing.T) {
	t.Parallel()
	p := openBrowser(t).tab()
	p.open(searching(t, 0) + "requests?col=code&col=sql&col=signals&col=note&col=user&col=time")
	for _, head := range []string{"Request", "Code", "Duration ms", "SQL", "ms", "Signals", "Note", "User", "Time"} {
		click := fmt.Sprintf(`[...document.querySelectorAll('table.rows th a')].find((a) => a.textContent.trim() === %q)`, head)
		before := value[string](p, `location.href`) // whose heads may say that word as well
		p.press(click)
		p.until(fmt.Sprintf(`location.href !== '`+before+`' && document.readyState === 'complete' && [...document.querySelectorAll('th[aria-sort]')].some((th) => th.textContent.includes(%q))`, head))
		if n := value[int](p, `document.querySelectorAll('tr[data-id]').length`); n != 30 {
			t.Errorf("by %s there are %d rows", head, n)
		}
	}
	p.quiet()
}
