package instrument

import (
	"encoding/binary"
	"errors"
	"iter"
	"math"
	"slices"
	"time"
)

// HistogramSchema is the resolution of [Histogram]: 2^5 = 32 buckets for each
// doubling. It is Prometheus' native schema 5 and OpenTelemetry's scale 5.
const HistogramSchema = 5

// Bucket i of a Histogram holds durations in (2^((i-1)/32), 2^(i/32)] seconds.
// Neighbouring bounds differ by 2.2 %, so that the middle of a bucket is within
// 1.1 % of everything in it. Prometheus gives the same number to the same bucket;
// OpenTelemetry's is one less. Algorithm: base-2 exponential buckets as in the
// OpenTelemetry data model, by exponent and a table over the mantissa.
const (
	perOctave  = 1 << HistogramSchema
	minOctave  = -30 // buckets below 2^-30 s, 0.93 ns, are one
	maxOctave  = 19  // 2^19 s, 6 days, and all above
	numOctaves = maxOctave - minOctave
	minBucket  = minOctave*perOctave + 1
	maxBucket  = maxOctave * perOctave
)

// mantissaBounds[i] is 2^(i/32) as the mantissa bits of a float64 in [1, 2).
var mantissaBounds = func() (b [perOctave]uint64) {
	for i := range b {
		b[i] = math.Float64bits(math.Exp2(float64(i)/perOctave)) & mantissaMask
	}
	return b
}()

const (
	mantissaMask = 1<<52 - 1
	hintBits     = 7
)

// mantissaHint gives, for the first 7 bits of a mantissa, the greatest i whose
// bound is not above the smallest mantissa with these bits. At most one bound lies
// among mantissas that share 7 bits, so one comparison decides.
var mantissaHint = func() (h [1 << hintBits]uint8) {
	for i := range h {
		first := uint64(i) << (52 - hintBits)
		for j := range perOctave {
			if mantissaBounds[j] <= first {
				h[i] = uint8(j)
			}
		}
	}
	return h
}()

// bucketOf is the bucket of a duration in nanoseconds.
func bucketOf(ns int64) int {
	if ns < 1 {
		return minBucket
	}
	bits := math.Float64bits(float64(ns) * 1e-9)
	exp := int(bits>>52) - 1023
	mant := bits & mantissaMask
	i := int(mantissaHint[mant>>(52-hintBits)])
	if i+1 < perOctave && mant >= mantissaBounds[i+1] {
		i++
	}
	// Bounds are inclusive above: a value on bound i is in bucket i.
	if mant != mantissaBounds[i] {
		i++
	}
	return min(max(exp*perOctave+i, minBucket), maxBucket)
}

// BucketUpper is the upper bound of bucket i, inclusive, in seconds.
func BucketUpper(i int) float64 { return math.Exp2(float64(i) / perOctave) }

// bucketMiddle is the duration that stands for all in a bucket: the one whose
// relative distance to both bounds is the same.
func bucketMiddle(i int) float64 {
	lo, hi := BucketUpper(i-1), BucketUpper(i)
	return 2 * lo * hi / (lo + hi) * 1e9
}

// Histogram counts durations in exponential buckets, with a relative error of at
// most 1.1 %. Two of them merge without loss. It is a sparse value for storing,
// merging and asking; the recorder counts in a form of its own and gives these.
// The zero Histogram is empty and ready. It is not safe for concurrent use.
type Histogram struct {
	buckets []bucket // ascending by index, counts above 0
}

type bucket struct {
	index int32
	count uint64
}

// Add counts one duration; negative ones count as zero.
func (h *Histogram) Add(d time.Duration) { h.AddN(d, 1) }

// AddN counts a duration n times.
func (h *Histogram) AddN(d time.Duration, n uint64) { h.addBucket(bucketOf(int64(d)), n) }

func (h *Histogram) addBucket(i int, n uint64) {
	if n == 0 {
		return
	}
	at, found := slices.BinarySearchFunc(h.buckets, int32(i), func(b bucket, i int32) int { return int(b.index - i) })
	if found {
		h.buckets[at].count += n
		return
	}
	h.buckets = slices.Insert(h.buckets, at, bucket{int32(i), n})
}

