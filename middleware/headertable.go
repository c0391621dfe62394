package middleware

import "github.com/go-debug-toolbar/debugtoolbar/instrument"

// headerTable finds the attributes of headers by their canonical names. Each request looks
// up all that it has, so this is a hash table for a few dozen known names: its hash looks
// at four characters.
type headerTable [headerSlots]headerSlot

type headerSlot struct {
	name string
	key  instrument.Key
}

const headerSlots = 256 // several times what there are names

func headerHash(name string) uint8 {
	n := len(name)
	if n == 0 {
		return 0
	}
	return uint8(n)*37 + name[0]*3 + name[n/2]*11 + name[n-1]*5 + name[n*3/4]*17
}

func (t *headerTable) add(name string, key instrument.Key) {
	i := headerHash(name)
	for t[i].name != "" {
		i++ // around at 256
	}
	t[i] = headerSlot{name, key}
}

func (t *headerTable) find(name string) (key instrument.Key, ok bool) {
	for i := headerHash(name); t[i].name != ""; i++ {
		if t[i].name == name {
			return t[i].key, true
		}
	}
	return 0, false
}
