package tasks

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

// Job is one job with its attempts, what they failed with and what happened when.
func (s *Source) Job(ctx context.Context, id string) (*jobs.Detail, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("tasks: job %q: %w", id, jobs.ErrNotFound)
	}
	row, err := s.client.JobGet(ctx, n)
	if err != nil {
		return nil, notFound("tasks: job "+id, err)
	}
	d := s.client.detail(row)
	return d, nil
}

func (c *Client) detail(row *rivertype.JobRow) *jobs.Detail {
	meta := readMetadata(row.Metadata)
	d := &jobs.Detail{
		Job: c.jobOf(row, &meta), Args: masked(c, row.EncodedArgs), Output: masked(c, row.Output()), Metadata: masked(c, ownless(row.Metadata)),
		Schedule: meta.Schedule, Progress: progressOf(row.Metadata),
	}
	if len(row.UniqueKey) > 0 {
		d.Unique = "among those that are " + statesText(row.UniqueStates)
	}
	d.Attempts = c.attemptsOf(row, &meta)
	d.Timeline = timeline(row, d.Attempts, c.now())
	for _, a := range []struct {
		do  string
		can bool
	}{{"cancel", canCancel(row.State)}, {"retry", canRetry(row.State)}, {"delete", canDelete(row.State)}} {
		if a.can {
			d.Can = append(d.Can, a.do)
		}
	}
	return d
}

// jobOf is a row as lists have it.
func (c *Client) jobOf(row *rivertype.JobRow, meta *metadata) jobs.Job {
	parent, trace := meta.link()
	j := jobs.Job{
		ID: strconv.FormatInt(row.ID, 10), Kind: row.Kind, Queue: row.Queue, State: stateOf(row.State), Priority: Priority(row.Priority).String(),
		Tags: row.Tags, Attempt: row.Attempt, MaxAttempts: row.MaxAttempts, Created: row.CreatedAt, ETA: row.ScheduledAt,
		Deadline: meta.Deadline, Attempted: timeAt(row.AttemptedAt), Finalized: timeAt(row.FinalizedAt),
		Arguments: cutText(c.maskArgs(string(row.EncodedArgs[:min(len(row.EncodedArgs), 4096)])), previewBytes), Parent: parent, Trace: trace.TraceID,
	}
	if n := len(row.AttemptedBy); n > 0 {
		j.Worker = row.AttemptedBy[n-1]
	}
	if n := len(row.Errors); n > 0 {
		j.Error = c.maskLine(row.Errors[n-1].Error)
	}
	return j
}

