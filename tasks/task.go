package tasks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

// Task is a function that can be queued: [Task.Enqueue] in place of a call. Its arguments
// are of type A, which is written as JSON. A Task is a value and does not change; With
// gives another one. Make tasks with [New], once, in package variables.
type Task[A any] struct {
	def     *definition
	options Options
}

// Definition is a task, whatever its arguments: what [Config.Tasks] lists.
type Definition interface {
	// Kind is the task's name, as it stands in the database.
	Kind() string
	definition() *definition
}

// definition is a task without its types.
type definition struct {
	kind    string
	source  instrument.Source
	options Options
	args    reflect.Type
	result  reflect.Type // of NewResult; nil: none
	unique  []string     // the arguments' fields that are tagged as unique
	// work runs the task with encoded arguments; nil: declared only.
	work func(ctx context.Context, encoded []byte) error
}

// New makes a task of a function. kind is its name in the database: letters, digits and
// "_-.:/"; workers look the function up by it, so it outlives renames of the function. A
// nil function declares a task that other processes work.
//
// New adds the task to those of the process, which [Open] takes. It panics when kind is
// not a name, when a function at another place has it already, or when options cannot
// work.
func New[A any](kind string, work func(ctx context.Context, args A) error, options ...Options) Task[A] {
	return newTask(kind, work == nil, work, instrument.FuncSource(work), options)
}

// newTask makes the task of New and NewResult, which it must be called by directly.
func newTask[A any](kind string, declared bool, work func(context.Context, A) error, src instrument.Source, options []Options) Task[A] {
	def := &definition{kind: kind, source: src, args: reflect.TypeFor[A]()}
	if declared {
		def.source = instrument.CallerSource(2)
	} else {
		def.work = func(ctx context.Context, encoded []byte) error {
			args, err := DecodeArgs[A](encoded)
			if err != nil {
				return err
			}
			return work(ctx, args)
		}
	}
	for _, o := range options {
		def.options = def.options.with(o)
	}
	def.unique = uniqueFields(def.args)
	if err := errors.Join(def.validate(), registry.add(def)); err != nil {
		panic("tasks: New: " + err.Error())
	}
	return Task[A]{def: def, options: def.options}
}

func (d *definition) validate() error {
	if !kindPattern.MatchString(d.kind) {
		return fmt.Errorf("kind %q is no name: it must match %s", d.kind, kindPattern)
	}
	return d.options.validate(fmt.Sprintf("task %q", d.kind))
}

// DecodeArgs reads the arguments of a job, as a worker does before it runs the task.
func DecodeArgs[A any](encoded []byte) (args A, err error) {
	if !isObject(reflect.TypeFor[A]()) {
		var w struct{ Value *A }
		w.Value = &args
		err = json.Unmarshal(encoded, &w)
	} else {
		err = json.Unmarshal(encoded, &args)
	}
	if err != nil {
		return args, fmt.Errorf("read the arguments: %w", err)
	}
	return args, nil
}

// encode writes arguments as they stand in the database: an object always, since unique
// jobs are told apart by its fields.
func encode[A any](args A) ([]byte, error) {
	var v any = args
	if !isObject(reflect.TypeFor[A]()) {
		v = struct {
			Value A `json:"value"`
		}{args}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write the arguments as JSON: %w", err)
	}
	if len(text) == 0 || text[0] != '{' {
		return nil, fmt.Errorf("write the arguments as JSON: %T gives %.20q, expected an object", args, text)
	}
	return text, nil
}

// isObject tells whether values of a type are JSON objects by themselves.
func isObject(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !t.Implements(reflect.TypeFor[json.Marshaler]()) && !t.Implements(reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]())
}

// Kind is the task's name.
func (t Task[A]) Kind() string { return t.def.kind }

func (t Task[A]) definition() *definition { return t.def }

// With gives a Task with other options; t stays as it is. Fields of o that are zero leave
// those of t.
func (t Task[A]) With(o Options) Task[A] {
	t.options = t.options.with(o)
	return t
}

// Run runs the task here and now, as a function call: nothing is queued.
func (t Task[A]) Run(ctx context.Context, args A) error {
	if t.def.work == nil {
		return fmt.Errorf("tasks: run %s: it is declared without a function", t.def.kind)
	}
	encoded, err := encode(args)
	if err != nil {
		return fmt.Errorf("tasks: run %s: %w", t.def.kind, err)
	}
	return t.def.work(ctx, encoded)
}

