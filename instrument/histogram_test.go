package instrument_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func TestHistogram_QuantilesAreWithinTwoPercentOfExactOnes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	shapes := map[string]func() float64{
		"uniform":     func() float64 { return rng.Float64() * 1e9 },
		"exponential": func() float64 { return rng.ExpFloat64() * 5e6 },
		"log-normal":  func() float64 { return math.Exp(rng.NormFloat64()*2 + 14) },
		"two humps":   func() float64 { return 1e6 + rng.Float64()*1e5 + float64(rng.IntN(2))*4e8 },
	}
	for name, draw := range shapes {
		var h instrument.Histogram
		all := make([]time.Duration, 20_000)
		for i := range all {
			all[i] = time.Duration(draw()) + 1
			h.Add(all[i])
		}
		slices.Sort(all)
		for _, q := range []float64{0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
			exact := all[int(math.Ceil(q*float64(len(all))))-1]
			if off := math.Abs(float64(h.Quantile(q))/float64(exact) - 1); off > 0.012 {
				t.Errorf("%s: quantile %v is %v, exact %v: off by %.2f %%", name, q, h.Quantile(q), exact, off*100)
			}
		}
	}
}

func TestHistogram_EachDurationIsInItsBucket(t *testing.T) {
	t.Parallel()
	check := func(d time.Duration) {
		var h instrument.Histogram
		h.Add(d)
		for i, n := range h.Buckets() {
			lo, hi := instrument.BucketUpper(i-1), instrument.BucketUpper(i)
			if n != 1 || d.Seconds() <= lo*(1-1e-15) || d.Seconds() > hi*(1+1e-15) {
				t.Fatalf("%v (%d ns) is in bucket %d: (%v, %v] s", d, d, i, lo, hi)
			}
		}
	}
	for i := -29 * 32; i < 18*32; i++ {
		at := time.Duration(instrument.BucketUpper(i) * 1e9)
		for _, d := range []time.Duration{at - 1, at, at + 1} {
			check(max(d, 1))
		}
	}
	check(time.Second) // a bound: 2^0 s
	check(time.Second / 1024)
}

func TestHistogram_BoundsAreInclusiveAbove(t *testing.T) {
	t.Parallel()
	var h instrument.Histogram
	h.Add(time.Second)
	h.Add(time.Second + 1)
	var got []int
	for i := range h.Buckets() {
		got = append(got, i)
	}
	if !slices.Equal(got, []int{0, 1}) {
		t.Errorf("1 s and 1 s + 1 ns are in buckets %v, want 0 and 1", got)
	}
}

func TestHistogram_MergeLosesNothing(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var parts [4]instrument.Histogram
	var whole, merged instrument.Histogram
	for range 10_000 {
		d := time.Duration(rng.ExpFloat64() * 1e7)
		parts[rng.IntN(len(parts))].Add(d)
		whole.Add(d)
	}
	for i := range parts {
		merged.Merge(&parts[i])
	}
	a, _ := whole.MarshalBinary()
	b, _ := merged.MarshalBinary()
	if !slices.Equal(a, b) {
		t.Error("the merged histogram differs from that of all")
	}
	var fromBytes instrument.Histogram
	for i := range parts {
		stored, _ := parts[i].MarshalBinary()
		if err := fromBytes.MergeBinary(stored); err != nil {
			t.Fatal(err)
		}
		if err := fromBytes.MergeBinary(stored[:len(stored)-1]); err == nil {
			t.Error("bytes that end early are merged")
		}
	}
	if b, _ := fromBytes.MarshalBinary(); !slices.Equal(a, b) {
		t.Error("merged from bytes it differs from that of all")
	}
	merged.Sub(&parts[0])
	if merged.Count() != whole.Count()-parts[0].Count() {
		t.Errorf("after Sub: %d, want %d", merged.Count(), whole.Count()-parts[0].Count())
	}
}

func TestHistogram_EmptyAndOdd(t *testing.T) {
	t.Parallel()
	var h instrument.Histogram
	if h.Quantile(0.5) != 0 || h.Count() != 0 || h.CountBelow(time.Hour) != 0 {
		t.Error("an empty histogram is not all zero")
	}
	h.Add(-5)
	h.Add(0)
	h.AddN(365*24*time.Hour, 2)
	if h.Count() != 4 {
		t.Errorf("count %d, want 4", h.Count())
	}
	if got := h.CountBelow(time.Second); got != 2 {
		t.Errorf("%d below a second, want 2", got)
	}
}

func FuzzHistogramUnmarshal(f *testing.F) {
	var h instrument.Histogram
	h.Add(time.Millisecond)
	h.AddN(time.Second, 300)
	b, _ := h.MarshalBinary()
	f.Add(b)
	f.Add([]byte{0})
	f.Add([]byte{255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var h instrument.Histogram
		if err := h.UnmarshalBinary(b); err != nil {
			if h.Count() != 0 {
				t.Error("an error left something behind")
			}
			if err := h.MergeBinary(b); err == nil || h.Count() != 0 {
				t.Error("what cannot be read is merged")
			}
			return
		}
		h.Quantile(0.5)
		again, _ := h.MarshalBinary()
		var h2 instrument.Histogram
		if err := h2.UnmarshalBinary(again); err != nil || h2.Count() != h.Count() {
			t.Errorf("what was read is not what is written: %v", err)
		}
	})
}

// TestHistogram_MergeIsAddingEach merges histograms of few and of many buckets, that have
// none, some or all of them in common.
func TestHistogram_MergeIsAddingEach(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	durations := func(n int) (list []time.Duration) {
		low := rng.IntN(40)
		for range n {
			list = append(list, time.Duration(1)<<(low+rng.IntN(60-low))+time.Duration(rng.IntN(1000)))
		}
		return list
	}
	for range 500 {
		var got, want instrument.Histogram
		for range 1 + rng.IntN(8) {
			var part instrument.Histogram
			for _, d := range durations(rng.IntN(1 << rng.IntN(9))) {
				n := uint64(1 + rng.IntN(3))
				part.AddN(d, n)
				want.AddN(d, n)
			}
			before, _ := part.MarshalBinary()
			got.Merge(&part)
			if after, _ := part.MarshalBinary(); !bytes.Equal(before, after) {
				t.Fatal("merging changed what was merged")
			}
		}
		a, _ := got.MarshalBinary()
		if b, _ := want.MarshalBinary(); !bytes.Equal(a, b) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	}
}
