package view_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// draw renders a component.
func draw(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatalf("render: %v", err)
	}
	return b.String()
}

const msec = time.Millisecond

// spans of a view of 100 ms that waits 60 ms for a call and asks the same question six times.
func loop() []view.Span {
	out := []view.Span{
		{Parent: -1, Kind: view.KindRequest, Name: "GET /", Duration: 100 * msec},
		{Parent: 0, Kind: view.KindView, Name: "shop.Home", Duration: 100 * msec},
		{Parent: 1, Kind: view.KindCall, Name: "GET stock.internal/", Start: 10 * msec, Duration: 60 * msec},
	}
	for i := range 6 {
		out = append(out, view.Span{Parent: 1, Kind: view.KindQuery, Name: "SELECT items", Group: "SELECT items", Start: time.Duration(72+3*i) * msec, Duration: 3 * msec, Rows: 1})
	}
	return out
}

func page(t *testing.T, m view.Record, query string) string {
	t.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	if m.ID == "" {
		m.ID, m.Kind, m.Method, m.Name, m.Code, m.Status, m.Duration = "0f3k", view.KindRequest, "GET", "/", 200, view.StatusOK, 100*msec
	}
	s := view.Shell{App: "shop", Base: "/_toolbar/", Here: view.URL{Path: "/_toolbar/requests/0f3k", Query: q}, Now: time.Unix(0, 0)}
	return draw(t, view.RecordPage(s, m))
}

func has(t *testing.T, html string, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(html, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
}

func hasNot(t *testing.T, html string, bads ...string) {
	t.Helper()
	for _, b := range bads {
		if strings.Contains(html, b) {
			t.Errorf("the page contains %q", b)
		}
	}
}

func TestRecord_VerdictNamesTheStepWithMostOwnTime(t *testing.T) {
	t.Parallel()
	html := page(t, view.Record{Spans: loop()}, "")
	has(t, html, "Mostly waiting for", "GET stock.internal/", ": 60.0 of 100.0 ms (60 %). shop.Home cost another 22 ms.")
}

func TestRecord_OwnTimeLeavesOutChildrenAndCountsOverlapOnce(t *testing.T) {
	t.Parallel()
	spans := []view.Span{
		{Parent: -1, Kind: view.KindView, Name: "v", Duration: 100 * msec},
		{Parent: 0, Kind: view.KindCall, Name: "a", Start: 10 * msec, Duration: 50 * msec},
		{Parent: 0, Kind: view.KindCall, Name: "b", Start: 20 * msec, Duration: 60 * msec},
		{Parent: 0, Kind: view.KindCall, Name: "late", Start: 95 * msec, Duration: 50 * msec},
	}
	html := page(t, view.Record{Spans: spans}, "span=0")
	has(t, html, "starts at 0 ms, lasts 100.0 ms, 25.0 ms its own", "<dt>Own time</dt><dd>25.0 ms</dd>")
}

func TestRecord_RepeatedQueriesAreOneRowUntilOpened(t *testing.T) {
	t.Parallel()
	html := page(t, view.Record{Spans: loop()}, "")
	has(t, html, "N+1 ×6", "6 times from 72.0 ms, together 18.0 ms", `href="/_toolbar/requests/0f3k?open=3#s3"`)
	hasNot(t, html, `id="s4"`)
	opened := page(t, view.Record{Spans: loop()}, "open=3")
	has(t, opened, `id="s4"`, `id="s8"`, `href="/_toolbar/requests/0f3k#s3"`)
}

func TestRecord_FiltersAreInTheAddress(t *testing.T) {
	t.Parallel()
	spans := loop()
	spans[2].Err = "connection refused"
	html := page(t, view.Record{Spans: spans}, "show=failed")
	has(t, html, `id="s2"`)
	hasNot(t, html, `id="s1"`, `id="s3"`)
	has(t, page(t, view.Record{Spans: loop()}, "show=failed"), "No span of this record is failed.")
}

func TestRecord_SaysWhatCapsLeftOut(t *testing.T) {
	t.Parallel()
	html := page(t, view.Record{Spans: loop(), Caps: []view.Cap{{Kind: view.KindQuery, Name: "SELECT items", Count: 4211, Limit: 1000}}}, "")
	has(t, html, "+4,211 more queries like SELECT items", "4,220 spans, 4,211 left out", "The cap is 1,000 spans a record.")
}

func TestRecord_DrawsHundredsOfRowsAndLinksToTheRest(t *testing.T) {
	t.Parallel()
	spans := loop()[:2]
	for i := range 900 {
		spans = append(spans, view.Span{Parent: 1, Kind: view.KindCustom, Name: fmt.Sprint("step ", i), Start: time.Duration(i) * 100 * time.Microsecond, Duration: 90 * time.Microsecond})
	}
	html := page(t, view.Record{Spans: spans}, "")
	has(t, html, "502 rows not drawn", "rows=all")
	if n := strings.Count(page(t, view.Record{Spans: spans}, "rows=all"), "<tr id="); n != 902 {
		t.Errorf("rows=all draws %d rows, want 902", n)
	}
}

// Blobs may be damaged or come from another version: whatever the tree looks like, the page is drawn.
func TestRecord_DamagedTreesAreStillDrawn(t *testing.T) {
	t.Parallel()
	for name, spans := range map[string][]view.Span{
		"parent after child":  {{Parent: 1, Name: "a", Duration: 5}, {Parent: 0, Name: "b", Duration: 5}},
		"own parent":          {{Parent: 0, Name: "a", Duration: 5}},
		"parent out of range": {{Parent: -1, Name: "a", Duration: 5}, {Parent: 99, Name: "b", Duration: 5}},
		"negative times":      {{Parent: -1, Name: "a", Start: -5, Duration: -5}, {Parent: 0, Name: "b", Start: 7, Duration: 1 << 62}},
		"no time at all":      {{Parent: -1, Name: "a"}, {Parent: 0, Name: "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, p := range view.Panels {
				m := view.Record{ID: "x", Spans: spans, Panel: p.Name}
				has(t, page(t, m, "span=7&open=all,9999999999999999999&statement=-4"), "</html>")
			}
		})
	}
}

