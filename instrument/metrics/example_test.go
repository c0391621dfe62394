package metrics_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/metrics"
)

// Serving the metrics of a Recorder.
func Example() {
	recorder := instrument.New(instrument.Config{})
	c := metrics.New(metrics.Config{Recorder: recorder})
	defer c.Close()

	reserve := instrument.NewHandler(instrument.KindReceiver, "reserve-stock", instrument.Source{})
	recorder.Observe(reserve, 40*time.Millisecond, nil)

	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "toolbar_handler_duration_seconds_count") {
			fmt.Print(line)
		}
	}
	// Output: toolbar_handler_duration_seconds_count{handler="reserve-stock",kind="receiver"} 1
}
