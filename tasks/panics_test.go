package tasks_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// panicArgs are those of a job that goes wrong, and of one beside it that does not.
type panicArgs struct {
	Fine bool `json:"fine"`
}

func (panicArgs) Kind() string { return "f03.panics" }

// panicWorker goes wrong in every attempt. Those before the last that is looked at are tried again at once, later ones
// in an hour.
type panicWorker struct {
	river.WorkerDefaults[panicArgs]
	attempts int
	wrong    func() error
	release  chan struct{} // lets the fine job end
}

func (w *panicWorker) Work(ctx context.Context, job *river.Job[panicArgs]) error {
	if !job.Args.Fine {
		return w.wrong()
	}
	select {
	case <-w.release:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *panicWorker) NextRetry(job *river.Job[panicArgs]) time.Time {
	if job.Attempt < w.attempts {
		return time.Now()
	}
	return time.Now().Add(time.Hour)
}

// explodingHandler is the app's own: it notes what it is told, and answers what a case wants.
type explodingHandler struct {
	mu     sync.Mutex // guards told
	told   []string
	answer func() *river.ErrorHandlerResult
}

func (h *explodingHandler) note(what string) *river.ErrorHandlerResult {
	h.mu.Lock()
	h.told = append(h.told, what)
	h.mu.Unlock()
	return h.answer()
}

func (h *explodingHandler) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	return h.note(fmt.Sprintf("error %v in attempt %d of %d", err, job.Attempt, job.MaxAttempts))
}

func (h *explodingHandler) HandlePanic(_ context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	return h.note(fmt.Sprintf("panic %v (%T) in attempt %d of %d, from explodesHere: %v", value, value, job.Attempt, job.MaxAttempts, strings.Contains(trace, "explodesHere")))
}

func explodesHere() error { panic("panic val") }

// ending is all that is left of a job, and what was said of it.
type ending struct {
	State     rivertype.JobState
	Attempt   int
	Errors    []string
	Finalized bool
	Later     bool // it is tried again, and not before half an hour
	Events    []string
	Handler   []string
	Neighbour string
}

// riverClient is what River's clients and ours have in common.
type riverClient interface {
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
	JobGet(ctx context.Context, id int64) (*rivertype.JobRow, error)
	Subscribe(kinds ...river.EventKind) (<-chan *river.Event, func())
	Start(ctx context.Context) error
}

// The six ways in which River's own tests of its executor have a job panic, and three more, end
// as they do without us: the job's state, attempts, errors and next time, what the app's handler is told and what
// subscribers hear; a job that runs beside is not touched.
func TestF03_RiversPanicsEndAsWithoutUs(t *testing.T) {
	silent := func() *river.ErrorHandlerResult { return nil }
	for name, tc := range map[string]struct {
		wrong    func() error
		attempts int // that are waited for
		max      int
		answer   func() *river.ErrorHandlerResult // nil: the app has no handler
		want     rivertype.JobState
	}{
		"panic":                                 {wrong: explodesHere, attempts: 1, max: 5, want: rivertype.JobStateRetryable},
		"panic again after a retry":             {wrong: explodesHere, attempts: 2, max: 5, want: rivertype.JobStateRetryable},
		"panic in the last attempt":             {wrong: explodesHere, attempts: 2, max: 2, want: rivertype.JobStateDiscarded},
		"panic with a handler":                  {wrong: explodesHere, attempts: 2, max: 5, answer: silent, want: rivertype.JobStateRetryable},
		"panic with a handler that cancels":     {wrong: explodesHere, attempts: 1, max: 5, answer: func() *river.ErrorHandlerResult { return &river.ErrorHandlerResult{SetCancelled: true} }, want: rivertype.JobStateCancelled},
		"panic with a handler that panics":      {wrong: explodesHere, attempts: 2, max: 5, answer: func() *river.ErrorHandlerResult { panic("handler panicked!") }, want: rivertype.JobStateRetryable},
		"error with a handler that panics":      {wrong: func() error { return fmt.Errorf("job error") }, attempts: 2, max: 5, answer: func() *river.ErrorHandlerResult { panic("handler panicked!") }, want: rivertype.JobStateRetryable},
		"panic with nil and a handler":          {wrong: func() error { panic(nil) }, attempts: 2, max: 5, answer: silent, want: rivertype.JobStateRetryable},
		"panic with an error, the last attempt": {wrong: func() error { panic(fmt.Errorf("as an error")) }, attempts: 1, max: 1, answer: silent, want: rivertype.JobStateDiscarded},
	} {
		t.Run(name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, e *env) {
				run := func(open func(rc river.Config) riverClient) ending {
					w := &panicWorker{attempts: tc.attempts, wrong: tc.wrong, release: make(chan struct{})}
					rc := river.Config{Workers: river.NewWorkers()}
					river.AddWorker(rc.Workers, w)
					h := &explodingHandler{answer: tc.answer}
					if tc.answer != nil {
						rc.ErrorHandler = h
					}
					return goWrong(t, open(rc), w, h, tc.attempts, tc.max)
				}
				bare := run(e.bareRiver)
				ours := run(func(rc river.Config) riverClient {
					return e.open(tasks.Config{Workers: rc.Workers, Tasks: []tasks.Definition{}, River: func(c *river.Config) { c.ErrorHandler = rc.ErrorHandler }})
				})
				if !reflect.DeepEqual(bare, ours) {
					t.Errorf("with bare River\n%+v\nwith tasks\n%+v", bare, ours)
				}
				if bare.State != tc.want || bare.Attempt != tc.attempts || bare.Neighbour != "completed 1 []" || tc.answer != nil && len(bare.Handler) == 0 {
					t.Errorf("expected %s: %+v", tc.want, bare)
				}
			})
		})
	}
}