// Merge adds what o has counted.
func (h *Histogram) Merge(o *Histogram) {
	if len(h.buckets) == 0 {
		h.buckets = append(h.buckets, o.buckets...)
		return
	}
	at := 0 // both are in order: one walk through h finds all of o
	for _, b := range o.buckets {
		for at < len(h.buckets) && h.buckets[at].index < b.index {
			at++
		}
		if at < len(h.buckets) && h.buckets[at].index == b.index {
			h.buckets[at].count += b.count
		} else {
			h.buckets = slices.Insert(h.buckets, at, b)
		}
	}
}

// Sub takes away what o has counted, which must be an earlier state of h; counts
// do not fall below zero.
func (h *Histogram) Sub(o *Histogram) {
	for _, b := range o.buckets {
		at, found := slices.BinarySearchFunc(h.buckets, b.index, func(b bucket, i int32) int { return int(b.index - i) })
		if found {
			h.buckets[at].count -= min(h.buckets[at].count, b.count)
		}
	}
	h.buckets = slices.DeleteFunc(h.buckets, func(b bucket) bool { return b.count == 0 })
}

func (h *Histogram) clone() Histogram { return Histogram{buckets: slices.Clone(h.buckets)} }

// Count is how many durations were counted.
func (h *Histogram) Count() (n uint64) {
	for _, b := range h.buckets {
		n += b.count
	}
	return n
}

// Quantile is the duration below which the share q (0 to 1) of all lies: the
// middle of the bucket with the ceil(q*n)-th smallest. 0 when nothing was counted.
func (h *Histogram) Quantile(q float64) time.Duration {
	n := h.Count()
	if n == 0 {
		return 0
	}
	rank := max(uint64(math.Ceil(min(max(q, 0), 1)*float64(n))), 1)
	for _, b := range h.buckets {
		if b.count >= rank {
			return time.Duration(math.Round(bucketMiddle(int(b.index))))
		}
		rank -= b.count
	}
	return 0
}

// CountBelow is about how many durations are at most d: exact where d is a bound,
// in proportion within a bucket otherwise.
func (h *Histogram) CountBelow(d time.Duration) uint64 {
	at := bucketOf(int64(d))
	n := 0.0
	for _, b := range h.buckets {
		if int(b.index) < at {
			n += float64(b.count)
		} else if int(b.index) == at {
			lo, hi := BucketUpper(at-1), BucketUpper(at)
			n += float64(b.count) * min(max((d.Seconds()-lo)/(hi-lo), 0), 1)
		}
	}
	return uint64(math.Round(n))
}

// Buckets gives index and count of each bucket that is not empty, ascending.
func (h *Histogram) Buckets() iter.Seq2[int, uint64] {
	return func(yield func(int, uint64) bool) {
		for _, b := range h.buckets {
			if !yield(int(b.index), b.count) {
				return
			}
		}
	}
}

// AppendBinary appends the stored form: the number of buckets, then for each the
// distance of its index to the one before and its count, as varints. It never
// fails.
func (h Histogram) AppendBinary(b []byte) ([]byte, error) {
	b = binary.AppendUvarint(b, uint64(len(h.buckets)))
	last := int64(0)
	for _, k := range h.buckets {
		b = binary.AppendVarint(b, int64(k.index)-last)
		b = binary.AppendUvarint(b, k.count)
		last = int64(k.index)
	}
	return b, nil
}

// MarshalBinary is AppendBinary to a new slice.
func (h Histogram) MarshalBinary() ([]byte, error) { return h.AppendBinary(nil) }

var errHistogram = errors.New("instrument: read histogram: the bytes are not a histogram")

// UnmarshalBinary reads what AppendBinary wrote; bytes that are anything else are
// an error and leave h empty.
func (h *Histogram) UnmarshalBinary(b []byte) error {
	h.buckets = nil
	r := reader{b: b}
	n := r.uvarint()
	if n > numOctaves*perOctave {
		return errHistogram
	}
	buckets := make([]bucket, 0, n)
	last := int64(math.MinInt32)
	index := int64(0)
	for range n {
		index += r.varint()
		count := r.uvarint()
		if index <= last || index < minBucket || index > maxBucket || count == 0 {
			return errHistogram
		}
		last = index
		buckets = append(buckets, bucket{int32(index), count})
	}
	if r.bad || len(r.b) != 0 {
		return errHistogram
	}
	h.buckets = buckets
	return nil
}
