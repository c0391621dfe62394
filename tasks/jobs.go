package tasks

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

// Jobs is the Client's queue as the dashboard, metrics and other readers look at it, and
// steer it: a jobs.Source and a jobs.Controller. It works before Start and without it,
// so that a web server shows what worker processes do.
//
//	tb, err := toolbar.New(toolbar.Config{Jobs: client.Jobs()})
func (c *Client) Jobs() *Source { return &Source{client: c, counted: newCache(c.readCounts)} }

// Source answers what instrument/jobs asks. Make it with [Client.Jobs].
type Source struct {
	client  *Client
	counted *cache[counts]
}

var (
	_ jobs.Source     = (*Source)(nil)
	_ jobs.Controller = (*Source)(nil)
)

// Engine names River and the database.
func (s *Source) Engine() string {
	if s.client.base.postgres() {
		return "River on PostgreSQL"
	}
	return "River on SQLite"
}

// Attempts counts the attempts of this process.
func (s *Source) Attempts() (list []jobs.AttemptCount) {
	s.client.counts.each(func(kind, queue string, o Outcome, n int64) {
		list = append(list, jobs.AttemptCount{Kind: kind, Queue: queue, Outcome: string(o), Count: uint64(n)})
	})
	return list
}

// Waits are how long the jobs waited that this process began.
func (s *Source) Waits() []jobs.Wait { return s.client.counts.waitsByQueue() }

// Kinds are the tasks that the Client knows.
func (s *Source) Kinds(ctx context.Context) (list []jobs.Kind, err error) {
	n, err := s.counted.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("tasks: count jobs: %w", err)
	}
	for _, def := range s.client.sortedDefs() {
		k := jobs.Kind{Name: def.kind, Source: def.source, Queue: def.options.Queue, Policy: s.client.policyWords(def), Example: exampleOf(def.args), Counts: n.kinds[def.kind]}
		if k.Queue == "" {
			k.Queue = DefaultQueue
		}
		list = append(list, k)
	}
	return list, nil
}

// Cancel calls a job off.
func (s *Source) Cancel(ctx context.Context, id string) error {
	return s.act(ctx, "cancel", id, canCancel, func(ctx context.Context, n int64) error {
		_, err := s.client.JobCancel(ctx, n)
		return err
	})
}

// Retry lets a job run now.
func (s *Source) Retry(ctx context.Context, id string) error {
	return s.act(ctx, "retry", id, canRetry, func(ctx context.Context, n int64) error {
		_, err := s.client.JobRetry(ctx, n)
		return err
	})
}

// Delete removes a job that does not run.
func (s *Source) Delete(ctx context.Context, id string) error {
	return s.act(ctx, "delete", id, canDelete, func(ctx context.Context, n int64) error {
		_, err := s.client.JobDelete(ctx, n)
		return err
	})
}

// act does something to a job whose state allows it.
func (s *Source) act(ctx context.Context, do, id string, can func(rivertype.JobState) bool, act func(context.Context, int64) error) error {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return fmt.Errorf("%s job %q: %w", do, id, jobs.ErrNotFound)
	}
	row, err := s.client.JobGet(ctx, n)
	if err == nil && !can(row.State) {
		return &jobs.StateError{ID: id, State: stateOf(row.State), Do: do}
	}
	if err == nil {
		err = act(ctx, n)
	}
	s.counted.drop()
	return notFound(fmt.Sprintf("%s job %s", do, id), err)
}

func canCancel(s rivertype.JobState) bool { return !stateOf(s).Final() }
func canRetry(s rivertype.JobState) bool {
	return s != rivertype.JobStateRunning && s != rivertype.JobStateAvailable
}
func canDelete(s rivertype.JobState) bool { return s != rivertype.JobStateRunning }

// Pause stops workers from taking jobs of a queue.
func (s *Source) Pause(ctx context.Context, queue string) error {
	return s.steer(ctx, "pause", queue, s.client.QueuePause)
}

// Resume ends Pause.
func (s *Source) Resume(ctx context.Context, queue string) error {
	return s.steer(ctx, "resume", queue, s.client.QueueResume)
}

func (s *Source) steer(ctx context.Context, do, queue string, act func(context.Context, string, *river.QueuePauseOpts) error) error {
	if queue == "" || queue == "*" { // River takes "*" for all of them
		return fmt.Errorf("%s queue %q: %w", do, queue, jobs.ErrNotFound)
	}
	err := act(ctx, queue, nil)
	s.counted.drop()
	return notFound(fmt.Sprintf("%s queue %s", do, queue), err)
}

// notFound says in the words of package jobs that something is not there.
func notFound(what string, err error) error {
	if errors.Is(err, rivertype.ErrNotFound) {
		err = jobs.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// stateOf is River's state in the words of package jobs.
func stateOf(s rivertype.JobState) jobs.State {
	state, _ := jobs.ParseState(string(s)) // a state of a later River is 0
	return state
}