func TestRecord_EveryKnownPanelIsDrawnAndOthersAreNamed(t *testing.T) {
	t.Parallel()
	if view.KnownPanel("nonsense") || !view.KnownPanel("") || !view.KnownPanel("sql") {
		t.Error("KnownPanel is wrong")
	}
	has(t, page(t, view.Record{ID: "x", Spans: loop(), Panel: "nonsense"}, ""), "No such panel")
}

func TestFragment_BringsItsIconsAndLeavesTheInspectorOut(t *testing.T) {
	t.Parallel()
	s := view.Shell{Base: "/_toolbar/"}
	html := draw(t, view.Fragment(view.RecordPanel(s, view.Record{ID: "0f3k", Spans: loop(), Duration: 100 * msec})))
	has(t, html, `<symbol id="i-query"`, "SELECT items")
	hasNot(t, html, "<html", "inspector", "data-twist", "data-live")
}

func TestPage_ErrorsOfTheWriterAreReturned(t *testing.T) {
	t.Parallel()
	broken := errors.New("client gone")
	err := view.OverviewPage(view.Shell{}, view.Overview{}).Render(context.Background(), writerFunc(func([]byte) (int, error) { return 0, broken }))
	if !errors.Is(err, broken) {
		t.Errorf("Render = %v, want %v", err, broken)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

var _ io.Writer = writerFunc(nil)

func TestPages_ZeroModelsAreDrawn(t *testing.T) {
	t.Parallel()
	s := view.Shell{Base: "/"}
	for name, c := range map[string]templ.Component{
		"overview": view.OverviewPage(s, view.Overview{Heat: &view.Heat{}, Start: nil}), "start": view.OverviewPage(s, view.Overview{Start: &view.Start{}}),
		"list": view.RecordListPage(s, view.RecordList{}), "record": view.RecordPage(s, view.Record{}), "signals": view.SignalsPage(s, view.Signals{Selected: &view.SignalDetail{}}),
		"layers": view.LayersPage(s, view.Layers{Rows: make([]view.LayerRow, 1)}), "commands": view.CommandsPage(s, view.Commands{}), "handlers": view.HandlersPage(s, view.Handlers{Rows: make([]view.HandlerRow, 1)}),
		"slow": view.SlowPage(s, view.SlowReport{Causes: []view.SlowCause{{Hist: &view.Histogram{}}}}), "queries": view.QueriesPage(s, view.Queries{Rows: make([]view.QueryRow, 1)}),
		"exceptions": view.ExceptionsPage(s, view.Exceptions{Rows: make([]view.ExceptionRow, 1)}), "exception": view.ExceptionPage(s, view.Exception{}), "health": view.HealthPage(s, view.Health{}), "missing": view.MissingPage(s, view.Missing{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			html := draw(t, c)
			has(t, html, "<!doctype html>", "</html>")
			hasNot(t, html, "NaN", "%!", "Inf")
		})
	}
}

func TestT06_DirectionOverridesAreShownNotObeyed(t *testing.T) {
	t.Parallel()
	html := page(t, view.Record{ID: "x", Kind: view.KindRequest, Name: "/invoice\u202efdp.exe", User: "a\x1b[31m\u2066b"}, "")
	has(t, html, `/invoice\u202efdp.exe`, `a\x1b[31m\u2066b`)
	hasNot(t, html, "\u202e", "\u2066", "\x1b")
}

func ExampleOverviewPage() {
	shell := view.Shell{App: "shop", Title: "Overview", Base: "/_toolbar/"}
	page := view.OverviewPage(shell, view.Overview{Window: time.Hour, Requests: 12418})
	var b strings.Builder
	if err := page.Render(context.Background(), &b); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.Contains(b.String(), "12,418 in 1 h"))
	// Output: true
}
