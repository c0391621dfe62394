package view_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// Panels of hundreds of spans draw the first, say how many are missing, and draw all where
// that is asked for. What was not even kept is said before.
func TestPanels_DrawTheFirstRowsAndLinkToTheRest(t *testing.T) {
	t.Parallel()
	for panel, tc := range map[string]struct {
		kind view.Kind
		says string
	}{
		"calls": {view.KindCall, "+7 more outgoing calls like step"}, "cache": {view.KindCache, "+7 more cache calls like step"},
		"logs": {view.KindLog, "+7 more log lines like step"}, "templates": {view.KindRender, "+7 more templates like step"},
		"tasks": {view.KindTask, "+7 more tasks like step"}, "custom": {view.KindCustom, "+7 more spans like step"},
	} {
		spans := loop()[:2]
		for i := range 350 {
			spans = append(spans, view.Span{Parent: 1, Kind: tc.kind, Name: fmt.Sprint("step ", i), Start: time.Duration(i) * 100 * time.Microsecond, Duration: 90 * time.Microsecond, Level: "INFO", Text: fmt.Sprint("step ", i)})
		}
		m := view.Record{Spans: spans, Panel: panel, Caps: []view.Cap{{Kind: tc.kind, Name: "step", Count: 7, Limit: 352}}}
		html := page(t, m, "")
		has(t, html, "150 rows not drawn", "rows=all", tc.says)
		first, all := strings.Count(html, "<tr"), strings.Count(page(t, m, "rows=all"), "<tr")
		if all-first != 150 {
			t.Errorf("%s: %d rows, with all of them %d", panel, first, all)
		}
		hasNot(t, page(t, m, "rows=all"), "not drawn")
	}
}
