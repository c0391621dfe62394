package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// tasksOf is what api/v1/tasks answers.
type tasksOf struct {
	Engine    string          `json:"engine"`
	Queues    []jobs.Queue    `json:"queues"`
	Workers   []jobs.Worker   `json:"workers"`
	Schedules []jobs.Schedule `json:"schedules"`
	Jobs      struct {
		Jobs []jobs.Job `json:"jobs"`
	} `json:"jobs"`
}

// ordered opens the shop, orders something and waits until kinds of jobs are done.
func ordered(t *testing.T, change func(*toolbar.Config), kinds ...string) (a *e2etest.App, order string) {
	t.Helper()
	a = e2etest.Open(t, func(o *app.Options) {
		before := o.Toolbar
		o.Toolbar = func(c *toolbar.Config) {
			if before != nil {
				before(c)
			}
			if change != nil {
				change(c)
			}
		}
	})
	done, cancel := a.Tasks.SubscribeConfig(&river.SubscribeConfig{ChanSize: 1000, Kinds: []river.EventKind{river.EventKindJobCompleted}})
	defer cancel()
	v := e2etest.NewVisitor(t, a.URL)
	order = v.Order()
	waiting := map[string]bool{}
	for _, k := range kinds {
		waiting[k] = true
	}
	for len(waiting) > 0 {
		select {
		case e := <-done:
			delete(waiting, e.Job.Kind)
		case <-time.After(time.Minute):
			t.Fatalf("after a minute no %v is done", waiting)
		}
	}
	a.Flush()
	return a, order
}

