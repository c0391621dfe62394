package tasks

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// policy decides before each attempt whether the job may run now. It runs inside the
// Record of the attempt, so that what it decides is seen.
type policy struct {
	river.MiddlewareDefaults
	client *Client
}

// IsPlugin makes it one of River's plugins.
func (*policy) IsPlugin() bool { return true }

var keyExpired = instrument.NewKey("task.expired")

// Work runs the job, puts it off, or ends it.
func (p *policy) Work(ctx context.Context, job *rivertype.JobRow, inner func(context.Context) error) error {
	now := p.client.now()
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	if a == nil {
		return inner(ctx)
	}
	if d := a.meta.Deadline; !d.IsZero() && now.After(d) {
		a.rec.Set(keyExpired.Duration(now.Sub(d)))
		return river.JobCancel(fmt.Errorf("%w, by %s", ErrExpired, now.Sub(d).Round(time.Millisecond)))
	}
	if def := p.client.defs[job.Kind]; def != nil && def.options.Rate.Count > 0 && !a.eager {
		if err := p.client.limits.wait(ctx, a, def); err != nil {
			return err
		}
	}
	return inner(ctx)
}

// Rate is how many jobs of a task a process begins in a stretch of time. They are spread
// evenly: 100 a minute are 600 ms apart at least. The zero Rate is no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

// gap is the least time between two beginnings.
func (r Rate) gap() time.Duration { return r.Per / time.Duration(r.Count) }

func (r Rate) validate(whose string) error {
	if (r.Count > 0) != (r.Per > 0) || r.Count < 0 || r.Per < 0 {
		return fmt.Errorf("%s: Rate needs both Count and Per, more than 0: it has %d per %s", whose, r.Count, r.Per)
	}
	return nil
}

// limiters hold tasks to their rates, in this process.
type limiters struct {
	mu   sync.Mutex // guards what follows
	next map[string]time.Time
	last map[string]time.Time
}

// shortWait is how long a worker waits for its turn; for longer the job is put off.
const shortWait = 2 * time.Second

// wait lets a job begin when it is its turn, or puts it off to its slot, which is kept in
// the job: it need not queue up again when it comes back.
func (l *limiters) wait(ctx context.Context, a *attempt, def *definition) error {
	now := a.client.now()
	begin := l.reserve(def.kind, now, def.options.Rate.gap(), a.meta.Slot)
	d := begin.Sub(now)
	if d <= 0 {
		return nil
	}
	if d > shortWait {
		if err := a.set(metaSlot, begin.UTC()); err != nil {
			return err
		}
		return river.JobSnooze(d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reserve gives the time at which a job may begin. A slot that has come is taken as near
// to its time as the gap to the job before allows.
func (l *limiters) reserve(kind string, now time.Time, gap time.Duration, slot time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == nil {
		l.next, l.last = map[string]time.Time{}, map[string]time.Time{}
	}
	if !slot.IsZero() && !slot.After(now.Add(shortWait)) {
		begin := latest(now, l.last[kind].Add(gap))
		if begin.Sub(now) <= shortWait {
			l.last[kind] = begin
			l.next[kind] = latest(l.next[kind], begin.Add(gap))
			return begin
		}
	}
	begin := latest(now, l.next[kind])
	l.next[kind] = begin.Add(gap)
	if begin.Sub(now) <= shortWait {
		l.last[kind] = latest(l.last[kind], begin)
	}
	return begin
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
