package view

import "strconv"

// The tables of the page of tasks stand in the order in which the queue's engine gives them, unless somebody asks.

func (m Tasks) queueOrder(here URL) ([]int, sorting) {
	of := func(value func(QueueRow) int64) func(int) int64 {
		return func(i int) int64 { return value(m.Queues[i]) }
	}
	return inOrder(here, len(m.Queues), sorting{},
		rank{col: "queue.name", text: func(i int) string { return m.Queues[i].Name }},
		rank{col: "queue.waiting", number: of(func(q QueueRow) int64 { return q.Depth })},
		rank{col: "queue.latency", number: of(func(q QueueRow) int64 { return int64(q.Latency) })},
		rank{col: "queue.running", number: of(func(q QueueRow) int64 { return q.Running })},
		rank{col: "queue.scheduled", number: of(func(q QueueRow) int64 { return q.Scheduled })},
		rank{col: "queue.retry", number: of(func(q QueueRow) int64 { return q.Retry })},
		rank{col: "queue.failed", number: of(func(q QueueRow) int64 { return q.Failed })},
		rank{col: "queue.done", number: of(func(q QueueRow) int64 { return q.DoneCount })},
	)
}

func (m Tasks) workerOrder(here URL) ([]int, sorting) {
	of := func(value func(WorkerRow) int64) func(int) int64 {
		return func(i int) int64 { return value(m.Workers[i]) }
	}
	return inOrder(here, len(m.Workers), sorting{},
		rank{col: "worker.name", text: func(i int) string { return m.Workers[i].Place }},
		rank{col: "worker.running", number: of(func(w WorkerRow) int64 { return w.Running })},
		rank{col: "worker.done", number: of(func(w WorkerRow) int64 { return w.Completed })},
		rank{col: "worker.retried", number: of(func(w WorkerRow) int64 { return w.Retried })},
		rank{col: "worker.failed", number: of(func(w WorkerRow) int64 { return w.Failed })},
		rank{col: "worker.cores", number: of(func(w WorkerRow) int64 { return w.cores() })},
		rank{col: "worker.seen", number: of(func(w WorkerRow) int64 { return w.Seen.UnixNano() })},
	)
}

func (m Tasks) kindOrder(here URL) ([]int, sorting) {
	of := func(value func(TaskRow) int64) func(int) int64 { return func(i int) int64 { return value(m.Kinds[i]) } }
	return inOrder(here, len(m.Kinds), sorting{},
		rank{col: "task.name", text: func(i int) string { return m.Kinds[i].Name }},
		rank{col: "task.open", number: of(func(k TaskRow) int64 { return k.Waiting })},
		rank{col: "task.running", number: of(func(k TaskRow) int64 { return k.Running })},
		rank{col: "task.failed", number: of(func(k TaskRow) int64 { return k.Failed })},
	)
}

// cores is the worker's load in hundredths of a core, -1 where it is not known.
func (w WorkerRow) cores() int64 {
	load, err := strconv.ParseFloat(w.Load, 64)
	if err != nil {
		return -1
	}
	return int64(load * 100)
}
