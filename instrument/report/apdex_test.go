package report_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

// took counts so many calls of each duration.
func took(calls map[time.Duration]uint64) *instrument.Stats {
	s := &instrument.Stats{}
	for d, n := range calls {
		s.Hist.AddN(d, n)
		s.Count += n
	}
	return s
}

func TestApdex(t *testing.T) {
	t.Parallel()
	const limit = 400 * time.Millisecond
	mixed := map[time.Duration]uint64{10 * time.Millisecond: 60, 200 * time.Millisecond: 30, 2 * time.Second: 10}
	failing := took(mixed)
	failing.Errors = 20
	for name, tc := range map[string]struct {
		stats *instrument.Stats
		limit time.Duration
		want  float64
		ok    bool
	}{
		"all satisfied":         {took(map[time.Duration]uint64{10 * time.Millisecond: 5}), limit, 1, true},
		"all tolerate":          {took(map[time.Duration]uint64{200 * time.Millisecond: 5}), limit, .5, true},
		"all frustrated":        {took(map[time.Duration]uint64{time.Second: 5}), limit, 0, true},
		"60 + 30/2 of 100":      {took(mixed), limit, .75, true},
		"a fifth of them fails": {failing, limit, .6, true},
		"no call":               {took(nil), limit, 0, false},
		"no limit":              {took(mixed), 0, 0, false},
	} {
		if got, ok := report.Apdex(tc.stats, tc.limit); ok != tc.ok || math.Abs(got-tc.want) > 1e-9 {
			t.Errorf("%s: %v, %v; want %v, %v", name, got, ok, tc.want, tc.ok)
		}
	}
}

func ExampleApdex() {
	s := &instrument.Stats{}
	s.Hist.AddN(10*time.Millisecond, 60)  // at most 100 ms: satisfied
	s.Hist.AddN(200*time.Millisecond, 30) // at most 400 ms: tolerating
	s.Hist.AddN(2*time.Second, 10)        // slow
	score, _ := report.Apdex(s, 400*time.Millisecond)
	fmt.Println(score)
	// Output: 0.75
}
