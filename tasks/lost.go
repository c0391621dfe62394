package tasks

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

func init() { backgrounds = append(backgrounds, rescueLost) }

// rescueLost hands on the jobs of workers that are gone without a word, as after kill -9
// or when a machine is lost, until ctx is done. River alone would wait for an hour, since
// it knows of no heartbeat. The attempt that was lost counts: a job that kills its worker
// must not go round for ever.
func rescueLost(ctx context.Context, c *Client) {
	after := cmp.Or(c.config.LostAfter, dead)
	if after < 0 {
		return
	}
	tick := time.NewTicker(after / 3)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := c.rescueOnce(ctx, after)
		if err != nil && !failing && ctx.Err() == nil {
			c.config.Logger.WarnContext(ctx, "tasks: look for workers that were lost", "error", err)
		}
		failing = err != nil
	}
}

// rescueOnce says that this worker is alive and looks for others that are not.
func (c *Client) rescueOnce(ctx context.Context, after time.Duration) error {
	now := c.now()
	_, err := c.base.sql().ExecContext(ctx, "UPDATE "+c.table("toolbar_worker")+" SET seen = $1 WHERE id = $2", now.UnixMilli(), c.ID())
	if err != nil {
		return err
	}
	lost, err := c.lostWorkers(ctx, now.Add(-after))
	if err != nil || len(lost) == 0 {
		return err
	}
	jobs, err := c.JobList(ctx, river.NewJobListParams().First(10_000).States(rivertype.JobStateRunning))
	if err != nil {
		return err
	}
	// What a lost worker has begun, it began before its last heartbeat was over; what others
	// have taken on since is later.
	p := &riverdriver.JobRescueManyParams{Schema: c.config.Schema, StuckHorizon: now.Add(-after / 2)}
	for _, job := range jobs.Jobs {
		if seen, ok := lost[workerOf(job)]; ok {
			addRescue(p, job, now, seen)
		}
	}
	if len(p.ID) == 0 {
		return nil
	}
	_, err = c.engine.executor().JobRescueMany(ctx, p)
	if err == nil {
		c.config.Logger.WarnContext(ctx, "tasks: jobs of lost workers are worked again", "jobs", len(p.ID), "workers", len(lost))
	}
	return err
}

// lostWorkers are those without a heartbeat since before, that have not said goodbye.
func (c *Client) lostWorkers(ctx context.Context, before time.Time) (map[string]time.Time, error) {
	rows, err := c.base.sql().QueryContext(ctx, "SELECT id, seen FROM "+c.table("toolbar_worker")+" WHERE ended = 0 AND seen < $1", before.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	lost := map[string]time.Time{}
	for rows.Next() {
		var id string
		var seen int64
		if err := rows.Scan(&id, &seen); err != nil {
			return nil, err
		}
		lost[id] = time.UnixMilli(seen)
	}
	return lost, rows.Err()
}

// workerOf is who works the job.
func workerOf(job *rivertype.JobRow) string {
	if n := len(job.AttemptedBy); n > 0 {
		return job.AttemptedBy[n-1]
	}
	return ""
}

// addRescue decides what becomes of a job whose worker was lost.
func addRescue(p *riverdriver.JobRescueManyParams, job *rivertype.JobRow, now, seen time.Time) {
	text, err := json.Marshal(rivertype.AttemptError{
		At: now.UTC(), Attempt: job.Attempt,
		Error: fmt.Sprintf("%s %s, last heard of at %s", lostText, workerOf(job), seen.UTC().Format(time.RFC3339)),
	})
	if err != nil {
		return
	}
	state, ended := rivertype.JobStateAvailable, &now
	switch {
	case strings.Contains(string(job.Metadata), `"cancel_attempted_at"`):
		state = rivertype.JobStateCancelled
	case job.Attempt >= job.MaxAttempts:
		state = rivertype.JobStateDiscarded
	default:
		ended = nil
	}
	p.ID = append(p.ID, job.ID)
	p.Error = append(p.Error, text)
	p.FinalizedAt = append(p.FinalizedAt, ended)
	p.ScheduledAt = append(p.ScheduledAt, now)
	p.State = append(p.State, string(state))
}

// lostText begins the error of an attempt whose worker was lost.
const lostText = "lost with worker"
