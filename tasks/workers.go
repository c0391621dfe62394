package tasks

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

const (
	beat      = 10 * time.Second // between two heartbeats, and between two samples of the queues
	dead      = 35 * time.Second // without a heartbeat a worker is not alive
	forgotten = 24 * time.Hour   // after which a worker that is gone, or a sample, is removed
)

func init() { backgrounds = append(backgrounds, heartbeats) }

// heartbeats tells other processes of this one, and samples the queues, until ctx is done.
func heartbeats(ctx context.Context, c *Client) {
	h := &heart{client: c, started: c.now(), cpu: cpuTime(), cpuAt: time.Now()}
	h.beat(ctx)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			h.beat(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrites)
			defer cancel()
			h.ended = c.now()
			h.beat(last)
			return
		}
	}
}

// announce writes the first heartbeat.
func (c *Client) announce(ctx context.Context) error {
	now := c.now()
	return (&heart{client: c, started: now, swept: now}).write(ctx)
}

// heart is what a process tells of itself.
type heart struct {
	client  *Client
	started time.Time
	ended   time.Time
	cpu     time.Duration // used until cpuAt
	cpuAt   time.Time
	failing bool
	swept   time.Time
}

// workerInfo is what other processes know of a worker, as JSON.
type workerInfo struct {
	Host    string             `json:"host"`
	PID     int                `json:"pid"`
	Service string             `json:"service,omitempty"`
	Queues  []jobs.WorkerQueue `json:"queues"`
	Counts  map[Outcome]int64  `json:"counts"`
	Load    float64            `json:"load"`
	Memory  int64              `json:"memory"`
	Stuck   int                `json:"stuck,omitempty"`
}

// beat writes a heartbeat and a sample. What fails is logged once and tried again.
func (h *heart) beat(ctx context.Context) {
	err := h.write(ctx)
	if err == nil && h.ended.IsZero() {
		err = h.client.sample(ctx)
	}
	if err != nil && !h.failing && ctx.Err() == nil {
		h.client.config.Logger.WarnContext(ctx, "tasks: write the worker's heartbeat", "error", err)
	}
	h.failing = err != nil
}

func (h *heart) write(ctx context.Context) error {
	c := h.client
	c.beats.Lock()
	defer c.beats.Unlock()
	now := c.now()
	info, err := json.Marshal(h.info())
	if err != nil {
		return err
	}
	table := c.table("toolbar_worker")
	_, err = c.base.sql().ExecContext(ctx, "INSERT INTO "+table+` (id, started, seen, ended, info) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET seen = excluded.seen, ended = excluded.ended, info = excluded.info`,
		c.ID(), h.started.UnixMilli(), now.UnixMilli(), milli(h.ended), string(info))
	if err != nil || now.Sub(h.swept) < time.Hour {
		return err
	}
	h.swept = now
	before := now.Add(-forgotten).UnixMilli()
	if _, err := c.base.sql().ExecContext(ctx, "DELETE FROM "+table+" WHERE seen < $1", before); err != nil {
		return err
	}
	if _, err := c.base.sql().ExecContext(ctx, "DELETE FROM "+c.table("toolbar_queue_sample")+" WHERE at < $1", before); err != nil {
		return err
	}
	// What is left of batches whose job was called off, and removed after its time.
	_, err = c.base.sql().ExecContext(ctx, "DELETE FROM "+c.table("toolbar_batch_item")+" WHERE job > 0 AND NOT EXISTS (SELECT 1 FROM "+c.table("river_job")+" AS j WHERE j.id = job)")
	return err
}

// milli is 0 for the zero time.
func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMilli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func (h *heart) info() workerInfo {
	c := h.client
	info := workerInfo{PID: os.Getpid(), Load: -1, Memory: memoryHeld(), Stuck: c.stuckNow()}
	info.Host, _ = os.Hostname()
	c.describe(&info)
	cpu, now := cpuTime(), time.Now()
	if d := now.Sub(h.cpuAt); cpu > 0 && h.cpu > 0 && d >= time.Second { // of less the load says nothing
		info.Load = float64(cpu-h.cpu) / float64(d)
		h.cpu, h.cpuAt = cpu, now
	}
	return info
}

