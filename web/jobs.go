package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

var errNoJobs = errors.New("the app hands no queue over: see toolbar.Config.Jobs")

// tasksPage is queued work: queues, jobs, workers, schedules. Parameters state, queue,
// kind, tag, worker and q choose jobs, after is a place in their list.
func tasksPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	s := d.shell(r, "Tasks", "tasks")
	d.live(r, &s, "")
	d.plots(&s)
	m := view.Tasks{}
	source := d.config.Jobs
	if source == nil {
		return view.TasksPage(s, m), nil
	}
	now := time.Now()
	all, err := d.tasks(r.Context(), jobQuery(r.URL.Query()))
	if err != nil {
		return nil, err
	}
	m.Engine, m.Form = all.Engine, d.jobForm(r, s.Here.With())
	if q := r.URL.Query(); len(q) > 0 {
		m.Form.Back = s.Here.And()
	}
	var counts jobs.Counts
	for i := range all.Queues {
		q := &all.Queues[i]
		for _, state := range jobs.States() {
			counts[state] += q.Counts.Of(state)
		}
		m.Queues = append(m.Queues, queueRow(d, q, now))
	}
	for i := range all.Workers {
		m.Workers = append(m.Workers, workerRow(d, &all.Workers[i]))
	}
	for i := range all.Schedules {
		m.Schedules = append(m.Schedules, scheduleRow(d, &all.Schedules[i]))
	}
	for i := range all.Kinds {
		m.Kinds = append(m.Kinds, taskRow(d, &all.Kinds[i]))
	}
	m.Jobs = d.jobList(&s, all.Jobs, counts, now)
	m.Enqueue = d.enqueueForm(r, all.Kinds, m.Form.Back)
	return view.TasksPage(s, m), nil
}

// tasksJSON is all that the page of tasks shows.
type tasksJSON struct {
	Engine    string          `json:"engine"` // "" when the app hands no queue over
	Queues    []jobs.Queue    `json:"queues"`
	Workers   []jobs.Worker   `json:"workers"`
	Schedules []jobs.Schedule `json:"schedules"`
	Kinds     []jobs.Kind     `json:"kinds"`
	Jobs      jobPageJSON     `json:"jobs"`
}

type jobPageJSON struct {
	Jobs     []jobs.Job `json:"jobs"`
	Next     string     `json:"next,omitempty"`
	Complete bool       `json:"complete"`
}

func apiTasks(d *Dashboard, r *http.Request) (any, error) {
	if d.config.Jobs == nil {
		return tasksJSON{Queues: []jobs.Queue{}, Workers: []jobs.Worker{}, Schedules: []jobs.Schedule{}, Kinds: []jobs.Kind{}, Jobs: jobPageJSON{Jobs: []jobs.Job{}, Complete: true}}, nil
	}
	q := jobQuery(r.URL.Query())
	return d.tasks(r.Context(), q)
}

func (d *Dashboard) tasks(ctx context.Context, q jobs.Query) (out tasksJSON, err error) {
	source := d.config.Jobs
	out.Engine = source.Engine()
	if out.Queues, err = source.Queues(ctx); err != nil {
		return out, err
	}
	if out.Workers, err = source.Workers(ctx); err != nil {
		return out, err
	}
	if out.Schedules, err = source.Schedules(ctx); err != nil {
		return out, err
	}
	if out.Kinds, err = source.Kinds(ctx); err != nil {
		return out, err
	}
	page, err := source.List(ctx, q)
	out.Queues, out.Workers, out.Schedules, out.Kinds = some(out.Queues), some(out.Workers), some(out.Schedules), some(out.Kinds)
	out.Jobs = jobPageJSON{some(page.Jobs), page.Next, page.Complete}
	return out, err
}

