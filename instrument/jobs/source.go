package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// ErrNotFound says that there is no such job, queue or schedule: it never was, or it was
// removed after its time. Finished jobs are kept for a day, as a rule.
var ErrNotFound = errors.New("jobs: not found")

// Source tells of the work that is queued. Its methods may be called at any time from
// any goroutine, and answer in milliseconds also with a million jobs: they are asked for
// each page. Lists that are empty are no error.
type Source interface {
	// Engine names what runs the jobs and where they are, for people: "River on SQLite".
	Engine() string
	// Queues are all queues that have workers, or had jobs lately, by name.
	Queues(ctx context.Context) ([]Queue, error)
	// Workers are the processes that take jobs, those that went away lately too, the
	// busiest first.
	Workers(ctx context.Context) ([]Worker, error)
	// Kinds are the kinds of jobs that this process can run, by name.
	Kinds(ctx context.Context) ([]Kind, error)
	// List is a page of jobs.
	List(ctx context.Context, q Query) (Page, error)
	// Job is one job with all that is known. It fails with ErrNotFound.
	Job(ctx context.Context, id string) (*Detail, error)
	// Schedules are what is queued by the clock, by name.
	Schedules(ctx context.Context) ([]Schedule, error)
	// Attempts counts the attempts that this process has made since its start, for
	// Prometheus. It asks no database.
	Attempts() []AttemptCount
	// Waits are how long the jobs waited that this process began, by queue, for
	// Prometheus. It asks no database.
	Waits() []Wait
}

// Controller is a [Source] through which jobs can be steered as well. Each method fails
// with [ErrNotFound] for what is not there, and with a [*StateError] where the job's
// state does not allow it.
type Controller interface {
	// Cancel calls a job off. One that runs has its context cancelled, and it depends on
	// the job when it ends.
	Cancel(ctx context.Context, id string) error
	// Retry lets a job run once more, now: one that failed for good, was cancelled or
	// is done gets one more attempt, one that waits for its next attempt or its time is
	// not waited for ("run now").
	Retry(ctx context.Context, id string) error
	// Delete removes a job that does not run.
	Delete(ctx context.Context, id string) error
	// Pause lets the workers finish what they have and take nothing more from a queue;
	// Resume ends that. Both hold for all processes and over restarts.
	Pause(ctx context.Context, queue string) error
	Resume(ctx context.Context, queue string) error
	// Trigger queues a schedule's job now, outside its times, and gives the job's id.
	Trigger(ctx context.Context, schedule string) (id string, err error)
}

// Enqueuer is a [Source] through which jobs can be queued by hand.
type Enqueuer interface {
	// Enqueue queues a job of a kind that [Source.Kinds] lists, now and in its usual queue,
	// and gives the job's id. args is a JSON object. It fails with [ErrNotFound] for a kind
	// that is not known, and with an [*ArgsError] for arguments that the kind does not take.
	Enqueue(ctx context.Context, kind string, args json.RawMessage) (id string, err error)
}

// ArgsError says that a kind of job does not take some arguments.
type ArgsError struct {
	Kind string
	Err  error // why
}

func (e *ArgsError) Error() string {
	return "the arguments do not fit " + e.Kind + ": " + e.Err.Error()
}

// Unwrap is why.
func (e *ArgsError) Unwrap() error { return e.Err }

// StateError says that a job is in a state in which something cannot be done to it.
type StateError struct {
	ID    string
	State State
	Do    string // what was wanted: "cancel"
}

// Error says what cannot be done.
func (e *StateError) Error() string {
	return "jobs: " + e.Do + " job " + e.ID + ": it is " + e.State.String()
}

// Queue is one queue at this moment.
type Queue struct {
	Name     string    `json:"name"`
	Paused   bool      `json:"paused"`
	PausedAt time.Time `json:"paused_at,omitzero"`
	// Counts are its jobs by state: Depth says how many could run now.
	Counts Counts `json:"counts"`
	// Oldest is when the job that waits longest could have run; zero: none waits. Now
	// less it is the queue's latency.
	Oldest time.Time `json:"oldest,omitzero"`
	// Slots is how many jobs all workers that are alive may run at a time; 0: nobody
	// works this queue.
	Slots int `json:"slots"`
	// History is how it went, the oldest first, in equal steps. Steps in which nobody
	// measured are left out; empty: nobody has yet.
	History []Sample `json:"history,omitempty"`
}

// Depth is how many jobs could run now and wait for a worker.
func (q *Queue) Depth() int64 { return q.Counts.Of(Available) }

