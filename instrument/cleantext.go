package instrument

import (
	"strings"
	"sync/atomic"
)

// cleanTexts remembers texts in which the Masker found nothing to hide. What a Record has
// of texts is mostly what the Record before had, too: the browser's name, the database's,
// a message. Reading one again costs ten times what looking it up does.
//
// A text is remembered when it comes for the second time, so that those which never come
// again (paths, ids) neither allocate nor push out others.
type cleanTexts [cleanSlots]cleanSlot

type cleanSlot struct {
	text atomic.Pointer[string]
	last atomic.Uint32 // of the hash of the last clean text that was not remembered
}

const (
	cleanBits  = 9
	cleanSlots = 1 << cleanBits
	cleanLeast = 8   // bytes; shorter ones are read as quickly
	cleanMost  = 256 // bytes; longer ones seldom come again
)

// slot finds the place of a text; nil for one that is not worth it.
func (c *cleanTexts) slot(s string) (_ *cleanSlot, hash uint32) {
	if len(s) < cleanLeast || len(s) > cleanMost {
		return nil, 0
	}
	h := sampled(s)
	return &c[h>>(64-cleanBits)], uint32(h)
}

// sampled is a hash of the length and of 24 bytes of a text. Which texts share a place
// does not matter: they are compared in full.
func sampled(s string) uint64 {
	const prime = 0x9e3779b97f4a7c15
	mid := (len(s) - 8) / 2
	h := (word(s) ^ uint64(len(s))) * prime
	h = (h ^ h>>29 ^ word(s[mid:])) * prime
	h = (h ^ h>>29 ^ word(s[len(s)-8:])) * prime
	return h
}

// word is the first eight bytes of a text.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// has reports whether s is known to be clean.
func (p *cleanSlot) has(s string) bool {
	if p == nil {
		return false
	}
	known := p.text.Load()
	return known != nil && *known == s
}

// add notes that s is clean.
func (p *cleanSlot) add(s string, hash uint32) {
	if p == nil {
		return
	}
	if p.last.Swap(hash) == hash {
		kept := strings.Clone(s) // which may be a part of a whole header
		p.text.Store(&kept)
	}
}
