// Package metricstest shows metrics to the programs that read them: promtool and a
// Prometheus server, as they are installed. A library's own idea of the format is
// not enough; what counts is what the server stores.
//
//	prom := metricstest.Start(t, map[string]string{"app": server.URL + "/metrics"})
//	sum := prom.Wait(`sum(toolbar_records_total{job="app"})`)
//
// A test whose program is missing is skipped by name. Where CI=true is set it fails
// instead.
package metricstest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// program finds an installed program or ends the test.
func program(tb testing.TB, name string) string {
	tb.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%s needs %s, which is not installed", tb.Name(), name)
	}
	tb.Skipf("%s skipped: %s is not installed", tb.Name(), name)
	return ""
}

// Check passes metrics in the text format to "promtool check metrics", which knows
// how metrics should be named and described.
func Check(tb testing.TB, exposition string) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), program(tb, "promtool"), "check", "metrics")
	cmd.Stdin = strings.NewReader(exposition)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		tb.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// CheckRules passes a file of rules for Prometheus to "promtool check rules", and one
// that tests them, unless its name is "", to "promtool test rules".
func CheckRules(tb testing.TB, rules, tests string) {
	tb.Helper()
	runs := [][]string{{"check", "rules", rules}}
	if tests != "" {
		runs = append(runs, []string{"test", "rules", tests})
	}
	for _, args := range runs {
		if out, err := exec.CommandContext(tb.Context(), program(tb, "promtool"), args...).CombinedOutput(); err != nil {
			tb.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// Prometheus is a server that runs until the test ends.
type Prometheus struct {
	tb     testing.TB
	base   string
	client *http.Client
}

// patience is how long a query may take to have a result: a start and some scrapes,
// on a machine that is busy with other tests.
const patience = time.Minute

// Job is what a Prometheus scrapes.
type Job struct {
	URL   string
	Token string // sent as "Authorization: Bearer TOKEN"; "": none
}

// Start runs a Prometheus that takes native histograms and scrapes the given
// addresses, named by job, each second.
func Start(tb testing.TB, addresses map[string]string) *Prometheus {
	tb.Helper()
	jobs := map[string]Job{}
	for name, address := range addresses {
		jobs[name] = Job{URL: address}
	}
	return StartJobs(tb, jobs)
}

// StartJobs is Start for jobs that need more than an address, with files of rules, which
// it evaluates five times a second.
func StartJobs(tb testing.TB, jobs map[string]Job, rules ...string) *Prometheus {
	tb.Helper()
	path := program(tb, "prometheus")
	dir, addr := tb.TempDir(), freeAddr(tb)
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, configFor(tb, jobs, rules), 0o600); err != nil {
		tb.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(path, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+addr, "--enable-feature=native-histograms", "--log.level=warn")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		tb.Fatalf("start prometheus: %v", err)
	}
	tb.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		log.Close()
		if text, err := os.ReadFile(log.Name()); err == nil && tb.Failed() {
			tb.Logf("prometheus says:\n%s", text)
		}
	})
	// Without connections kept alive no goroutine outlives a query.
	return &Prometheus{tb, "http://" + addr, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

func freeAddr(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func configFor(tb testing.TB, jobs map[string]Job, rules []string) []byte {
	tb.Helper()
	var b strings.Builder
	// A scrape may take as long as their interval: with -race, of a whole app, on a busy machine.
	b.WriteString("global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 200ms}\n")
	for i, file := range rules {
		path, err := filepath.Abs(file)
		if err != nil {
			tb.Fatal(err)
		}
		if i == 0 {
			b.WriteString("rule_files:\n")
		}
		fmt.Fprintf(&b, "- %q\n", path)
	}
	b.WriteString("scrape_configs:\n")
	for _, name := range slices.Sorted(maps.Keys(jobs)) {
		u, err := url.Parse(jobs[name].URL)
		if err != nil {
			tb.Fatal(err)
		}
		auth := ""
		if token := jobs[name].Token; token != "" {
			auth = fmt.Sprintf(", authorization: {credentials: %q}", token)
		}
		fmt.Fprintf(&b, "- {job_name: %q, metrics_path: %q, static_configs: [{targets: [%q]}]%s}\n", name, u.Path, u.Host, auth)
	}
	return []byte(b.String())
}

// Sample is one element of a query's result.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// Query asks for the present result of an expression, which may be empty.
func (p *Prometheus) Query(expr string) ([]Sample, error) {
	resp, err := p.client.Get(p.base + "/api/v1/query?query=" + url.QueryEscape(expr))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Error string
		Data  struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any // time, number as text
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("read answer to %s: %w: %s", expr, err, body)
	}
	if answer.Error != "" {
		return nil, fmt.Errorf("query %s: %s", expr, answer.Error)
	}
	var samples []Sample
	for _, r := range answer.Data.Result {
		v, err := strconv.ParseFloat(fmt.Sprint(r.Value[1]), 64)
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", expr, err)
		}
		samples = append(samples, Sample{r.Metric, v})
	}
	return samples, nil
}

// Wait asks until the expression has a result, and gives its samples. It ends the
// test after a minute.
func (p *Prometheus) Wait(expr string) []Sample {
	p.tb.Helper()
	return p.Until(expr, func([]Sample) bool { return true })
}

// Until is Wait for a result that is as it has to be.
func (p *Prometheus) Until(expr string, ok func([]Sample) bool) []Sample {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.tb.Context(), patience)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		samples, err := p.Query(expr)
		if len(samples) > 0 && ok(samples) {
			return samples
		}
		select {
		case <-ctx.Done():
			p.tb.Fatalf("no result for %s, or not the one expected: %v %v", expr, samples, err)
		case <-again.C:
		}
	}
}

// Value waits for an expression with one sample and gives its number.
func (p *Prometheus) Value(expr string) float64 {
	p.tb.Helper()
	samples := p.Wait(expr)
	if len(samples) != 1 {
		p.tb.Fatalf("%s has %d results: %v", expr, len(samples), samples)
	}
	return samples[0].Value
}