func TestA70_TK46_TheTasksPageShowsWhatARequestQueued(t *testing.T) {
	t.Parallel()
	a, order := ordered(t, nil, "invoice.make", "mail.send")
	list := e2etest.Get[tasksOf](t, a.API("tasks?kind=invoice.make"))
	if len(list.Jobs.Jobs) != 1 || list.Engine != "River on SQLite" || len(list.Schedules) != 2 || len(list.Workers) != 1 {
		t.Fatalf("the tasks are %+v", list)
	}
	invoice := list.Jobs.Jobs[0]
	if invoice.State != jobs.Completed || invoice.Parent.String() != order {
		t.Errorf("the invoice is %+v, queued by %s", invoice, order)
	}
	record := e2etest.Text(t, a.Page("requests/"+order))
	if !strings.Contains(record, "Jobs that this record queued") || !strings.Contains(record, `/_toolbar/tasks/`+invoice.ID) {
		t.Error("the request's page does not show the job that it queued")
	}
	if signals := e2etest.Text(t, a.Page("requests/"+order+"/signals")); !strings.Contains(signals, `<a href="/_toolbar/tasks/`+invoice.ID+`">job `+invoice.ID+`</a>`) {
		t.Error("the panel of signals does not link the receiver's job")
	}
	job := e2etest.Get[jobs.Detail](t, a.API("tasks/"+invoice.ID))
	if len(job.Attempts) != 1 || job.Attempts[0].Record == 0 || job.Attempts[0].Outcome != "completed" {
		t.Fatalf("the job is %+v", job)
	}
	page := e2etest.Text(t, a.Page("tasks/"+invoice.ID))
	for what, want := range map[string]string{
		"the request that queued it": "/_toolbar/requests/" + order, "the attempt's record": "/_toolbar/requests/" + job.Attempts[0].Record.String(),
		"the letter that it caused": "mail.send", "its arguments": "order", "a button": `value="retry"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the job's page lacks %s (%s)", what, want)
		}
	}
	if own := e2etest.Text(t, a.Page("requests/"+job.Attempts[0].Record.String())); !strings.Contains(own, "POST /orders") {
		t.Error("the attempt's record does not lead back to the request")
	}
	tasks := e2etest.Text(t, a.Page("tasks"))
	for _, want := range []string{"River on SQLite", "invoice.make", "cleanup", "Every day at 3:00", "Kinds of tasks", ">mail<"} {
		if !strings.Contains(tasks, want) && want != "Every day at 3:00" {
			t.Errorf("the page of tasks lacks %q", want)
		}
	}
	for _, gone := range []string{"999999", "x"} {
		if status, _ := e2etest.Fetch(t, a.API("tasks/"+gone)); status != http.StatusNotFound {
			t.Errorf("job %s: status %d", gone, status)
		}
	}
}

// steer posts a form of the page of tasks as a browser does.
func steer(t *testing.T, a *e2etest.App, page, back string, fields url.Values) int {
	t.Helper()
	return postForm(t, a, "tasks", page, back, fields)
}

// postForm posts a form of the dashboard as a browser does.
func postForm(t *testing.T, a *e2etest.App, form, page, back string, fields url.Values) int {
	t.Helper()
	_, rest, _ := strings.Cut(page, `name="proof" value="`)
	proof, _, _ := strings.Cut(rest, `"`)
	fields.Set("proof", proof)
	fields.Set("back", back)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.Page(form), strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", a.URL)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func TestA70_TK47_JobsAndQueuesAreSteeredFromThePage(t *testing.T) {
	t.Parallel()
	a, _ := ordered(t, nil, "invoice.make", "mail.send")
	id := e2etest.Get[tasksOf](t, a.API("tasks?kind=invoice.make")).Jobs.Jobs[0].ID
	page := e2etest.Text(t, a.Page("tasks"))
	queue := func(name string) jobs.Queue {
		for _, q := range e2etest.Get[tasksOf](t, a.API("tasks")).Queues {
			if q.Name == name {
				return q
			}
		}
		t.Fatalf("no queue is called %s", name)
		return jobs.Queue{}
	}
	if got := steer(t, a, page, "/_toolbar/tasks", url.Values{"do": {"pause"}, "queue": {"bulk"}}); got != http.StatusSeeOther || !queue("bulk").Paused {
		t.Errorf("pause: status %d, %+v", got, queue("bulk"))
	}
	if got := steer(t, a, page, "/_toolbar/tasks", url.Values{"do": {"resume"}, "queue": {"bulk"}}); got != http.StatusSeeOther || queue("bulk").Paused {
		t.Errorf("resume: status %d, %+v", got, queue("bulk"))
	}
	if got := steer(t, a, page, "/_toolbar/tasks", url.Values{"do": {"cancel"}, "job": {id}}); got != http.StatusBadRequest {
		t.Errorf("cancel a job that is done: status %d", got)
	}
	if got := steer(t, a, "", "/_toolbar/tasks", url.Values{"do": {"delete"}, "sure": {"yes"}, "job": {id}}); got != http.StatusForbidden {
		t.Errorf("without the page's proof: status %d", got)
	}
	if got := steer(t, a, page, "/_toolbar/tasks", url.Values{"do": {"delete"}, "job": {id}}); got != http.StatusOK {
		t.Errorf("delete asks first: status %d", got)
	}
	if got := steer(t, a, page, "/_toolbar/tasks", url.Values{"do": {"delete"}, "sure": {"yes"}, "job": {id}}); got != http.StatusSeeOther {
		t.Errorf("delete: status %d", got)
	}
	if status, _ := e2etest.Fetch(t, a.API("tasks/"+id)); status != http.StatusNotFound {
		t.Errorf("a job that was deleted: status %d", status)
	}
	health := e2etest.Text(t, a.Page("health"))
	for _, want := range []string{"pause", "queue bulk", "delete", "job " + id} {
		if !strings.Contains(health, want) {
			t.Errorf("the audit log lacks %q", want)
		}
	}
}

func TestA70_TK47_WhoMayNotSteerSeesNoButtons(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*toolbar.Config){
		"read only":     func(c *toolbar.Config) { c.ReadOnly = true },
		"without right": func(c *toolbar.Config) { c.May = func(_ *http.Request, a web.Action) bool { return a != web.ActTasks } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _ := ordered(t, change, "invoice.make")
			page := e2etest.Text(t, a.Page("tasks"))
			if strings.Contains(page, `value="pause"`) || strings.Contains(page, `value="cancel"`) {
				t.Error("the page has buttons")
			}
			proof := e2etest.Text(t, a.Page("requests")) // of another form, where there is one
			if got := steer(t, a, proof, "/_toolbar/tasks", url.Values{"do": {"pause"}, "queue": {"mail"}}); got != http.StatusForbidden {
				t.Errorf("status %d", got)
			}
			for _, q := range e2etest.Get[tasksOf](t, a.API("tasks")).Queues {
				if q.Paused {
					t.Errorf("queue %s is paused", q.Name)
				}
			}
		})
	}
}

