package view

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Tasks is the page of queued work: its queues, jobs, workers and schedules.
type Tasks struct {
	Engine    string // what runs the jobs; "" when the app hands no queue over
	Queues    []QueueRow
	Jobs      JobList
	Workers   []WorkerRow
	Schedules []ScheduleRow
	Kinds     []TaskRow
	Form      JobForm
	Enqueue   *EnqueueForm // nil: nothing is queued by hand
}

// EnqueueForm queues a job of one kind.
type EnqueueForm struct {
	Kind  string
	Args  string // JSON that is there to begin with
	Path  string // where the form goes
	Proof string
	Back  string
}

// JobForm is what a viewer may do to jobs and queues.
type JobForm struct {
	May   bool
	Path  string // where forms go
	Proof string
	Back  string
}

// QueueRow is one queue.
type QueueRow struct {
	Name             string
	Href             string // its jobs
	Paused           bool
	PausedAt         time.Time
	Depth            int64
	Latency          time.Duration // of the job that waits longest
	Running, Slots   int64
	Scheduled, Retry int64
	Failed           int64
	History          []QueueStep // over the last hour, by time
	DoneCount        int64       // in it
}

// QueueStep is a minute of a queue.
type QueueStep struct {
	At           time.Time // its end
	Depth        int64
	Latency      time.Duration // of the job that waited longest
	Done, Failed int64
}

// WorkerRow is a process that takes jobs.
type WorkerRow struct {
	ID, Place                             string // host and process
	Href                                  string // its jobs
	Status                                Status
	State                                 string // "leads", "stopped", "gone"
	Queues                                string
	Running, Slots                        int64
	Completed, Retried, Failed, Cancelled int64
	Load                                  string // "" unknown
	Memory                                int64
	Stuck                                 int64
	Started, Seen                         time.Time
}

// TaskRow is a kind of job.
type TaskRow struct {
	Name, Source, Queue, Policy string
	Href                        string // its jobs
	Waiting, Running, Failed    int64
}

// ScheduleRow is work that is queued by the clock.
type ScheduleRow struct {
	Name, Kind, Spec, Words, Zone, Overlap string
	Next                                   []time.Time
	Runs                                   []ScheduleRun // the newest first
	Missed                                 int64
	MissedAt                               []time.Time
}

// ScheduleRun is one tick.
type ScheduleRun struct {
	At       time.Time
	Href     string // of the job; "" when there is none
	Status   Status
	Text     string
	Duration time.Duration
}

// JobList is a list of jobs with its filter.
type JobList struct {
	Rows     []JobRow
	States   []Choice
	Text     string // what is searched for
	Filters  []Attr // what else is chosen: a queue, a kind; Type is the address without it
	Next     string // address of the next page; "" when this is the last
	Complete bool   // false: the search ended by its time
	Filtered bool
}

// JobRow is one job in a list.
type JobRow struct {
	ID, Href           string
	Kind, Queue, State string
	Status             Status
	Attempt, Max       int
	Created, ETA       time.Time
	Due                bool // ETA is still to come
	Runtime            time.Duration
	Worker, Error      string
	Arguments          string
	Parent             string // Record
	Tags               []string
}

// Job is one job.
type Job struct {
	JobRow
	Priority      string
	Args          string
	Output        string
	Metadata      string
	Unique        string
	Schedule      string
	Deadline      time.Time
	Progress      string
	ProgressShare float64
	Attempts      []JobAttempt
	Timeline      []JobEvent
	Cause         *Link  // what queued it
	Consequences  []Link // what its attempts caused
	Can           []string
	Form          JobForm
}

// JobAttempt is one run of a job.
type JobAttempt struct {
	Number   int
	Outcome  string
	Status   Status
	Started  time.Time
	Wait     time.Duration
	Runtime  time.Duration
	Worker   string
	Error    string
	Stack    string
	Record   string // id; "" not kept
	Finished bool
}

// JobEvent is a step on a job's way.
type JobEvent struct {
	At       time.Time
	State    string
	Status   Status
	Note     string
	Expected bool
}

// TasksPage is queued work.
func TasksPage(s Shell, m Tasks) templ.Component { return page(s, tasks(s, m)) }

// JobPage is one job.
func JobPage(s Shell, m Job) templ.Component { return page(s, job(s, m)) }

const jobsCode = `client, err := tasks.Open(ctx, tasks.Config{DB: db})
tb, err := toolbar.New(toolbar.Config{Jobs: client.Jobs()})`

const enqueueCode = `var SendMail = tasks.New("mail.send", sendMail)

SendMail.Enqueue(ctx, Mail{To: "ann@example.org"})`

// Job links to one job.
func (b Base) Job(id string) string { return b.Page("tasks/" + id) }

