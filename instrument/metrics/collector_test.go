package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/metrics"
)

func newCollector(t *testing.T, c metrics.Config) *metrics.Collector {
	t.Helper()
	col := metrics.New(c)
	t.Cleanup(col.Close)
	return col
}

// gather collects by way of a registry that checks everything twice.
func gather(t *testing.T, c prometheus.Collector) map[string]*dto.MetricFamily {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*dto.MetricFamily{}
	for _, f := range families {
		byName[f.GetName()] = f
	}
	return byName
}

// metricOf finds a metric by its labels, given as "kind=view".
func metricOf(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) *dto.Metric {
	t.Helper()
	for _, m := range families[name].GetMetric() {
		have := map[string]bool{}
		for _, l := range m.GetLabel() {
			have[l.GetName()+"="+l.GetValue()] = true
		}
		all := true
		for _, l := range labels {
			all = all && have[l]
		}
		if all {
			return m
		}
	}
	t.Fatalf("no %s%v in %v", name, labels, families[name])
	return nil
}

func scrape(t *testing.T, c *metrics.Collector) string {
	t.Helper()
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

var errBroken = errors.New("broken")

func TestCollector_ExportsWhatTheRecorderCounted(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	h := instrument.NewHandler(instrument.KindReceiver, "counted", instrument.Source{})
	for range 7 {
		r.Observe(h, 20*time.Millisecond, nil)
	}
	r.Observe(h, 2*time.Second, errBroken)
	families := gather(t, newCollector(t, metrics.Config{Recorder: r}))

	hist := metricOf(t, families, "toolbar_handler_duration_seconds", "kind=receiver", "handler=counted").GetHistogram()
	if hist.GetSampleCount() != 8 || hist.GetSampleSum() != 2.14 {
		t.Errorf("count %d, sum %v; want 8, 2.14", hist.GetSampleCount(), hist.GetSampleSum())
	}
	if n := metricOf(t, families, "toolbar_handler_errors_total", "handler=counted").GetCounter().GetValue(); n != 1 {
		t.Errorf("%v errors, want 1", n)
	}
	if n := metricOf(t, families, "toolbar_handler_panics_total", "handler=counted").GetCounter().GetValue(); n != 0 {
		t.Errorf("%v panics, want 0", n)
	}
}

func TestCollector_NativeAndClassicBucketsAreExact(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	h := instrument.NewHandler(instrument.KindView, "exact", instrument.Source{})
	durations := []time.Duration{
		0, 1, time.Microsecond, 3906250, 3906251, 10 * time.Millisecond, 250 * time.Millisecond,
		250*time.Millisecond + 1, time.Second, 8 * time.Second, 9 * time.Second, 100 * time.Hour,
	}
	var want instrument.Histogram
	for _, d := range durations {
		r.Observe(h, d, nil)
		want.Add(d)
	}
	got := metricOf(t, gather(t, newCollector(t, metrics.Config{Recorder: r})),
		"toolbar_handler_duration_seconds", "handler=exact").GetHistogram()

	if got.GetSchema() != instrument.HistogramSchema {
		t.Errorf("schema %d", got.GetSchema())
	}
	native := nativeBuckets(got)
	for i, n := range want.Buckets() {
		if instrument.BucketUpper(i) <= got.GetZeroThreshold() {
			if got.GetZeroCount() != n {
				t.Errorf("zero bucket has %d, want %d", got.GetZeroCount(), n)
			}
			continue
		}
		if native[i] != int64(n) {
			t.Errorf("bucket %d has %d, want %d", i, native[i], n)
		}
		delete(native, i)
	}
	if len(native) > 0 {
		t.Errorf("buckets too many: %v", native)
	}
	for _, b := range got.GetBucket() {
		n := uint64(0)
		for _, d := range durations {
			if d.Seconds() <= b.GetUpperBound() {
				n++
			}
		}
		if b.GetCumulativeCount() != n {
			t.Errorf("classic bucket %v has %d, want %d", b.GetUpperBound(), b.GetCumulativeCount(), n)
		}
	}
}

// nativeBuckets reads spans and deltas back.
func nativeBuckets(h *dto.Histogram) map[int]int64 {
	buckets := map[int]int64{}
	i, at, n := 0, 0, int64(0)
	for _, s := range h.GetPositiveSpan() {
		i += int(s.GetOffset())
		for range s.GetLength() {
			n += h.GetPositiveDelta()[at]
			buckets[i] = n
			i++
			at++
		}
	}
	return buckets
}

func TestCollector_CountsRecordsByKindWhetherKeptOrNot(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	c := newCollector(t, metrics.Config{Recorder: r})
	h := instrument.NewHandler(instrument.KindRequest, "GET /counted", instrument.Source{})
	for range 3 {
		_, rec := r.Begin(context.Background(), instrument.Begin{Handler: h})
		rec.End()
	}
	_, running := r.Begin(context.Background(), instrument.Begin{Handler: h})
	families := gather(t, c)
	running.End()
	for kind, want := range map[string]float64{"request": 3, "command": 0, "task": 0} {
		if n := metricOf(t, families, "toolbar_records_total", "kind="+kind).GetCounter().GetValue(); n != want {
			t.Errorf("%v records of kind %s, want %v", n, kind, want)
		}
	}
	if n := metricOf(t, families, "toolbar_handler_in_flight", "handler=GET /counted").GetGauge().GetValue(); n != 1 {
		t.Errorf("%v in flight, want 1", n)
	}
	c.Close()
	_, rec := r.Begin(context.Background(), instrument.Begin{Handler: h})
	rec.End()
	if n := metricOf(t, gather(t, c), "toolbar_records_total", "kind=request").GetCounter().GetValue(); n != 4 {
		t.Errorf("%v records after Close, want 4", n)
	}
}

func TestCollector_ExportsWhatOthersCount(t *testing.T) {
	t.Parallel()
	families := gather(t, newCollector(t, metrics.Config{
		Dropped:    func() map[string]uint64 { return map[string]uint64{"queue_full": 3, "not_kept": 0} },
		StoreBytes: func() int64 { return 4096 },
		SelfCPU:    func() time.Duration { return 1500 * time.Millisecond },
	}))
	if n := metricOf(t, families, "toolbar_records_dropped_total", "reason=queue_full").GetCounter().GetValue(); n != 3 {
		t.Errorf("%v dropped, want 3", n)
	}
	metricOf(t, families, "toolbar_records_dropped_total", "reason=not_kept")
	if n := metricOf(t, families, "toolbar_store_bytes").GetGauge().GetValue(); n != 4096 {
		t.Errorf("%v bytes, want 4096", n)
	}
	if n := metricOf(t, families, "toolbar_self_cpu_seconds_total").GetCounter().GetValue(); n != 1.5 {
		t.Errorf("%v s, want 1.5", n)
	}
	if n := metricOf(t, families, "toolbar_build_info").GetGauge().GetValue(); n != 1 {
		t.Errorf("build info is %v", n)
	}
}

func TestF01_APanicInACallbackCostsItsMetricAlone(t *testing.T) {
	t.Parallel()
	families := gather(t, newCollector(t, metrics.Config{
		Dropped:    func() map[string]uint64 { panic("dropped") },
		StoreBytes: func() int64 { panic("bytes") },
		SelfCPU:    func() time.Duration { return time.Second },
	}))
	metricOf(t, families, "toolbar_self_cpu_seconds_total")
	metricOf(t, families, "toolbar_build_info")
}

func TestCollector_WithoutARecorderExportsTheRest(t *testing.T) {
	t.Parallel()
	families := gather(t, newCollector(t, metrics.Config{StoreBytes: func() int64 { return -1 }}))
	metricOf(t, families, "toolbar_build_info")
	for _, absent := range []string{"toolbar_handler_duration_seconds", "toolbar_store_bytes", "toolbar_self_cpu_seconds_total"} {
		if families[absent] != nil {
			t.Errorf("%s is there", absent)
		}
	}
}

func TestCollector_LeavesStatementsOutOfLabelsUnlessAskedFor(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	for i, kind := range []instrument.Kind{instrument.KindQuery, instrument.KindCall, instrument.KindCache} {
		for j := range 3 {
			r.Observe(instrument.NewHandler(kind, fmt.Sprintf("secret %d %d", i, j), instrument.Source{}), time.Second, nil)
		}
	}
	r.Observe(instrument.NewHandler(instrument.KindLog, "a line", instrument.Source{}), 0, nil)
	out := scrape(t, newCollector(t, metrics.Config{Recorder: r}))
	if strings.Contains(out, "secret") || strings.Contains(out, `kind="log"`) {
		t.Errorf("a statement or a log line is a label:\n%s", out)
	}
	for _, kind := range []string{"query", "call", "cache"} {
		if want := fmt.Sprintf(`toolbar_handler_duration_seconds_count{handler="__all__",kind=%q} 3`, kind); !strings.Contains(out, want) {
			t.Errorf("no %s in:\n%s", want, out)
		}
	}
	out = scrape(t, newCollector(t, metrics.Config{Recorder: r, ByHandler: []instrument.Kind{instrument.KindCall, instrument.KindLog}}))
	for _, want := range []string{`handler="secret 1 2",kind="call"`, `handler="a line",kind="log"`, `handler="__all__",kind="query"`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in:\n%s", want, out)
		}
	}
}