// Latency is how long the job that waits longest has waited by now; 0: none waits.
func (q *Queue) Latency(now time.Time) time.Duration {
	if q.Oldest.IsZero() {
		return 0
	}
	return max(0, now.Sub(q.Oldest))
}

// Sample is a queue's numbers in one step of its history.
type Sample struct {
	At    time.Time `json:"at"`    // the step's end
	Depth int64     `json:"depth"` // jobs that waited, when they were most
	// Latency is how long a job had waited for a worker that waited longest: of those that
	// still waited and of those that ended in the step.
	Latency time.Duration `json:"latency_ns"`
	Done    int64         `json:"done"`   // completed in the step
	Failed  int64         `json:"failed"` // discarded in the step
}

// Worker is a process that takes jobs.
type Worker struct {
	ID      string    `json:"id"`
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Service string    `json:"service,omitempty"`
	Started time.Time `json:"started"`
	// Seen is its last heartbeat, Ended when it left; a worker that is neither Alive nor
	// Ended died without a word, and its jobs are rescued.
	Seen   time.Time `json:"seen"`
	Ended  time.Time `json:"ended,omitzero"`
	Alive  bool      `json:"alive"`
	Leader bool      `json:"leader"` // it queues what is scheduled and rescues what is stuck

	Queues []WorkerQueue `json:"queues,omitempty"`
	// Attempts since it started, by outcome.
	Completed int64 `json:"completed"`
	Retried   int64 `json:"retried"`
	Failed    int64 `json:"failed"`
	Snoozed   int64 `json:"snoozed"`
	Cancelled int64 `json:"cancelled"`
	// Load is the processor time that the process used per time in the last heartbeat's
	// stretch: 1 is one core. Negative: unknown.
	Load   float64 `json:"load"`
	Memory int64   `json:"memory_bytes,omitempty"` // that the Go runtime holds
	Stuck  int     `json:"stuck,omitempty"`        // jobs that have been cancelled and go on
}

// Running is how many jobs it runs, and Slots how many it may run at a time.
func (w *Worker) Running() (running, slots int) {
	for _, q := range w.Queues {
		running += q.Running
		slots += q.Slots
	}
	return running, slots
}

// WorkerQueue is what a worker does for one queue.
type WorkerQueue struct {
	Name    string `json:"name"`
	Running int    `json:"running"`
	Slots   int    `json:"slots"`
}

// Kind is a kind of job as it was registered.
type Kind struct {
	Name    string            `json:"name"`
	Source  instrument.Source `json:"source"` // of the function that runs it
	Queue   string            `json:"queue"`
	Policy  []string          `json:"policy,omitempty"` // in words: "3 retries, exponential from 1s", "at most 10/s"
	Counts  Counts            `json:"counts"`
	Example json.RawMessage   `json:"example,omitempty"` // of its arguments
}

// Sort is the order of a list of jobs.
type Sort uint8

// The orders of jobs.
const (
	Newest Sort = iota // the latest queued first
	Oldest             // the earliest queued first
)

// Query chooses jobs. The zero value gives the newest fifty of all.
type Query struct {
	States []State // empty is all
	Queues []string
	Kinds  []string // exactly
	IDs    []string // these; at most a thousand
	Tag    string   // one of its tags, exactly
	Worker string   // one that tried it, by Worker.ID
	Text   string   // what its kind, masked arguments or last error contain, whatever the case
	Sort   Sort
	After  string // Page.Next of the page before; "" is the first
	Limit  int    // 0: 50; at most 1000
	// Budget is how long the search may take when few jobs pass. 0: 250 ms.
	Budget time.Duration
}

// Page is a part of a list of jobs.
type Page struct {
	Jobs []Job
	Next string // where the following page begins; "": this is the last
	// Complete is false when a search ended by its time and not by the list's end: the
	// next page goes on there.
	Complete bool
}

// Job is one piece of work, as lists show it.
type Job struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Queue    string   `json:"queue"`
	State    State    `json:"state"`
	Priority string   `json:"priority,omitempty"` // in words: "critical"
	Tags     []string `json:"tags,omitempty"`

	Attempt     int `json:"attempt"` // made so far
	MaxAttempts int `json:"max_attempts"`

	Created   time.Time `json:"created"`
	ETA       time.Time `json:"eta,omitzero"`        // when it may run, or may have
	Deadline  time.Time `json:"deadline,omitzero"`   // after which it is not begun any more
	Attempted time.Time `json:"attempted,omitzero"`  // when the last attempt began
	Finalized time.Time `json:"finalized,omitzero"`  // when it was completed, cancelled or discarded
	Worker    string    `json:"worker,omitempty"`    // of the last attempt
	Error     string    `json:"error,omitempty"`     // of the last attempt that failed, its first line
	Arguments string    `json:"arguments,omitempty"` // how they begin, masked; all of them are in Detail.Args

	// Parent is the Record that queued it, and Trace its trace; zero: none was recorded.
	Parent instrument.ID      `json:"parent,omitzero"`
	Trace  instrument.TraceID `json:"trace,omitzero"`
}

