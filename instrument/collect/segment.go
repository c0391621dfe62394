package collect

import (
	"slices"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

const (
	// segmentBytes is the most blob bytes of a segment, and so of a transaction,
	// unless a single blob is longer.
	segmentBytes = 256 << 10
	// itemOverhead stands for the room that a Record takes in the queue beside its
	// texts and its blob.
	itemOverhead = 320
	// spareSegments is how many empty segments are kept for reuse.
	spareSegments = 4
)

// segment holds the Records of one batch: filled by Put, then handed to the
// writer as a whole. The blobs lie one after the other in one slice, so that a
// Record costs no allocation once the slices have grown. They grow by doubling up
// to a limit: an app with little traffic keeps little memory.
type segment struct {
	items []instrument.Item
	ends  []int // where each blob ends in bytes
	bytes []byte
	size  int // what the segment counts for in the queue's limit
}

// newSegment makes one with room for as much as another has; nil is none.
func newSegment(like *segment) *segment {
	if like == nil {
		return new(segment)
	}
	return &segment{
		items: make([]instrument.Item, 0, cap(like.items)),
		ends:  make([]int, 0, cap(like.ends)),
		bytes: make([]byte, 0, min(cap(like.bytes), segmentBytes)),
	}
}

// fits reports whether a blob of n bytes can be added. An empty segment takes any.
func (s *segment) fits(n, maxItems int) bool {
	return len(s.items) == 0 || len(s.items) < maxItems && len(s.bytes)+n <= segmentBytes
}

// add copies a Record into the segment.
func (s *segment) add(sum *instrument.Summary, blob []byte, size, maxItems int) {
	if len(s.items) == cap(s.items) {
		s.growItems(maxItems)
	}
	if len(s.bytes)+len(blob) > cap(s.bytes) {
		s.growBytes(len(blob))
	}
	s.items = s.items[:len(s.items)+1]
	it := &s.items[len(s.items)-1]
	it.Summary = *sum
	if len(sum.Tags) > 0 {
		it.Summary.Tags = slices.Clone(sum.Tags)
	}
	s.bytes = append(s.bytes, blob...)
	s.ends = append(s.ends, len(s.bytes))
	s.size += size
}

func (s *segment) growItems(limit int) {
	n := min(max(2*cap(s.items), 8), limit)
	s.items = append(make([]instrument.Item, 0, n), s.items...)
	s.ends = append(make([]int, 0, n), s.ends...)
}

func (s *segment) growBytes(more int) {
	n := min(max(2*cap(s.bytes), 4<<10), segmentBytes)
	s.bytes = append(make([]byte, 0, max(n, len(s.bytes)+more)), s.bytes...)
}

// seal points the items at their blobs, which could move until now.
func (s *segment) seal() {
	start := 0
	for i, end := range s.ends {
		s.items[i].Blob = s.bytes[start:end:end]
		start = end
	}
}

// reset empties the segment for reuse. An outsized blob's memory is given back.
func (s *segment) reset() {
	clear(s.items)
	s.items, s.ends, s.bytes, s.size = s.items[:0], s.ends[:0], s.bytes[:0], 0
	if cap(s.bytes) > segmentBytes {
		s.bytes = nil
	}
}