func timeAt(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func masked(c *Client, text []byte) json.RawMessage {
	if len(text) == 0 {
		return nil
	}
	return c.config.Mask.JSON(text)
}

// ownless is metadata without what this package and River keep there, which the page
// shows in better words; nil when nothing is left.
func ownless(raw []byte) []byte {
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	for key := range all {
		if strings.HasPrefix(key, "toolbar:") || strings.HasPrefix(key, "river:") || key == MetaTraceparent || key == rivertype.MetadataKeyOutput {
			delete(all, key)
		}
	}
	if len(all) == 0 {
		return nil
	}
	text, _ := json.Marshal(all) // it was JSON
	return text
}

func progressOf(raw []byte) *jobs.Progress {
	var m struct {
		Progress *jobs.Progress `json:"toolbar:progress"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m.Progress
}

func statesText(states []rivertype.JobState) string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

// attemptsOf puts together what the attempts noted of themselves, the errors that River
// keeps, and the one that runs.
func (c *Client) attemptsOf(row *rivertype.JobRow, meta *metadata) (list []jobs.Attempt) {
	for _, text := range meta.Attempts {
		var a Attempt
		if json.Unmarshal(text, &a) != nil {
			continue
		}
		record, _ := instrument.ParseID(a.Record)
		list = append(list, jobs.Attempt{
			Number: a.N, Started: a.Start, Ended: a.End, Wait: a.Wait, Worker: a.Worker, Outcome: outcomeWord(a.Outcome), Record: record,
		})
	}
	for _, e := range row.Errors {
		at := c.noted(&list, e)
		at.Error, at.Stack = c.config.Mask.Text(e.Error), e.Trace
		switch {
		case e.Trace != "":
			at.Outcome = "panicked"
		case isRescue(e.Error):
			at.Outcome = "rescued"
		}
	}
	if row.State == rivertype.JobStateRunning {
		list = append(list, jobs.Attempt{Number: row.Attempt, Started: timeAt(row.AttemptedAt), Outcome: "running", Wait: max(0, timeAt(row.AttemptedAt).Sub(row.ScheduledAt))})
		if n := len(row.AttemptedBy); n > 0 {
			list[len(list)-1].Worker = row.AttemptedBy[n-1]
		}
		if record := c.runningRecord(row.ID); record != 0 {
			list[len(list)-1].Record = record
		}
	}
	slices.SortStableFunc(list, func(a, b jobs.Attempt) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), a.Started.Compare(b.Started))
	})
	return list
}

// noted is the attempt that an error is of: the last of its number that has none yet, or
// a new one where the attempt left no note, because its process died.
func (c *Client) noted(list *[]jobs.Attempt, e rivertype.AttemptError) *jobs.Attempt {
	for i := len(*list) - 1; i >= 0; i-- {
		if a := &(*list)[i]; a.Number == e.Attempt && a.Error == "" && a.Outcome != "snoozed" {
			return a
		}
	}
	*list = append(*list, jobs.Attempt{Number: e.Attempt, Ended: e.At, Outcome: "failed"})
	return &(*list)[len(*list)-1]
}

// outcomeWord is what an attempt came to, which is not what became of its job: both a
// job that is tried again and one that is given up have failed.
func outcomeWord(o Outcome) string {
	if o == Retried || o == Discarded {
		return "failed"
	}
	return string(o)
}

// runningRecord is the Record of a job that this process works; 0 for others.
func (c *Client) runningRecord(id int64) instrument.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.running[id]; a != nil {
		return a.rec.ID()
	}
	return 0
}

// timeline is the way of a job through its states, with what is to be expected. Its steps
// are in the order in which they follow from each other, which their times alone do not
// say: SQLite keeps milliseconds, and hosts have clocks of their own. A step that would be
// before the one that led to it is shown at the same time.
func timeline(row *rivertype.JobRow, attempts []jobs.Attempt, now time.Time) (list []jobs.Event) {
	add := func(at time.Time, s jobs.State, attempt int, note string) {
		if at.IsZero() {
			return
		}
		if n := len(list); n > 0 {
			at = latest(list[n-1].At, at)
		}
		list = append(list, jobs.Event{At: at, State: s, Attempt: attempt, Note: note})
	}
	first := row.ScheduledAt
	if len(attempts) > 0 && !attempts[0].Started.IsZero() {
		first = attempts[0].Started.Add(-attempts[0].Wait)
	}
	if first.Sub(row.CreatedAt) > time.Second {
		add(row.CreatedAt, jobs.Scheduled, 0, "for "+first.UTC().Format(time.DateTime)+" UTC")
	} else {
		add(row.CreatedAt, jobs.Available, 0, "queued")
	}
	for i, a := range attempts {
		add(a.Started, jobs.Running, a.Number, "waited "+shortDuration(a.Wait.Round(time.Millisecond)))
		if a.Ended.IsZero() {
			continue
		}
		last := i == len(attempts)-1
		switch {
		case last && stateOf(row.State).Final():
		case a.Outcome == "snoozed":
			add(a.Ended, jobs.Scheduled, a.Number, "asked to be run later")
		case a.Outcome == "interrupted":
			add(a.Ended, jobs.Available, a.Number, "its process stopped")
		default:
			add(a.Ended, jobs.Retryable, a.Number, a.Outcome)
		}
	}
	switch s := stateOf(row.State); {
	case s.Final():
		add(timeAt(row.FinalizedAt), s, row.Attempt, "")
	case s == jobs.Scheduled || s == jobs.Retryable:
		if row.ScheduledAt.After(now) {
			add(row.ScheduledAt, jobs.Available, row.Attempt+1, "expected")
		}
	}
	return list
}
