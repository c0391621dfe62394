package main

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// result is what the sides of a case cost: medians of all rounds.
type result struct {
	ours  figure
	peers []figure
	floor float64 // ns for one reading of the clock
}

// figure is what one operation costs.
type figure struct {
	value  float64 // in the case's unit
	allocs float64
}

// contender is a side while it is measured.
type contender struct {
	name    string
	op      op
	n       int
	samples []figure
}

// measure lets the sides take turns. They run on this goroutine, which has a thread
// to itself when only that counts.
func (c *benchCase) measure(rounds int, round time.Duration) (res result, err error) {
	if !c.process {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	e := &env{}
	defer func() { err = errors.Join(err, e.close()) }()
	all, err := c.contenders(e)
	if err != nil {
		return res, err
	}
	for _, k := range all {
		if err := c.calibrate(k, round); err != nil {
			return res, fmt.Errorf("%s: %w", k.name, err)
		}
	}
	for i := range rounds {
		for j := range all { // another one begins each time
			k := all[(i+j)%len(all)]
			if err := c.sample(k); err != nil {
				return res, fmt.Errorf("%s: %w", k.name, err)
			}
		}
	}
	return c.result(all), nil
}

// contenders are the clock, ours, the peers and, last, the bare work.
func (c *benchCase) contenders(e *env) ([]*contender, error) {
	all := []*contender{{name: "clock", op: op{run: readClock}}}
	add := func(name string, s side) error {
		o, err := s(e)
		if err != nil {
			return fmt.Errorf("prepare %s: %w", name, err)
		}
		all = append(all, &contender{name: name, op: o})
		return nil
	}
	err := add("ours", c.ours)
	for _, p := range c.peers {
		if err == nil {
			err = add(p.name, p.side)
		}
	}
	if c.bare != nil && err == nil {
		err = add("bare", c.bare)
	}
	return all, err
}

func readClock(n int) error {
	for range n {
		instrument.Now()
	}
	return nil
}

// calibrate finds how many operations take the time of a round, and warms up.
func (c *benchCase) calibrate(k *contender, round time.Duration) error {
	step := max(c.step, 1)
	if c.fixed > 0 && k.name != "clock" {
		k.n = roundUp(int(float64(c.fixed)*min(1, float64(round)/float64(defaultRound))), step)
		return k.op.run(step)
	}
	for n := step; ; n *= 4 {
		spent, _, err := c.spend(k.op, n)
		if err != nil {
			return err
		}
		if spent >= round/4 {
			k.n = roundUp(int(float64(n)*float64(round)/float64(spent)), step)
			return nil
		}
	}
}

func roundUp(n, step int) int { return max((n+step-1)/step, 1) * step }

// spend does n operations and tells CPU time and allocations of them all.
func (c *benchCase) spend(o op, n int) (time.Duration, uint64, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, began := cpuTime(c.process), time.Now()
	err := o.run(n)
	spent := cpuTime(c.process) - start
	if c.wall {
		spent = time.Since(began)
	}
	runtime.ReadMemStats(&after)
	return spent, after.Mallocs - before.Mallocs, err
}

func (c *benchCase) sample(k *contender) error {
	size := func() (int64, error) { return 0, nil }
	if k.op.size != nil {
		size = k.op.size
	}
	before, err := size()
	if err != nil {
		return err
	}
	spent, allocs, err := c.spend(k.op, k.n)
	if err != nil {
		return err
	}
	after, err := size()
	if err != nil {
		return err
	}
	f := figure{float64(spent), float64(allocs)}
	if c.unit == unitBytes && k.op.size != nil {
		f.value = float64(after - before)
	}
	k.samples = append(k.samples, figure{f.value / float64(k.n), f.allocs / float64(k.n)})
	return nil
}

func (c *benchCase) result(all []*contender) result {
	clock, rest := all[0], all[1:]
	bare := make([]figure, len(clock.samples))
	if c.bare != nil {
		bare = rest[len(rest)-1].samples
		rest = rest[:len(rest)-1]
	}
	res := result{floor: clock.above(make([]figure, len(bare))).value, ours: rest[0].above(bare)}
	for _, k := range rest[1:] {
		res.peers = append(res.peers, k.above(bare))
	}
	return res
}

// above is the median of what k cost more than the bare work in the same round.
func (k *contender) above(bare []figure) figure {
	var values, allocs []float64
	for i, s := range k.samples {
		values = append(values, max(s.value-bare[i].value, 0))
		allocs = append(allocs, max(s.allocs-bare[i].allocs, 0))
	}
	return figure{median(values), median(allocs)}
}

func median[T cmp.Ordered](list []T) T {
	slices.Sort(list)
	return list[len(list)/2]
}
