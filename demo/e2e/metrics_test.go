package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/traffic"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/metrics/metricstest"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// metricsToken opens the dashboard to a Prometheus on another machine.
const metricsToken = "a-token-that-only-the-scraper-knows"

func TestPrometheus_ScrapesTheAppAndTheToolbar(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t, func(o *app.Options) {
		o.Toolbar = func(c *toolbar.Config) { c.NotDefault, c.Token = true, metricsToken }
	})
	own, outside := ownMetrics(t, a), fromOutside(t, a)
	for token, want := range map[string]int{"": http.StatusNotFound, "a-wrong-one": http.StatusNotFound, metricsToken: http.StatusOK} {
		if status, _ := e2etest.Fetch(t, outside+"/_toolbar/metrics", "Authorization", "Bearer "+token); status != want {
			t.Errorf("token %q: status %d, want %d", token, status, want)
		}
	}
	prom := metricstest.StartJobs(t, map[string]metricstest.Job{
		"own":     {URL: own + "/metrics"},
		"classic": {URL: own + "/classic"},
		"toolbar": {URL: outside + "/_toolbar/metrics", Token: metricsToken},
		"refused": {URL: outside + "/_toolbar/metrics"},
	})
	if sum := traffic.Play(t.Context(), a.URL, traffic.Options{Visits: 6, Pause: -1, Password: shop.DemoPassword}); sum.Failed > 0 {
		t.Fatal(sum.FirstFailure)
	}
	e2etest.NewVisitor(t, a.URL).Order()
	a.Flush() // now all counts stand still, but for what the clock does
	for _, address := range []string{own + "/metrics", own + "/classic", a.Page("metrics")} {
		metricstest.Check(t, e2etest.Text(t, address))
	}

	for job, count := range map[string]string{
		"own":     `histogram_count(toolbar_handler_duration_seconds{job="own"})`,
		"toolbar": `histogram_count(toolbar_handler_duration_seconds{job="toolbar"})`,
		"classic": `toolbar_handler_duration_seconds_count{job="classic"}`,
	} {
		compareCounts(t, prom, a, job, count)
	}
	for expr, want := range map[string]float64{
		`up{job="own"}`: 1, `up{job="toolbar"}`: 1, `up{job="refused"}`: 0,
		`count(toolbar_build_info{job="toolbar"})`:                                                      1,
		`count(toolbar_task_attempts_total{job="toolbar",task="invoice.make",outcome="completed"} > 0)`: 1,
		`toolbar_task_workers{job="toolbar",state="alive"}`:                                             1,
		`toolbar_task_queue_slots{job="toolbar",queue="mail"}`:                                          8,
		`count(histogram_count(toolbar_task_wait_seconds{job="toolbar",queue="mail"}) > 0)`:             1,
	} {
		if got := prom.Value(expr); got != want {
			t.Errorf("%s is %v, want %v", expr, got, want)
		}
	}
	p95 := prom.Value(`histogram_quantile(0.95, toolbar_handler_duration_seconds{job="own",handler="send-confirmation"})`)
	// A bucket may reach a little beyond what is in it.
	if longest := time.Duration(recorded(a)[key{"receiver", "send-confirmation"}].Max); p95 < .12 || p95 > 1.25*longest.Seconds() {
		t.Errorf("Prometheus' p95 of send-confirmation is %v s; it waits 120 ms, and took %v at most", p95, longest)
	}
}

// ownMetrics serves the toolbar's collector as an app does that has metrics of its own: as Prometheus likes it best, and as
// text with classic histograms. It returns the server's address.
func ownMetrics(t *testing.T, a *e2etest.App) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(a.Toolbar.Collector())
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	mux := http.NewServeMux()
	mux.Handle("/metrics", metrics)
	mux.HandleFunc("/classic", func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept")
		metrics.ServeHTTP(w, r)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// fromOutside serves the app as a proxy shows it: nobody is at this machine.
func fromOutside(t *testing.T, a *e2etest.App) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Forwarded-For", "192.0.2.7")
		a.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// compareCounts waits until Prometheus has seen all and compares what it stored for each handler with what the app counted.
// What the shop does by the clock may add to both meanwhile.
func compareCounts(t *testing.T, prom *metricstest.Prometheus, a *e2etest.App, job, count string) {
	t.Helper()
	var got, want map[key]uint64
	prom.Until(count+" > 0", func(samples []metricstest.Sample) bool {
		got, want = map[key]uint64{}, map[key]uint64{}
		more := uint64(0) // that the app counted
		for k, h := range recorded(a) {
			k = inMetrics(k)
			if !timeless(k.kind) {
				want[k] += h.Count
				more += h.Count
			}
		}
		for _, s := range samples {
			got[key{s.Labels["kind"], s.Labels["handler"]}] = uint64(s.Value)
			more -= uint64(s.Value)
		}
		return more == 0
	})
	for k, n := range want {
		if got[k] != n {
			t.Errorf("%s: Prometheus has %d calls of %v, the app counted %d", job, got[k], k, n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: Prometheus has %d handlers, the app %d", job, len(got), len(want))
	}
}
