package instrument

import (
	"encoding/binary"
	"math"
)

// The encoded form of a Record, in order; numbers are varints:
//
//	version (1)
//	number of spans; for each: handler id, distance to its parent (0 for the root),
//	    start after that of the span before, duration, flags
//	number of attributes; for each: distance of its span to that of the attribute
//	    before, key, type, value
//
// Handler ids, keys and program counters are those of the process that wrote it.
const encodingVersion = 1

// encode appends the Record to b. Texts are masked on the way.
func (r *Recorder) encode(b []byte, slab *slab, rec *Recording, now int64) []byte {
	b = append(b, encodingVersion)
	b = binary.AppendUvarint(b, uint64(rec.spans))
	last := rec.start
	for i := range rec.spans {
		p := slab.at(i)
		end := p.end.Load()
		if end == 0 {
			end = now
		}
		b = binary.AppendUvarint(b, uint64(p.handler))
		b = binary.AppendUvarint(b, uint64(i-p.parent))
		b = binary.AppendVarint(b, p.start-last)
		b = binary.AppendUvarint(b, uint64(max(end-p.start, 0)))
		b = binary.AppendUvarint(b, uint64(p.flags.Load()))
		last = p.start
	}
	return r.encodeAttrs(b, slab)
}

func (r *Recorder) encodeAttrs(b []byte, slab *slab) []byte {
	b = binary.AppendUvarint(b, uint64(len(slab.attrs)))
	last := int64(0)
	for i := range slab.attrs {
		a := &slab.attrs[i]
		b = binary.AppendVarint(b, int64(a.span)-last)
		last = int64(a.span)
		b = binary.AppendUvarint(b, uint64(a.key))
		b = r.encodeValue(b, a)
	}
	return b
}

func (r *Recorder) encodeValue(b []byte, a *slotAttr) []byte {
	secret := r.isSecret(a.key)
	if secret && a.typ != attrStack {
		return appendText(append(b, byte(attrString)), Redacted)
	}
	b = append(b, byte(a.typ))
	switch a.typ {
	case attrString:
		return appendText(b, r.mask(a.str))
	case attrStack:
		return appendText(b, a.str)
	case attrInt, attrDuration:
		return binary.AppendVarint(b, int64(a.num))
	case attrFloat:
		return binary.BigEndian.AppendUint64(b, a.num)
	default:
		return append(b, byte(a.num))
	}
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// isSecret asks the Masker once per key.
func (r *Recorder) isSecret(k Key) bool {
	const unknown, open, secret = 0, 1, 2
	if r.config.Masker == nil {
		return false
	}
	known := &r.secret[min(int(k), MaxKeys)]
	if v := known.Load(); v != unknown {
		return v == secret
	}
	v := uint32(secret)
	r.guard(func() {
		if k != KeyOther && !r.config.Masker.Key(k.Name()) {
			v = open
		}
	})
	known.Store(v)
	return v == secret
}

// mask gives a text without its secrets.
func (r *Recorder) mask(s string) (masked string) {
	if r.config.Masker == nil || s == "" {
		return s
	}
	defer func() {
		if recover() != nil {
			r.faults.Add(1)
			masked = redactionFailed
		}
	}()
	return r.config.Masker.Text(s)
}

func (r *Recorder) maskSummary(s *Summary) {
	if r.config.Masker == nil {
		return
	}
	s.Path, s.User, s.Error = r.mask(s.Path), r.mask(s.User), r.mask(s.Error)
	for i, t := range s.Tags {
		s.Tags[i] = r.mask(t)
	}
}

// packPCs keeps program counters in a string, so that an Attr can hold them: each
// as the difference to the one before.
func packPCs(pcs []uintptr) string {
	b := make([]byte, 0, len(pcs)*5)
	last := int64(0)
	for _, pc := range pcs {
		b = binary.AppendVarint(b, int64(pc)-last)
		last = int64(pc)
	}
	return string(b)
}

func unpackPCs(s []byte) (pcs []uint64) {
	r := reader{b: s}
	at := int64(0)
	for len(r.b) > 0 {
		at += r.varint()
		if !r.bad {
			pcs = append(pcs, uint64(at))
		}
	}
	return pcs
}

func floatOf(bits uint64) any {
	f := math.Float64frombits(bits)
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "+Inf"
	case math.IsInf(f, -1):
		return "-Inf"
	}
	return f
}