// describe fills in what this process works at the moment, and what it has done.
func (c *Client) describe(info *workerInfo) {
	running := c.runningByQueue()
	info.Queues, info.Counts = nil, map[Outcome]int64{}
	for name, q := range c.config.Queues {
		if q.Workers > 0 {
			info.Queues = append(info.Queues, jobs.WorkerQueue{Name: name, Running: running[name], Slots: q.Workers})
		}
	}
	slices.SortFunc(info.Queues, func(a, b jobs.WorkerQueue) int { return strings.Compare(a.Name, b.Name) })
	c.counts.each(func(_, _ string, o Outcome, n int64) { info.Counts[o] += n })
}

// runningByQueue is how many jobs of each queue this process works.
func (c *Client) runningByQueue() map[string]int {
	by := map[string]int{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.running {
		by[a.job.Queue]++
	}
	return by
}

// memoryHeld is what the Go runtime holds of the machine's memory.
func memoryHeld() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64())
}

// sample notes how the queues are, once for all processes: the first that comes to a
// step of ten seconds does it.
func (c *Client) sample(ctx context.Context) error {
	step := beat.Milliseconds()
	at := c.now().UnixMilli() / step * step
	table := c.table("toolbar_queue_sample")
	var have int64
	if err := c.base.sql().QueryRowContext(ctx, "SELECT coalesce(max(at), 0) FROM "+table).Scan(&have); err != nil || have >= at {
		return err
	}
	n, err := c.readCounts(ctx)
	if err != nil {
		return err
	}
	ended, err := c.ended(ctx, max(have, at-10*step), at)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for name := range n.queues {
		names[name] = true
	}
	for name := range c.config.Queues {
		names[name] = true
	}
	for name := range names {
		var depth, latency int64
		if q := n.queues[name]; q != nil {
			depth = q.states[jobs.Available]
			if !q.oldest.IsZero() {
				latency = max(0, at-q.oldest.UnixMilli())
			}
		}
		latency = max(latency, ended[name].waited)
		_, err := c.base.sql().ExecContext(ctx, "INSERT INTO "+table+" (at, queue, depth, latency, done, failed) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (at, queue) DO NOTHING",
			at, name, depth, latency, ended[name].done, ended[name].failed)
		if err != nil {
			return err
		}
	}
	return nil
}

type endedJobs struct {
	done, failed int64
	waited       int64 // milliseconds for a worker, of the last attempt that waited longest
}

// ended counts the jobs that were completed or discarded in a stretch of time. How long
// they had waited is known from them alone when a burst is over before the next sample.
func (c *Client) ended(ctx context.Context, since, until int64) (map[string]endedJobs, error) {
	by := map[string]endedJobs{}
	waited := "(julianday(attempted_at) - julianday(scheduled_at)) * 86400000"
	if c.base.postgres() {
		waited = "extract(epoch FROM attempted_at - scheduled_at) * 1000"
	}
	err := c.each(ctx, "SELECT queue, state, count(*), cast(coalesce(max("+waited+"), 0) AS bigint) FROM "+c.table("river_job")+
		" WHERE state IN ('completed', 'discarded') AND finalized_at IS NOT NULL AND finalized_at >= $1 AND finalized_at < $2 GROUP BY queue, state",
		[]any{c.timeArg(time.UnixMilli(since)), c.timeArg(time.UnixMilli(until))}, func(scan func(...any) error) error {
			var queue, state string
			var n, waited int64
			if err := scan(&queue, &state, &n, &waited); err != nil {
				return err
			}
			e := by[queue]
			e.waited = max(e.waited, waited)
			if state == jobs.Completed.String() {
				e.done = n
			} else {
				e.failed = n
			}
			by[queue] = e
			return nil
		})
	return by, err
}

const (
	historyLength = time.Hour
	historyStep   = time.Minute
)

