package instrument

import "encoding/binary"

// RootOnly appends to dst what remains of an encoded Record without its details: the root
// span, and no attribute. The Summary must then say so: [Summary.Strip]. It gives nil for
// what is no encoded Record.
func RootOnly(dst, blob []byte) []byte {
	if len(blob) == 0 || blob[0] != encodingVersion {
		return nil
	}
	r := &reader{b: blob[1:]}
	if n := r.uvarint(); n == 0 {
		return nil
	}
	root := r.b
	_, up := r.uvarint(), r.uvarint()
	r.varint()  // its start
	r.uvarint() // its duration
	if up&1 != 0 {
		r.uvarint() // its flags
	}
	if r.bad || up>>1 != 0 {
		return nil
	}
	dst = append(dst, encodingVersion)
	dst = binary.AppendUvarint(dst, 1)
	dst = append(dst, root[:len(root)-len(r.b)]...)
	return binary.AppendUvarint(dst, 0)
}

// Strip has the Summary say that of the Record's spans only the root is kept.
func (s *Summary) Strip() {
	if s.Spans > 1 {
		s.Left += s.Spans - 1
		s.Spans = 1
	}
	s.Flags |= FlagCapped
	s.HasStack = false
}
