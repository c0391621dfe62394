package mask

import "bytes"

// Key reports whether the value under this key is secret. Case, separators,
// percent-encoding and JSON escapes make no difference: API_KEY, apiKey,
// x-api-key, user[api key] and api%5Fkey are one. The answer is not cached;
// whoever asks often keeps it beside the interned key.
func (r *Rules) Key(key string) bool {
	r = r.orDefault()
	switch r.keys.glance(key) {
	case 0:
		return false
	case certain:
		return true
	}
	var text [64]byte // on the stack; a longer key moves off it
	var starts [64]bool
	n := readKey(key, text[:0], starts[:0])
	return r.secret(&n, false)
}

// secretBuiltin reports whether the built-in list names this key outright,
// rather than by a guess that Options.Allow may overrule.
func (r *Rules) secretBuiltin(key string) bool {
	n := readKey(key, nil, nil)
	return r.secret(&n, true)
}

func (r *Rules) secret(n *keyName, builtinOnly bool) bool {
	state := uint16(0)
	for i, c := range n.text {
		state = r.keys.step(state, c)
		if state&accepting == 0 {
			continue
		}
		state &^= accepting | certain
		for _, t := range r.keys.ends[state] {
			if r.hit(&r.keys.terms[t], n, i+1, builtinOnly) {
				return true
			}
		}
	}
	return false
}

// hit reports whether the term, found ending at to, makes the key secret.
func (r *Rules) hit(t *term, n *keyName, to int, builtinOnly bool) bool {
	from := to - len(t.text)
	if !n.stands(t.place, from, to) || n.excepted(t, from) {
		return false
	}
	whole := to-from == len(n.text)
	switch {
	case t.custom:
		return !builtinOnly && !r.allow[string(n.text)]
	case t.guess && !whole:
		return !builtinOnly && !r.allow[string(n.text)]
	}
	return true
}

// keyName is a key taken apart: its letters and digits in lower case, and for
// each whether a word begins there in the original spelling.
type keyName struct {
	text   []byte
	starts []bool
}

// readKey takes a key apart, into the given room if that suffices.
func readKey(key string, text []byte, starts []bool) keyName {
	last, broken := noKind, false
	for i := 0; i < len(key); {
		c, size := key[i], 1
		if letterOf[c] == escape {
			c, size = decodeAt(key, i)
		}
		i += size
		k := kindOf(c)
		if k == noKind {
			broken = true
			continue
		}
		if last == upper && k == lower && !broken {
			starts[len(starts)-1] = true // the S of HTTPServer
		}
		if k == upper {
			c |= 0x20
		}
		text = append(text, c)
		starts = append(starts, broken || last == noKind || last != k && (last != upper || k != lower))
		last, broken = k, false
	}
	return keyName{text, starts}
}

// decodeAt returns the byte at i, undoing %5F, %255F and \u005f.
func decodeAt(s string, i int) (c byte, size int) {
	c, size = s[i], 1
	if c == '\\' && i+5 < len(s) && s[i+1] == 'u' && s[i+2] == '0' && s[i+3] == '0' && isHex(s[i+4]) && isHex(s[i+5]) {
		return unhex(s[i+4])<<4 | unhex(s[i+5]), 6
	}
	for c == '%' && i+size+1 < len(s) && isHex(s[i+size]) && isHex(s[i+size+1]) {
		c = unhex(s[i+size])<<4 | unhex(s[i+size+1])
		size += 2
	}
	return c, size
}

func (n *keyName) startsAt(i int) bool { return i == len(n.text) || n.starts[i] }

func (n *keyName) stands(p place, from, to int) bool {
	if p == inside || from == 0 && to == len(n.text) {
		return true
	}
	if p == atEnd {
		return n.endsAt(from, to)
	}
	for i := from + 1; i < to; i++ {
		if n.starts[i] {
			return false
		}
	}
	return n.startsAt(from) && n.startsAt(to) || p == asTail && n.endsAt(from, to)
}

// endsAt reports whether nothing but a number follows: sshkey2, but not key2,
// which is what people call any second key.
func (n *keyName) endsAt(from, to int) bool {
	rest := bytes.TrimRight(n.text[to:], "0123456789")
	return len(rest) == 0 && (from > 0 || to == len(n.text))
}

// excepted reports whether the term at from is part of a harmless word.
func (n *keyName) excepted(t *term, from int) bool {
	for i := range t.except {
		e := &t.except[i]
		at := from - e.offset
		end := at + len(e.word)
		if at < 0 || end > len(n.text) || !n.startsAt(at) || string(n.text[at:end]) != e.word {
			continue
		}
		if n.startsAt(end) || !hasAnyPrefix(n.text[end:], e.unless) {
			return true
		}
	}
	return false
}

func hasAnyPrefix(s []byte, prefixes []string) bool {
	for _, p := range prefixes {
		if len(s) >= len(p) && string(s[:len(p)]) == p {
			return true
		}
	}
	return false
}
