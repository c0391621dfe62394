package tasks_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// lines is a log that several goroutines write, in JSON.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// all gives the attributes of each line, by its message.
func (l *lines) all(t testing.TB) map[string]map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	byMessage := map[string]map[string]any{}
	for line := range strings.Lines(l.buf.String()) {
		attrs := map[string]any{}
		decode(t, []byte(line), &attrs)
		byMessage[attrs["msg"].(string)] = attrs
	}
	return byMessage
}

// letterTo is a letter as a task has it.
type letterTo struct{ To, Text string }

// feedback is an app in which people say what they think of it.
type feedback struct {
	*env
	clock    *hand
	log      *slog.Logger
	received *signals.Signal[string]
	mail     tasks.Task[letterTo]
}

// validate answers 400 for feedback that says nothing.
func (f *feedback) validate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.TrimSpace(r.FormValue("message")) == "" {
			http.Error(w, "say what you think", http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (f *feedback) submit(w http.ResponseWriter, r *http.Request) {
	message := r.FormValue("message")
	_, err := f.db.ExecContext(r.Context(), "INSERT INTO feedback VALUES ($1, $2)", f.clock.Now().Format("2006-01-02"), message)
	if err == nil {
		_, err = f.received.Send(r.Context(), "feedback", message)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// report mails how many people wrote yesterday.
func (f *feedback) report(ctx context.Context, run *commands.Run) error {
	n := 0
	yesterday := f.clock.Now().AddDate(0, 0, -1).Format("2006-01-02")
	if err := f.db.QueryRowContext(ctx, "SELECT count(*) FROM feedback WHERE day = $1", yesterday).Scan(&n); err != nil {
		return err
	}
	_, err := f.mail.Enqueue(ctx, letterTo{"keeper@example.org", fmt.Sprintf("%d people wrote on %s", n, yesterday)})
	return err
}

// TestA63_FeedbackIsCheckedAnnouncedAndReportedOnce has two processes, of which either may
// send the daily letter, and one does.
func TestA63_FeedbackIsCheckedAnnouncedAndReportedOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		e.exec("CREATE TABLE feedback (day TEXT, message TEXT)")
		log, letters := &lines{}, make(chan letterTo, 10)
		f := &feedback{
			env: e, clock: at("2026-03-02 12:00:00"), log: slog.New(slog.NewJSONHandler(log, nil)),
			received: signals.New[string]("a63_feedback_received_"+e.name, signals.Unlisted()),
			mail:     tasks.New("a63.mail."+e.name, func(_ context.Context, l letterTo) error { letters <- l; return nil }),
		}
		announced := 0
		f.received.Connect(func(ctx context.Context, event signals.Event[string]) error {
			announced++
			f.log.InfoContext(ctx, "feedback received", "message", event.Payload)
			return nil
		}, signals.UID("a63-log"))
		handler := middleware.NewStack(middleware.Named("validate", f.validate)).Then(http.HandlerFunc(f.submit))
		post := func(message string, status int) {
			t.Helper()
			r := httptest.NewRequest(http.MethodPost, "/feedback", strings.NewReader("message="+message))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			if handler.ServeHTTP(w, r); w.Code != status {
				t.Errorf("%q: status %d, want %d: %s", message, w.Code, status, w.Body)
			}
		}
		post("", http.StatusBadRequest)
		post("+", http.StatusBadRequest)
		if rows := e.count("SELECT count(*) FROM feedback"); rows != 0 || announced != 0 {
			t.Errorf("what says nothing is %d rows and %d signals", rows, announced)
		}
		post("lovely+bowls", http.StatusOK)
		post("late+again", http.StatusOK)
		if line := log.all(t)["feedback received"]; announced != 2 || line["message"] != "late again" {
			t.Errorf("%d signals, the log says %v", announced, line)
		}
		if n := e.count("SELECT count(*) FROM feedback WHERE message = 'lovely bowls'"); n != 1 {
			t.Errorf("%d rows of the first, want 1", n)
		}

		root := commands.New("manage")
		root.Add(commands.Command{Name: "daily-feedback-report", Help: "Mail how many people wrote yesterday.", Run: f.report})
		config := tasks.Config{
			Tasks: []tasks.Definition{f.mail}, Commands: root, Now: f.clock.Now,
			LostAfter: -1, // a clock that leaps makes everybody look dead
			Schedules: []tasks.Schedule{{Name: "daily-feedback-report", Cron: "0 6 * * *", Call: tasks.Command("daily-feedback-report")}},
		}
		processes := []*tasks.Client{e.start(config), e.start(config)}
		each := func() {
			for _, c := range processes {
				run(t, c)
			}
		}
		each()
		f.clock.set("2026-03-03 06:00:00")
		each()
		each()
		want := letterTo{"keeper@example.org", "2 people wrote on 2026-03-02"}
		if got := <-letters; got != want {
			t.Errorf("the letter is %+v, want %+v", got, want)
		}
		if n := e.count("SELECT count(*) FROM river_job WHERE kind = $1", "a63.mail."+e.name); n != 1 {
			t.Errorf("%d letters are queued for one day", n)
		}
	})
}

// TestA66_OneTraceLinksLogsSignalsJobsAndCommands looks at log lines and Records of a
// request, of the job that its signal queues, and of the command that this one queues.
func TestA66_OneTraceLinksLogsSignalsJobsAndCommands(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		log := &lines{}
		logger := slog.New(slogtap.New(slog.NewJSONHandler(log, nil), slogtap.IDsNamed("trace_id", "record_id")))
		saved := signals.New[int]("a66_saved_"+e.name, signals.Unlisted())
		index := "a66.index." + e.name
		root := commands.New("manage")
		root.Add(commands.Command{Name: "reindex", Help: "Make the index anew.", Run: func(ctx context.Context, _ *commands.Run) error {
			logger.InfoContext(ctx, "command runs")
			return nil
		}})
		job := tasks.New(index, func(ctx context.Context, o order) error {
			logger.InfoContext(ctx, "job runs", "order", o.ID)
			_, err := tasks.Chain(ctx, tasks.Command("reindex"))
			return err
		})
		saved.Connect(func(ctx context.Context, event signals.Event[int]) error {
			logger.InfoContext(ctx, "receiver runs")
			_, err := job.Enqueue(ctx, order{ID: event.Payload})
			return err
		}, signals.UID("a66-index"))

		c := e.start(tasks.Config{Tasks: []tasks.Definition{job}, Commands: root})
		seen := watch(t, c)
		accessLog := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r)
				logger.InfoContext(r.Context(), "access", "path", r.URL.Path)
			})
		}
		view := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if _, err := saved.Send(tasks.WithClient(r.Context(), c), "orders", 7); err != nil {
				t.Error(err)
			}
		})
		handler := middleware.Record(e.rec, middleware.RecordOptions{})(middleware.NewStack(middleware.Named("access-log", accessLog)).Then(view))
		const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
		r := httptest.NewRequest(http.MethodPost, "/orders", nil)
		r.Header.Set("Traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
		handler.ServeHTTP(httptest.NewRecorder(), r)
		for done := 0; done < 2; { // the job and the command
			if row := seen.next().Job; row.FinalizedAt != nil {
				if done++; row.State != rivertype.JobStateCompleted {
					t.Fatalf("job %s is %s: %v", row.Kind, row.State, row.Errors)
				}
			}
		}

		attempt, command := e.sink.wait(t, index, 1)[0], e.sink.wait(t, "command.run", 1)[0]
		var request, run *instrument.Record
		for _, rec := range e.sink.all() {
			switch rec.Handler.Kind {
			case instrument.KindRequest:
				request = rec
			case instrument.KindCommand:
				run = rec
			}
		}
		if request == nil || run == nil {
			t.Fatal("the request or the command has no Record")
		}
		if len(spans(request, instrument.KindReceiver)) != 1 {
			t.Errorf("the request has the spans %+v", request.Spans)
		}
		for what, rec := range map[string]*instrument.Record{"request": request, "job": attempt, "command's job": command, "command": run} {
			if rec.Trace.TraceID.String() != trace {
				t.Errorf("the %s is in trace %s", what, rec.Trace.TraceID)
			}
		}
		if attempt.Parent != request.ID || command.Parent != attempt.ID || run.Parent != command.ID {
			t.Errorf("request %s, job %s below %s, its command's job %s below %s, the command %s below %s",
				request.ID, attempt.ID, attempt.Parent, command.ID, command.Parent, run.ID, run.Parent)
		}
		logged := log.all(t)
		for message, rec := range map[string]*instrument.Record{"access": request, "receiver runs": request, "job runs": attempt, "command runs": run} {
			if got := logged[message]; got["trace_id"] != trace || got["record_id"] != rec.ID.String() {
				t.Errorf("%q says %v, want trace %s and record %s", message, got, trace, rec.ID)
			}
		}
	})
}
