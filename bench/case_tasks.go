package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// tasksWorked is everything that a queued job costs: its insert, its fetch, its run and
// its end, which are the database's for the most part, and of ours the arguments masked,
// the note in the job's metadata, and the Records of who queued it and of its attempt,
// stored.
var tasksWorked = benchCase{
	name: "tasks", work: "a job queued and worked, both recorded and stored", unit: unitNS,
	target: 0, allocs: anyAllocs,
	process: true,
	step:    jobsPerRequest, fixed: 20 * jobsPerRequest,
	ours: workedAndStored,
	peers: []peer{
		{riverAlone, 1.05, workedByRiver},
		{tasksUnrecorded, 1.4, workedUnrecorded},
	},
}

// tasksRate is the same as throughput: the time that passes until all are done. The queue's
// database has one writer, and recording is done beside it.
var tasksRate = benchCase{
	name: "tasks_rate", work: "the same by the time that passes: throughput", unit: unitNS,
	target: 0, allocs: anyAllocs,
	process: true, wall: true,
	step: jobsPerRequest, fixed: 40 * jobsPerRequest,
	ours: workedAndStored,
	peers: []peer{
		{riverAlone, 1.05, workedByRiver},
		{tasksUnrecorded, 1.4, workedUnrecorded},
	},
}

const (
	riverAlone      = "River alone, on the same database"
	tasksUnrecorded = "tasks, while nothing is recorded"

	// jobsPerRequest is how many jobs are queued, one after the other, by one Record.
	jobsPerRequest = 50

	benchWorkers  = 50
	benchCooldown = 10 * time.Millisecond
)

// invoice are arguments as they are in apps.
type invoice struct {
	Order    int64  `json:"order"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

func newInvoice(i int) invoice { return invoice{int64(i), "ann@example.org", "correct horse"} }

// Kind is River's name for it.
func (invoice) Kind() string { return "bench.invoice" }

var makeInvoice = tasks.New("bench.invoice", func(context.Context, invoice) error { return nil })

func workedAndStored(e *env) (op, error) {
	tb, err := newToolbar(e)
	if err != nil {
		return op{}, err
	}
	o, err := workingTasks(e, tb.Recorder())
	if err != nil {
		return op{}, err
	}
	work := o.run
	o.run = func(n int) error {
		if err := work(n); err != nil {
			return err
		}
		if err := tb.Flush(context.Background()); err != nil {
			return err
		}
		return allStored(tb.Stats())
	}
	return o, nil
}

func workedUnrecorded(e *env) (op, error) {
	r := instrument.New(instrument.Config{})
	r.SetEnabled(false)
	return workingTasks(e, r)
}

// workingTasks queues and works jobs by package tasks.
func workingTasks(e *env, r *instrument.Recorder) (op, error) {
	dir, err := e.tempDir()
	if err != nil {
		return op{}, err
	}
	c, err := tasks.Open(context.Background(), tasks.Config{
		DSN: filepath.Join(dir, "app.db"), Tasks: []tasks.Definition{makeInvoice}, Recorder: r, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Queues: map[string]tasks.Queue{tasks.DefaultQueue: {Workers: benchWorkers}},
		River:  func(rc *river.Config) { rc.FetchCooldown, rc.TestOnly = benchCooldown, true },
	})
	if err != nil {
		return op{}, err
	}
	e.atEnd(func() error { return c.Close(context.Background()) })
	return working(e, c, c.Start, func(n int) error {
		ctx, rec := r.Begin(tasks.WithClient(context.Background(), c), instrument.Begin{Handler: benchRequest})
		defer rec.End()
		for i := range n {
			if _, err := makeInvoice.Enqueue(ctx, newInvoice(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// invoices works them as River's own users do.
type invoices struct{ river.WorkerDefaults[invoice] }

func (*invoices) Work(context.Context, *river.Job[invoice]) error { return nil }

// workedByRiver has the same settings, in the database and around it.
func workedByRiver(e *env) (op, error) {
	ctx := context.Background()
	dir, err := e.tempDir()
	if err != nil {
		return op{}, err
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "app.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate")
	if err != nil {
		return op{}, err
	}
	e.atEnd(db.Close)
	db.SetMaxOpenConns(1)
	migrator, err := rivermigrate.New(riversqlite.New(db), nil)
	if err != nil {
		return op{}, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return op{}, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &invoices{})
	c, err := river.NewClient(riversqlite.New(db), &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: benchWorkers}}, Workers: workers,
		FetchCooldown: benchCooldown, TestOnly: true, MaxAttempts: 4, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return op{}, err
	}
	e.atEnd(func() error { return c.Stop(ctx) })
	return working(e, c, c.Start, func(n int) error {
		for i := range n {
			if _, err := c.Insert(ctx, newInvoice(i), nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// subscriber tells of jobs that are done.
type subscriber interface {
	SubscribeConfig(*river.SubscribeConfig) (<-chan *river.Event, func())
}

// working queues jobs, a request's worth at a time, and waits until they are done.
func working(e *env, s subscriber, start func(context.Context) error, queue func(n int) error) (op, error) {
	ended, cancel := s.SubscribeConfig(&river.SubscribeConfig{ChanSize: 10_000, Kinds: []river.EventKind{river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobCancelled}})
	e.atEnd(func() error { cancel(); return nil })
	if err := start(context.Background()); err != nil {
		return op{}, err
	}
	return op{run: func(n int) error {
		for range n / jobsPerRequest {
			if err := queue(jobsPerRequest); err != nil {
				return err
			}
		}
		for range n {
			if ev := <-ended; ev.Kind != river.EventKindJobCompleted {
				return fmt.Errorf("job %d: %s", ev.Job.ID, ev.Kind)
			}
		}
		return nil
	}}, nil
}