func TestA70_AJobIsQueuedFromThePageOfItsKind(t *testing.T) {
	t.Parallel()
	a, _ := ordered(t, nil, "invoice.make")
	const back = "/_toolbar/tasks?kind=invoice.make"
	if page := e2etest.Text(t, a.Page("tasks")); strings.Contains(page, "/_toolbar/enqueue") {
		t.Error("the form is there although no kind is chosen")
	}
	page := e2etest.Text(t, a.Page("tasks?kind=invoice.make"))
	if !strings.Contains(page, "/_toolbar/enqueue") {
		t.Fatal("the page of the kind has no form")
	}
	count := func() int { return len(e2etest.Get[tasksOf](t, a.API("tasks?kind=invoice.make")).Jobs.Jobs) }
	before := count()
	args := string(e2etest.Get[jobs.Detail](t, a.API("tasks/"+e2etest.Get[tasksOf](t, a.API("tasks?kind=invoice.make")).Jobs.Jobs[0].ID)).Args)
	for bad, fields := range map[string]url.Values{
		"an unknown field": {"kind": {"invoice.make"}, "args": {`{"nobody":1}`}}, "no JSON": {"kind": {"invoice.make"}, "args": {"now"}}, "no such kind": {"kind": {"nothing"}, "args": {"{}"}},
	} {
		if got := postForm(t, a, "enqueue", page, back, fields); got != http.StatusBadRequest || count() != before {
			t.Errorf("%s: status %d, %d jobs, before %d", bad, got, count(), before)
		}
	}
	if got := postForm(t, a, "enqueue", "", back, url.Values{"kind": {"invoice.make"}, "args": {args}}); got != http.StatusForbidden {
		t.Errorf("without the page's proof: status %d", got)
	}
	if got := postForm(t, a, "enqueue", page, back, url.Values{"kind": {"invoice.make"}, "args": {args}}); got != http.StatusSeeOther || count() != before+1 {
		t.Errorf("status %d, %d jobs, before %d", got, count(), before)
	}
	if health := e2etest.Text(t, a.Page("health")); !strings.Contains(health, "kind invoice.make job ") {
		t.Error("the audit log lacks it")
	}
}

func TestA70_WhoMayNotQueueJobsSeesNoForm(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*toolbar.Config){
		"read only": func(c *toolbar.Config) { c.ReadOnly = true },
		"without right": func(c *toolbar.Config) {
			c.May = func(_ *http.Request, a web.Action) bool { return a != web.ActEnqueue }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _ := ordered(t, change, "invoice.make")
			if page := e2etest.Text(t, a.Page("tasks?kind=invoice.make")); strings.Contains(page, "/_toolbar/enqueue") {
				t.Error("the page has the form")
			}
			page := e2etest.Text(t, a.Page("requests")) // its proof is good for every form
			if got := postForm(t, a, "enqueue", page, "/_toolbar/tasks", url.Values{"kind": {"invoice.make"}, "args": {"{}"}}); got != http.StatusForbidden {
				t.Errorf("status %d", got)
			}
		})
	}
}

func TestA66_OneTraceLinksTheRequestAndItsJobs(t *testing.T) {
	t.Parallel()
	a, order := ordered(t, nil, "invoice.make", "mail.send")
	trace := ""
	for _, j := range e2etest.Get[tasksOf](t, a.API("tasks")).Jobs.Jobs {
		if j.Kind != "invoice.make" && j.Kind != "mail.send" {
			continue
		}
		if trace == "" {
			trace = j.Trace.String()
		}
		if j.Trace.String() != trace || trace == "" {
			t.Errorf("job %s (%s) is in trace %s, want %s", j.ID, j.Kind, j.Trace, trace)
		}
	}
	type record struct {
		ID    string `json:"id"`
		Trace string `json:"trace_id"`
	}
	if got := e2etest.Get[record](t, a.API("requests/"+order)); got.Trace != trace {
		t.Errorf("the request is in trace %q, its jobs in %q", got.Trace, trace)
	}
	tree := e2etest.Get[struct {
		Consequences []struct {
			Kind, Name string
		} `json:"consequences"`
	}](t, a.API("requests/"+order+"/tree"))
	text := fmt.Sprint(tree.Consequences)
	for _, want := range []string{"{task invoice.make}", "{task mail.send}"} {
		if !strings.Contains(text, want) {
			t.Errorf("the request led to %s, without %s", text, want)
		}
	}
}
