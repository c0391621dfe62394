package tasks

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

// Outcome is how an attempt ended.
type Outcome string

// The outcomes.
const (
	Completed   Outcome = "completed"   // the job is done
	Retried     Outcome = "retryable"   // it failed and is tried again
	Discarded   Outcome = "discarded"   // it failed for the last time
	Cancelled   Outcome = "cancelled"   // it failed for good, or somebody cancelled it
	Snoozed     Outcome = "snoozed"     // it asked to be run later; the attempt does not count
	Interrupted Outcome = "interrupted" // the process stopped; the attempt does not count
)

// outcomeOf is what River will do with an attempt that ended with err. panicked says that
// it did not return.
func outcomeOf(ctx context.Context, job *rivertype.JobRow, err error, panicked bool) Outcome {
	last := job.Attempt >= job.MaxAttempts
	if panicked {
		return failed(last)
	}
	if err == nil {
		return Completed
	}
	cause := context.Cause(ctx)
	var snooze *rivertype.JobSnoozeError
	var cancel *rivertype.JobCancelError
	switch {
	case errors.Is(cause, rivertype.ErrJobCancelledRemotely):
		return Cancelled
	case errors.As(err, &snooze):
		return Snoozed
	case errors.As(err, &cancel):
		return Cancelled
	case isStop(cause) && (errors.Is(err, context.Canceled) || isStop(err)):
		return Interrupted
	}
	return failed(last)
}

func failed(last bool) Outcome {
	if last {
		return Discarded
	}
	return Retried
}

// isStop tells River's reason for cancelling contexts when it stops. The value is
// internal to River; its text is all that there is to know it by.
func isStop(err error) bool { return err != nil && err.Error() == "stop initiated" }

// counters are the attempts of this process, by what they were, and how long they waited.
type counters struct {
	all sync.Map // counterKey -> *atomic.Int64

	mu    sync.Mutex // guards waits
	waits map[string]*instrument.Stats
}

type counterKey struct {
	kind, queue string
	outcome     Outcome
}

func (c *counters) add(kind, queue string, o Outcome) {
	key := counterKey{kind, queue, o}
	n, ok := c.all.Load(key)
	if !ok {
		n, _ = c.all.LoadOrStore(key, new(atomic.Int64))
	}
	n.(*atomic.Int64).Add(1)
}

// each calls fn with every count.
func (c *counters) each(fn func(kind, queue string, o Outcome, n int64)) {
	c.all.Range(func(k, v any) bool {
		key := k.(counterKey)
		fn(key.kind, key.queue, key.outcome, v.(*atomic.Int64).Load())
		return true
	})
}

// waited counts a job of a queue that begins.
func (c *counters) waited(queue string, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.waits[queue]
	if s == nil {
		if c.waits == nil {
			c.waits = map[string]*instrument.Stats{}
		}
		s = &instrument.Stats{}
		c.waits[queue] = s
	}
	s.Count++
	s.Sum += d
	s.Max = max(s.Max, d)
	s.Hist.Add(d)
}

// waitsByQueue copies the waits, by the queue's name.
func (c *counters) waitsByQueue() (list []jobs.Wait) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(c.waits)) {
		w := jobs.Wait{Queue: name}
		w.Stats.Add(c.waits[name])
		list = append(list, w)
	}
	return list
}
