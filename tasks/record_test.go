package tasks_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

type mail struct {
	To       string `json:"to"`
	Password string `json:"password"`
}

var customSpan = instrument.NewHandler(instrument.KindCustom, "render the mail", instrument.Source{})

func TestRecord_AnAttemptIsARecordBelowTheRequestThatQueuedIt(t *testing.T) {
	sent := make(chan mail, 10)
	sendMail := tasks.New("record.mail", func(ctx context.Context, m mail) error {
		_, span := instrument.Start(ctx, customSpan)
		span.End(nil)
		sent <- m
		return nil
	})
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{sendMail}})
		seen := watch(t, c)
		var job *tasks.Job
		request := e.request(e.ctx(c), func(ctx context.Context) {
			job = must(sendMail.Enqueue(ctx, mail{To: "ann@example.org", Password: "hunter2"}))(t)
		})
		row := seen.until(job.ID())
		if got := <-sent; got.To != "ann@example.org" || got.Password != "hunter2" {
			t.Errorf("the task got %+v", got)
		}

		insert := spans(request, instrument.KindTask)
		if len(insert) != 1 || insert[0].Handler.Name != "enqueue record.mail" {
			t.Fatalf("the request has the task spans %+v", insert)
		}
		if id := attr(insert[0].Attrs, "task.id"); id != job.ID() {
			t.Errorf("the insert's span names job %v, expected %d", id, job.ID())
		}

		run := e.sink.wait(t, "record.mail", 1)[0]
		if run.Parent != request.ID || run.Trace.TraceID != request.Trace.TraceID {
			t.Errorf("the attempt's parent is %s in trace %s, expected %s in %s", run.Parent, run.Trace.TraceID, request.ID, request.Trace.TraceID)
		}
		for key, want := range map[string]any{
			"task.id": job.ID(), "task.queue": "default", "task.attempt": int64(1), "task.outcome": "completed",
			"task.args": `{"to": "ann@example.org", "password": "[redacted]"}`,
		} {
			got := attr(run.Attrs, key)
			if key == "task.args" {
				got = canonical(t, got.(string))
				want = canonical(t, want.(string))
			}
			if got != want {
				t.Errorf("%s is %v, expected %v", key, got, want)
			}
		}
		if n := len(spans(run, instrument.KindCustom)); n != 1 {
			t.Errorf("the attempt's Record has %d spans of the task, expected 1", n)
		}

		var meta struct {
			Attempts []tasks.Attempt `json:"toolbar:attempts"`
		}
		if err := json.Unmarshal(row.Metadata, &meta); err != nil {
			t.Fatal(err)
		}
		if len(meta.Attempts) != 1 || meta.Attempts[0].Record != run.ID.String() || meta.Attempts[0].Outcome != tasks.Completed {
			t.Errorf("the job's attempts are %+v, expected one with Record %s", meta.Attempts, run.ID)
		}
	})
}

func canonical(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return string(must(json.Marshal(v))(t))
}
