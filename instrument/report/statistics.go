package report

import (
	"math"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// rankTest is the two-sided p-value of Mann and Whitney's test (1947) that two sets of
// durations come from the same distribution, with the normal approximation and the
// correction for ties: all durations of a bucket are tied.
func rankTest(a, b *instrument.Histogram) float64 {
	na, nb := float64(a.Count()), float64(b.Count())
	n := na + nb
	if na == 0 || nb == 0 {
		return 1
	}
	sides := [2]*instrument.Histogram{a, b}
	lowest, highest := math.MaxInt, math.MinInt
	for _, h := range sides {
		for i := range h.Buckets() {
			lowest, highest = min(lowest, i), max(highest, i)
		}
	}
	counts := make([][2]float64, highest-lowest+1)
	for side, h := range sides {
		for i, c := range h.Buckets() {
			counts[i-lowest][side] = float64(c)
		}
	}
	var before, ranks, ties float64 // ranks: the sum of those of b
	for _, c := range counts {
		t := c[0] + c[1]
		if t == 0 {
			continue
		}
		ranks += c[1] * (before + (t+1)/2)
		ties += t*t*t - t
		before += t
	}
	u := ranks - nb*(nb+1)/2
	variance := na * nb / 12 * (n + 1 - ties/(n*(n-1)))
	if variance <= 0 {
		return 1 // all are tied
	}
	return twoSided((u - na*nb/2) / math.Sqrt(variance))
}

// proportionTest is the two-sided p-value of the test of two shares with a pooled
// variance.
func proportionTest(failedA, a, failedB, b uint64) float64 {
	if a == 0 || b == 0 {
		return 1
	}
	na, nb := float64(a), float64(b)
	pooled := (float64(failedA) + float64(failedB)) / (na + nb)
	variance := pooled * (1 - pooled) * (1/na + 1/nb)
	if variance <= 0 {
		return 1
	}
	return twoSided((float64(failedB)/nb - float64(failedA)/na) / math.Sqrt(variance))
}

func twoSided(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

// normalQuantile is the inverse of the normal distribution.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// ratioOfQuantiles is how a quantile changed, with the interval at z standard errors:
// each side's quantile lies between those at the bounds of its rank (Woodruff 1952);
// as logarithms, the two errors add in squares.
func ratioOfQuantiles(a, b *instrument.Histogram, q, z float64) Ratio {
	va, ea := logQuantile(a, q, z)
	vb, eb := logQuantile(b, q, z)
	return ratioOf(vb-va, math.Sqrt(ea*ea+eb*eb))
}

// logQuantile is the logarithm of a quantile and half the width of its interval. The
// width of a bucket is the least: within it nothing is known.
func logQuantile(h *instrument.Histogram, q, z float64) (value, half float64) {
	n := float64(h.Count())
	e := z * math.Sqrt(q*(1-q)/n)
	low, mid, high := h.Quantile(max(q-e, 0)), h.Quantile(q), h.Quantile(min(q+e, 1))
	half = (logOf(high) - logOf(low)) / 2
	return logOf(mid), max(half, bucketHalf)
}

// bucketHalf is half the width of a histogram's bucket, as a logarithm.
var bucketHalf = math.Log(instrument.BucketUpper(1)/instrument.BucketUpper(0)) / 2

func logOf(d time.Duration) float64 { return math.Log(float64(max(d, 1))) }

func ratioOf(change, half float64) Ratio {
	return Ratio{Value: math.Exp(change), Low: math.Exp(change - half), High: math.Exp(change + half)}
}

// ratioOfMeans is how the mean changed. The spread comes from the histograms; that of
// the logarithm of a mean is its standard error over the mean.
func ratioOfMeans(a, b *query.HandlerStats, z float64) Ratio {
	ma, ea := meanOf(a)
	mb, eb := meanOf(b)
	if ma <= 0 || mb <= 0 {
		return Ratio{}
	}
	return ratioOf(math.Log(mb/ma), z*math.Sqrt(ea*ea+eb*eb))
}

func meanOf(h *query.HandlerStats) (mean, relativeError float64) {
	n := float64(h.Count)
	mean = h.Sum.Seconds() / n
	var squares float64
	for i, c := range h.Hist.Buckets() {
		middle := (instrument.BucketUpper(i-1) + instrument.BucketUpper(i)) / 2
		squares += float64(c) * (middle - mean) * (middle - mean)
	}
	if n < 2 || mean <= 0 {
		return mean, 1
	}
	return mean, math.Sqrt(squares/(n-1)/n) / mean
}
