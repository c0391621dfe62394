package collect

import (
	"maps"
	"sync"
	"time"
)

// Stats is an account of a Collector since New, over all its runs. At any moment
//
//	Produced == Stored + the sum of Dropped + QueuedRecords
type Stats struct {
	Produced uint64 // Records that ended, whatever became of them
	Stored   uint64
	// LeftOut is how many spans were beyond the cap of their Record, or went with its
	// details, of the Records that the policy keeps. They are in the statistics and in no
	// Record.
	LeftOut uint64
	// Stripped is how many Records were queued without their details, of which only the
	// root span was kept: what is full first is the room for details.
	Stripped uint64
	// Dropped is by reason; every reason is there, also with 0:
	// "not_kept" by the policy, "queue_full" and "queue_bytes" when the store is
	// slower than the app, "store_error" when it did not take them, "closed" after
	// Close or when Close ran out of time.
	Dropped       map[string]uint64
	QueuedRecords int // waiting or being written
	QueuedBytes   int

	Batches  uint64 // transactions that stored Records
	Failures uint64 // calls of the store that failed, panics included
	Panics   uint64 // of the store, the logger and other callbacks
	Rolls    uint64 // calls of Store.Roll that succeeded

	LastError   string // "" when nothing ever failed
	LastErrorAt time.Time
	LastFlush   time.Time // when last all that was produced was stored and rolled up

	// Busy and CPU are what the writer goroutine used: by the wall clock, and of
	// the processor. Where the system does not tell a thread's use, CPU is Busy.
	Busy, CPU time.Duration

	// Disabled says which parts have switched themselves off after failing again
	// and again, and why; each is tried anew after a while. The parts are "store",
	// "rollup", "prune", "keep" (Keep.Func) and "writer", which needs Start. It is
	// empty when all work.
	Disabled map[string]string

	Subscribers   int    // live viewers
	SkippedEvents uint64 // events that slow viewers missed
}

// report has what the writer knows and Stats tells.
type report struct {
	mu sync.Mutex // guards s
	s  Stats
}

// update changes the report.
func (r *report) update(fn func(s *Stats)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn(&r.s)
}

func (r *report) read() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.s
	s.Disabled = maps.Clone(s.Disabled)
	return s
}

// disable notes that a part is off, or with "" that it works again.
func (r *report) disable(part, why string) {
	r.update(func(s *Stats) {
		if why == "" {
			delete(s.Disabled, part)
			return
		}
		if s.Disabled == nil {
			s.Disabled = make(map[string]string)
		}
		s.Disabled[part] = why
	})
}
