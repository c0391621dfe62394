package toolbar_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

func TestConfig_MaxSeriesBoundsTheMetrics(t *testing.T) {
	overflow := regexp.MustCompile(`(?m)^toolbar_handler_series_overflow_total (\d+)`)
	for most, shares := range map[int]bool{0: false, 110: true} {
		b := setup(t, toolbar.Config{MaxSeries: most}, http.NotFoundHandler())
		b.get("/")
		_, page := b.get("/_toolbar/metrics")
		m := overflow.FindStringSubmatch(page)
		if m == nil || (m[1] != "0") != shares {
			t.Errorf("with MaxSeries %d the metrics say %q", most, m)
		}
	}
	if _, err := toolbar.New(toolbar.Config{Path: t.TempDir() + "/toolbar.db", MaxSeries: -1}); err == nil {
		t.Error("a negative limit is taken")
	}
}
