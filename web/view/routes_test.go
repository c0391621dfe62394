package view_test

import (
	"net/url"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

func TestBase_LinksStayUnderThePrefix(t *testing.T) {
	t.Parallel()
	b := view.Base("/_toolbar/")
	for got, want := range map[string]string{
		b.Overview():                      "/_toolbar/",
		b.Page("signals"):                 "/_toolbar/signals",
		b.Record("0f3k"):                  "/_toolbar/requests/0f3k",
		b.Record("../../x?y"):             "/_toolbar/requests/..%2F..%2Fx%3Fy",
		b.RecordPanel("0f3k", ""):         "/_toolbar/requests/0f3k",
		b.RecordPanel("0f3k", "sql"):      "/_toolbar/requests/0f3k/sql",
		b.Handler(view.KindView, "a&b=c"): "/_toolbar/handlers/one?kind=view&name=a%26b%3Dc",
		b.Signal("order placed"):          "/_toolbar/signals?signal=order+placed",
		b.Search("is:failed"):             "/_toolbar/requests?q=is%3Afailed",
	} {
		if got != want {
			t.Errorf("link = %q, want %q", got, want)
		}
	}
}

func TestURL_WithChangesOneThingAndStartsPagingAgain(t *testing.T) {
	t.Parallel()
	u := view.URL{Path: "/_toolbar/requests", Query: url.Values{"q": {"a b"}, "before": {"0f3"}, "range": {"1h"}}}
	for _, c := range []struct {
		pairs []string
		want  string
	}{
		{[]string{"range", "24h"}, "/_toolbar/requests?q=a%20b&range=24h"},
		{[]string{"q", ""}, "/_toolbar/requests?range=1h"},
		{[]string{"q", "", "range", ""}, "/_toolbar/requests"},
		{[]string{"after", "0f9"}, "/_toolbar/requests?after=0f9&q=a%20b&range=1h"},
		{nil, "/_toolbar/requests?q=a%20b&range=1h"},
	} {
		if got := u.With(c.pairs...); got != c.want {
			t.Errorf("With(%q) = %q, want %q", c.pairs, got, c.want)
		}
	}
	if u.Query.Get("before") != "0f3" || u.Query.Get("range") != "1h" {
		t.Errorf("With changed the address itself: %v", u.Query)
	}
	if got, want := u.Without("q", "before"), "/_toolbar/requests?range=1h"; got != want {
		t.Errorf("Without = %q, want %q", got, want)
	}
}
