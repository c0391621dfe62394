package toolbar_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
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
	if strings.Contains(page, ">–</td>") || !strings.Contains(page, "Toolbar&#39;s cost</a>") {
		t.Errorf("a row lacks what recording it took: %s", page)
	}

	// A row that comes over the stream has them, too.
	if rows := b.missed("/_toolbar/events?kind=request&col=size&last=" + first.Header.Get(toolbar.HeaderID)); strings.Count(rows, ">777 B</td>") != 1 {
		t.Errorf("the stream brings %s, want one row with its size", rows)
	}
}

func TestRequests_AreOrderedBySizeAndOwnCost(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		io.WriteString(w, strings.Repeat("x", n))
	}))
	for _, n := range []string{"20", "1000", "300"} {
		b.get("/" + n)
	}
	b.flush()
	inOrder := func(page string, parts ...string) {
		t.Helper()
		at := 0
		for _, part := range parts {
			i := strings.Index(page[at:], part)
			if i < 0 {
				t.Errorf("no %s behind what should stand before it", part)
				return
			}
			at += i
		}
	}
	_, page := b.get("/_toolbar/requests?col=size&sort=size")
	inOrder(page, `aria-sort="descending"><a href="/_toolbar/requests?col=size&amp;dir=asc&amp;sort=size">Size`, ">1,000 B</td>", ">300 B</td>", ">20 B</td>")
	_, page = b.get("/_toolbar/requests?col=size&sort=size&dir=asc")
	inOrder(page, `aria-sort="ascending"`, ">20 B</td>", ">300 B</td>", ">1,000 B</td>")
	_, list := b.get("/_toolbar/api/v1/requests?sort=size")
	inOrder(list, `"complete":true`, `"searched":3`)
	inOrder(list, `"response_bytes":1000`, `"response_bytes":300`, `"response_bytes":20`)
	_, list = b.get("/_toolbar/api/v1/requests?sort=cost&dir=asc")
	var answer struct {
		Records []struct {
			Cost int64 `json:"cost_ns"`
		}
	}
	if err := json.Unmarshal([]byte(list), &answer); err != nil || len(answer.Records) != 3 {
		t.Fatalf("%v: %s", err, list)
	}
	for i := range answer.Records[1:] {
		if a, b := answer.Records[i].Cost, answer.Records[i+1].Cost; a <= 0 || a > b {
			t.Errorf("costs %d and %d do not ascend", a, b)
		}
	}
}
