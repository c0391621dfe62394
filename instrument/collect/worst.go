package collect

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// worst knows the n longest durations of each handler in the present minute, so
// that Keep can tell at the end of a Record whether it is among them. A Record
// that is not costs three atomic loads.
type worst struct {
	n     int
	mu    sync.Mutex // serialises growing
	slots atomic.Pointer[[]*worstSlot]
}

// worstSlot is one handler's. minute and floor are read without the lock: a
// stale floor is a lower one, so that it can only let too many in.
type worstSlot struct {
	minute atomic.Int64
	floor  atomic.Int64 // durations up to it are not among the longest; -1 while there are fewer than n

	mu   sync.Mutex // guards best and orders the writes of the above
	best []int64    // descending
}

// offer takes a Record into account and reports whether it is among the longest.
func (w *worst) offer(s *instrument.Summary) bool {
	if w.n == 0 || s.Handler == nil {
		return false
	}
	slot := w.slot(s.Handler.ID())
	minute, d := ended(s)/int64(time.Minute), int64(s.Duration)
	if slot.minute.Load() == minute && d <= slot.floor.Load() {
		return false
	}
	return slot.insert(minute, d, w.n)
}

func (w *worst) slot(id uint32) *worstSlot {
	if p := w.slots.Load(); p != nil && int(id) < len(*p) {
		return (*p)[id]
	}
	return w.grow(id)
}

// grow doubles the slots until they reach id: handlers come one after the other
// while an app starts.
func (w *worst) grow(id uint32) *worstSlot {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []*worstSlot
	if p := w.slots.Load(); p != nil {
		all = slices.Clone(*p)
	}
	if int(id) < len(all) {
		return all[id]
	}
	for size := max(64, 2*len(all), int(id)+1); len(all) < size; {
		s := new(worstSlot)
		s.floor.Store(-1)
		all = append(all, s)
	}
	w.slots.Store(&all)
	return all[id]
}

func (s *worstSlot) insert(minute, d int64, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.minute.Load() != minute {
		s.best = s.best[:0]
		s.floor.Store(-1)
		s.minute.Store(minute)
	}
	if len(s.best) == n && d <= s.best[n-1] {
		return false
	}
	i := slices.IndexFunc(s.best, func(b int64) bool { return b < d })
	if i < 0 {
		i = len(s.best)
	}
	s.best = slices.Insert(s.best, i, d)
	if len(s.best) > n {
		s.best = s.best[:n]
	}
	if len(s.best) == n {
		s.floor.Store(s.best[n-1])
	}
	return true
}
