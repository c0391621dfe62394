package main

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// jobRows are jobs in every state that differs to the eye.
func jobRows() []view.JobRow {
	row := func(id, kind, state string, st view.Status, attempt int, ago time.Duration) view.JobRow {
		return view.JobRow{
			ID: id, Href: "/_toolbar/tasks/" + id, Kind: kind, Queue: "default", State: state, Status: st, Attempt: attempt, Max: 4,
			Created: now.Add(-ago), ETA: now.Add(-ago), Arguments: `{"to":"ann@example.org","order":4711,"password":"[redacted]"}`, Parent: orderID,
		}
	}
	waits := row("9034", "mail.send", "available", view.StatusNew, 0, 2*time.Second)
	runs := row("9033", "invoice.render", "running", view.StatusSlow, 1, 5*time.Second)
	runs.Runtime = ms(2410)
	later := row("9032", "mail.reminder", "scheduled", view.StatusNew, 0, 9*time.Second)
	later.ETA, later.Due = now.Add(3*time.Hour), true
	again := row("9031", "crm.sync", "retryable", view.StatusSlow, 2, 40*time.Second)
	again.ETA, again.Due, again.Error = now.Add(8*time.Second), true, "dial tcp 10.0.0.7:443: connect: connection refused"
	lost := row("9030", "crm.sync", "discarded", view.StatusBad, 4, 12*time.Minute)
	lost.Error, lost.Runtime = "customer 17 is not known: password=[redacted]", ms(84)
	off := row("9029", "report.weekly", "cancelled", view.StatusOff, 0, 2*time.Hour)
	off.Queue, off.Parent = "bulk", ""
	done := row("9028", "signal.deliver", "completed", view.StatusOK, 1, 3*time.Hour)
	done.Runtime, done.Tags = ms(12.4), []string{"order_paid"}
	return []view.JobRow{waits, runs, later, again, lost, off, done}
}

func tasksPage() view.Tasks {
	return view.Tasks{
		Engine: "River on SQLite",
		Form:   view.JobForm{May: true, Path: "/_toolbar/tasks", Proof: "proof", Back: "/_toolbar/tasks"},
		Queues: []view.QueueRow{
			{Name: "bulk", Href: "/_toolbar/tasks?queue=bulk", Paused: true, PausedAt: now.Add(-4 * time.Minute), Depth: 12480, Latency: 4 * time.Minute, Slots: 2, Failed: 3, DoneCount: 1840, History: hour(60, func(i int) view.QueueStep {
				return view.QueueStep{Depth: int64(i * i * 7 / 2), Latency: time.Duration(i*i) * ms(67), Done: int64(i % 9), Failed: int64(i / 58)}
			})},
			{Name: "critical", Href: "/_toolbar/tasks?queue=critical", Running: 1, Slots: 4, DoneCount: 122, History: hour(60, func(i int) view.QueueStep { return view.QueueStep{Done: 2, Latency: ms(float64(2 + i%3))} })},
			{Name: "default", Href: "/_toolbar/tasks?queue=default", Depth: 3, Latency: ms(1200), Running: 8, Slots: 10, Scheduled: 14, Retry: 2, Failed: 1, DoneCount: 2590, History: hour(60, func(i int) view.QueueStep {
				return view.QueueStep{Depth: int64(i % 5), Latency: ms(float64(800 + 40_000*(i%17/16))), Done: int64(40 + i%7)}
			})},
			{Name: "reports", Href: "/_toolbar/tasks?queue=reports", Depth: 1, Latency: 3 * time.Hour},
		},
		Jobs: view.JobList{
			Rows: jobRows(), Complete: true, Next: "/_toolbar/tasks?after=9028",
			States: []view.Choice{{Label: "All", Count: -1, Current: true}, {Label: "available", Count: 12484}, {Label: "running", Count: 9}, {Label: "scheduled", Count: 14}, {Label: "retryable", Count: 2}, {Label: "discarded", Count: 4}, {Label: "cancelled", Count: 1}, {Label: "completed", Count: 4552}},
		},
		Workers: []view.WorkerRow{
			{ID: "web-1_2026_11_21T08_00_00", Place: "web-1:4120", Href: "/_toolbar/tasks?worker=x", Status: view.StatusOK, State: "works, leads", Queues: "critical, default", Running: 9, Slots: 14, Completed: 18240, Retried: 31, Failed: 4, Load: "0.42", Started: now.Add(-26 * time.Hour), Seen: now.Add(-3 * time.Second)},
			{ID: "web-2_2026", Place: "web-2:4121", Status: view.StatusSlow, State: "works", Queues: "bulk", Running: 2, Slots: 2, Completed: 640, Stuck: 1, Load: "1.98", Seen: now.Add(-8 * time.Second)},
			{ID: "web-3_2026", Place: "web-3:99", Status: view.StatusBad, State: "died", Queues: "bulk", Completed: 12, Seen: now.Add(-40 * time.Minute)},
			{ID: "web-0_2026", Place: "web-0:88", Status: view.StatusOff, State: "stopped", Queues: "default", Completed: 88100, Seen: now.Add(-5 * time.Hour)},
		},
		Schedules: []view.ScheduleRow{
			{Name: "nightly-cleanup", Kind: "command.run", Spec: "0 3 * * *", Words: "At 03:00 every day (Europe/Berlin)", Zone: "Europe/Berlin", Next: []time.Time{now.Add(9 * time.Hour), now.Add(33 * time.Hour), now.Add(57 * time.Hour)}, Missed: 2, MissedAt: []time.Time{now.Add(-48 * time.Hour)}, Runs: []view.ScheduleRun{
				{At: now.Add(-15 * time.Hour), Href: "/_toolbar/tasks/9001", Status: view.StatusOK, Text: "completed", Duration: 41 * time.Second}, {At: now.Add(-39 * time.Hour), Status: view.StatusOff, Text: "job 8890 of an earlier tick had not ended"},
				{At: now.Add(-63 * time.Hour), Href: "/_toolbar/tasks/8890", Status: view.StatusBad, Text: "discarded", Duration: 96 * time.Second}, {At: now.Add(-87 * time.Hour), Href: "/_toolbar/tasks/8713", Status: view.StatusOK, Text: "completed", Duration: 38 * time.Second},
			}},
			{Name: "sync", Kind: "crm.sync", Spec: "every 5m", Words: "every 5m", Next: []time.Time{now.Add(2 * time.Minute), now.Add(7 * time.Minute)}},
		},
		Kinds: []view.TaskRow{
			{Name: "crm.sync", Source: "crm/sync.go:15", Queue: "default", Policy: "3 retries, the first after up to 1s, at most 1m", Href: "/_toolbar/tasks?kind=crm.sync", Waiting: 2, Failed: 4},
			{Name: "mail.send", Source: "mail/send.go:31", Queue: "default", Policy: "5 retries, the first after up to 10s, at most 30s, unique", Href: "/_toolbar/tasks?kind=mail.send", Waiting: 3, Running: 8},
		},
	}
}

