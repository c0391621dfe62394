package main

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// queued is a queue with two workers and three jobs.
type queued struct{ jobs.Source }

func (queued) Engine() string { return "River on SQLite" }

func (queued) Queues(context.Context) ([]jobs.Queue, error) {
	mail := jobs.Queue{Name: "mail", Slots: 8, Oldest: time.Now().Add(-3 * time.Minute)}
	mail.Counts[jobs.Available], mail.Counts[jobs.Running], mail.Counts[jobs.Discarded] = 12, 7, 2
	return []jobs.Queue{{Name: "bulk", Paused: true}, mail}, nil
}

func (queued) Workers(context.Context) ([]jobs.Worker, error) {
	return []jobs.Worker{
		{ID: "a", Host: "web-1", PID: 4120, Alive: true, Completed: 18240, Seen: time.Now(), Queues: []jobs.WorkerQueue{{Name: "mail", Running: 7, Slots: 8}}},
		{ID: "b", Host: "web-2", PID: 99, Seen: time.Now().Add(-time.Hour)},
	}, nil
}

func (queued) Kinds(context.Context) ([]jobs.Kind, error)         { return nil, nil }
func (queued) Schedules(context.Context) ([]jobs.Schedule, error) { return nil, nil }

func (queued) List(_ context.Context, q jobs.Query) (p jobs.Page, _ error) {
	for _, j := range []jobs.Job{
		{ID: "3", Kind: "mail.send", Queue: "mail", State: jobs.Running, Attempt: 1, MaxAttempts: 6, Arguments: `{"to":"ann"}`},
		{ID: "2", Kind: "mail.send", Queue: "mail", State: jobs.Discarded, Attempt: 6, MaxAttempts: 6, Error: "no such \x1b[31m box"},
		{ID: "1", Kind: "crm.sync", Queue: "bulk", State: jobs.Completed, Attempt: 2, MaxAttempts: 4, Error: "of the first attempt", Arguments: `{"n":1}`},
	} {
		j.Created = time.Now().Add(-time.Minute)
		if (len(q.States) == 0 || q.States[0] == j.State) && (len(q.Queues) == 0 || q.Queues[0] == j.Queue) {
			p.Jobs = append(p.Jobs, j)
		}
	}
	p.Complete = true
	return p, nil
}

func TestA70_TasksOfARunningAppShowItsQueue(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	d, err := web.New(web.Config{Store: a.store, Jobs: queued{}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	url := s.URL + "/_toolbar/"
	out := mustRun(t, "tasks", "--url", url)
	for _, want := range []string{"River on SQLite", "paused", "7/8", "3m", "web-1:4120", "died", "18240", "mail.send", "6/6", "no such", `{"n":1}`} {
		if !strings.Contains(out, want) {
			t.Errorf("the queue is shown without %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "\x1b[31m") || strings.Contains(out, "of the first attempt") {
		t.Errorf("what should not be there:\n%q", out)
	}
	var chosen struct{ Jobs struct{ Jobs []jobs.Job } }
	text := mustRun(t, "tasks", "--url", url, "--state", "discarded", "--queue", "mail", "--format", "json")
	if err := json.Unmarshal([]byte(text), &chosen); err != nil || len(chosen.Jobs.Jobs) != 1 || chosen.Jobs.Jobs[0].ID != "2" {
		t.Errorf("discarded jobs of mail: %v\n%s", err, text)
	}
	for want, args := range map[string][]string{
		"there is no state":   {"tasks", "--url", url, "--state", "lost"},
		"text or json":        {"tasks", "--url", url, "--format", "csv"},
		"name it by --url":    {"tasks", "--db", a.path, "--state", "running"},
		"hands no queue over": {"tasks", "--url", dashboardOf(t, a), "--token", "open-sesame"},
	} {
		if r := toolbar(t, args...); r.code == 0 || !strings.Contains(r.stderr, want) {
			t.Errorf("%v: exit code %d, %s", args, r.code, r.stderr)
		}
	}
}
