package metrics

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Collector is a prometheus.Collector over a Recorder's statistics. It may be
// registered with several registries and scraped at the same time.
type Collector struct {
	config  Config
	records [instrument.MaxKinds + 1]atomic.Uint64 // Records ended, by kind
	remove  func()                                 // of the hook that counts them

	mu       sync.Mutex // guards what follows
	labels   labels
	attempts map[string]bool // series of attempts, by their labels
}

var _ prometheus.Collector = (*Collector)(nil)

var (
	handlerLabels = []string{"kind", "handler"}

	durationDesc = desc("toolbar_handler_duration_seconds", "Time in the handler, with everything below it.", handlerLabels...)
	errorsDesc   = desc("toolbar_handler_errors_total", "Calls of the handler that ended with an error or a panic.", handlerLabels...)
	panicsDesc   = desc("toolbar_handler_panics_total", "Calls of the handler that ended with a panic.", handlerLabels...)
	inFlightDesc = desc("toolbar_handler_in_flight", "Calls of the handler that run now.", handlerLabels...)
	overflowDesc = desc("toolbar_handler_series_overflow_total", "Handlers that share the series __other__ because the limit of series is reached.")
	recordsDesc  = desc("toolbar_records_total", "Records that ended, kept or not.", "kind")
	droppedDesc  = desc("toolbar_records_dropped_total", "Records that were not stored.", "reason")
	bytesDesc    = desc("toolbar_store_bytes", "Size of the store's files.")
	cpuDesc      = desc("toolbar_self_cpu_seconds_total", "Processor time that the toolbar's own goroutines used.")
	buildDesc    = desc("toolbar_build_info", "Always 1. The labels tell the toolbar's version, the app's revision and Go's version.", "version", "revision", "goversion")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// New makes a Collector and begins to count the Recorder's Records. It starts no
// goroutine.
func New(c Config) *Collector {
	if c.MaxSeries <= 0 {
		c.MaxSeries = defaultMaxSeries
	}
	col := &Collector{config: c, labels: newLabels(c.MaxSeries), attempts: map[string]bool{}}
	col.remove = c.Recorder.AddHooks(instrument.Hooks{Finished: col.count})
	return col
}

// Close stops counting Records. The Collector may still be scraped.
func (c *Collector) Close() { c.remove() }

func (c *Collector) count(_ *instrument.Recording, s *instrument.Summary) {
	c.records[min(int(s.Handler.Kind()), len(c.records)-1)].Add(1)
}

// Handler serves the metrics, and only these, in the format that the scraper asks
// for. Native histograms need the protobuf format, which Prometheus asks for itself.
func (c *Collector) Handler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// Describe names the metrics, for the registry.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range append([]*prometheus.Desc{
		durationDesc, errorsDesc, panicsDesc, inFlightDesc, overflowDesc, recordsDesc, droppedDesc, bytesDesc, cpuDesc, buildDesc,
	}, taskDescs...) {
		ch <- d
	}
}

// Collect reads everything anew. A callback that panics costs its own metric: a
// panic here would end the app, since registries collect on goroutines of theirs.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	for _, part := range []func(chan<- prometheus.Metric){
		c.collectHandlers, c.collectRecords, c.collectDropped, c.collectStore, c.collectCPU, collectBuild,
		c.collectAttempts, c.collectWaits, c.collectQueues, c.collectWorkers,
	} {
		guard(func() { part(ch) })
	}
}

func guard(fn func()) {
	defer func() { _ = recover() }()
	fn()
}

func (c *Collector) collectHandlers(ch chan<- prometheus.Metric) {
	series, overflow := c.series()
	for _, s := range series {
		ch <- newHistogram(durationDesc, &s.stats, s.key.kind, s.key.handler)
		ch <- s.counter(errorsDesc, s.stats.Errors)
		ch <- s.counter(panicsDesc, s.stats.Panics)
		if s.inFlight {
			ch <- prometheus.MustNewConstMetric(inFlightDesc, prometheus.GaugeValue, float64(s.stats.InFlight), s.key.kind, s.key.handler)
		}
	}
	ch <- prometheus.MustNewConstMetric(overflowDesc, prometheus.CounterValue, float64(overflow))
}

func (s *series) counter(d *prometheus.Desc, n uint64) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), s.key.kind, s.key.handler)
}

// always are the kinds whose number of Records is exported from the start, so that
// the first one is an increase.
var always = []instrument.Kind{instrument.KindRequest, instrument.KindCommand, instrument.KindTask}

func (c *Collector) collectRecords(ch chan<- prometheus.Metric) {
	for _, k := range instrument.Kinds() {
		if n := c.records[k].Load(); n > 0 || slices.Contains(always, k) {
			ch <- prometheus.MustNewConstMetric(recordsDesc, prometheus.CounterValue, float64(n), valid(k.String()))
		}
	}
}

func (c *Collector) collectDropped(ch chan<- prometheus.Metric) {
	if c.config.Dropped == nil {
		return
	}
	byReason := c.config.Dropped()
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		ch <- prometheus.MustNewConstMetric(droppedDesc, prometheus.CounterValue, float64(byReason[reason]), valid(reason))
	}
}

func (c *Collector) collectStore(ch chan<- prometheus.Metric) {
	if c.config.StoreBytes == nil {
		return
	}
	if n := c.config.StoreBytes(); n >= 0 {
		ch <- prometheus.MustNewConstMetric(bytesDesc, prometheus.GaugeValue, float64(n))
	}
}

func (c *Collector) collectCPU(ch chan<- prometheus.Metric) {
	if c.config.SelfCPU != nil {
		ch <- prometheus.MustNewConstMetric(cpuDesc, prometheus.CounterValue, c.config.SelfCPU().Seconds())
	}
}
