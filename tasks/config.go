package tasks

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// Config says where jobs are kept and how they are worked. One of DSN, DB and Pool is
// needed; all else has a default.
type Config struct {
	// DSN names the database: "postgres://..." is PostgreSQL, anything else the file of an
	// SQLite database, as a path or as a "file:" URI.
	DSN string
	// DB is the app's own pool, in place of a DSN: its database is found by asking it. It
	// may be of SQLite, or of PostgreSQL through pgx's database/sql driver. Statements of
	// the queue run on connections of the queue's own.
	DB *sql.DB
	// Pool is the app's own pgx pool, in place of a DSN; the queue uses it.
	Pool *pgxpool.Pool
	// Schema is where the queue's tables are, PostgreSQL only. "": the search path's.
	Schema string

	// Queues are the queues that jobs may be put in, by name. Nil: "default" alone. A
	// queue that is missing here is an error when something is put in it.
	Queues map[string]Queue
	// Tasks are the tasks of this process. Nil: all that were made with New.
	Tasks []Definition
	// Workers are River's own workers, beside the tasks. Nil: none.
	Workers *river.Workers
	// Schedules queue calls at set times. Nil: none.
	Schedules []Schedule
	// Commands runs the commands of Schedules: the app's *commands.Root. Nil: none.
	Commands Commander
	// InsertOnly is for processes that queue jobs and work none, as web servers beside
	// worker processes do.
	InsertOnly bool

	// Retry is the policy of tasks that have none. Its zero value: three retries, the
	// first after a second or less, each later one after up to twice as long.
	Retry Retry
	// Timeout is when the context of a task that has no limit of its own is cancelled.
	// 0: after a minute. Less than 0: never.
	Timeout time.Duration
	// StuckAfter is how long after its timeout a job that still runs is reported as stuck.
	// 0: 10 seconds.
	StuckAfter time.Duration
	// LostAfter is how long a worker process gives no sign of life before its jobs are given
	// to others: after kill -9, or when its machine is gone. The attempt counts. 0: 35
	// seconds. Less than 0: never. Clocks of hosts must not differ by as much.
	LostAfter time.Duration
	// RescueAfter is when a job that still runs is given to another worker, whether or not
	// its own is alive. 0: an hour after the longest timeout.
	RescueAfter time.Duration
	// Drain is how long Close waits for running jobs before their contexts are cancelled.
	// 0: as long as the context of Close allows. Jobs that are cancelled so are worked
	// again by the next process, and the attempt does not count.
	Drain time.Duration

	// Now is the clock, for tests; schedules then run by Client.RunSchedules alone, nothing
	// is rescued unless RescueAfter says so, and jobs that have ended are kept unless River
	// says for how long. Nil: time.Now.
	Now func() time.Time

	// Test is for tests of apps: package taskstest sets it.
	Test TestMode

	// Recorder records attempts and inserts. Nil: that of the context, or the default one.
	Recorder *instrument.Recorder
	// Mask hides secrets in arguments. Nil: mask.Default.
	Mask *mask.Rules
	// Logger takes warnings of the queue, and what River logs. Nil: slog.Default.
	Logger *slog.Logger
	// River may change River's own configuration before its client is made. Nil: nothing.
	River func(*river.Config)
}

// Queue says how this process works a queue.
type Queue struct {
	// Workers is how many jobs of the queue this process works at once. 0: 10. Less than
	// 0: none, the queue is worked by other processes.
	Workers int
}

// DefaultQueue is the queue of tasks that name none.
const DefaultQueue = river.QueueDefault

const (
	defaultWorkers  = 10
	defaultTimeout  = river.JobTimeoutDefault
	defaultRescue   = time.Hour
	never           = 100 * 365 * 24 * time.Hour
	lastGrace       = 5 * time.Second       // for jobs whose context Close has cancelled
	lastWrites      = 30 * time.Second      // of the background work that Close ends: only a database that hangs takes as long
	defaultCooldown = 10 * time.Millisecond // River's 100 ms hold ten workers to 100 jobs a second
)

