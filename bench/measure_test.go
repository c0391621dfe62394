package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCases_SayWhatTheDesignSays(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range cases {
		if c.name == "" || seen[c.name] {
			t.Errorf("the name %q is empty or used twice", c.name)
		}
		seen[c.name] = true
		goal := c.reference || c.target > 0 || slices.ContainsFunc(c.peers, func(p peer) bool { return p.below > 0 }) // or one of the peers is it
		if c.work == "" || !goal || c.ours == nil || len(c.peers) == 0 {
			t.Errorf("%s lacks its work, target, side or peers", c.name)
		}
		if c.unit != unitNS && c.unit != unitBytes {
			t.Errorf("%s is in %q", c.name, c.unit)
		}
	}
}

// spending is a side that uses up CPU time and makes allocations.
func spending(d time.Duration, allocs int) side {
	return func(*env) (op, error) {
		return op{run: func(n int) error {
			for range n {
				for start := cpuTime(false); cpuTime(false)-start < d; {
				}
				for range allocs {
					kept = new([64]byte)
				}
			}
			return nil
		}}, nil
	}
}

var kept *[64]byte // what escapes into it is allocated

// Not in parallel: allocations are counted for the whole process.
func TestMeasure_TakesTheBareWorkOff(t *testing.T) {
	c := &benchCase{
		name: "test", unit: unitNS,
		bare:  spending(100*time.Microsecond, 1),
		ours:  spending(200*time.Microsecond, 3),
		peers: []peer{{name: "peer", side: spending(500*time.Microsecond, 6)}},
	}
	res, err := c.measure(3, 5*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.ours.value / res.peers[0].value; got < 0.05 || got > 0.6 {
		t.Errorf("ours is %.2f of the peer, want about 0.25: %+v", got, res)
	}
	if got := res.peers[0].allocs - res.ours.allocs; got < 2 || got > 4 {
		t.Errorf("the peer makes %.1f allocations more than ours, want about 3: %+v", got, res)
	}
	if res.floor <= 0 {
		t.Errorf("a reading of the clock took %v ns", res.floor)
	}
}

func TestMeasure_FailsWithTheSideThatFailed(t *testing.T) {
	t.Parallel()
	works := spending(time.Microsecond, 0)
	closed := 0
	broken := func(e *env) (op, error) {
		e.atEnd(func() error { closed++; return nil })
		return op{run: func(int) error { return errors.New("disk is full") }}, nil
	}
	missing := func(*env) (op, error) { return op{}, errors.New("no such server") }
	for want, c := range map[string]*benchCase{
		"theirs: disk is full":           {unit: unitNS, ours: works, peers: []peer{{name: "theirs", side: broken}}},
		"prepare theirs: no such server": {unit: unitNS, ours: broken, peers: []peer{{name: "theirs", side: missing}}},
		"prepare ours: no such server":   {unit: unitNS, ours: missing, bare: broken},
	} {
		if _, err := c.measure(1, time.Microsecond); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	if closed != 2 {
		t.Errorf("%d sides were closed, want the 2 that were prepared", closed)
	}
}

func TestCheck_FindsWhatIsBroken(t *testing.T) {
	t.Parallel()
	c := &benchCase{name: "test", unit: unitNS, floors: 2, allocs: 1, peers: []peer{{name: "slow", below: 0.5}, {name: "any"}}}
	good := result{ours: figure{40, 1.1}, peers: []figure{{100, 9}, {1, 0}}, floor: 25}
	for name, tc := range map[string]struct {
		change func(*result)
		says   string
	}{
		"nothing":     {func(*result) {}, ""},
		"ratio":       {func(r *result) { r.peers[0].value = 80 }, "not below 0.5 x 80 ns of slow"},
		"clock":       {func(r *result) { r.floor = 19 }, "more than 2 readings"},
		"allocations": {func(r *result) { r.ours.allocs = 2 }, "2 allocations, more than the 1 allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := good
			res.peers = append([]figure(nil), good.peers...)
			tc.change(&res)
			broken := errors.Join(c.check(res)...)
			if tc.says == "" && broken != nil || tc.says != "" && (broken == nil || !strings.Contains(broken.Error(), tc.says)) {
				t.Errorf("check says %v, want %q", broken, tc.says)
			}
		})
	}
}

func TestDigits_LeavesThree(t *testing.T) {
	t.Parallel()
	for in, want := range map[float64]float64{0: 0, 1.23456: 1.23, 0.0012345: 0.00123, 12345.6: 12346, 98.76: 98.8} {
		if got := digits(in); got != want {
			t.Errorf("digits(%v) is %v, want %v", in, got, want)
		}
	}
}