// some is the list, which JSON shall have as one also when it is empty.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// jobQuery reads which jobs are asked for; a state that is none finds nothing.
func jobQuery(params url.Values) jobs.Query {
	q := jobs.Query{Text: strings.TrimSpace(params.Get("q")), Tag: params.Get("tag"), Worker: params.Get("worker"), After: params.Get("after")}
	for _, name := range params["state"] {
		if s, err := jobs.ParseState(name); err == nil {
			q.States = append(q.States, s)
		}
	}
	if kind := params.Get("kind"); kind != "" {
		q.Kinds = []string{kind}
	}
	if queue := params.Get("queue"); queue != "" {
		q.Queues = []string{queue}
	}
	if id, ok := strings.CutPrefix(q.Text, "#"); ok {
		q.IDs, q.Text = []string{id}, ""
	}
	if _, err := strconv.ParseInt(q.After, 10, 64); err != nil {
		q.After = ""
	}
	return q
}

func (d *Dashboard) tasksHref(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return d.base.Page("tasks?" + v.Encode())
}

func queueRow(d *Dashboard, q *jobs.Queue, now time.Time) view.QueueRow {
	row := view.QueueRow{
		Name: q.Name, Href: d.tasksHref("queue", q.Name), Paused: q.Paused, PausedAt: q.PausedAt, Depth: q.Depth(), Latency: q.Latency(now),
		Running: q.Counts.Of(jobs.Running), Slots: int64(q.Slots), Scheduled: q.Counts.Of(jobs.Scheduled, jobs.Pending),
		Retry: q.Counts.Of(jobs.Retryable), Failed: q.Counts.Of(jobs.Discarded),
	}
	for _, h := range q.History {
		row.History = append(row.History, view.QueueStep{At: h.At, Depth: h.Depth, Latency: h.Latency, Done: h.Done, Failed: h.Failed})
		row.DoneCount += h.Done
	}
	return row
}

func workerRow(d *Dashboard, w *jobs.Worker) view.WorkerRow {
	running, slots := w.Running()
	row := view.WorkerRow{
		ID: w.ID, Place: fmt.Sprintf("%s:%d", w.Host, w.PID), Href: d.tasksHref("worker", w.ID), Status: view.StatusOK, State: "works",
		Running: int64(running), Slots: int64(slots), Completed: w.Completed, Retried: w.Retried, Failed: w.Failed, Cancelled: w.Cancelled,
		Memory: w.Memory, Stuck: int64(w.Stuck), Started: w.Started, Seen: w.Seen,
	}
	switch {
	case w.Alive && w.Leader:
		row.State = "works, leads"
	case !w.Alive && w.Ended.IsZero():
		row.Status, row.State, row.Running, row.Slots = view.StatusBad, "died", 0, 0
	case !w.Alive:
		row.Status, row.State, row.Running, row.Slots = view.StatusOff, "stopped", 0, 0
	}
	if w.Stuck > 0 && w.Alive {
		row.Status = view.StatusSlow
	}
	if w.Load >= 0 {
		row.Load = strconv.FormatFloat(w.Load, 'f', 2, 64)
	}
	var names []string
	for _, q := range w.Queues {
		names = append(names, q.Name)
	}
	row.Queues = strings.Join(names, ", ")
	return row
}

func scheduleRow(d *Dashboard, s *jobs.Schedule) view.ScheduleRow {
	row := view.ScheduleRow{Name: s.Name, Kind: s.Kind, Spec: s.Spec, Words: s.Words, Zone: s.Zone, Overlap: s.Overlap, Next: s.Next, Missed: s.MissedCount, MissedAt: s.Missed}
	for _, run := range s.Runs {
		one := view.ScheduleRun{At: run.Tick, Status: view.StatusOff, Text: run.Skipped, Duration: run.Duration}
		if run.Job != "" {
			one.Href, one.Status, one.Text = d.base.Job(run.Job), jobStatus(run.State, run.Error), run.State.String()
		}
		row.Runs = append(row.Runs, one)
	}
	return row
}

func taskRow(d *Dashboard, k *jobs.Kind) view.TaskRow {
	return view.TaskRow{
		Name: k.Name, Source: k.Source.String(), Queue: k.Queue, Policy: strings.Join(k.Policy, ", "), Href: d.tasksHref("kind", k.Name),
		Waiting: k.Counts.Of(jobs.Available, jobs.Scheduled, jobs.Retryable, jobs.Pending), Running: k.Counts.Of(jobs.Running), Failed: k.Counts.Of(jobs.Discarded),
	}
}