func (c Config) withDefaults() Config {
	c.InsertOnly = c.InsertOnly || c.Test != NotTesting
	if c.Queues == nil {
		c.Queues = map[string]Queue{DefaultQueue: {}}
	}
	c.Queues = maps.Clone(c.Queues)
	for name, q := range c.Queues {
		q.Workers = cmp.Or(q.Workers, defaultWorkers)
		c.Queues[name] = q
	}
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	c.StuckAfter = cmp.Or(c.StuckAfter, river.JobStuckThresholdDefault)
	if c.Mask == nil {
		c.Mask = mask.Default()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func (c Config) validate() error {
	given := 0
	for _, set := range []bool{c.DSN != "", c.DB != nil, c.Pool != nil} {
		if set {
			given++
		}
	}
	switch {
	case given == 0:
		return errors.New("tasks: Config names no database: set DSN, DB or Pool")
	case given > 1:
		return errors.New("tasks: Config names several databases: set one of DSN, DB and Pool")
	case c.RescueAfter < 0 || c.Drain < 0 || c.StuckAfter < 0:
		return errors.New("tasks: Config.RescueAfter, Drain and StuckAfter cannot be less than 0")
	}
	return c.Retry.validate("Config.Retry")
}

// riverConfig is River's configuration for c: ours, changed by the app's own, and around
// both what records.
func (c *Client) riverConfig() (*river.Config, error) {
	rc := &river.Config{
		FetchCooldown:        defaultCooldown,
		JobStuckThreshold:    c.config.StuckAfter,
		JobTimeout:           c.config.Timeout,
		Logger:               slog.New(quiet{c.config.Logger.Handler()}),
		MaxAttempts:          c.config.Retry.attempts(),
		RescueStuckJobsAfter: c.config.RescueAfter,
		RetryPolicy:          retryPolicy{c},
		Schema:               c.config.Schema,
		SoftStopTimeout:      c.config.Drain,
	}
	if rc.RescueStuckJobsAfter == 0 {
		rc.RescueStuckJobsAfter = defaultRescue + max(c.longestTimeout(), 0)
	}
	if c.config.Now != nil {
		rc.Test.Time = clock{c.config.Now}
		// River's rescuer and cleaner go by the machine's clock, for which all jobs may be months old.
		if c.config.RescueAfter == 0 {
			rc.RescueStuckJobsAfter = never
		}
		rc.CancelledJobRetentionPeriod, rc.CompletedJobRetentionPeriod, rc.DiscardedJobRetentionPeriod = -1, -1, -1
	}
	if err := c.setWorkers(rc); err != nil {
		return nil, err
	}
	if c.config.River != nil {
		c.config.River(rc)
	}
	rc.Plugins = append([]rivertype.Plugin{&recording{client: c}}, append(rc.Plugins, &policy{client: c})...)
	rc.ErrorHandler = &errorHandler{client: c, next: rc.ErrorHandler}
	rc.JobStuckHandler = c.stuckHandler(rc.JobStuckHandler)
	return rc, nil
}

// setWorkers says what is worked, and how much of it at once.
func (c *Client) setWorkers(rc *river.Config) (err error) {
	if c.config.InsertOnly {
		rc.Workers = c.config.Workers
		return nil
	}
	if rc.Workers, err = c.workers(); err != nil {
		return err
	}
	rc.Queues = map[string]river.QueueConfig{}
	for name, q := range c.config.Queues {
		if q.Workers > 0 {
			rc.Queues[name] = river.QueueConfig{MaxWorkers: q.Workers}
		}
	}
	if len(rc.Queues) == 0 {
		return errors.New("tasks: no queue of Config.Queues has workers: set InsertOnly if this process works none")
	}
	return nil
}

// clock is the app's clock as River wants it.
type clock struct{ now func() time.Time }

// Now is the time.
func (c clock) Now() time.Time { return c.now() }

// NowOrNil is the time, which is River's sign to use it in statements too.
func (c clock) NowOrNil() *time.Time {
	now := c.now()
	return &now
}

// workers puts the tasks beside River's own workers.
func (c *Client) workers() (*river.Workers, error) {
	workers := c.config.Workers
	if workers == nil {
		workers = river.NewWorkers()
	}
	for _, def := range c.defs {
		if def.work == nil {
			return nil, fmt.Errorf("tasks: task %q is declared at %s without a function: give it one, or set InsertOnly in processes that work no jobs", def.kind, def.source)
		}
		if err := addWorker(workers, def, c); err != nil {
			return nil, err
		}
	}
	return workers, nil
}

func (c *Client) longestTimeout() time.Duration {
	longest := c.config.Timeout
	for _, def := range c.defs {
		longest = max(longest, def.options.Timeout)
	}
	return longest
}

var discardLogger = slog.New(slog.NewTextHandler(io.Discard, nil))
