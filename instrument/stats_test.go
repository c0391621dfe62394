package instrument_test

import (
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func TestStats_NoQuantileIsAboveTheLongestCall(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{0, 1, time.Microsecond, 1234567, 3 * time.Second} {
		s := instrument.Stats{Max: d}
		s.Hist.AddN(d, 3)
		for _, q := range []float64{0, .5, .95, 1} {
			if got := s.Quantile(q); got > d || got < d*98/100 {
				t.Errorf("three calls of %v: quantile %v is %v", d, q, got)
			}
		}
	}
	if got := new(instrument.Stats).Quantile(.5); got != 0 {
		t.Errorf("no calls: %v, want 0", got)
	}
}