// tiles sum the queues up.
func (m Tasks) tiles() (ts []tile) {
	var depth, running, slots, retry, failed, done int64
	var latency time.Duration
	alive := int64(0)
	for _, q := range m.Queues {
		depth, running, retry, failed, done = depth+q.Depth, running+q.Running, retry+q.Retry, failed+q.Failed, done+q.DoneCount
		latency = max(latency, q.Latency)
	}
	for _, w := range m.Workers {
		if w.Status != StatusOff && w.Status != StatusBad {
			alive++
			slots += w.Slots
		}
	}
	ts = append(ts,
		tile{label: "Waiting", value: Count(depth), note: "the longest for " + Dur(latency)},
		tile{label: "Running", value: Count(running), note: "of " + plural(slots, "place")},
		tile{label: "To be retried", value: Count(retry), note: ""},
		tile{label: "Failed", value: Count(failed), note: "given up, still kept"},
		tile{label: "Done", value: Count(done), note: "in the last hour"},
		tile{label: "Workers", value: Count(alive), note: "alive"},
	)
	return ts
}

// attemptText is "2 of 4".
func (r JobRow) attemptText() string {
	if r.Max >= 1<<15-2 {
		return fmt.Sprint(r.Attempt)
	}
	return fmt.Sprintf("%d of %d", r.Attempt, r.Max)
}

// shownText says how many jobs there are to see.
func (l JobList) shownText() string {
	text := plural(int64(len(l.Rows)), "job") + " shown"
	if !l.Complete {
		text += "; the search is not through all of them"
	}
	return text
}

// stateText is "works, 1 stuck · bulk, mail".
func (w WorkerRow) stateText() string {
	text := w.State
	if w.Stuck > 0 {
		text += ", " + Count(w.Stuck) + " stuck"
	}
	if w.Queues != "" {
		text += " · " + w.Queues
	}
	return text
}

// load is how busy a worker is.
func (w WorkerRow) load() float64 {
	if w.Slots == 0 {
		return 0
	}
	return float64(w.Running) / float64(w.Slots)
}

// can tells whether something may be done to the job.
func (m Job) can(do string) bool {
	for _, c := range m.Can {
		if c == do {
			return m.Form.May
		}
	}
	return false
}

// retryLabel is the button's text: for a job that waits it is no retry.
func (m Job) retryLabel() string {
	if m.State == "scheduled" || m.State == "retryable" || m.State == "pending" {
		return "Run now"
	}
	return "Retry"
}

// clockList are at most n times as text.
func clockList(ts []time.Time, n int) string {
	var out []string
	for _, t := range ts[:min(len(ts), n)] {
		out = append(out, t.Format("Mon 15:04"))
	}
	return strings.Join(out, ", ")
}

// until is "in 5 m", or how long ago.
func until(t, now time.Time) string {
	if d := t.Sub(now); d > 0 {
		return "in " + age(d)
	}
	return Ago(t, now)
}

// facts are what there is to say of a job beside its head.
func (m Job) facts(now time.Time) (as []Attr) {
	add := func(key, value string) {
		if value != "" {
			as = append(as, Attr{Key: key, Value: value})
		}
	}
	add("Queue", m.Queue)
	add("Priority", m.Priority)
	add("Attempts", m.attemptText())
	add("Queued", m.Created.Format(time.DateTime)+", "+Ago(m.Created, now))
	if m.Due {
		add("Runs", m.ETA.Format(time.DateTime)+", "+until(m.ETA, now))
	}
	if !m.Deadline.IsZero() {
		add("Expires", m.Deadline.Format(time.DateTime)+", "+until(m.Deadline, now))
	}
	if m.Runtime > 0 {
		add("Runtime", Dur(m.Runtime))
	}
	add("Worker", m.Worker)
	add("Tags", strings.Join(m.Tags, ", "))
	add("Schedule", m.Schedule)
	add("Unique", m.Unique)
	add("Progress", m.Progress)
	return as
}

// word is the state, or that none is known.
func (e JobEvent) word() string { return cmp.Or(e.State, "unknown") }

// shownRuns is how many of the last runs of a schedule are named; the drawing has all.
const shownRuns = 5

// runBar is one run in the drawing of a schedule's last runs.
type runBar struct {
	x, width, height float64 // of 100 by 24
	status           Status
}

// unit is a length in a drawing.
func unit(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// barsOf places the bars, the oldest first, and says what they show. Without two runs
// of which it is known how long they took there is nothing to compare.
func barsOf(runs []ScheduleRun) (bars []runBar, label string) {
	var known []time.Duration
	for _, r := range runs {
		if r.Duration > 0 {
			known = append(known, r.Duration)
		}
	}
	if len(known) < 2 {
		return nil, ""
	}
	longest := slices.Max(known)
	step := 100 / float64(max(len(runs), 8)) // a few runs are no thick blocks
	for i, r := range runs {
		b := runBar{x: 100 - float64(i+1)*step, width: step * 0.8, status: r.Status}
		if r.Duration > 0 {
			b.height = max(1.5, 24*Share(r.Duration, longest))
		}
		bars = append(bars, b)
	}
	slices.Reverse(bars)
	return bars, "The last " + plural(int64(len(known)), "run") + " took " + Dur(slices.Min(known)) + " to " + Dur(longest) + ", the newest " + Dur(known[0])
}