func TestCollector_RepairsNamesAndAddsUpEqualOnes(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	for _, name := range []string{"bad \xff", "bad \xfe", "bad \ufffd", "nul \x00", "line\nfeed \"quoted\" \\"} {
		r.Observe(instrument.NewHandler(instrument.KindReceiver, name, instrument.Source{}), time.Second, errBroken)
	}
	c := newCollector(t, metrics.Config{Recorder: r})
	families := gather(t, c)
	if n := metricOf(t, families, "toolbar_handler_errors_total", "handler=bad \ufffd").GetCounter().GetValue(); n != 3 {
		t.Errorf("%v errors under the repaired name, want 3", n)
	}
	if out := scrape(t, c); !utf8.ValidString(out) {
		t.Error("the metrics are not UTF-8")
	}
}

// countSeries counts lines that are no comments.
func countSeries(exposition string) (n int) {
	for line := range strings.Lines(exposition) {
		if !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n
}

func TestT16_SeriesStayBelowTheLimitAndNothingIsLost(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	c := newCollector(t, metrics.Config{Recorder: r})
	const kinds, handlers = 5, 1500 // more than instrument keeps apart
	total := 0
	observe := func(from, to int) {
		for i := range kinds {
			kind := instrument.RegisterKind(fmt.Sprintf("crowd%d", i))
			for j := from; j < to; j++ {
				name := fmt.Sprintf("/%d/%s", j, strings.Repeat("x", 200))
				r.Observe(instrument.NewHandler(kind, name, instrument.Source{}), time.Duration(j)*time.Millisecond, nil)
				total++
			}
		}
	}
	observe(0, 10)
	before := ownSeries(gather(t, c))
	observe(0, handlers)
	out := scrape(t, c)
	families := gather(t, c)
	if n := countSeries(out); n > 2000 {
		t.Errorf("%d series", n)
	}
	if len(out) > 2<<20 {
		t.Errorf("a scrape has %d bytes", len(out))
	}
	if n := metricOf(t, families, "toolbar_handler_series_overflow_total").GetCounter().GetValue(); n == 0 {
		t.Error("no overflow counted")
	}
	sum := 0
	for _, m := range families["toolbar_handler_duration_seconds"].GetMetric() {
		sum += int(m.GetHistogram().GetSampleCount())
	}
	if sum != total {
		t.Errorf("%d calls exported, %d made", sum, total)
	}
	after := ownSeries(families)
	if len(after) < 90 {
		t.Errorf("%d handlers have series of their own: the limit is not used", len(after))
	}
	for pair := range before {
		if !after[pair] {
			t.Errorf("%s lost its series", pair)
		}
	}
}

// ownSeries are the pairs of labels that are exported.
func ownSeries(families map[string]*dto.MetricFamily) map[string]bool {
	pairs := map[string]bool{}
	for _, m := range families["toolbar_handler_errors_total"].GetMetric() {
		pairs[fmt.Sprint(m.GetLabel())] = true
	}
	return pairs
}

func TestT16_ALimitTooSmallForAnyHandlerStillCountsAll(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	for i := range 9 {
		r.Observe(instrument.NewHandler(instrument.KindReceiver, fmt.Sprint("small", i), instrument.Source{}), time.Second, nil)
	}
	families := gather(t, newCollector(t, metrics.Config{Recorder: r, MaxSeries: 1}))
	m := metricOf(t, families, "toolbar_handler_duration_seconds", "kind=__other__", "handler=__other__")
	if n := m.GetHistogram().GetSampleCount(); n != 9 {
		t.Errorf("%d calls under __other__, want 9", n)
	}
}

func TestCollector_MayBeScrapedWhileItCounts(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	c := newCollector(t, metrics.Config{Recorder: r})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			h := instrument.NewHandler(instrument.KindTask, fmt.Sprint("busy", i), instrument.Source{})
			for j := range 2000 {
				r.Observe(h, time.Duration(j)*time.Microsecond, nil)
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range 10 {
				gather(t, c)
			}
		})
	}
	wg.Wait()
	for i := range 4 {
		m := metricOf(t, gather(t, c), "toolbar_handler_duration_seconds", fmt.Sprint("handler=busy", i))
		if n := m.GetHistogram().GetSampleCount(); n != 2000 {
			t.Errorf("%d calls, want 2000", n)
		}
	}
}

func TestHandler_AnswersProtobufWhenAsked(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newCollector(t, metrics.Config{}).Handler())
	defer server.Close()
	req, _ := http.NewRequest(http.MethodGet, server.URL, nil)
	req.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	if got := resp.Header.Get("Content-Type"); !strings.Contains(got, "protobuf") {
		t.Errorf("Content-Type %q", got)
	}
}
