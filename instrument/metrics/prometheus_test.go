package metrics_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/metrics"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/metrics/metricstest"
)

// full exports every metric there is.
func full(t *testing.T, r *instrument.Recorder) *metrics.Collector {
	t.Helper()
	return newCollector(t, whole(r))
}

func whole(r *instrument.Recorder) metrics.Config {
	return metrics.Config{
		Recorder:   r,
		Dropped:    func() map[string]uint64 { return map[string]uint64{"queue_full": 2} },
		StoreBytes: func() int64 { return 1 << 20 },
		SelfCPU:    func() time.Duration { return time.Second },
	}
}

func TestMetrics_PromtoolFindsNothingToBlame(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	r.Observe(instrument.NewHandler(instrument.KindRequest, "GET /promtool", instrument.Source{}), time.Second, errBroken)
	metricstest.Check(t, scrape(t, full(t, r)))
}

// One server scrapes the same metrics twice: as it likes best, which is protobuf with
// native histograms, and as text with classic ones.
func TestMetrics_PrometheusStoresNativeAndClassicHistograms(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	h := instrument.NewHandler(instrument.KindReceiver, "scraped", instrument.Source{})
	for i := range 1000 {
		r.Observe(h, time.Duration(i+1)*time.Millisecond, nil)
	}
	c := full(t, r)
	mux := http.NewServeMux()
	mux.Handle("/metrics", c.Handler())
	mux.HandleFunc("/text", func(w http.ResponseWriter, req *http.Request) {
		req.Header.Del("Accept")
		c.Handler().ServeHTTP(w, req)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	prom := metricstest.Start(t, map[string]string{"native": server.URL + "/metrics", "classic": server.URL + "/text"})

	for name, q := range map[string]struct {
		expr        string
		want, error float64
	}{
		"native count":    {`histogram_count(toolbar_handler_duration_seconds{job="native"})`, 1000, 0},
		"native sum":      {`histogram_sum(toolbar_handler_duration_seconds{job="native"})`, 500.5, 1e-9},
		"native p95":      {`histogram_quantile(0.95, toolbar_handler_duration_seconds{job="native"})`, .95, .02},
		"native p50":      {`histogram_quantile(0.5, toolbar_handler_duration_seconds{job="native"})`, .5, .02},
		"native fraction": {`histogram_fraction(0, 0.25, toolbar_handler_duration_seconds{job="native"})`, .25, 1e-9},
		"classic count":   {`toolbar_handler_duration_seconds_count{job="classic"}`, 1000, 0},
		"classic bucket":  {`toolbar_handler_duration_seconds_bucket{job="classic",le="0.25"}`, 250, 0},
		"classic +Inf":    {`toolbar_handler_duration_seconds_bucket{job="classic",le="+Inf"}`, 1000, 0},
		"classic p95":     {`histogram_quantile(0.95, toolbar_handler_duration_seconds_bucket{job="classic"})`, .95, .05},
		"errors":          {`toolbar_handler_errors_total{job="native",handler="scraped"}`, 0, 0},
		"dropped":         {`toolbar_records_dropped_total{job="native",reason="queue_full"}`, 2, 0},
		"store":           {`toolbar_store_bytes{job="native"}`, 1 << 20, 0},
		"up":              {`up{job="native"} + on() up{job="classic"}`, 2, 0}, // nothing before both are scraped
	} {
		got := prom.Value(q.expr)
		if math.Abs(got-q.want) > q.error*q.want {
			t.Errorf("%s: %s = %v, want %v", name, q.expr, got, q.want)
		}
	}
}
