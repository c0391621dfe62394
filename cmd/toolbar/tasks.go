package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// newTasks is the report of queued jobs: by total time, each attempt a call, so that one
// that is tried again and again stands out by its errors. Of a running app it shows the
// queue itself.
func newTasks() *cobra.Command {
	f := reportFlags{kinds: []string{instrument.KindTask.String()}}
	var q queueFlags
	cmd := &cobra.Command{
		Use:   "tasks",
		Short: "Show which tasks take the time, which fail, and why; the queue of a running app",
		Long: `Show which tasks take the time, which fail, and why. A task is a queued job, and each
attempt counts as a call of it: one that is tried again and again has many errors.

It is 'toolbar report --kind task'; 'toolbar requests kind:task' lists the attempts.

With --url a running app is asked for its queue as it is now: queues with what waits and
for how long, workers with what they run, and the latest jobs, those of a state with
--state. To cancel, retry or pause is for people who are known: the page Tasks has it.`,
		Example: `  toolbar tasks --since 1d
  toolbar tasks --sort errors --handler 'mail.*' --format csv
  toolbar tasks --url http://127.0.0.1:8080/_toolbar/ --state discarded --queue mail`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if q.app.url == "" {
				if q.state != "" || q.queue != "" {
					return fmt.Errorf("--state and --queue choose jobs of a running app: name it by --url")
				}
				return f.run(cmd.Context(), cmd.OutOrStdout(), time.Now())
			}
			return q.run(cmd.Context(), cmd.OutOrStdout(), f.format, time.Now())
		},
	}
	f.addTo(cmd, "task", report.SortTotal)
	q.app.addTo(cmd)
	cmd.Flags().StringVar(&q.state, "state", "", "with --url: only jobs in this `state`: available, running, scheduled, retryable, completed, cancelled, discarded")
	cmd.Flags().StringVar(&q.queue, "queue", "", "with --url: only jobs of this `queue`")
	return cmd
}

// queueFlags are those that ask a running app.
type queueFlags struct {
	app          runningApp
	state, queue string
}

// liveTasks is what a dashboard answers under api/v1/tasks.
type liveTasks struct {
	Engine  string        `json:"engine"`
	Queues  []jobs.Queue  `json:"queues"`
	Workers []jobs.Worker `json:"workers"`
	Jobs    struct {
		Jobs []jobs.Job `json:"jobs"`
	} `json:"jobs"`
}

func (f *queueFlags) run(ctx context.Context, out io.Writer, format string, now time.Time) error {
	params := url.Values{}
	if f.state != "" {
		if _, err := jobs.ParseState(f.state); err != nil {
			return fmt.Errorf("--state: there is no state %q", f.state)
		}
		params.Set("state", f.state)
	}
	if f.queue != "" {
		params.Set("queue", f.queue)
	}
	var all liveTasks
	if err := f.app.get(ctx, "tasks", params, "tasks", &all); err != nil {
		return err
	}
	if all.Engine == "" {
		return failed(fmt.Errorf("%s: the app hands no queue over: see toolbar.Config.Jobs", f.app.url))
	}
	switch format {
	case "text":
		return all.write(out, now)
	case "json":
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	return fmt.Errorf("--format: with --url it is text or json, not %q", format)
}

// write is the queue for people.
func (t *liveTasks) write(out io.Writer, now time.Time) error {
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, t.Engine)
	fmt.Fprintf(w, "\n%-20s %9s %9s %9s %9s %9s %9s\n", "QUEUE", "WAITING", "LATENCY", "RUNNING", "SCHEDULED", "RETRY", "FAILED")
	for i := range t.Queues {
		q := &t.Queues[i]
		note := ""
		if q.Paused {
			note = "  paused"
		} else if q.Slots == 0 {
			note = "  no workers"
		}
		fmt.Fprintf(w, "%s %9d %9s %9s %9d %9d %9d%s\n", column(q.Name, 20), q.Depth(), shortSpan(q.Latency(now)),
			fmt.Sprintf("%d/%d", q.Counts.Of(jobs.Running), q.Slots), q.Counts.Of(jobs.Scheduled, jobs.Pending), q.Counts.Of(jobs.Retryable), q.Counts.Of(jobs.Discarded), note)
	}
	fmt.Fprintf(w, "\n%-30s %-8s %9s %9s %9s %9s  %s\n", "WORKER", "STATE", "RUNNING", "DONE", "RETRIED", "FAILED", "SEEN")
	for i := range t.Workers {
		k := &t.Workers[i]
		running, slots := k.Running()
		state := "works"
		switch {
		case !k.Alive && k.Ended.IsZero():
			state = "died"
		case !k.Alive:
			state = "stopped"
		case k.Stuck > 0:
			state = "stuck"
		}
		fmt.Fprintf(w, "%s %-8s %9s %9d %9d %9d  %s ago\n", column(k.Host+":"+strconv.Itoa(k.PID), 30), state,
			fmt.Sprintf("%d/%d", running, slots), k.Completed, k.Retried, k.Failed, shortSpan(now.Sub(k.Seen)))
	}
	if len(t.Workers) == 0 {
		fmt.Fprintln(w, "Nobody works the queue.")
	}
	fmt.Fprintf(w, "\n%-10s %-30s %-10s %-11s %7s %8s  %s\n", "JOB", "TASK", "QUEUE", "STATE", "ATTEMPT", "QUEUED", "ERROR OR ARGUMENTS")
	for i := range t.Jobs.Jobs {
		j := &t.Jobs.Jobs[i]
		text := j.Error
		if text == "" || j.State == jobs.Completed {
			text = j.Arguments
		}
		fmt.Fprintf(w, "%s %s %s %-11s %7s %8s  %s\n", column("#"+j.ID, 10), column(j.Kind, 30), column(j.Queue, 10), j.State,
			attempts(j), shortSpan(now.Sub(j.Created)), term.Fit(term.Line(text), 60))
	}
	if len(t.Jobs.Jobs) == 0 {
		fmt.Fprintln(w, "No job is like that.")
	}
	return w.Flush()
}

// attempts is "2/4"; of a job that is tried for ever "2".
func attempts(j *jobs.Job) string {
	if j.MaxAttempts >= math.MaxInt16-1 {
		return strconv.Itoa(j.Attempt)
	}
	return fmt.Sprintf("%d/%d", j.Attempt, j.MaxAttempts)
}

// column is text that is safe to print, and exactly so wide.
func column(text string, width int) string {
	return term.Pad(term.Fit(term.Line(text), width), width, false)
}

// shortSpan is a duration in one unit, as lists have it.
func shortSpan(d time.Duration) string {
	switch {
	case d <= 0:
		return "0s"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < time.Hour:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return strings.TrimSuffix(d.Round(time.Hour).String(), "0m0s")
}
