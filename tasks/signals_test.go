package tasks_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/signalstest"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// sale is a row of the app's database.
type sale struct {
	ID     string
	Status string
}

type statusChange struct {
	Instance  *sale
	NewStatus string
}

// shop is an app with sales, a queue and signals between them.
type shop struct {
	*env
	client  *tasks.Client
	changed *signals.Signal[statusChange]
	seen    *events

	mu    sync.Mutex
	notes []string
}

// sales find the database of a sale by the beginning of its id, which is the engine's
// name: a program has one database, this test two.
var (
	salesMu sync.Mutex
	sales   = map[string]*sql.DB{}
	_       = signals.Identify("shop.Sale", func(s *sale) string { return s.ID }, loadSale)
)

func loadSale(ctx context.Context, id string) (*sale, error) {
	test, _, _ := strings.Cut(id, "|")
	salesMu.Lock()
	db := sales[test]
	salesMu.Unlock()
	s := &sale{ID: id}
	if err := db.QueryRowContext(ctx, "SELECT status FROM sales WHERE id = $1", id).Scan(&s.Status); err != nil {
		return nil, err // sql.ErrNoRows: it is gone
	}
	return s, nil
}

func newShop(t *testing.T, e *env, config tasks.Config) *shop {
	t.Helper()
	s := &shop{env: e, changed: signals.New[statusChange](t.Name())}
	e.exec("CREATE TABLE sales (id TEXT PRIMARY KEY, status TEXT)")
	salesMu.Lock()
	sales[t.Name()] = e.db
	salesMu.Unlock()
	config.DB, config.Tasks = e.db, []tasks.Definition{}
	s.client = e.open(config)
	s.seen = watch(t, s.client)
	return s
}

// id is that of a sale of this test.
func (s *shop) id(n int) string { return s.t.Name() + "|" + strconv.Itoa(n) }

func (s *shop) note(format string, args ...any) {
	s.mu.Lock()
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
	s.mu.Unlock()
}

func (s *shop) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.notes
	s.notes = nil
	return n
}

// ctx is a request's context in which signals are queued with the shop's client.
func (s *shop) ctx() context.Context {
	return signals.WithQueue(tasks.WithClient(s.t.Context(), s.client), s.client.Signals())
}

func (s *shop) start() {
	s.t.Helper()
	if err := s.client.Start(context.Background()); err != nil {
		s.t.Fatal(err)
	}
}

// jobs are the shop's jobs, the first queued first.
func (s *shop) jobs() []jobs.Job {
	s.t.Helper()
	p, err := s.client.Jobs().List(s.t.Context(), jobs.Query{Sort: jobs.Oldest})
	if err != nil {
		s.t.Fatal(err)
	}
	return p.Jobs
}

// finish waits until the n jobs that there are have ended.
func (s *shop) finish(n int) []jobs.Job {
	s.t.Helper()
	for {
		list := s.jobs()
		if len(list) == n && !slices.ContainsFunc(list, func(j jobs.Job) bool { return !j.State.Final() }) {
			return list
		}
		s.seen.next()
	}
}

func TestA28_D07_QueuedSendsReachTheSameReceiversWithTheCurrentRow(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{})
		other := signals.New[statusChange](t.Name() + " other")
		s.changed.Connect(func(ctx context.Context, ev signals.Event[statusChange]) error {
			s.note("%s is %s for %s by %s", ev.Payload.Instance.Status, ev.Payload.NewStatus, ev.Sender, signals.ScopeOf(ctx).User)
			return nil
		}, signals.From("Sale"))
		s.changed.Connect(func(context.Context, signals.Event[statusChange]) error { s.note("all"); return nil })
		s.changed.Connect(func(context.Context, signals.Event[statusChange]) error { s.note("not me"); return nil }, signals.From("Refund"))
		other.Connect(func(context.Context, signals.Event[statusChange]) error { s.note("other"); return nil })
		e.exec("INSERT INTO sales VALUES ($1, 'new')", s.id(1))
		ctx := signals.WithUser(s.ctx(), "ann")
		request := e.request(ctx, func(ctx context.Context) {
			if err := s.changed.SendAsync(ctx, "Sale", statusChange{&sale{ID: s.id(1), Status: "new"}, "confirmed"}); err != nil {
				t.Fatal(err)
			}
			if err := other.SendAsync(ctx, nil, statusChange{nil, "x"}); err != nil {
				t.Fatal(err)
			}
		})
		if got := s.take(); got != nil {
			t.Errorf("before a worker was there: %v", got)
		}
		e.exec("UPDATE sales SET status = 'paid' WHERE id = $1", s.id(1)) // what counts is what is current
		var row string
		if err := e.db.QueryRow("SELECT args FROM (SELECT " + map[bool]string{true: "json(args)", false: "args::text"}[e.driver == "sqlite"] + " AS args, id FROM river_job) AS j ORDER BY id LIMIT 1").Scan(&row); err != nil {
			t.Fatal(err)
		}
		var args struct {
			Signal  string
			Sender  map[string]string
			Payload struct{ Fields map[string]map[string]string }
		}
		if err := json.Unmarshal([]byte(row), &args); err != nil {
			t.Fatal(err)
		}
		if args.Sender["value"] != "Sale" || args.Payload.Fields["Instance"]["type"] != "model_instance" || args.Payload.Fields["Instance"]["pk"] != s.id(1) ||
			args.Payload.Fields["NewStatus"]["type"] != "value" || args.Payload.Fields["NewStatus"]["value"] != "confirmed" {
			t.Errorf("the arguments are %s", row)
		}
		s.start()
		list := s.finish(2)
		got := s.take()
		slices.Sort(got)
		if want := []string{"all", "other", "paid is confirmed for Sale by ann"}; !slices.Equal(got, want) {
			t.Errorf("received %q, want %q", got, want)
		}
		for _, j := range list {
			if j.State != jobs.Completed || j.Parent != request.ID {
				t.Errorf("a job is %+v", j)
			}
		}
		run := e.sink.wait(t, "signal.deliver", 2)
		if run[0].Parent != request.ID || len(run[0].Spans) < 2 {
			t.Errorf("the job's Record is %+v", run[0].Summary)
		}
	})
}