// Enqueue queues the task with the Client of ctx ([FromContext]), and in the transaction
// of ctx ([WithTx]) if it has one: then the job is there when that commits, and never when
// it does not.
func (t Task[A]) Enqueue(ctx context.Context, args A) (*Job, error) {
	return t.enqueue(ctx, nil, args)
}

// EnqueueTx is Enqueue in a transaction: a *sql.Tx, or on PostgreSQL also a pgx.Tx.
func (t Task[A]) EnqueueTx(ctx context.Context, tx any, args A) (*Job, error) {
	return t.enqueue(ctx, tx, args)
}

// EnqueueMany queues the task once for each of args, in one statement where the database
// can, and in the transaction of ctx if it has one: all of them, or none.
func (t Task[A]) EnqueueMany(ctx context.Context, args []A) ([]*Job, error) {
	c := FromContext(ctx)
	if c == nil {
		return nil, errNoClient
	}
	if len(args) == 0 {
		return nil, nil
	}
	params := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		encoded, err := encode(a)
		if err == nil {
			params[i], err = c.insertParams(t.def, t.options, encoded, nil)
		}
		if err != nil {
			return nil, fmt.Errorf("tasks: queue %s: call %d: %w", t.def.kind, i+1, err)
		}
	}
	results, err := c.insert(ctx, txOf(ctx), params)
	if err != nil {
		return nil, fmt.Errorf("tasks: queue %s: %w", t.def.kind, err)
	}
	return c.jobsOf(results), nil
}

func (c *Client) jobsOf(results []*rivertype.JobInsertResult) []*Job {
	list := make([]*Job, len(results))
	for i, r := range results {
		list[i] = &Job{Row: r.Job, Duplicate: r.UniqueSkippedAsDuplicate, client: c}
	}
	return list
}

func (t Task[A]) enqueue(ctx context.Context, tx any, args A) (*Job, error) {
	encoded, err := encode(args)
	if err != nil {
		return nil, fmt.Errorf("tasks: queue %s: %w", t.def.kind, err)
	}
	c := FromContext(ctx)
	if c == nil {
		return nil, errNoClient
	}
	if tx == nil {
		tx = c.txOf(ctx)
	}
	return c.enqueue(ctx, tx, t.def, t.options, encoded)
}

// Job is a job that was queued.
type Job struct {
	// Row is the job as it was when it was queued, or read last.
	Row *rivertype.JobRow
	// Duplicate tells that the task is unique and such a job was there already: Row is
	// that one.
	Duplicate bool

	client *Client
}

// ID is the job's number in the database.
func (j *Job) ID() int64 { return j.Row.ID }

// Refresh reads the job again.
func (j *Job) Refresh(ctx context.Context) error {
	row, err := j.client.JobGet(ctx, j.Row.ID)
	if err != nil {
		return fmt.Errorf("tasks: read job %d: %w", j.Row.ID, err)
	}
	j.Row = row
	return nil
}

// enqueue inserts a job with its options.
func (c *Client) enqueue(ctx context.Context, tx any, def *definition, o Options, encoded []byte) (*Job, error) {
	return c.enqueueWith(ctx, tx, Call{def: def, options: o, encoded: encoded}, nil)
}

// enqueueWith inserts the job of a call with metadata.
func (c *Client) enqueueWith(ctx context.Context, tx any, call Call, meta map[string]any) (*Job, error) {
	params, err := c.insertParams(call.def, call.options, call.encoded, meta)
	if err != nil {
		return nil, fmt.Errorf("tasks: queue %s: %w", call.def.kind, err)
	}
	results, err := c.insert(ctx, tx, []river.InsertManyParams{params})
	if err != nil {
		return nil, fmt.Errorf("tasks: queue %s: %w", call.def.kind, err)
	}
	return &Job{Row: results[0].Job, Duplicate: results[0].UniqueSkippedAsDuplicate, client: c}, nil
}

// insert inserts in the app's transaction, or at once if tx is nil.
func (c *Client) insert(ctx context.Context, tx any, params []river.InsertManyParams) (results []*rivertype.JobInsertResult, err error) {
	if tx == nil {
		return c.engine.InsertMany(c.together(ctx), params)
	}
	err = c.engine.within(ctx, tx, func(x transaction) error {
		results, err = x.insert(ctx, params)
		return err
	})
	return results, err
}