func oneJob() view.Job {
	r := jobRows()[3]
	return view.Job{
		JobRow: r, Priority: "high", Args: "{\n  \"to\": \"ann@example.org\",\n  \"order\": 4711,\n  \"password\": \"[redacted]\"\n}",
		Deadline: now.Add(time.Hour), Unique: "among those that are available, running", Progress: "40 of 120 rows", ProgressShare: 1. / 3,
		Attempts: []view.JobAttempt{
			{Number: 1, Outcome: "panicked", Status: view.StatusBad, Started: now.Add(-39 * time.Second), Wait: ms(12), Runtime: ms(48), Worker: "web-1_2026_11_21T08_00_00", Error: "runtime error: index out of range [3] with length 3", Stack: "crm.push(...)\n\tcrm/push.go:41 +0x1d", Record: "0f3k9b00c55xy", Finished: true},
			{Number: 2, Outcome: "failed", Status: view.StatusBad, Started: now.Add(-20 * time.Second), Wait: ms(900), Runtime: ms(5012), Worker: "web-2_2026", Error: "dial tcp 10.0.0.7:443: connect: connection refused", Finished: true},
		},
		Timeline: []view.JobEvent{
			{At: now.Add(-40 * time.Second), State: "available", Status: view.StatusNew, Note: "queued"},
			{At: now.Add(-39 * time.Second), State: "running", Status: view.StatusSlow, Note: "waited 12ms"},
			{At: now.Add(-38 * time.Second), State: "retryable", Status: view.StatusSlow, Note: "panicked"},
			{At: now.Add(-20 * time.Second), State: "running", Status: view.StatusSlow, Note: "waited 900ms"},
			{At: now.Add(-15 * time.Second), State: "retryable", Status: view.StatusSlow, Note: "failed"},
			{At: now.Add(8 * time.Second), State: "available", Status: view.StatusNew, Note: "expected", Expected: true},
		},
		Cause:        &view.Link{ID: orderID, Kind: view.KindRequest, Name: "POST /orders", Status: view.StatusOK, Duration: ms(640)},
		Consequences: []view.Link{{ID: "0f3k9ab27d003", Kind: view.KindTask, Name: "mail.send", Status: view.StatusOK, Duration: ms(30)}},
		Can:          []string{"cancel", "retry", "delete"},
		Form:         view.JobForm{May: true, Path: "/_toolbar/tasks", Proof: "proof", Back: "/_toolbar/tasks/9031"},
	}
}

// hour is a queue's last n minutes.
func hour(n int, f func(int) view.QueueStep) (steps []view.QueueStep) {
	for i := range n {
		h := f(i)
		h.At = now.Add(time.Duration(i-n+1) * time.Minute)
		steps = append(steps, h)
	}
	return steps
}

// manyQueues are eight, of which the process that measured them was away for ten minutes.
func manyQueues() (rows []view.QueueRow) {
	for i, name := range []string{"audit", "bulk", "critical", "default", "exports", "imports", "mail", "reports"} {
		q := view.QueueRow{Name: name, Slots: 2, Depth: int64(i % 3), DoneCount: int64(60 * i), History: hour(60, func(m int) view.QueueStep {
			return view.QueueStep{Depth: int64((m + i) % 4), Latency: time.Duration(i+m%10) * 25 * time.Second, Done: int64(i)}
		})}
		q.History = append(q.History[:20:20], q.History[30:]...)
		rows = append(rows, q)
	}
	return rows
}

// line is a value for each of n steps.
func line(n int, f func(int) float64) (vs []float64) {
	for i := range n {
		vs = append(vs, f(i))
	}
	return vs
}
