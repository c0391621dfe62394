package instrument

import (
	"encoding/binary"
	"errors"
	"iter"
	"math"
	"math/bits"
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

// Durations are whole nanoseconds, so a bucket is found without floating point: by
// the position of the highest bit, and by the bits below it as a fraction of 64 bits.
// In each doubling of nanoseconds lie 32 bounds, always at the same fractions.
const (
	bucketShift = 956 // so many whole 32nds of a doubling are in 10^9, the unit of bounds
	hintBits    = 7
)

// boundFractions are the fractions at which bounds lie, ascending. The one of a
// doubling of a second is exact; the others are between two nanoseconds always.
var boundFractions = func() (f [perOctave + 1]uint64) {
	for j := range perOctave {
		f[j] = uint64((math.Exp2(float64(j-bucketShift)/perOctave)*1e9 - 1) * (1 << 63) * 2)
	}
	f[perOctave] = math.MaxUint64 // nothing is above it
	return f
}()

// boundHint gives, for the first 7 bits of a fraction, how many bounds are below all
// fractions with these bits. At most one bound lies among them, so one comparison
// decides.
var boundHint = func() (h [1 << hintBits]uint8) {
	for i := range h {
		first := uint64(i) << (64 - hintBits)
		for h[i] < perOctave && boundFractions[h[i]] < first {
			h[i]++
		}
	}
	return h
}()

// bucketOf is the bucket of a duration in nanoseconds.
func bucketOf(ns int64) int {
	if ns < 1 {
		return minBucket
	}
	zeros := bits.LeadingZeros64(uint64(ns))
	fraction := uint64(ns) << (zeros + 1)
	n := int(boundHint[fraction>>(64-hintBits)])
	if fraction > boundFractions[n] {
		n++
	}
	return min(max((63-zeros)*perOctave-bucketShift+n, minBucket), maxBucket)
}

// bucketLeast has, for each bucket from minBucket on, a duration in nanoseconds that
// is not above any in it, and less than one nanosecond below the shortest.
var bucketLeast = func() (least [maxBucket - minBucket + 1]int64) {
	for i := 1; i < len(least); i++ {
		least[i] = int64(BucketUpper(minBucket+i-1) * 1e9)
	}
	return least
}()

// BucketUpper is the upper bound of bucket i, inclusive, in seconds.
func BucketUpper(i int) float64 {
	if at := i - minBucket; at >= 0 && at < len(bucketUppers) {
		return bucketUppers[at]
	}
	return upperOf(i)
}

func upperOf(i int) float64 { return math.Exp2(float64(i) / perOctave) }

// bucketUppers has the upper bounds from minBucket on.
var bucketUppers = func() (uppers [maxBucket - minBucket + 1]float64) {
	for i := range uppers {
		uppers[i] = upperOf(minBucket + i)
	}
	return uppers
}()

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
func (h *Histogram) Merge(o *Histogram) { h.merge(o.buckets) }

func (h *Histogram) merge(o []bucket) {
	fresh, at := 0, 0 // how many of o are not in h; both are in order
	for _, b := range o {
		at = seek(h.buckets, at, b.index)
		if at < len(h.buckets) && h.buckets[at].index == b.index {
			h.buckets[at].count += b.count
		} else {
			fresh++
		}
	}
	i, j := len(h.buckets)-1, len(o)-1
	h.buckets = slices.Grow(h.buckets, fresh)[:len(h.buckets)+fresh]
	for ; fresh > 0; j-- { // from the end, so that nothing is moved twice
		for i >= 0 && h.buckets[i].index > o[j].index {
			h.buckets[i+fresh] = h.buckets[i]
			i--
		}
		if i < 0 || h.buckets[i].index != o[j].index {
			h.buckets[i+fresh] = o[j]
			fresh--
		}
	}
}

// seek is where the first bucket from a place on stands whose index is not below another.
// Few buckets among many are found by jumps, many among many step by step.
func seek(buckets []bucket, at int, index int32) int {
	jump := 1
	for at+jump < len(buckets) && buckets[at+jump].index < index {
		at += jump
		jump *= 2
	}
	end := min(at+jump, len(buckets))
	for at < end {
		if middle := int(uint(at+end) / 2); buckets[middle].index < index {
			at = middle + 1
		} else {
			end = middle
		}
	}
	return at
}

// MergeBinary adds what a histogram had counted that AppendBinary wrote. It does the same
// as UnmarshalBinary and Merge, without making a Histogram of the bytes; bytes that are
// anything else are an error and change nothing.
func (h *Histogram) MergeBinary(b []byte) error {
	var room [256]bucket
	buckets, err := readBuckets(room[:0], b)
	if err == nil {
		h.merge(buckets)
	}
	return err
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
func (h *Histogram) UnmarshalBinary(b []byte) (err error) {
	h.buckets, err = readBuckets(nil, b)
	return err
}

// readBuckets appends what AppendBinary wrote.
func readBuckets(buckets []bucket, b []byte) ([]bucket, error) {
	r := reader{b: b}
	n := r.uvarint()
	if n > numOctaves*perOctave {
		return nil, errHistogram
	}
	buckets = slices.Grow(buckets, int(n))
	last := int64(math.MinInt32)
	index := int64(0)
	for range n {
		index += r.varint()
		count := r.uvarint()
		if index <= last || index < minBucket || index > maxBucket || count == 0 {
			return nil, errHistogram
		}
		last = index
		buckets = append(buckets, bucket{int32(index), count})
	}
	if r.bad || len(r.b) != 0 {
		return nil, errHistogram
	}
	return buckets, nil
}
