package instrument

// RootNumbers calls fn with the whole numbers and durations, in nanoseconds, that are
// attributes of the root in an encoded Record, in their order. Of a key that stands twice
// the later holds. Keys are the writing process's. Unlike [Decode] it makes nothing of the
// rest, so that many Records can be looked through for one number. Damaged bytes end it
// early.
func RootNumbers(blob []byte, fn func(k Key, n int64)) {
	if len(blob) == 0 || blob[0] != encodingVersion {
		return
	}
	r := &reader{b: blob[1:]}
	passSpans(r)
	count := r.uvarint()
	span := int64(0)
	for range min(count, uint64(len(r.b))) {
		head := r.uvarint()
		span += unzigzag(head >> typeBits)
		key := Key(r.uvarint())
		switch attrType(head & (1<<typeBits - 1)) {
		case attrAgain:
		case attrString, attrStack:
			r.bytes()
		case attrInt, attrDuration:
			if n := r.varint(); span == 0 && !r.bad {
				fn(key, n)
			}
		case attrFloat:
			r.pass(8)
		case attrBool:
			r.pass(1)
		default:
			return
		}
		if r.bad {
			return
		}
	}
}

// passSpans leaves the spans of an encoded Record behind.
func passSpans(r *reader) {
	count := r.uvarint()
	for range min(count, uint64(len(r.b))) {
		r.uvarint() // handler
		up := r.uvarint()
		r.varint()  // start
		r.uvarint() // duration
		if up&1 != 0 {
			r.uvarint() // flags
		}
		if r.bad {
			return
		}
	}
}

// pass leaves n bytes behind.
func (r *reader) pass(n int) {
	if n > len(r.b) {
		r.fail()
		return
	}
	r.b = r.b[n:]
}
