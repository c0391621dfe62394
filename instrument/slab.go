package instrument

import (
	"runtime/metrics"
	"sync/atomic"
)

// slab is the memory of one Record while it runs: span slots, attributes and the
// buffer that it is encoded into. It is pooled. A slab whose spans have not all
// ended when the Record is sealed is left to the garbage collector instead, so a
// late End writes where nobody reads.
type slab struct {
	first    [slabFirst]slot
	more     [slabChunks]*[slabChunk]slot
	attrs    []slotAttr
	children []int64 // seal's: time of each span's children
	out      []byte  // seal's: the encoded Record
	summary  Summary // of a Record that runs: what was set, what was left out, and the whole text of its first error
	running
	runtime [len(runtimeMetrics)]metrics.Sample
}

const (
	slabFirst    = 64
	slabChunk    = 256
	slabChunks   = 64
	maxSlabSpans = slabFirst + slabChunk*slabChunks
)

// slot is one span: 32 bytes.
type slot struct {
	handler uint32
	parent  uint32
	start   int64
	end     atomic.Int64 // 0 while it runs; the last write of a span
	flags   atomic.Uint32
	kind    Kind   // the handler's
	attrs   uint8  // how many it has, without those that were attached
	index   uint16 // its own
}

func (s *slot) setHandler(h *Handler) { s.handler, s.kind = h.id, h.kind }

type slotAttr struct {
	Attr
	span uint32
}

func newSlab() *slab {
	s := &slab{}
	for i, name := range runtimeMetrics {
		s.runtime[i].Name = name
	}
	return s
}

// at gives slot i. Chunks are added in order and never moved, so a span keeps the
// pointer to its slot.
func (s *slab) at(i uint32) *slot {
	if i < slabFirst {
		return &s.first[i]
	}
	i -= slabFirst
	c := &s.more[i/slabChunk]
	if *c == nil {
		*c = new([slabChunk]slot)
	}
	return &(*c)[i%slabChunk]
}

// reset makes the slab ready for the next Record: slots must be zero when they are
// taken. What a huge Record left behind is let go, so that it does not stay for
// ever.
func (s *slab) reset(used uint32) {
	clear(s.first[:min(used, slabFirst)])
	for i := range s.more[:2] {
		if s.more[i] != nil && used > slabFirst {
			clear(s.more[i][:])
		}
	}
	s.summary, s.running = Summary{}, running{}
	clear(s.attrs)
	s.attrs = s.attrs[:0]
	if cap(s.attrs) > 4096 {
		s.attrs = nil
	}
	if cap(s.out) > 256<<10 {
		s.out = nil
	}
	if s.more[2] != nil {
		clear(s.more[2:])
	}
}

// failed notes the first error of the Record.
func (s *slab) failed(text string) {
	if s.summary.Error == "" {
		s.summary.Error = text
	}
}
