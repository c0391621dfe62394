package report

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Apdex is how content users may be with a handler, from 0 to 1: calls that took at most
// a quarter of limit count whole (users are satisfied), those up to limit half (they
// tolerate it), slower ones not at all, so that a call which is slow is one that
// frustrates. Of failed calls only their number is known: their share counts as
// frustrated, as if they took as long as the others. ok is false when there is no limit or
// no call. The formula is that of the Apdex Alliance's specification, version 1.1, with a
// target T of limit/4.
func Apdex(s *instrument.Stats, limit time.Duration) (score float64, ok bool) {
	n := s.Hist.Count()
	if limit <= 0 || n == 0 {
		return 0, false
	}
	satisfied := min(s.Hist.CountBelow(limit/4), n)
	tolerating := min(s.Hist.CountBelow(limit), n) - satisfied
	score = (float64(satisfied) + float64(tolerating)/2) / float64(n)
	return score * (1 - min(1, float64(s.Errors)/float64(n))), true
}
