package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/metrics"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/metrics/metricstest"
)

// queueOf is a queue with what a test says.
type queueOf struct {
	jobs.Source // what metrics do not ask for
	attempts    []jobs.AttemptCount
	waits       []jobs.Wait
	queues      []jobs.Queue
	workers     []jobs.Worker
	err         error
}

func (q *queueOf) Attempts() []jobs.AttemptCount                          { return q.attempts }
func (q *queueOf) Waits() []jobs.Wait                                     { return q.waits }
func (q *queueOf) Queues(context.Context) ([]jobs.Queue, error)           { return q.queues, q.err }
func (q *queueOf) Workers(ctx context.Context) (w []jobs.Worker, _ error) { return q.workers, q.err }

func busyQueue() *queueOf {
	wait := jobs.Wait{Queue: "mail"}
	for _, d := range []time.Duration{10 * time.Millisecond, 2 * time.Second} {
		wait.Stats.Count++
		wait.Stats.Sum += d
		wait.Stats.Hist.Add(d)
	}
	mail := jobs.Queue{Name: "mail", Paused: true, Slots: 8, Oldest: time.Now().Add(-time.Minute)}
	mail.Counts[jobs.Available], mail.Counts[jobs.Retryable] = 12, 3
	return &queueOf{
		attempts: []jobs.AttemptCount{{Kind: "mail.send", Queue: "mail", Outcome: "completed", Count: 40}, {Kind: "mail.send", Queue: "mail", Outcome: "discarded", Count: 2}},
		waits:    []jobs.Wait{wait},
		queues:   []jobs.Queue{mail, {Name: "bulk"}},
		workers:  []jobs.Worker{{Alive: true}, {Alive: true}, {}, {Ended: time.Now()}},
	}
}

func TestTK49_QueuesAttemptsWaitsAndWorkersAreExported(t *testing.T) {
	t.Parallel()
	families := gather(t, newCollector(t, metrics.Config{Jobs: busyQueue()}))
	for name, want := range map[string]struct {
		labels []string
		value  float64
	}{
		"toolbar_task_attempts_total": {[]string{"task=mail.send", "queue=mail", "outcome=discarded"}, 2},
		"toolbar_task_queue_jobs":     {[]string{"queue=mail", "state=available"}, 12},
		"toolbar_task_queue_slots":    {[]string{"queue=mail"}, 8},
		"toolbar_task_queue_paused":   {[]string{"queue=mail"}, 1},
		"toolbar_task_workers":        {[]string{"state=alive"}, 2},
	} {
		if got := valueOf(metricOf(t, families, name, want.labels...)); got != want.value {
			t.Errorf("%s%v is %v, want %v", name, want.labels, got, want.value)
		}
	}
	if got := valueOf(metricOf(t, families, "toolbar_task_workers", "state=lost")); got != 1 {
		t.Errorf("%v workers are lost, want 1: one that has stopped is not", got)
	}
	if got := valueOf(metricOf(t, families, "toolbar_task_queue_latency_seconds", "queue=mail")); got < 60 || got > 120 {
		t.Errorf("the latency is %v s, want a minute", got)
	}
	if got := valueOf(metricOf(t, families, "toolbar_task_queue_latency_seconds", "queue=bulk")); got != 0 {
		t.Errorf("the latency of an empty queue is %v s", got)
	}
	wait := metricOf(t, families, "toolbar_task_wait_seconds", "queue=mail").GetHistogram()
	if wait.GetSampleCount() != 2 || wait.GetSampleSum() != 2.01 {
		t.Errorf("%d waits of %v s, want 2 of 2.01", wait.GetSampleCount(), wait.GetSampleSum())
	}
}

func valueOf(m *dto.Metric) float64 { return m.GetGauge().GetValue() + m.GetCounter().GetValue() }

func TestTK49_PromtoolFindsNothingToBlameInTasks(t *testing.T) {
	t.Parallel()
	metricstest.Check(t, scrape(t, newCollector(t, metrics.Config{Recorder: instrument.New(instrument.Config{}), Jobs: busyQueue()})))
}

// TestTK49_SeriesOfTasksAreBounded has more kinds than there is room for, and then others.
func TestTK49_SeriesOfTasksAreBounded(t *testing.T) {
	t.Parallel()
	q := &queueOf{}
	for i := range 700 {
		q.attempts = append(q.attempts, jobs.AttemptCount{Kind: fmt.Sprint("kind", i), Queue: "default", Outcome: "completed", Count: 1})
	}
	for i := range 70 {
		q.queues = append(q.queues, jobs.Queue{Name: fmt.Sprint("queue", i)})
		q.waits = append(q.waits, jobs.Wait{Queue: fmt.Sprint("queue", i)})
	}
	c := newCollector(t, metrics.Config{Jobs: q})
	families := gather(t, c)
	if n := len(families["toolbar_task_attempts_total"].GetMetric()); n != 501 {
		t.Errorf("%d series of attempts, want 500 and one for the others", n)
	}
	if got := valueOf(metricOf(t, families, "toolbar_task_attempts_total", "task=__other__")); got != 200 {
		t.Errorf("the others have %v attempts, want 200", got)
	}
	for name, most := range map[string]int{"toolbar_task_queue_jobs": 50 * 8, "toolbar_task_wait_seconds": 50} {
		if n := len(families[name].GetMetric()); n != most {
			t.Errorf("%d series of %s, want %d", n, name, most)
		}
	}
	q.attempts = append([]jobs.AttemptCount{{Kind: "late", Queue: "default", Outcome: "completed", Count: 5}}, q.attempts...)
	families = gather(t, c)
	if got := valueOf(metricOf(t, families, "toolbar_task_attempts_total", "task=kind0")); got != 1 {
		t.Errorf("a task that had a series has %v attempts now", got)
	}
	if got := valueOf(metricOf(t, families, "toolbar_task_attempts_total", "task=__other__")); got != 205 {
		t.Errorf("the others have %v attempts, want 205", got)
	}
}

// notOpen is a queue that is opened after the toolbar: it answers by a panic.
type notOpen struct{ jobs.Source }

func TestTK49_AQueueThatDoesNotAnswerCostsItsOwnMetrics(t *testing.T) {
	t.Parallel()
	failing := busyQueue()
	failing.err = errors.New("the database is away")
	for name, want := range map[string]struct {
		source   jobs.Source
		attempts int
	}{"away": {failing, 2}, "not open": {notOpen{}, 0}} {
		c := newCollector(t, metrics.Config{Jobs: want.source})
		for range 2 { // and again: nothing is left locked
			families := gather(t, c)
			if n := len(families["toolbar_task_attempts_total"].GetMetric()); n != want.attempts {
				t.Errorf("%s: %d series of attempts, want %d", name, n, want.attempts)
			}
			if families["toolbar_task_queue_jobs"] != nil || families["toolbar_task_workers"] != nil {
				t.Errorf("%s: the database's numbers are there", name)
			}
			if families["toolbar_build_info"] == nil {
				t.Errorf("%s: the rest is missing", name)
			}
		}
	}
}
