package instrument

import (
	"encoding/binary"
	"math"
)

// The encoded form of a Record, in order; numbers are varints:
//
//	version (2)
//	number of spans; for each:
//	    handler id
//	    distance to its parent (0 for the root), and in the lowest bit whether it has flags
//	    start, counted from the start of the span before if that is its parent, else from its end
//	    duration
//	    flags, if it has any
//	number of attributes; for each:
//	    distance of its span to that of the attribute before, and in the lowest three bits its type
//	    key
//	    value; none for a text that the last one of its key in the Record had too
//
// Handler ids, keys and program counters are those of the process that wrote it.
const encodingVersion = 2

const typeBits = 3

// encode appends the Record to b. Texts are masked on the way.
func (r *Recorder) encode(b []byte, slab *slab, rec *Recording, now int64) []byte {
	b = append(b, encodingVersion)
	b = binary.AppendUvarint(b, uint64(rec.spans))
	start, end := rec.start, rec.start // of the span before
	for i := range rec.spans {
		p := slab.at(i)
		up, flags := uint64(i-p.parent)<<1, p.flags.Load()
		if flags != 0 {
			up |= 1
		}
		if up>>1 != 1 {
			start = end
		}
		b = binary.AppendUvarint(b, uint64(p.handler))
		b = binary.AppendUvarint(b, up)
		b = binary.AppendVarint(b, p.start-start)
		if start, end = p.start, p.end.Load(); end == 0 {
			end = now
		}
		end = max(end, start)
		b = binary.AppendUvarint(b, uint64(end-start))
		if flags != 0 {
			b = binary.AppendUvarint(b, uint64(flags))
		}
	}
	return r.encodeAttrs(b, slab)
}

func (r *Recorder) encodeAttrs(b []byte, slab *slab) []byte {
	b = binary.AppendUvarint(b, uint64(len(slab.attrs)))
	var seen lastTexts
	last := int64(0)
	for i := range slab.attrs {
		a := &slab.attrs[i]
		typ, text := a.typ, a.str
		masked := typ == attrString && a.num == maskedText
		secret := typ != attrStack && !masked && r.isSecret(a.key)
		if secret {
			typ, text = attrString, Redacted
		}
		switch {
		case masked:
			seen.forget(a.key)
		case typ == attrString && seen.has(a.key, text):
			typ = attrAgain
		}
		b = binary.AppendUvarint(b, zigzag(int64(a.span)-last)<<typeBits|uint64(typ))
		b = binary.AppendUvarint(b, uint64(a.key))
		if typ == attrString && !secret && !masked {
			text = r.mask(text)
		}
		b = appendValue(b, typ, text, a.num)
		last = int64(a.span)
	}
	return b
}

func appendValue(b []byte, typ attrType, text string, num uint64) []byte {
	switch typ {
	case attrAgain:
		return b
	case attrString, attrStack:
		return appendText(b, text)
	case attrInt, attrDuration:
		return binary.AppendVarint(b, int64(num))
	case attrFloat:
		return binary.BigEndian.AppendUint64(b, num)
	default:
		return append(b, byte(num))
	}
}

// lastTexts has the last text of some keys. Eight queries of one database name it
// once then; that also spares masking it.
type lastTexts [8]struct {
	key  Key
	text string
}

// has reports whether text is the last one of its key, which it is from now on. It may
// have forgotten.
func (l *lastTexts) has(k Key, text string) bool {
	e := &l[int(k)%len(l)]
	if e.key == k && e.text == text {
		return true
	}
	e.key, e.text = k, text
	return false
}

// forget makes has say no for the next text of a key.
func (l *lastTexts) forget(k Key) { l[int(k)%len(l)].key = 0 }

func zigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) }

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

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
	slot, hash := r.clean.slot(s)
	if slot.has(s) {
		return s
	}
	if masked = r.askMasker(s); masked == s {
		slot.add(s, hash)
	}
	return masked
}

// Mask gives a text as a Record would keep it in an attribute with this key: hidden when
// the Masker hides what has this name, and otherwise without the secrets in it. It is for
// what is put together from several values, such as a command line, of which the parts
// cannot be told apart afterwards. Of a nil Recorder the text is hidden.
func (r *Recorder) Mask(k Key, text string) string {
	if r == nil || r.isSecret(k) {
		return Redacted
	}
	return r.mask(text)
}

func (r *Recorder) askMasker(s string) (masked string) {
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
