package main

import "fmt"

// check holds what must be true on any machine, however busy: ratios with generous
// slack, and numbers of allocations.
func (c *benchCase) check(res result) (broken []error) {
	for i, p := range c.peers {
		if p.below > 0 && res.ours.value >= p.below*res.peers[i].value {
			broken = append(broken, fmt.Errorf("%s: ours took %s %s, which is not below %g x %s %s of %s",
				c.name, text(res.ours.value), c.unit, p.below, text(res.peers[i].value), c.unit, p.name))
		}
	}
	if c.floors > 0 && res.ours.value > c.floors*res.floor {
		broken = append(broken, fmt.Errorf("%s: ours took %s ns, which is more than %g readings of the clock at %s ns",
			c.name, text(res.ours.value), c.floors, text(res.floor)))
	}
	if c.allocs >= 0 && res.ours.allocs > c.allocs+allocSlack {
		broken = append(broken, fmt.Errorf("%s: ours made %s allocations, more than the %s allowed",
			c.name, text(res.ours.allocs), text(c.allocs)))
	}
	return broken
}

// allocSlack is for what other goroutines and first times allocate meanwhile.
const allocSlack = 0.2
