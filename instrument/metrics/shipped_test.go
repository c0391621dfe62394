package metrics_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/metrics/metricstest"
)

const (
	shippedRules     = "../../docs/prometheus/toolbar.rules.yaml"
	shippedRuleTests = "../../docs/prometheus/toolbar.rules.test.yaml"
	shippedDashboard = "../../docs/grafana/toolbar.json"
)

func TestShipped_RulesFireWhenTheyShould(t *testing.T) {
	t.Parallel()
	metricstest.CheckRules(t, shippedRules, shippedRuleTests)
}

// dashboard is what of Grafana's format matters here.
type dashboard struct {
	Panels []struct {
		Type, Title string
		GridPos     struct{ X, Y, W, H int }
		Targets     []struct{ Expr string }
	}
	Annotations struct{ List []struct{ Name, Expr string } }
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	text, err := os.ReadFile(shippedDashboard)
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// One Prometheus takes native histograms, the other job is scraped as text: the same
// dashboard and rules must serve both.
func TestShipped_DashboardAndRulesAnswerFromWhatIsExported(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	config := whole(r)
	config.Jobs = &growingQueue{queueOf: busyQueue()}
	c := newCollector(t, config)
	serve := func(asText bool) http.HandlerFunc {
		return func(w http.ResponseWriter, req *http.Request) {
			if asText {
				req.Header.Del("Accept")
			}
			// Every scrape finds more than the one before, so that there are rates.
			for _, k := range []instrument.Kind{instrument.KindRequest, instrument.KindReceiver, instrument.KindQuery, instrument.KindTask} {
				h := instrument.NewHandler(k, "shipped", instrument.Source{})
				r.Observe(h, 1500*time.Millisecond, nil)
				r.Observe(h, time.Second, errBroken)
			}
			ctx, rec := r.Begin(req.Context(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "panics", instrument.Source{})})
			_ = ctx
			rec.Panic("no stock")
			rec.End()
			c.Handler().ServeHTTP(w, req)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/native", serve(false))
	mux.Handle("/classic", serve(true))
	server := httptest.NewServer(mux)
	defer server.Close()
	prom := metricstest.StartJobs(t, map[string]metricstest.Job{
		"native": {URL: server.URL + "/native"}, "classic": {URL: server.URL + "/classic"},
	}, shippedRules)

	for _, job := range []string{"native", "classic"} {
		set := strings.NewReplacer("$job", job, "$kind", "receiver", "$__rate_interval", "1m", "$__range", "1h")
		d := readDashboard(t)
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				prom.Wait(set.Replace(target.Expr)) // which fails the test when there is no result
			}
			if len(p.Targets) == 0 && p.Type != "row" {
				t.Errorf("panel %q asks for nothing", p.Title)
			}
		}
		for _, a := range d.Annotations.List {
			prom.Wait(set.Replace(a.Expr))
		}
		// Its limits are crossed at once; what is "for" some minutes is pending.
		for _, alert := range []string{"ToolbarHandlerSlow", "ToolbarHandlerErrors", "ToolbarHandlerPanics"} {
			prom.Wait(`ALERTS{kind="request",job="` + job + `",alertname="` + alert + `"}`)
		}
		if got := prom.Wait(`job_kind_handler:toolbar_handler_duration_seconds:p95_5m{kind="receiver",job="` + job + `"}`); got[0].Value < 1 || got[0].Value > 2 {
			t.Errorf("%s: p95 %v, want between 1 and 2", job, got[0].Value)
		}
	}
}

// growingQueue has worked more at each scrape than at the one before.
type growingQueue struct {
	*queueOf
	scrapes atomic.Uint64
}

func (q *growingQueue) Attempts() (list []jobs.AttemptCount) {
	n := q.scrapes.Add(1)
	for _, outcome := range []string{"completed", "retryable", "discarded"} {
		list = append(list, jobs.AttemptCount{Kind: "mail.send", Queue: "mail", Outcome: outcome, Count: n})
	}
	return list
}

func (q *growingQueue) Waits() []jobs.Wait {
	wait := jobs.Wait{Queue: "mail"}
	for range q.scrapes.Load() {
		wait.Stats.Count++
		wait.Stats.Sum += time.Second
		wait.Stats.Hist.Add(time.Second)
	}
	return []jobs.Wait{wait}
}

func TestShipped_PanelsOfTheDashboardDoNotOverlap(t *testing.T) {
	t.Parallel()
	taken := map[[2]int]string{}
	for _, p := range readDashboard(t).Panels {
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok {
					t.Fatalf("%q lies over %q", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("%q reaches beyond the 24 columns", p.Title)
		}
	}
}
