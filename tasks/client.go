package tasks

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Client queues jobs, and works them once it is started. Its methods may be called from
// several goroutines.
type Client struct {
	River // lists, gets, cancels, retries and deletes jobs; pauses and resumes queues

	config    Config
	base      database
	engine    engine
	defs      map[string]*definition
	kinds     kinds
	counts    counters
	schedules []scheduled
	limits    limiters
	flushes   chan struct{} // wakes who queues batches
	beats     sync.Mutex    // one heartbeat at a time: none is overwritten by an earlier one

	mu      sync.Mutex // guards what follows
	running map[int64]*attempt
	stop    context.CancelFunc // of the background work
	done    sync.WaitGroup
	started bool
	closed  bool
}

// River is what River's own client does whichever the database is. See River's
// documentation: nothing is changed.
type River interface {
	ID() string
	Schema() string
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
	InsertMany(ctx context.Context, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
	JobCancel(ctx context.Context, id int64) (*rivertype.JobRow, error)
	JobDelete(ctx context.Context, id int64) (*rivertype.JobRow, error)
	JobDeleteMany(ctx context.Context, params *river.JobDeleteManyParams) (*river.JobDeleteManyResult, error)
	JobGet(ctx context.Context, id int64) (*rivertype.JobRow, error)
	JobList(ctx context.Context, params *river.JobListParams) (*river.JobListResult, error)
	JobRetry(ctx context.Context, id int64) (*rivertype.JobRow, error)
	JobUpdate(ctx context.Context, id int64, params *river.JobUpdateParams) (*rivertype.JobRow, error)
	PeriodicJobs() *river.PeriodicJobBundle
	QueueGet(ctx context.Context, name string) (*rivertype.Queue, error)
	QueueList(ctx context.Context, params *river.QueueListParams) (*river.QueueListResult, error)
	QueuePause(ctx context.Context, name string, opts *river.QueuePauseOpts) error
	QueueResume(ctx context.Context, name string, opts *river.QueuePauseOpts) error
	Queues() *river.QueueBundle
	Stopped() <-chan struct{}
	Subscribe(kinds ...river.EventKind) (<-chan *river.Event, func())
	SubscribeConfig(config *river.SubscribeConfig) (<-chan *river.Event, func())
}

// engine is River's client on one of the databases.
type engine interface {
	River
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	// within runs fn in the app's transaction, or in one of its own if tx is nil.
	within(ctx context.Context, tx any, fn func(transaction) error) error
	executor() riverdriver.Executor
}

// database is where jobs are kept.
type database interface {
	// open makes River's client.
	open(*river.Config) (engine, error)
	migrate(ctx context.Context, schema string) error
	// sql is a pool for statements of our own, with $1 for arguments.
	sql() *sql.DB
	// reads is a pool for what lists read.
	reads() *sql.DB
	postgres() bool
	close()
}

var process atomic.Pointer[Client]

// Default is the Client that tasks use whose context carries none: the first that was
// opened and is not closed yet; nil when there is none.
func Default() *Client { return process.Load() }

// SetDefault makes c the one that Default gives; nil takes it away.
func SetDefault(c *Client) { process.Store(c) }

// Open connects to the database, makes or updates the queue's tables and gives a Client
// that queues jobs at once. Workers are started by [Client.Start]. A Config that cannot
// work is refused here: a task without a function, a kind used twice, a queue that does
// not exist.
func Open(ctx context.Context, config Config) (*Client, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	c := &Client{config: config.withDefaults(), running: map[int64]*attempt{}, flushes: make(chan struct{}, 1)}
	if err := errors.Join(c.define(), c.schedule()); err != nil {
		return nil, err
	}
	base, err := openDatabase(ctx, c.config)
	if err != nil {
		return nil, fmt.Errorf("tasks: open the database: %w", err)
	}
	c.base = base
	if err := c.connect(ctx); err != nil {
		base.close()
		return nil, err
	}
	if c.config.Test == NotTesting {
		process.CompareAndSwap(nil, c)
	}
	return c, nil
}

// connect migrates and makes River's client.
func (c *Client) connect(ctx context.Context) error {
	if err := c.base.migrate(ctx, c.config.Schema); err != nil {
		return fmt.Errorf("tasks: make the queue's tables: %w", err)
	}
	rc, err := c.riverConfig()
	if err != nil {
		return err
	}
	if c.engine, err = c.base.open(rc); err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	if c.config.Test != NotTesting {
		c.engine = &testEngine{c.engine, c}
	}
	c.River = c.engine
	return nil
}

// Start begins to work jobs, and returns at once. They run until Close, or until ctx is
// done. Of a Client with InsertOnly it is an error.
func (c *Client) Start(ctx context.Context) error {
	if c.config.InsertOnly {
		return errors.New("tasks: Start: the Client is InsertOnly, it works no jobs")
	}
	if start, err := c.mayStart(); !start {
		return err
	}
	// Before the first job is taken: who dies with it must have been known, or nobody would miss it.
	if err := c.announce(ctx); err != nil {
		return fmt.Errorf("tasks: start: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if start, err := c.startable(); !start {
		return err
	}
	if err := c.engine.Start(withClient(ctx, c)); err != nil {
		return fmt.Errorf("tasks: start: %w", err)
	}
	c.started = true
	background, stop := context.WithCancel(withClient(context.WithoutCancel(ctx), c))
	c.stop = stop
	for _, run := range backgrounds {
		c.done.Go(func() { run(background, c) })
	}
	return nil
}

func (c *Client) mayStart() (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.startable()
}

// startable tells whether there is something to start. It is called with the lock.
func (c *Client) startable() (bool, error) {
	if c.closed {
		return false, errors.New("tasks: Start: the Client is closed")
	}
	return !c.started, nil
}

// backgrounds run from Start to Close, each on its goroutine, until their context is
// done.
var backgrounds []func(context.Context, *Client)

// Close lets running jobs end, stops the workers and closes what Open has opened. New
// jobs are not begun meanwhile. When ctx ends first, or Config.Drain is over, the contexts
// of running jobs are cancelled; those that then return are worked again later, and the
// attempt does not count. Close may be called again, and without Start.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	started, again := c.started, c.closed
	c.closed = true
	c.mu.Unlock()
	if again {
		return nil
	}
	process.CompareAndSwap(c, nil)
	var err error
	if started {
		err = c.drain(ctx)
		c.stop()
		c.done.Wait()
	}
	c.base.close()
	return err
}

// drain stops the workers: first kindly, then by their context.
func (c *Client) drain(ctx context.Context) error {
	err := c.engine.Stop(ctx)
	if err == nil {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastGrace)
	defer cancel()
	if err := c.engine.StopAndCancel(last); err != nil {
		return fmt.Errorf("tasks: close: %d jobs ignore that their context is cancelled: %w", c.Running(), err)
	}
	return fmt.Errorf("tasks: close: running jobs were cancelled: %w", err)
}

// Running is how many jobs this process works at the moment.
func (c *Client) Running() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.running)
}

// now is the time by the Client's clock.
func (c *Client) now() time.Time {
	if c.config.Now != nil {
		return c.config.Now()
	}
	return time.Now()
}

// recorder is who records what runs in ctx.
func (c *Client) recorder(ctx context.Context) *instrument.Recorder {
	if c.config.Recorder != nil {
		return c.config.Recorder
	}
	if r := instrument.FromContext(ctx).Recorder(); r != nil {
		return r
	}
	return instrument.Default()
}

var errNoClient = errors.New("tasks: there is no Client: call Open first, or give one with WithClient")

type clientKey struct{}

// WithClient gives a context in which tasks are queued with c.
func WithClient(ctx context.Context, c *Client) context.Context { return withClient(ctx, c) }

func withClient(ctx context.Context, c *Client) context.Context {
	return context.WithValue(ctx, clientKey{}, c)
}

// FromContext is the Client of a context: that of WithClient, that which works the job,
// or the default one. It is nil when there is none.
func FromContext(ctx context.Context) *Client {
	if c, ok := ctx.Value(clientKey{}).(*Client); ok {
		return c
	}
	return Default()
}
