package store

import (
	"encoding/binary"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// The column counts holds what lists show but do not filter by: a byte of flags,
// then the numbers of spans kept, left out and failed, then those by kind up to
// the last that is not zero, as varints.
const (
	countsSampled = 1 << iota
	countsHasStack
)

func appendCounts(b []byte, s *instrument.Summary) []byte {
	flags := byte(0)
	if s.Trace.Sampled {
		flags |= countsSampled
	}
	if s.HasStack {
		flags |= countsHasStack
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, uint64(s.Spans))
	b = binary.AppendUvarint(b, uint64(s.Left))
	b = binary.AppendUvarint(b, uint64(s.Failed))
	last := len(s.Counts)
	for last > 0 && s.Counts[last-1] == 0 {
		last--
	}
	for _, n := range s.Counts[:last] {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

// readCounts is the reverse. What is missing is zero; what a later version may
// append is passed over.
func readCounts(b []byte, s *instrument.Summary) {
	if len(b) == 0 {
		return
	}
	s.Trace.Sampled = b[0]&countsSampled != 0
	s.HasStack = b[0]&countsHasStack != 0
	b = b[1:]
	next := func() uint32 {
		v, n := binary.Uvarint(b)
		b = b[max(n, 0):]
		if n <= 0 {
			b = nil
		}
		return uint32(v)
	}
	s.Spans, s.Left, s.Failed = next(), next(), next()
	for i := range s.Counts {
		s.Counts[i] = next()
	}
}
