package toolbar_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

func TestRequests_ColumnsOfSizeAndOwnCost(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", 777))
	}))
	first, _ := b.get("/first")
	b.get("/second")
	b.flush()
	if _, plain := b.get("/_toolbar/requests"); strings.Contains(plain, "777 B") {
		t.Error("the columns are there without being chosen")
	}
	_, page := b.get("/_toolbar/requests?col=size&col=cost")
	if n := strings.Count(page, ">777 B</td>"); n != 2 {
		t.Errorf("%d rows have their size, want 2: %s", n, page)
	}
	if strings.Contains(page, ">–</td>") || !strings.Contains(page, "Toolbar&#39;s cost<span") {
		t.Errorf("a row lacks what recording it took: %s", page)
	}

	// A row that comes over the stream has them, too.
	if rows := b.missed("/_toolbar/events?kind=request&col=size&last=" + first.Header.Get(toolbar.HeaderID)); strings.Count(rows, ">777 B</td>") != 1 {
		t.Errorf("the stream brings %s, want one row with its size", rows)
	}
}
