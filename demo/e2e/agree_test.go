package e2e_test

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/manage"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/traffic"
)

type key struct{ kind, name string }

// The toolbar is the process's own here, as in a program, so that commands are in it: no other test runs meanwhile.
func TestFlush_EveryReaderSaysTheSame(t *testing.T) {
	a := e2etest.Open(t, func(o *app.Options) { o.Toolbar = nil })
	if sum := traffic.Play(t.Context(), a.URL, traffic.Options{Visits: 16, Pause: -1, Password: shop.DemoPassword}); sum.Failed > 0 {
		t.Fatal(sum.FirstFailure)
	}
	if err := manage.New(a.Store, nil).CallIO(t.Context(), commands.IO{Out: io.Discard}, "cleanup-old-records"); err != nil {
		t.Fatal(err)
	}
	a.Flush()

	own := recorded(a)
	if own[key{"command", "cleanup-old-records"}].Count != 1 || len(own) < 60 {
		t.Errorf("of %d handlers too few to compare were called", len(own))
	}
	readers := map[string]map[key]e2etest.Handler{
		"api/v1/handlers": byKey(e2etest.Get[e2etest.Handlers](t, a.API("handlers?range=all")).Handlers),
		"toolbar report":  byKey(report(t, a.File)),
		"api/v1/report":   byKey(e2etest.Get[e2etest.Report](t, a.API("report?range=all")).Rows),
	}
	for name, got := range readers {
		for k, want := range own {
			if name == "api/v1/report" && timeless(k.kind) {
				continue // left out unless asked for
			}
			if h := got[k]; h != want {
				t.Errorf("%s has for %v\n%+v, want\n%+v", name, k, h, want)
			}
		}
		for k := range got {
			if _, ok := own[k]; !ok {
				t.Errorf("%s has %v, of which the app knows nothing", name, k)
			}
		}
	}
	compareMetrics(t, own, e2etest.Text(t, a.Page("metrics")))

	health := e2etest.Get[e2etest.Health](t, a.API("health"))
	if stats := a.Toolbar.Stats(); health.Produced != stats.Produced || health.Stored != stats.Stored || uint64(health.Records) != stats.Stored {
		t.Errorf("api/v1/health says %d of %d were stored and %d are there; Stats says %d of %d",
			health.Stored, health.Produced, health.Records, stats.Stored, stats.Produced)
	}
}

// timeless are the kinds of what happens at a moment.
func timeless(kind string) bool { return kind == "log" || kind == "exception" }

// inMetrics is under which name a handler's figures stand in metrics, which do not tell those of some kinds apart.
func inMetrics(k key) key {
	switch k.kind {
	case "query", "prepare", "connect", "disconnect", "cache", "call", "render":
		k.name = "__all__"
	}
	return k
}

// recorded is what the app itself counted.
func recorded(a *e2etest.App) map[key]e2etest.Handler {
	all := map[key]e2etest.Handler{}
	for _, s := range a.Toolbar.Recorder().AllStats() {
		if s.Count == 0 {
			continue
		}
		k := key{s.Handler.Kind().String(), s.Handler.Name()}
		all[k] = e2etest.Handler{
			Kind: k.kind, Name: k.name, Count: s.Count, Errors: s.Errors, Panics: s.Panics, Slow: s.Slow,
			Total: int64(s.Sum), Self: int64(s.Self), P95: int64(s.Quantile(.95)), Max: int64(s.Max),
		}
	}
	return all
}

// report has the rows of the command line's report, those that it leaves out by default included.
func report(t *testing.T, file string) (rows []e2etest.Handler) {
	t.Helper()
	for _, args := range [][]string{nil, {"--kind", "log,exception"}} {
		out := e2etest.Tool(t, file, append([]string{"report", "--format", "json", "--limit", "0"}, args...)...)
		rows = append(rows, e2etest.Decode[e2etest.Report](t, out).Rows...)
	}
	return rows
}

func byKey(list []e2etest.Handler) map[key]e2etest.Handler {
	all := map[key]e2etest.Handler{}
	for _, h := range list {
		h.Total += h.Sum // one of them is 0: they are names of the same
		h.Sum = 0
		all[key{h.Kind, h.Name}] = h
	}
	return all
}

// compareMetrics compares the metrics with what was counted. Those of some kinds are not told apart by handler.
func compareMetrics(t *testing.T, own map[key]e2etest.Handler, exposition string) {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(exposition))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]uint64{}
	add := func(metric string, k key, n uint64) { want[fmt.Sprintf("%s %v", metric, k)] += n }
	for k, h := range own {
		k = inMetrics(k)
		if timeless(k.kind) {
			continue
		}
		add("toolbar_handler_duration_seconds", k, h.Count)
		add("toolbar_handler_errors_total", k, h.Errors)
		add("toolbar_handler_panics_total", k, h.Panics)
	}
	got := map[string]uint64{}
	for _, metric := range []string{"toolbar_handler_duration_seconds", "toolbar_handler_errors_total", "toolbar_handler_panics_total"} {
		for _, m := range families[metric].GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			got[fmt.Sprintf("%s %v", metric, key{labels["kind"], labels["handler"]})] = m.GetHistogram().GetSampleCount() + uint64(m.GetCounter().GetValue())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if n, ok := got[name]; !ok || n != want[name] {
			t.Errorf("metrics: %s is %d, want %d", name, n, want[name])
		}
	}
}