func jobStatus(s jobs.State, failure string) view.Status {
	switch s {
	case jobs.Completed:
		return view.StatusOK
	case jobs.Discarded:
		return view.StatusBad
	case jobs.Cancelled:
		if failure != "" {
			return view.StatusBad
		}
		return view.StatusOff
	case jobs.Retryable, jobs.Running:
		return view.StatusSlow
	}
	return view.StatusNew
}

// jobList is the list with its choices.
func (d *Dashboard) jobList(s *view.Shell, p jobPageJSON, counts jobs.Counts, now time.Time) view.JobList {
	l := view.JobList{Text: s.Here.Get("q"), Complete: p.Complete, Filtered: len(s.Here.Query) > 0}
	chosen := s.Here.Get("state")
	l.States = []view.Choice{{Label: "All", Href: s.Here.With("state", "", "after", ""), Count: -1, Current: chosen == ""}}
	for _, state := range []jobs.State{jobs.Available, jobs.Running, jobs.Scheduled, jobs.Retryable, jobs.Discarded, jobs.Cancelled, jobs.Completed} {
		l.States = append(l.States, view.Choice{Label: state.String(), Href: s.Here.With("state", state.String(), "after", ""), Count: counts.Of(state), Current: chosen == state.String()})
	}
	for _, key := range []string{"state", "queue", "kind", "tag", "worker"} {
		if v := s.Here.Get(key); v != "" {
			l.Filters = append(l.Filters, view.Attr{Key: key, Value: v, Type: s.Here.With(key, "", "after", "")})
		}
	}
	if p.Next != "" {
		l.Next = s.Here.With("after", p.Next)
	}
	for i := range p.Jobs {
		l.Rows = append(l.Rows, d.jobRow(&p.Jobs[i], now))
	}
	return l
}

func (d *Dashboard) jobRow(j *jobs.Job, now time.Time) view.JobRow {
	row := view.JobRow{
		ID: j.ID, Href: d.base.Job(j.ID), Kind: j.Kind, Queue: j.Queue, State: j.State.String(), Status: jobStatus(j.State, j.Error),
		Attempt: j.Attempt, Max: j.MaxAttempts, Created: j.Created, ETA: j.ETA, Runtime: j.Runtime(now), Worker: j.Worker, Error: j.Error,
		Arguments: j.Arguments, Tags: j.Tags,
	}
	row.Due = !j.State.Final() && j.State != jobs.Running && j.ETA.After(now)
	if j.Parent != 0 {
		row.Parent = j.Parent.String()
	}
	if j.State == jobs.Completed {
		row.Error = "" // that of an earlier attempt
	}
	return row
}

// jobForm is what the viewer may do; back is where a form leads.
func (d *Dashboard) jobForm(r *http.Request, back string) view.JobForm {
	_, steers := d.config.Jobs.(jobs.Controller)
	f := view.JobForm{May: steers && d.may(r, ActTasks), Path: d.base.Page("tasks"), Back: back}
	if f.May {
		f.Proof = d.proof()
	}
	return f
}

