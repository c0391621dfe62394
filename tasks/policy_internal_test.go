package tasks

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestTK13_BeginningsAreSpreadEvenly plays jobs that come at any time, and back at their
// slots, against a limiter: what begins is a gap apart.
func TestTK13_BeginningsAreSpreadEvenly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		gap := time.Duration(1+random.IntN(3000)) * time.Millisecond
		var l limiters
		now := time.Unix(1_000_000, 0)
		slots := make([]time.Time, 30) // of jobs that were put off; zero: not yet seen
		var begun []time.Time
		for len(slots) > 0 {
			now = now.Add(time.Duration(random.IntN(1000)) * time.Millisecond)
			i := random.IntN(len(slots))
			if slots[i].After(now) {
				continue
			}
			begin := l.reserve("task", now, gap, slots[i])
			if begin.Before(now) {
				t.Fatalf("seed %d: a job begins at %s, before it came at %s", seed, begin, now)
			}
			if begin.Sub(now) > shortWait {
				slots[i] = begin
				continue
			}
			begun = append(begun, begin)
			slots = append(slots[:i], slots[i+1:]...)
		}
		for i := range begun {
			for j := range begun[:i] {
				if d := begun[i].Sub(begun[j]).Abs(); d < gap {
					t.Fatalf("seed %d: two jobs begin %s apart, the gap is %s", seed, d, gap)
				}
			}
		}
	}
}
