package tasks_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// letter is what a relay gets.
type letter struct{ Subject, From, To string }

type lettersKey struct{}

// sendWelcome hands a letter to the relay of its context.
var sendWelcome = tasks.New("a67.welcome", func(ctx context.Context, to string) error {
	ctx.Value(lettersKey{}).(chan letter) <- letter{"Welcome", "shop@example.org", to}
	return nil
})

// _ is a task that no settings of this test make room for.
var _ = tasks.New("a67.elsewhere", func(context.Context, string) error { return nil }, tasks.Options{Queue: "a67-elsewhere"})

// TestA67_AHandlerQueuesALetterAndDoesNotWaitForIt configures the queue from settings, as
// apps do, and holds the worker until the handler has answered: an answer that waited for
// it would never come.
func TestA67_AHandlerQueuesALetterAndDoesNotWaitForIt(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		var settings struct {
			Database string
			Queues   map[string]tasks.Queue
		}
		decode(t, fmt.Appendf(nil, `{"Database": %q, "Queues": {"default": {"Workers": 1}}}`, e.dsn), &settings)
		config := tasks.Config{DSN: settings.Database, Queues: settings.Queues}
		if _, err := e.tryOpen(config); err == nil || !strings.Contains(err.Error(), `task "a67.elsewhere" is in queue "a67-elsewhere"`) {
			t.Fatalf("the program starts although a task that registered itself has no queue: %v", err)
		}

		letters, release, busy := make(chan letter, 1), make(chan struct{}), make(chan struct{})
		hold := tasks.New("a67.hold."+e.name, func(context.Context, order) error {
			close(busy)
			<-release
			return nil
		})
		config.Tasks = []tasks.Definition{sendWelcome, hold}
		c := e.open(config)
		seen := watch(t, c)
		if err := c.Start(context.WithValue(context.Background(), lettersKey{}, letters)); err != nil {
			t.Fatal(err)
		}
		must(hold.Enqueue(e.ctx(c), order{}))(t)
		<-busy

		var job *tasks.Job
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var err error
			if job, err = sendWelcome.Enqueue(tasks.WithClient(r.Context(), c), "user@example.com"); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/register", nil))
		if w.Code != http.StatusOK || len(letters) != 0 {
			t.Errorf("status %d: %s, %d letters are sent already", w.Code, w.Body, len(letters))
		}
		close(release)
		seen.until(job.ID())
		if got, want := <-letters, (letter{"Welcome", "shop@example.org", "user@example.com"}); got != want {
			t.Errorf("the letter is %+v, expected %+v", got, want)
		}
	})
}

// TestA69_UrgentWorkIsNotKeptWaitingByBulkWork fills the queue bulk and holds its workers:
// what is critical is done meanwhile, and then all the rest.
func TestA69_UrgentWorkIsNotKeptWaitingByBulkWork(t *testing.T) {
	const mails, workers = 1000, 25
	bulk := tasks.Options{Queue: "bulk", Retry: tasks.Retry{Max: 2, Delay: -1}}
	onEngines(t, func(t *testing.T, e *env) {
		e.exec("CREATE UNIQUE INDEX effects_once ON effects (name, n)")
		effect := func(ctx context.Context, name string, n int) error {
			_, err := e.db.ExecContext(ctx, "INSERT INTO effects VALUES ($1, $2) ON CONFLICT (name, n) DO NOTHING", name, n)
			return err
		}
		release, held := make(chan struct{}), make(chan struct{}, workers)
		hold := tasks.New("a69.hold."+e.name, func(context.Context, order) error { held <- struct{}{}; <-release; return nil }, bulk)
		mail := tasks.New("a69.mail."+e.name, func(ctx context.Context, o order) error {
			if o.ID%100 == 7 && tasks.Current(ctx).Attempt == 1 {
				return fmt.Errorf("letter %d is refused", o.ID)
			}
			return effect(ctx, "mail", o.ID)
		}, bulk)
		file := tasks.New("a69.file."+e.name, func(ctx context.Context, o order) error { // line by line: it goes on where it stopped
			for line := range 5 {
				if err := effect(ctx, "line", line); err != nil {
					return err
				}
				if line == 2 && tasks.Current(ctx).Attempt == 1 {
					return fmt.Errorf("line %d is torn", line)
				}
			}
			return nil
		}, bulk)
		report := tasks.NewResult("a69.report."+e.name, func(ctx context.Context, _ order) (string, error) {
			n, err := countOf(ctx, e.db)
			return fmt.Sprintf("effects;%d\n", n), err
		}, bulk)
		urgent := tasks.New("a69.urgent."+e.name, func(context.Context, order) error { return nil }, tasks.Options{Queue: "critical"})

		c := e.open(tasks.Config{
			Tasks:  []tasks.Definition{hold, mail, file, report, urgent},
			Queues: map[string]tasks.Queue{"bulk": {Workers: workers}, "critical": {Workers: 1}},
		})
		seen := watch(t, c)
		ctx := e.ctx(c)
		must(hold.EnqueueMany(ctx, make([]order, workers)))(t)
		if err := c.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		for range workers {
			<-held
		}
		// All workers of bulk have something that does not end.
		letters := make([]order, mails)
		for i := range letters {
			letters[i].ID = i
		}
		sent := must(mail.EnqueueMany(ctx, letters))(t)
		lines := must(file.Enqueue(ctx, order{}))(t)
		now := must(urgent.Enqueue(ctx, order{}))(t)
		if row := seen.until(now.ID()); row.State != rivertype.JobStateCompleted || e.count("SELECT count(*) FROM effects") != 0 {
			t.Errorf("while bulk is full the urgent job is %s, and %d of bulk are done", row.State, e.count("SELECT count(*) FROM effects"))
		}
		close(release)
		rows := map[int64]*rivertype.JobRow{}
		for len(rows) < mails+1+workers {
			if row := seen.next().Job; row.FinalizedAt != nil {
				rows[row.ID] = row
			}
		}
		for i, job := range sent {
			attempts := 1
			if i%100 == 7 {
				attempts = 2
			}
			if row := rows[job.ID()]; row.State != rivertype.JobStateCompleted || row.Attempt != attempts {
				t.Errorf("letter %d is %s after %d attempts, expected %d: each is retried by itself", i, row.State, row.Attempt, attempts)
			}
		}
		if row := rows[lines.ID()]; row.Attempt != 2 || e.count("SELECT count(*) FROM effects WHERE name = 'line'") != 5 {
			t.Errorf("the file is %s after %d attempts with %d lines, expected 5 after 2", row.State, row.Attempt, e.count("SELECT count(*) FROM effects WHERE name = 'line'"))
		}

		job := must(report.Enqueue(ctx, order{}))(t)
		seen.until(job.ID())
		download := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if d, err := c.Jobs().Job(r.Context(), r.URL.Query().Get("job")); err == nil {
				var text string
				decode(t, d.Output, &text)
				fmt.Fprint(w, text)
			}
		})
		w := httptest.NewRecorder()
		download.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/report?job="+fmt.Sprint(job.ID()), nil))
		if want := fmt.Sprintf("effects;%d\n", mails+5); w.Body.String() != want {
			t.Errorf("the report is %q, expected %q", w.Body, want)
		}
	})
}

func countOf(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM effects").Scan(&n)
	return n, err
}