// Runtime is how long its last attempt has run by now, or ran; 0 when it has not.
func (j *Job) Runtime(now time.Time) time.Duration {
	switch {
	case j.Attempted.IsZero() || j.State == Available || j.State == Scheduled || j.State == Retryable || j.State == Pending:
		return 0
	case !j.Finalized.IsZero():
		return max(0, j.Finalized.Sub(j.Attempted))
	}
	return max(0, now.Sub(j.Attempted))
}

// Detail is all that is known of a job.
type Detail struct {
	Job
	Args     json.RawMessage `json:"args"`             // masked
	Output   json.RawMessage `json:"output,omitempty"` // what it gave back
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Unique   string          `json:"unique,omitempty"` // in words; "": others like it may be queued
	Schedule string          `json:"schedule,omitempty"`
	// Attempts are its attempts, the first first; Timeline is what happened to it.
	Attempts []Attempt `json:"attempts,omitempty"`
	Timeline []Event   `json:"timeline,omitempty"`
	// Progress is what it says of itself while it runs.
	Progress *Progress `json:"progress,omitempty"`
	// Can is what may be done to it now: "cancel", "retry", "delete".
	Can []string `json:"can,omitempty"`
}

// Attempt is one run of a job.
type Attempt struct {
	Number  int           `json:"number"` // from 1
	Started time.Time     `json:"started,omitzero"`
	Ended   time.Time     `json:"ended,omitzero"` // zero: it runs, or nobody knows
	Wait    time.Duration `json:"wait_ns"`        // from when it could run until it began
	Worker  string        `json:"worker,omitempty"`
	Outcome string        `json:"outcome,omitempty"` // "completed", "failed", "panicked", "cancelled", "snoozed", "rescued", "running"; "" unknown
	Error   string        `json:"error,omitempty"`
	Stack   string        `json:"stack,omitempty"` // of a panic
	// Record is the attempt's own Record; 0: none is known.
	Record instrument.ID `json:"record,omitzero"`
}

// Event is a step on a job's way.
type Event struct {
	At      time.Time `json:"at"` // later than now: it is expected
	State   State     `json:"state"`
	Attempt int       `json:"attempt,omitempty"`
	Note    string    `json:"note,omitempty"` // "tries again in 4s"
}

// Progress is how far a job is.
type Progress struct {
	Done  int64  `json:"done"`
	Total int64  `json:"total"` // 0: unknown
	Note  string `json:"note,omitempty"`
}

// Schedule is work that is queued by the clock.
type Schedule struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`  // of the jobs it queues
	Spec  string `json:"spec"`  // "0 3 * * *", "every 5m"
	Words string `json:"words"` // "at 03:00 every day"
	Zone  string `json:"zone"`  // "Europe/Berlin"
	// Overlap says in words what happens when the last run has not ended: "skip".
	Overlap string      `json:"overlap,omitempty"`
	Next    []time.Time `json:"next,omitempty"` // the next five
	Runs    []Run       `json:"runs,omitempty"` // the last ones, the newest first
	// Missed are the last ticks that came while nobody was there to queue their jobs, the
	// newest first, and MissedCount how many there were in all. They are not made up for.
	Missed      []time.Time `json:"missed,omitempty"`
	MissedCount int64       `json:"missed_count"`
}

// Run is one tick of a schedule for which a job was queued.
type Run struct {
	Tick     time.Time     `json:"tick"`
	Job      string        `json:"job,omitempty"`
	State    State         `json:"state,omitzero"` // 0: the job is gone, or was not queued
	Duration time.Duration `json:"duration_ns"`    // of its last attempt
	Error    string        `json:"error,omitempty"`
	Skipped  string        `json:"skipped,omitempty"` // why no job was queued: "the last run has not ended"
}

// AttemptCount is how many attempts of a kind in a queue ended so.
type AttemptCount struct {
	Kind, Queue string
	Outcome     string // what it made of the job: "completed", "retryable", "discarded", "cancelled", "snoozed", "interrupted"
	Count       uint64
}

// Wait is how long the jobs of a queue waited from when they could run until they began.
type Wait struct {
	Queue string
	Stats instrument.Stats // Count, Sum, Max and Hist
}
