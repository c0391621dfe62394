package metrics

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

var (
	attemptsDesc = desc("toolbar_task_attempts_total", "Attempts of tasks that this process made, by what became of the job.", "task", "queue", "outcome")
	waitDesc     = desc("toolbar_task_wait_seconds", "Time from when a job could run until this process began it.", "queue")
	jobsDesc     = desc("toolbar_task_queue_jobs", "Jobs in the queue, finished ones for as long as they are kept.", "queue", "state")
	latencyDesc  = desc("toolbar_task_queue_latency_seconds", "How long the job has waited that waits longest.", "queue")
	slotsDesc    = desc("toolbar_task_queue_slots", "Jobs that all live workers together may run at once.", "queue")
	pausedDesc   = desc("toolbar_task_queue_paused", "1 if the queue is paused.", "queue")
	workersDesc  = desc("toolbar_task_workers", "Processes that take jobs: alive, or lost without having stopped.", "state")

	taskDescs = []*prometheus.Desc{attemptsDesc, waitDesc, jobsDesc, latencyDesc, slotsDesc, pausedDesc, workersDesc}
)

const (
	jobsPatience = time.Second // for the queue's database, at a scrape
	maxQueues    = 50          // that have series
	maxAttempts  = 500         // series of attempts; the rest is added up under other
)

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

// collectAttempts adds up what has no room for series of its own. Who has room is decided
// once: a task that moved to the others and back would look like a counter that restarts.
func (c *Collector) collectAttempts(ch chan<- prometheus.Metric) {
	if c.config.Jobs == nil {
		return
	}
	type series struct{ task, queue, outcome string }
	sums := map[series]uint64{}
	list := c.config.Jobs.Attempts()
	c.mu.Lock()
	for _, a := range list {
		s := series{valid(a.Kind), valid(a.Queue), a.Outcome}
		text := strings.Join([]string{s.task, s.queue, s.outcome}, "\x00")
		if !c.attempts[text] {
			if len(c.attempts) < maxAttempts {
				c.attempts[text] = true
			} else {
				s.task, s.queue = other, other
			}
		}
		sums[s] += a.Count
	}
	c.mu.Unlock()
	for s, n := range sums {
		ch <- prometheus.MustNewConstMetric(attemptsDesc, prometheus.CounterValue, float64(n), s.task, s.queue, s.outcome)
	}
}

func (c *Collector) collectWaits(ch chan<- prometheus.Metric) {
	if c.config.Jobs == nil {
		return
	}
	for i, w := range c.config.Jobs.Waits() {
		if i == maxQueues {
			return
		}
		ch <- newHistogram(waitDesc, &w.Stats, valid(w.Queue))
	}
}

func (c *Collector) collectQueues(ch chan<- prometheus.Metric) {
	if c.config.Jobs == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), jobsPatience)
	defer cancel()
	queues, err := c.config.Jobs.Queues(ctx)
	if err != nil {
		return // a scrape that lacks it tells as much, and the page says why
	}
	now := time.Now()
	for i := range queues[:min(len(queues), maxQueues)] {
		q := &queues[i]
		name := valid(q.Name)
		for _, s := range jobs.States() {
			ch <- gauge(jobsDesc, float64(q.Counts.Of(s)), name, s.String())
		}
		ch <- gauge(latencyDesc, q.Latency(now).Seconds(), name)
		ch <- gauge(slotsDesc, float64(q.Slots), name)
		paused := 0.
		if q.Paused {
			paused = 1
		}
		ch <- gauge(pausedDesc, paused, name)
	}
}

func (c *Collector) collectWorkers(ch chan<- prometheus.Metric) {
	if c.config.Jobs == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), jobsPatience)
	defer cancel()
	workers, err := c.config.Jobs.Workers(ctx)
	if err != nil {
		return
	}
	alive, lost := 0, 0
	for i := range workers {
		switch w := &workers[i]; {
		case w.Alive:
			alive++
		case w.Ended.IsZero():
			lost++
		}
	}
	ch <- gauge(workersDesc, float64(alive), "alive")
	ch <- gauge(workersDesc, float64(lost), "lost")
}
