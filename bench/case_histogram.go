package main

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var histogram = benchCase{
	name: "histogram", work: "a duration counted for a handler", unit: unitNS,
	target: 11, allocs: 0,
	ours: func(e *env) (op, error) { return observing(ourHistogram(e), 1), nil },
	peers: []peer{
		{otelHistogram, 0.6, otelObserving(1)},
		{promHistogram, 0.6, promObserving(1)},
	},
}

var histogram2 = benchCase{
	name: "histogram2", work: "the same by two goroutines at once", unit: unitNS,
	target: 26, allocs: 0,
	process: true,
	ours:    func(e *env) (op, error) { return observing(ourHistogram(e), 2), nil },
	peers: []peer{
		{otelHistogram, 0.6, otelObserving(2)},
		{promHistogram, 0.6, promObserving(2)},
	},
}

const (
	otelHistogram = "OpenTelemetry SDK, exponential"
	promHistogram = "client_golang, native"
)

// observing splits n observations among goroutines that share one series. The
// durations spread over the few octaves in which those of one handler lie.
func observing(observe func(time.Duration), goroutines int) op {
	some := func(n int) {
		for i := range n {
			observe(123*time.Microsecond + time.Duration(i&1023)*time.Microsecond)
		}
	}
	if goroutines == 1 {
		return op{run: func(n int) error { some(n); return nil }}
	}
	return op{run: func(n int) error {
		var wg sync.WaitGroup
		for range goroutines {
			wg.Go(func() { some(n / goroutines) })
		}
		wg.Wait()
		return nil
	}}
}

func ourHistogram(e *env) func(time.Duration) {
	r := newRecorder(e, instrument.Config{})
	return func(d time.Duration) { r.Observe(benchWork, d, nil) }
}

func otelObserving(goroutines int) side {
	return func(e *env) (op, error) {
		view := metric.NewView(metric.Instrument{Name: "*"}, metric.Stream{
			Aggregation: metric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: instrument.HistogramSchema},
		})
		p := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()), metric.WithView(view))
		e.atEnd(func() error { return p.Shutdown(context.Background()) })
		h, err := p.Meter("bench").Float64Histogram("bench")
		if err != nil {
			return op{}, err
		}
		ctx := context.Background()
		return observing(func(d time.Duration) { h.Record(ctx, d.Seconds()) }, goroutines), nil
	}
}

func promObserving(goroutines int) side {
	return func(*env) (op, error) {
		h := newPromHistogram()
		return observing(func(d time.Duration) { h.Observe(d.Seconds()) }, goroutines), nil
	}
}

// newPromHistogram has the resolution of ours: 32 buckets for each doubling.
func newPromHistogram() prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "bench_seconds", Help: "Durations.", NativeHistogramBucketFactor: 1.022,
	})
}