// insertParams is what River inserts for a call.
func (c *Client) insertParams(def *definition, o Options, encoded []byte, meta map[string]any) (p river.InsertManyParams, err error) {
	opts, err := c.insertOpts(def, o, meta)
	if err != nil {
		return p, err
	}
	due := latest(c.now(), opts.ScheduledAt)
	args := jobArgs{kind: def.kind, encoded: encoded, unique: o.Unique.key(def.unique, encoded, due)}
	return river.InsertManyParams{Args: args, InsertOpts: opts}, nil
}

type txKey struct{}

// WithTx gives a context in which tasks are queued in a transaction: a *sql.Tx, or on
// PostgreSQL also a pgx.Tx.
func WithTx(ctx context.Context, tx any) context.Context { return context.WithValue(ctx, txKey{}, tx) }

func txOf(ctx context.Context) any { return ctx.Value(txKey{}) }

// txOf is the transaction that ctx runs in: that of WithTx, or one that modelsignals.InTx
// has begun on Config.DB; nil when there is none.
func (c *Client) txOf(ctx context.Context) any {
	if tx := txOf(ctx); tx != nil {
		return tx
	}
	if c.config.DB != nil {
		if tx, ok := modelsignals.Tx(ctx, c.config.DB); ok {
			return tx
		}
	}
	return nil
}

// jobArgs are the encoded arguments of any task.
type jobArgs struct {
	kind    string
	encoded []byte
	unique  string // what tells unique jobs apart beside River's options
}

// Kind is the task's name; "" in a worker, where River knows it from the row.
func (a jobArgs) Kind() string { return a.kind }

// MarshalJSON gives the arguments as they are.
func (a jobArgs) MarshalJSON() ([]byte, error) { return a.encoded, nil }

// UnmarshalJSON leaves the arguments to the task.
func (a *jobArgs) UnmarshalJSON(text []byte) error {
	a.encoded = slices.Clone(text)
	return nil
}

// worker is River's worker of a task.
type worker struct {
	river.WorkerDefaults[jobArgs]
	def    *definition
	client *Client
}

func addWorker(workers *river.Workers, def *definition, c *Client) (err error) {
	defer func() { // AddWorkerArgs, which alone takes arguments of a kind known at run time, panics
		if p := recover(); p != nil {
			err = fmt.Errorf("tasks: task %q: %v", def.kind, p)
		}
	}()
	river.AddWorkerArgs(workers, jobArgs{kind: def.kind}, &worker{def: def, client: c})
	return nil
}

// Work runs the task.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	return w.def.work(ctx, job.Args.encoded)
}

// Timeout is the task's soft limit.
func (w *worker) Timeout(job *river.Job[jobArgs]) time.Duration {
	if bytes.Contains(job.Metadata, []byte(MetaTimeout)) {
		return readMetadata(job.Metadata).Timeout
	}
	return w.def.options.Timeout
}

// registry holds the tasks of the process.
var registry definitions

type definitions struct {
	mu  sync.Mutex // guards all
	all []*definition
}

func (r *definitions) add(def *definition) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, d := range r.all {
		if d.kind == def.kind && d.source == def.source { // made anew, as tests do that run again
			r.all[i] = def
			return nil
		}
		if d.kind == def.kind {
			return fmt.Errorf("kind %q is taken by the task at %s", def.kind, d.source)
		}
	}
	r.all = append(r.all, def)
	return nil
}

func (r *definitions) list() []*definition {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// builtin are tasks of this package, which every Client has.
var builtin []*definition

// define takes the tasks that the Client knows.
func (c *Client) define() error {
	list := registry.list()
	if c.config.Tasks != nil {
		list = nil
		for _, t := range c.config.Tasks {
			list = append(list, t.definition())
		}
	}
	list = append(list, builtin...)
	c.defs = make(map[string]*definition, len(list))
	var errs []error
	for _, def := range list {
		if c.defs[def.kind] != nil {
			errs = append(errs, fmt.Errorf("tasks: two tasks are of kind %q", def.kind))
		}
		c.defs[def.kind] = def
		if q := def.options.Queue; q != "" && !c.hasQueue(q) {
			errs = append(errs, fmt.Errorf("tasks: task %q is in queue %q, which Config.Queues lacks: it has %s", def.kind, q, c.queueNames()))
		}
	}
	return errors.Join(errs...)
}

func (c *Client) hasQueue(name string) bool {
	_, ok := c.config.Queues[name]
	return ok
}

func (c *Client) queueNames() string {
	var names []string
	for name := range c.config.Queues {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
