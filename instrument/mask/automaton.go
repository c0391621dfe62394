package mask

import "errors"

// automaton finds every term in one pass over a key (Aho and Corasick): a state
// is the longest beginning of a term that the key's last letters spell.
type automaton struct {
	next  []uint16 // state<<stateShift | letter -> next state, with accepting
	ends  [][]int  // state -> terms that end here
	terms []term
}

const (
	stateShift = 6      // 26 letters, 10 digits and "anything else" fit in 64
	accepting  = 0x8000 // set in a next state where at least one term ends
	certain    = 0x4000 // and one of them counts wherever it stands
	maxStates  = 0x2000
)

// letterOf maps a byte to 1..36, anything that does not count to 0, and what
// needs decoding to escape.
var letterOf = func() (t [256]byte) {
	for c := range 26 {
		t['a'+c], t['A'+c] = byte(1+c), byte(1+c)
	}
	for c := range 10 {
		t['0'+c] = byte(27 + c)
	}
	t['%'], t['\\'] = escape, escape
	return t
}()

const escape = 63

var errTooManyTerms = errors.New("mask: Deny holds too many names: shorten it to fewer than 1,000, or use Hook")

func newAutomaton(terms []term) (*automaton, error) {
	a := &automaton{terms: terms}
	a.grow()
	for i := range terms {
		state := uint16(0)
		for _, c := range []byte(terms[i].text) {
			slot := int(state)<<stateShift | int(letterOf[c])
			if a.next[slot] == 0 {
				if len(a.ends) == maxStates {
					return nil, errTooManyTerms
				}
				a.next[slot] = a.grow()
			}
			state = a.next[slot]
		}
		a.ends[state] = append(a.ends[state], i)
	}
	a.link()
	return a, nil
}

func (a *automaton) grow() uint16 {
	a.next = append(a.next, make([]uint16, 1<<stateShift)...)
	a.ends = append(a.ends, nil)
	return uint16(len(a.ends) - 1)
}

// link replaces missing edges by those of the longest proper suffix, breadth
// first, so that step never has to fall back.
func (a *automaton) link() {
	fail := make([]uint16, len(a.ends))
	queue := []uint16{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		for l := 1; l < escape; l++ {
			slot := int(state)<<stateShift | l
			back := a.next[int(fail[state])<<stateShift|l]
			child := a.next[slot]
			if child == 0 {
				a.next[slot] = back
				continue
			}
			if state != 0 {
				fail[child] = back
				a.ends[child] = append(a.ends[child], a.ends[back]...)
			}
			queue = append(queue, child)
		}
	}
	for slot, state := range a.next {
		if len(a.ends[state]) > 0 {
			a.next[slot] |= accepting
		}
		for _, t := range a.ends[state] {
			if a.terms[t].certain() {
				a.next[slot] |= certain
			}
		}
	}
}

func (a *automaton) step(state uint16, c byte) uint16 {
	return a.next[int(state)<<stateShift|int(letterOf[c])]
}

// glance returns certain if the key is secret for sure, accepting if it needs a
// closer look, and 0 if no term occurs in it. Escapes need a closer look.
func (a *automaton) glance(key string) (verdict uint16) {
	state := uint16(0)
	for i := range len(key) {
		l := letterOf[key[i]]
		if l == 0 {
			continue
		}
		if l == escape {
			return accepting
		}
		state = a.next[int(state)<<stateShift|int(l)]
		if state < certain {
			continue
		}
		if state&certain != 0 {
			return certain
		}
		verdict = accepting
		state &^= accepting
	}
	return verdict
}