func TestA28_ARowThatIsGoneFailsForGood(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{})
		s.changed.Connect(func(context.Context, signals.Event[statusChange]) error { s.note("received"); return nil })
		if err := s.changed.SendAsync(s.ctx(), nil, statusChange{&sale{ID: s.id(404)}, "x"}); err != nil {
			t.Fatal(err)
		}
		s.start()
		if j := s.finish(1)[0]; j.State != jobs.Cancelled || j.Attempt != 1 || !strings.Contains(j.Error, "shop.Sale") {
			t.Errorf("the job is %+v", j)
		}
		if got := s.take(); got != nil {
			t.Errorf("received %v", got)
		}
	})
}

func TestA28_OnlyReceiversThatFailedAreCalledAgain(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{Retry: tasks.Retry{Delay: time.Millisecond}})
		fails := 2
		s.changed.Connect(func(context.Context, signals.Event[statusChange]) error { s.note("mail"); return nil })
		s.changed.Connect(func(context.Context, signals.Event[statusChange]) error {
			s.note("crm")
			if fails--; fails >= 0 {
				return errBoom
			}
			return nil
		})
		s.changed.Connect(func(context.Context, signals.Event[statusChange]) error {
			s.note("never")
			return tasks.Permanent(errBoom)
		})
		if err := s.changed.SendAsync(s.ctx(), nil, statusChange{}); err != nil {
			t.Fatal(err)
		}
		s.start()
		if j := s.finish(1)[0]; j.State != jobs.Completed || j.Attempt != 3 {
			t.Errorf("the job is %+v", j)
		}
		if got, want := s.take(), []string{"mail", "crm", "never", "crm", "crm"}; !slices.Equal(got, want) {
			t.Errorf("called %v, want %v", got, want)
		}
	})
}

func TestA29_StockIsReleasedAtOnceAndTheRestIsQueued(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{})
		s.changed.Connect(func(context.Context, signals.Event[statusChange]) error { s.note("release stock"); return nil },
			signals.When(func(_ context.Context, ev signals.Event[statusChange]) bool {
				return ev.Payload.NewStatus == "cancelled"
			}))
		for _, later := range []string{"analytics", "notice"} {
			s.changed.Connect(func(_ context.Context, ev signals.Event[statusChange]) error {
				s.note("%s of %s", later, ev.Payload.NewStatus)
				return nil
			}, signals.UID(later), signals.Queued())
		}
		results, err := s.changed.Send(s.ctx(), "Sale", statusChange{NewStatus: "cancelled"})
		if err != nil || !results.All()[1].Queued || !results.All()[2].Queued {
			t.Fatalf("%v, %v", results, err)
		}
		if got := s.take(); !slices.Equal(got, []string{"release stock"}) { // although no worker is there
			t.Errorf("at once: %v", got)
		}
		list := s.jobs()
		if len(list) != 2 {
			t.Fatalf("queued %+v", list)
		}
		for i, want := range []string{"analytics", "notice"} {
			if d := must(s.client.Jobs().Job(t.Context(), list[i].ID))(t); !strings.Contains(string(d.Args), `"`+want+`"`) || !strings.Contains(string(d.Args), `"cancelled"`) {
				t.Errorf("job %d has the arguments %s", i, d.Args)
			}
		}
		s.start()
		s.finish(2)
		got := s.take()
		slices.Sort(got)
		if want := []string{"analytics of cancelled", "notice of cancelled"}; !slices.Equal(got, want) {
			t.Errorf("later: %v, want %v", got, want)
		}
	})
}