// goWrong works a job that goes wrong beside one that does not.
func goWrong(t *testing.T, c riverClient, w *panicWorker, h *explodingHandler, attempts, most int) (end ending) {
	t.Helper()
	ctx := context.Background()
	events, stop := c.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobCancelled)
	defer stop()
	next := func() *river.Event {
		select {
		case e := <-events:
			return e
		case <-time.After(time.Minute):
			t.Fatal("nothing happened for a minute")
			return nil
		}
	}
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	fine := must(c.Insert(ctx, panicArgs{Fine: true}, &river.InsertOpts{MaxAttempts: 1}))(t).Job.ID
	id := must(c.Insert(ctx, panicArgs{}, &river.InsertOpts{MaxAttempts: most}))(t).Job.ID
	for range attempts {
		e := next()
		end.Events = append(end.Events, fmt.Sprintf("%s %v attempt %d, %d errors", e.Kind, e.Job.ID == id, e.Job.Attempt, len(e.Job.Errors)))
	}
	close(w.release)
	if e := next(); e.Job.ID != fine {
		t.Fatalf("%s of job %d, expected the end of the one beside it", e.Kind, e.Job.ID)
	}
	n := must(c.JobGet(ctx, fine))(t)
	end.Neighbour = fmt.Sprint(n.State, " ", n.Attempt, " ", n.Errors)
	row := must(c.JobGet(ctx, id))(t)
	end.State, end.Attempt, end.Finalized, end.Later = row.State, row.Attempt, row.FinalizedAt != nil, time.Until(row.ScheduledAt) > 30*time.Minute
	for _, a := range row.Errors {
		end.Errors = append(end.Errors, fmt.Sprintf("%d %q %v", a.Attempt, a.Error, strings.Contains(a.Trace, "explodesHere")))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	end.Handler = append(end.Handler, h.told...)
	return end
}

// bareRiver opens River's own client in a database of its own, with the settings that ours has.
func (e *env) bareRiver(rc river.Config) riverClient {
	e.t.Helper()
	rc.TestOnly = true
	rc.FetchPollInterval, rc.FetchCooldown = 50*time.Millisecond, 10*time.Millisecond
	rc.JobTimeout = time.Minute
	rc.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	rc.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 10}}
	if e.driver == "sqlite" {
		_, path := sqliteDSN(e.t)
		db := must(sql.Open("sqlite", sqliteApp(path)))(e.t)
		db.SetMaxOpenConns(1)
		e.t.Cleanup(func() { db.Close() })
		return openBare(e.t, riversqlite.New(db), &rc)
	}
	_, dsn := postgresDSN(e.t)
	pool := must(pgxpool.New(context.Background(), dsn))(e.t)
	e.t.Cleanup(pool.Close)
	return openBare(e.t, riverpgxv5.New(pool), &rc)
}

func openBare[TTx any](t testing.TB, d riverdriver.Driver[TTx], rc *river.Config) *river.Client[TTx] {
	t.Helper()
	ctx := context.Background()
	m := must(rivermigrate.New(d, &rivermigrate.Config{Logger: rc.Logger}))(t)
	must(m.Migrate(ctx, rivermigrate.DirectionUp, nil))(t)
	c := must(river.NewClient(d, rc))(t)
	t.Cleanup(func() {
		if err := c.StopAndCancel(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}