// jobPage is one job.
func jobPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	j, err := d.job(r)
	if err != nil {
		return nil, err
	}
	s := d.shell(r, j.Kind+" #"+j.ID, "tasks")
	if !j.State.Final() {
		d.live(r, &s, "")
	}
	m := view.Job{
		JobRow: d.jobRow(&j.Job, time.Now()), Priority: j.Priority, Args: pretty(j.Args), Output: pretty(j.Output), Metadata: pretty(j.Metadata),
		Unique: j.Unique, Schedule: j.Schedule, Deadline: j.Deadline, Can: j.Can, Form: d.jobForm(r, d.base.Job(j.ID)),
	}
	if p := j.Progress; p != nil {
		m.Progress = view.Count(p.Done)
		if p.Total > 0 {
			m.Progress += " of " + view.Count(p.Total)
			m.ProgressShare = float64(p.Done) / float64(p.Total)
		}
		m.Progress = strings.TrimSpace(m.Progress + " " + p.Note)
	}
	d.attempts(r.Context(), j, &m)
	for _, e := range j.Timeline {
		m.Timeline = append(m.Timeline, view.JobEvent{At: e.At, State: e.State.String(), Status: jobStatus(e.State, e.Note), Note: e.Note, Expected: e.At.After(time.Now())})
	}
	if j.Parent != 0 {
		if up, err := d.store.Record(r.Context(), j.Parent); err == nil {
			link := linkModel(&up.Summary, up.Handler)
			m.Cause = &link
		}
	}
	return view.JobPage(s, m), nil
}

// attempts adds the attempts, those whose Record is kept with a link, and what they caused.
func (d *Dashboard) attempts(ctx context.Context, j *jobs.Detail, m *view.Job) {
	for _, a := range j.Attempts {
		one := view.JobAttempt{
			Number: a.Number, Outcome: a.Outcome, Started: a.Started, Wait: a.Wait, Worker: a.Worker, Error: a.Error, Stack: a.Stack, Finished: !a.Ended.IsZero(),
		}
		if one.Finished {
			one.Runtime = a.Ended.Sub(a.Started)
		}
		switch a.Outcome {
		case "completed":
			one.Status = view.StatusOK
		case "failed", "panicked", "cancelled", "rescued":
			one.Status = view.StatusBad
		default:
			one.Status = view.StatusSlow
		}
		if a.Record != 0 {
			if children, err := d.store.Children(ctx, a.Record); err == nil {
				for i := range children[:min(len(children), maxConsequences)] {
					m.Consequences = append(m.Consequences, linkModel(&children[i].Summary, children[i].Handler))
				}
			}
			if _, err := d.store.Record(ctx, a.Record); err == nil {
				one.Record = a.Record.String()
			}
		}
		m.Attempts = append(m.Attempts, one)
	}
}

// job is the job that the path names.
func (d *Dashboard) job(r *http.Request) (*jobs.Detail, error) {
	missing := missingError{view.Missing{Title: "No such job", Text: "It never was, or it was removed after its time: finished jobs are kept for a day.", Href: d.base.Page("tasks"), Action: "All tasks"}}
	if d.config.Jobs == nil {
		return nil, missing
	}
	j, err := d.config.Jobs.Job(r.Context(), r.PathValue("job"))
	if errors.Is(err, jobs.ErrNotFound) {
		return nil, missing
	}
	return j, err
}

func apiJob(d *Dashboard, r *http.Request) (any, error) { return d.job(r) }

// pretty indents JSON.
func pretty(text json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") != nil {
		return string(text)
	}
	return b.String()
}

// jobsOf adds to a Record's page the jobs that it queued, as they are now.
func (d *Dashboard) jobsOf(r *http.Request, rec *instrument.Record, m *view.Record) {
	if d.config.Jobs == nil || m.Panel != "" && m.Panel != "tasks" && m.Panel != "signals" {
		return
	}
	ids := queuedIDs(rec)
	if len(ids) == 0 {
		return
	}
	page, err := d.config.Jobs.List(r.Context(), jobs.Query{IDs: ids, Limit: len(ids), Sort: jobs.Oldest})
	if err != nil {
		d.config.Logger.ErrorContext(r.Context(), "debug toolbar: look up the jobs of a record", "error", err)
		return
	}
	for i := range page.Jobs {
		m.Jobs = append(m.Jobs, d.jobRow(&page.Jobs[i], time.Now()))
	}
}

