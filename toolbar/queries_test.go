package toolbar_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// sqlPage is the SQL panel of the newest Record, at an address.
func sqlPage(t *testing.T, c toolbar.Config, query string) string {
	t.Helper()
	a := newRig(t)
	b := setup(t, c, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for range 2 {
			var glaze string
			_ = a.db.QueryRowContext(r.Context(), "SELECT glaze FROM pots WHERE id = ?", 3).Scan(&glaze) // shown as the caller
		}
		st, err := a.db.PrepareContext(r.Context(), "UPDATE pots SET glaze = ? WHERE id = ?")
		if err != nil {
			t.Error(err)
			return
		}
		defer st.Close()
		_, _ = st.ExecContext(r.Context(), "ash", 1)
	}))
	b.get("/glazes")
	b.flush()
	var list struct {
		Records []struct{ ID string }
	}
	b.api("requests", &list)
	if len(list.Records) == 0 {
		t.Fatal("no request was recorded")
	}
	_, page := b.get("/_toolbar/requests/" + list.Records[0].ID + "/sql" + query)
	return page
}

func TestQueries_PanelCountsAndOrdersThem(t *testing.T) {
	t.Parallel()
	page := sqlPage(t, toolbar.Config{}, "")
	for _, want := range []string{
		"including 2 similar and 2 duplicates", "2 duplicates", ">SELECT<", ">UPDATE<", "Table: pots", "1 prepared",
		"The same query with the same parameters 2 times", "// shown as the caller", "Query 1 of 2", "Next run",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("by statement: no %q", want)
		}
	}
	page = sqlPage(t, toolbar.Config{}, "?by=order")
	at := -1
	for _, want := range []string{"in the order of time", ">SELECT glaze FROM pots", "Duplicated 2 times", "Prepared: UPDATE pots", ">UPDATE pots"} {
		i := strings.Index(page[max(at, 0):], want)
		if i < 0 {
			t.Fatalf("in order: no %q behind %d", want, at)
		}
		at = max(at, 0) + i + 1
	}
}

// In production nobody sees the source.
func TestQueries_ExcerptsAreForDevelopment(t *testing.T) {
	t.Parallel()
	page := sqlPage(t, toolbar.Config{Keep: collect.Keep{Share: 1}}, "")
	if strings.Contains(page, "shown as the caller") || !strings.Contains(page, "queries_test.go:") {
		t.Error("the page shows the source, or no stack")
	}
}
