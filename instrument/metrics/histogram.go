package metrics

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// classicBounds are the indexes of the native buckets that end at a classic bound:
// 2^-8 s, 2^-7 s, ... 2^3 s. Being bounds of both, they need no interpolation.
var classicBounds = func() (bounds []int) {
	for exp := -8; exp <= 3; exp++ {
		bounds = append(bounds, exp<<instrument.HistogramSchema)
	}
	return bounds
}()

// zeroBucket is the bucket in which durations of zero are counted, with all others
// below the clock's resolution. For Prometheus it is the zero bucket.
var zeroBucket = func() (index int) {
	var h instrument.Histogram
	h.Add(0)
	for i := range h.Buckets() {
		index = i
	}
	return index
}()

// histogram is a metric with native and classic buckets over the same counts; the
// client's constant histograms have one or the other.
type histogram struct {
	desc   *prometheus.Desc
	labels []*dto.LabelPair
	value  *dto.Histogram
}

var _ prometheus.Metric = (*histogram)(nil)

// newHistogram makes the metric of a handler. The number of calls is the sum of the
// buckets: one that is counted while the statistics are read may be in one and not
// yet in the other.
func newHistogram(d *prometheus.Desc, s *instrument.Stats, labelValues ...string) *histogram {
	h := &dto.Histogram{
		SampleCount:   new(s.Hist.Count()),
		SampleSum:     new(s.Sum.Seconds()),
		Schema:        new(int32(instrument.HistogramSchema)),
		ZeroThreshold: new(instrument.BucketUpper(zeroBucket)),
		ZeroCount:     new(uint64(0)),
	}
	addNative(h, &s.Hist)
	addClassic(h, &s.Hist)
	return &histogram{d, prometheus.MakeLabelPairs(d, labelValues), h}
}

// addNative writes the buckets as spans of neighbours, each count as its difference
// to the one before.
func addNative(out *dto.Histogram, h *instrument.Histogram) {
	next, last := 0, int64(0)
	for i, n := range h.Buckets() {
		if i == zeroBucket {
			out.ZeroCount = new(n)
			continue
		}
		if len(out.PositiveSpan) == 0 || i != next {
			out.PositiveSpan = append(out.PositiveSpan, &dto.BucketSpan{Offset: new(int32(i - next)), Length: new(uint32(0))})
		}
		*out.PositiveSpan[len(out.PositiveSpan)-1].Length++
		out.PositiveDelta = append(out.PositiveDelta, int64(n)-last)
		next, last = i+1, int64(n)
	}
}

// addClassic writes how many calls took at most each bound. Durations are counted
// with their upper bounds included, as Prometheus does.
func addClassic(out *dto.Histogram, h *instrument.Histogram) {
	for _, bound := range classicBounds {
		out.Bucket = append(out.Bucket, &dto.Bucket{
			UpperBound:      new(instrument.BucketUpper(bound)),
			CumulativeCount: new(uint64(0)),
		})
	}
	for i, n := range h.Buckets() {
		for at, bound := range classicBounds {
			if i <= bound {
				*out.Bucket[at].CumulativeCount += n
			}
		}
	}
	out.Bucket = append(out.Bucket, &dto.Bucket{UpperBound: new(math.Inf(1)), CumulativeCount: new(h.Count())})
}

// Desc names the metric.
func (h *histogram) Desc() *prometheus.Desc { return h.desc }

// Write gives the metric to an encoder.
func (h *histogram) Write(out *dto.Metric) error {
	out.Label, out.Histogram = h.labels, h.value
	return nil
}
