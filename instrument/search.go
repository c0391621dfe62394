package instrument

// Search looks for something in the spans of encoded Records, without decoding them: that
// takes a tenth of a Decode. Its functions are called with what a Record has, until one
// of them says true; a nil function finds nothing. What they see was masked before it was
// encoded.
type Search struct {
	// Name is asked for the handler of each span, by its number in the process that
	// wrote the Record.
	Name func(handler uint32) bool
	// Text is asked for each text among the attributes. The bytes are good until it
	// returns.
	Text func(text []byte) bool
	// Int is asked for each whole number among the attributes; durations are none.
	Int func(n int64) bool
}

// In tells whether one of the functions said true for an encoded Record. Nothing is found
// behind the place where bytes are damaged; whatever they are, it does not panic.
func (s *Search) In(blob []byte) bool {
	if len(blob) == 0 || blob[0] != encodingVersion {
		return false
	}
	r := &reader{b: blob[1:]}
	return s.inSpans(r) || s.inAttrs(r)
}

func (s *Search) inSpans(r *reader) bool {
	last := uint64(0) // spans of one handler often follow each other
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		handler, up := r.uvarint(), r.uvarint()
		r.varint()
		r.uvarint()
		if up&1 != 0 {
			r.uvarint()
		}
		if handler != last && !r.bad && s.Name != nil && s.Name(uint32(handler)) {
			return true
		}
		last = handler
	}
	return false
}

func (s *Search) inAttrs(r *reader) bool {
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		typ := attrType(r.uvarint() & (1<<typeBits - 1))
		r.uvarint() // the key
		if s.inValue(r, typ) {
			return true
		}
	}
	return false
}

func (s *Search) inValue(r *reader, typ attrType) bool {
	switch typ {
	case attrString:
		text := r.bytes()
		return !r.bad && s.Text != nil && s.Text(text)
	case attrInt:
		n := r.varint()
		return !r.bad && s.Int != nil && s.Int(n)
	case attrStack:
		r.bytes()
	case attrDuration:
		r.varint()
	case attrFloat:
		r.skip(8)
	case attrBool:
		r.skip(1)
	case attrAgain: // it was looked at
	default:
		r.fail()
	}
	return false
}
