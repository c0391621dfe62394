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
	var pass Search // which finds nothing
	pass.inSpans(r)
	span := int64(0)
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		head := r.uvarint()
		span += unzigzag(head >> typeBits)
		key, typ := Key(r.uvarint()), attrType(head&(1<<typeBits-1))
		if typ != attrInt && typ != attrDuration {
			pass.inValue(r, typ)
		} else if number := r.varint(); span == 0 && !r.bad {
			fn(key, number)
		}
	}
}