func TestA30_D16_ARolledBackTransactionQueuesNothing(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{})
		s.changed.Connect(func(_ context.Context, ev signals.Event[statusChange]) error {
			s.note("%s", ev.Payload.Instance.Status) // a worker that came before the commit would not find the row
			return nil
		}, signals.UID("a"), signals.Queued())
		s.start()
		save := func(id int, result error) error {
			return modelsignals.InTx(s.ctx(), e.db, func(ctx context.Context, tx *sql.Tx) error {
				if _, err := tx.ExecContext(ctx, "INSERT INTO sales VALUES ($1, 'kept')", s.id(id)); err != nil {
					return err
				}
				change := statusChange{&sale{ID: s.id(id)}, "x"}
				if _, err := s.changed.Send(ctx, nil, change); err != nil {
					return err
				}
				if err := s.changed.SendAsync(ctx, nil, change); err != nil {
					return err
				}
				if err := s.changed.SendAfterCommit(ctx, nil, change); err != nil {
					return err
				}
				return result
			})
		}
		if err := save(1, errBoom); !errors.Is(err, errBoom) {
			t.Fatal(err)
		}
		if list := s.jobs(); len(list) != 0 {
			t.Errorf("a transaction that was rolled back queued %+v", list)
		}
		if err := save(2, nil); err != nil {
			t.Fatal(err)
		}
		for _, j := range s.finish(3) {
			if j.State != jobs.Completed || j.Attempt != 1 {
				t.Errorf("the job is %+v", j)
			}
		}
		if got := s.take(); !slices.Equal(got, []string{"kept", "kept", "kept"}) {
			t.Errorf("received %v", got)
		}
	})
}

func TestA31_AJobThatRunsTwiceHasItsEffectOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{})
		e.exec("CREATE TABLE analytics (id TEXT PRIMARY KEY, status TEXT)")
		s.changed.Connect(func(ctx context.Context, ev signals.Event[statusChange]) error {
			s.note("ran")
			_, err := e.db.ExecContext(ctx, "INSERT INTO analytics VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", ev.Payload.Instance.ID, ev.Payload.NewStatus)
			return err
		}, signals.UID("analytics"), signals.Queued())
		e.exec("INSERT INTO sales VALUES ($1, 'new')", s.id(1))
		if _, err := s.changed.Send(s.ctx(), nil, statusChange{&sale{ID: s.id(1)}, "paid"}); err != nil {
			t.Fatal(err)
		}
		j := s.jobs()[0]
		n := must(strconv.ParseInt(j.ID, 10, 64))(t)
		s.start()
		s.seen.until(n)
		if err := s.client.Jobs().Retry(t.Context(), j.ID); err != nil { // somebody presses the button
			t.Fatal(err)
		}
		s.seen.until(n)
		if got := s.take(); !slices.Equal(got, []string{"ran", "ran"}) {
			t.Errorf("the receiver %v", got)
		}
		if list := s.jobs(); len(list) != 1 || list[0].Attempt != 2 {
			t.Errorf("the jobs are %+v, want one that ran twice", list)
		}
		if n := e.count("SELECT count(*) FROM analytics"); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

func TestA40_EagerAndRecordingModes(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{})
		s.changed.Connect(func(_ context.Context, ev signals.Event[statusChange]) error {
			s.note("%s %s", ev.Payload.Instance.ID, ev.Payload.NewStatus)
			return nil
		}, signals.UID("confirm"), signals.Queued())
		e.exec("INSERT INTO sales VALUES ($1, 'new')", s.id(7))
		change := statusChange{&sale{ID: s.id(7), Status: "new"}, "confirmed"}

		ctx, queue := signalstest.EagerIn(s.ctx(), t)
		if _, err := s.changed.Send(ctx, nil, change); err != nil {
			t.Fatal(err)
		}
		if got := s.take(); !slices.Equal(got, []string{s.id(7) + " confirmed"}) {
			t.Errorf("eager: %v when Send returns", got)
		}
		queue.Once("confirm", change)

		ctx, queue = signalstest.RecordingIn(s.ctx(), t)
		if _, err := s.changed.Send(ctx, nil, change); err != nil {
			t.Fatal(err)
		}
		queue.Once("confirm", change)
		if got := s.take(); got != nil {
			t.Errorf("recording ran %v", got)
		}
		if list := s.jobs(); len(list) != 0 {
			t.Errorf("the real queue has %+v", list)
		}
	})
}