// histories fills in how the queues went over the last hour, in steps of a minute. The
// last is what they are now.
func (s *Source) histories(ctx context.Context, by map[string]*jobs.Queue) error {
	c := s.client
	step := historyStep.Milliseconds()
	until := (c.now().UnixMilli()/step + 1) * step
	since := until - historyLength.Milliseconds()
	last := since
	err := c.each(ctx, "SELECT queue, at, depth, latency, done, failed FROM "+c.table("toolbar_queue_sample")+" WHERE at >= $1 ORDER BY at", []any{since}, func(scan func(...any) error) error {
		var name string
		var at, depth, latency, done, failed int64
		if err := scan(&name, &at, &depth, &latency, &done, &failed); err != nil {
			return err
		}
		q := by[name]
		if q == nil || at >= until {
			return nil
		}
		last = max(last, at)
		note(q, at, depth, latency, endedJobs{done: done, failed: failed})
		return nil
	})
	if err != nil {
		return fmt.Errorf("tasks: read the queues' history: %w", err)
	}
	if last == since {
		return nil // nobody samples
	}
	now := c.now()
	ended, err := c.ended(ctx, last, now.UnixMilli())
	if err != nil {
		return fmt.Errorf("tasks: count the jobs that have just ended: %w", err)
	}
	for name, q := range by {
		note(q, now.UnixMilli(), q.Depth(), q.Latency(now).Milliseconds(), ended[name])
	}
	return nil
}

// note adds to a queue's history what was so at a time, which is not before the last.
func note(q *jobs.Queue, at, depth, latency int64, e endedJobs) {
	step := historyStep.Milliseconds()
	end := time.UnixMilli((at/step + 1) * step).UTC()
	if n := len(q.History); n == 0 || q.History[n-1].At.Before(end) {
		q.History = append(q.History, jobs.Sample{At: end})
	}
	h := &q.History[len(q.History)-1]
	h.Depth, h.Latency = max(h.Depth, depth), max(h.Latency, time.Duration(max(latency, e.waited))*time.Millisecond)
	h.Done += e.done
	h.Failed += e.failed
}

// Workers are the processes that have started a Client on this queue in the last day.
func (s *Source) Workers(ctx context.Context) (list []jobs.Worker, err error) {
	c := s.client
	now := c.now()
	leader, err := c.leader(ctx)
	if err != nil {
		return nil, err
	}
	err = c.each(ctx, "SELECT id, started, seen, ended, info FROM "+c.table("toolbar_worker"), nil, func(scan func(...any) error) error {
		var id, text string
		var started, seen, ended int64
		if err := scan(&id, &started, &seen, &ended, &text); err != nil {
			return err
		}
		var info workerInfo
		if err := json.Unmarshal([]byte(text), &info); err != nil {
			return err
		}
		if id == c.ID() && ended == 0 { // more is known than the last heartbeat told
			c.describe(&info)
		}
		w := jobs.Worker{
			ID: id, Host: info.Host, PID: info.PID, Service: info.Service, Started: fromMilli(started), Seen: fromMilli(seen), Ended: fromMilli(ended),
			Queues: info.Queues, Load: info.Load, Memory: info.Memory, Stuck: info.Stuck,
			Completed: info.Counts[Completed], Retried: info.Counts[Retried], Failed: info.Counts[Discarded],
			Snoozed: info.Counts[Snoozed], Cancelled: info.Counts[Cancelled],
		}
		w.Alive = ended == 0 && now.Sub(w.Seen) < dead
		w.Leader = w.Alive && id == leader
		list = append(list, w)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("tasks: read the workers: %w", err)
	}
	slices.SortFunc(list, func(a, b jobs.Worker) int {
		x, _ := a.Running()
		y, _ := b.Running()
		return cmp.Or(cmp.Compare(strconv.FormatBool(b.Alive), strconv.FormatBool(a.Alive)), y-x, b.Seen.Compare(a.Seen), strings.Compare(a.ID, b.ID))
	})
	return list, nil
}

// leader is the id of the client that queues what is scheduled; "" when there is none.
func (c *Client) leader(ctx context.Context) (id string, err error) {
	err = c.each(ctx, "SELECT leader_id FROM "+c.table("river_leader"), nil, func(scan func(...any) error) error { return scan(&id) })
	if err != nil {
		return "", fmt.Errorf("tasks: read the leader: %w", err)
	}
	return id, nil
}