// queuedIDs are the jobs that a Record's spans say they queued.
func queuedIDs(rec *instrument.Record) (ids []string) {
	for i := range rec.Spans[min(1, len(rec.Spans)):] {
		s := &rec.Spans[i+1]
		if s.Handler.Kind != instrument.KindTask {
			continue
		}
		one, several := "", ""
		for _, kv := range s.Attrs {
			switch kv.Key {
			case "task.id":
				one = fmt.Sprint(kv.Value)
			case "task.ids":
				several, _ = kv.Value.(string)
			}
		}
		if several != "" {
			ids = append(ids, strings.Fields(several)...)
		} else if one != "" {
			ids = append(ids, one)
		}
		if len(ids) >= maxQueued {
			return ids[:maxQueued]
		}
	}
	return ids
}

// maxQueued is how many jobs of a Record are looked up.
const maxQueued = 100

// steer does to jobs, queues and schedules what a form asks for.
func steer(d *Dashboard, r *http.Request) (target string, err error) {
	c, ok := d.config.Jobs.(jobs.Controller)
	if !ok {
		return "", errNoJobs
	}
	ctx, form := r.Context(), r.PostForm
	switch do := form.Get("do"); do {
	case "pause":
		return "queue " + form.Get("queue"), c.Pause(ctx, form.Get("queue"))
	case "resume":
		return "queue " + form.Get("queue"), c.Resume(ctx, form.Get("queue"))
	case "trigger":
		id, err := c.Trigger(ctx, form.Get("schedule"))
		return strings.TrimSpace("schedule " + form.Get("schedule") + " job " + id), err
	case "cancel":
		return eachJob(ctx, form["job"], c.Cancel)
	case "retry":
		return eachJob(ctx, form["job"], c.Retry)
	case "delete":
		return eachJob(ctx, form["job"], c.Delete)
	default:
		return "", fmt.Errorf("there is no action %q: use cancel, retry, delete, pause, resume or trigger", do)
	}
}

// eachJob does something to several jobs: to each that allows it. Of several it is no
// failure when some are in another state by now.
func eachJob(ctx context.Context, ids []string, do func(context.Context, string) error) (target string, err error) {
	if len(ids) == 0 {
		return "", errors.New("no job is chosen: tick the rows first")
	}
	if len(ids) > maxMarked {
		return "", fmt.Errorf("%d jobs are chosen, at most %d at once", len(ids), maxMarked)
	}
	var errs []error
	for _, id := range ids {
		if err := do(ctx, id); err != nil {
			errs = append(errs, err)
		}
	}
	target = "job " + strings.Join(ids[:min(len(ids), 10)], " ")
	if more := len(ids) - 10; more > 0 {
		target += fmt.Sprintf(" and %d more", more)
	}
	refused := func(err error) bool { _, ok := errors.AsType[*jobs.StateError](err); return ok }
	if len(errs) < len(ids) && !slices.ContainsFunc(errs, func(err error) bool { return !refused(err) }) {
		if len(errs) > 0 {
			target += fmt.Sprintf(" (%d of them were in another state)", len(errs))
		}
		return target, nil
	}
	return target, errors.Join(errs...)
}

// sureJobs asks before jobs are deleted.
func (d *Dashboard) sureJobs(w http.ResponseWriter, r *http.Request) (done bool) {
	ids := r.PostForm["job"]
	if r.PostForm.Get("do") != "delete" || r.PostForm.Get("sure") != "" || len(ids) == 0 || !d.may(r, ActTasks) {
		return false
	}
	d.html(func(d *Dashboard, r *http.Request) (templ.Component, error) {
		back := d.back(r.PostForm.Get("back"))
		if len(ids) == 1 && strings.HasSuffix(back, "/tasks/"+ids[0]) {
			back = d.base.Page("tasks") // the job's own page will be gone
		}
		q := view.Question{Title: "Delete jobs", Path: d.base.Page("tasks"), Proof: d.proof(), Back: back}
		many := "%d jobs will be removed from the queue, with what is known of their attempts. Those that run stay. This cannot be undone."
		one := "This job will be removed from the queue, with what is known of its attempts. This cannot be undone."
		return view.QuestionPage(d.shell(r, q.Title, "tasks"), askToDelete(q, many, one, "job", ids)), nil
	}).ServeHTTP(w, r)
	return true
}
