package tasks

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/riverqueue/river"
)

// kindPattern is what River takes for the name of a kind.
var kindPattern = regexp.MustCompile(`\A[\w][\w\-\[\]<>\/.·:+]+\z`)

// Options say how a task is queued and worked. The zero value of a field is the default;
// in [Task.With] it leaves what the task has.
type Options struct {
	// Queue is where jobs wait. "": DefaultQueue.
	Queue string
	// Priority orders the jobs of a queue. 0: Normal.
	Priority Priority
	// At is the time before which the job does not run. A time that has passed is at once.
	At time.Time
	// In is At from now on. Only one of them may be set.
	In time.Duration
	// Tags are words to find jobs by: letters, digits, "_" and "-", three at least.
	Tags []string
	// Retry says when a failed job is tried again. Its zero value: Config.Retry.
	Retry Retry
	// Expires is how long the job is of use, from when it is queued or, with At or In, from
	// then: a worker that comes to it later cancels it with ErrExpired. 0: for ever.
	Expires time.Duration
	// Unique keeps a second job like this one out. Its zero value: none.
	Unique Unique
	// Rate limits how many jobs of the task a process begins; it is the task's alone, in a
	// call it is an error. Its zero value: no limit. A job that is put off for it does not
	// use up an attempt.
	Rate Rate
	// Timeout is when the job's context is cancelled. 0: Config.Timeout. Less than 0: never.
	Timeout time.Duration
}

// with is o with the fields of other that are set.
func (o Options) with(other Options) Options {
	set(&o.Queue, other.Queue)
	set(&o.Priority, other.Priority)
	set(&o.Timeout, other.Timeout)
	set(&o.Retry, other.Retry)
	set(&o.Expires, other.Expires)
	set(&o.Unique, other.Unique)
	set(&o.Rate, other.Rate)
	if !other.At.IsZero() || other.In != 0 { // one replaces the other, and both together are an error
		o.At, o.In = other.At, other.In
	}
	if other.Tags != nil {
		o.Tags = slices.Clone(other.Tags)
	}
	return o
}

func set[T comparable](to *T, value T) {
	var zero T
	if value != zero {
		*to = value
	}
}

func (o Options) validate(whose string) error {
	if !o.At.IsZero() && o.In != 0 {
		return fmt.Errorf("%s has both At and In: set one of them", whose)
	}
	if o.Priority < 0 || o.Priority > Low {
		return fmt.Errorf("%s has the priority %d: use Critical, High, Normal or Low", whose, o.Priority)
	}
	if o.Expires < 0 {
		return fmt.Errorf("%s expires %s before it is queued", whose, -o.Expires)
	}
	return errors.Join(o.Retry.validate(whose), o.Unique.validate(whose), o.Rate.validate(whose))
}

// insertOpts are River's options for a call with options o.
func (c *Client) insertOpts(def *definition, o Options, meta map[string]any) (*river.InsertOpts, error) {
	if err := o.validate("the call"); err != nil {
		return nil, err
	}
	if err := c.checkQueue(o.Queue); err != nil {
		return nil, err
	}
	if o.Rate != def.options.Rate {
		return nil, errors.New("a Rate is the task's, give it to New")
	}
	now := c.now()
	opts := &river.InsertOpts{
		MaxAttempts: o.Retry.or(c.config.Retry).attempts(),
		Priority:    o.Priority.river(),
		Queue:       o.Queue,
		ScheduledAt: o.At,
		Tags:        o.Tags,
		UniqueOpts:  o.Unique.opts(def.unique),
	}
	if o.In != 0 {
		opts.ScheduledAt = now.Add(o.In)
	}
	if !opts.ScheduledAt.After(now) {
		opts.ScheduledAt = time.Time{} // at once
	}
	var err error
	opts.Metadata, err = addMetadata(nil, o.metadata(def, latest(now, opts.ScheduledAt), meta))
	return opts, err
}

// metadata is what of o the worker has to know that a task's own options do not say.
func (o Options) metadata(def *definition, due time.Time, more map[string]any) map[string]any {
	meta := maps.Clone(more)
	if meta == nil {
		meta = map[string]any{}
	}
	if o.Expires > 0 {
		meta[MetaDeadline] = due.Add(o.Expires).UTC()
	}
	if o.Retry != def.options.Retry {
		meta[MetaRetry] = o.Retry
	}
	if o.Timeout != def.options.Timeout {
		meta[MetaTimeout] = max(o.Timeout, -1)
	}
	return meta
}

// checkQueue refuses queues that nobody works: jobs in them would wait for ever.
func (c *Client) checkQueue(name string) error {
	if name == "" {
		name = DefaultQueue
	}
	if c.hasQueue(name) {
		return nil
	}
	return fmt.Errorf("queue %q does not exist: Config.Queues has %s", name, c.queueNames())
}

// Priority orders the jobs of a queue: of those that might run, the most urgent run
// first. It does not interrupt what runs, and a queue that is never empty of urgent jobs
// does not get to the others: for that, give them a queue of their own.
type Priority int

// The priorities, most urgent first.
const (
	Critical Priority = iota + 1
	High
	Normal
	Low
)

// String is the priority's name; "normal" for 0.
func (p Priority) String() string {
	if p < 0 || p > Low {
		return fmt.Sprintf("priority(%d)", int(p))
	}
	return [...]string{"normal", "critical", "high", "normal", "low"}[p]
}

// river is River's number for p.
func (p Priority) river() int {
	if p == 0 {
		return int(Normal)
	}
	return int(p)
}
