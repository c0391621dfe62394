package store

import (
	"encoding/binary"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// The column counts holds what lists show but do not filter by, because each value
// that is bound costs as much as forty bytes: a byte of flags, then as varints the
// start after the id's millisecond, the time in queries, the numbers of spans kept,
// left out and failed, and those by kind up to the last that is not zero.
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
	b = binary.AppendVarint(b, s.Start-s.ID.Time().UnixNano())
	b = binary.AppendUvarint(b, uint64(max(s.QueryTime, 0)))
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

// readCounts is the reverse; the id is known. What is missing is zero, what a later
// version may append is passed over.
func readCounts(b []byte, s *instrument.Summary) {
	s.Start = s.ID.Time().UnixNano()
	if len(b) == 0 {
		return
	}
	s.Trace.Sampled = b[0]&countsSampled != 0
	s.HasStack = b[0]&countsHasStack != 0
	b = b[1:]
	next := func() uint64 {
		v, n := binary.Uvarint(b)
		b = b[max(n, 0):]
		if n <= 0 {
			b = nil
		}
		return v
	}
	start := next()
	s.Start += int64(start>>1) ^ -int64(start&1) // as binary.AppendVarint folds signs
	s.QueryTime = time.Duration(next())
	s.Spans, s.Left, s.Failed = uint32(next()), uint32(next()), uint32(next())
	queries := s.Counts[instrument.KindQuery] // a column of its own
	for i := range s.Counts {
		s.Counts[i] = uint32(next())
	}
	s.Counts[instrument.KindQuery] = queries
}
