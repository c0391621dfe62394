package tasks_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// bowl is what the shop of the analytics sells.
type bowl struct {
	ID    int `db:"id"`
	Price int `db:"price"`
}

// hit is a request as the log has it.
type hit struct {
	At     time.Time
	Status int
}

// analytics is an app whose requests and changed rows go to an engine, which a report
// sums up by the hour.
type analytics struct {
	*env
	clock *hand
	seen  *signals.Signal[hit]
	bowls *modelsignals.Model[bowl]
}

// requestLog tells of each request with what was answered.
func (a *analytics) requestLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answered := httptest.NewRecorder()
		next.ServeHTTP(answered, r)
		w.WriteHeader(answered.Code)
		if _, err := a.seen.Send(r.Context(), "http", hit{a.clock.Now(), answered.Code}); err != nil {
			a.t.Errorf("log a request: %v", err)
		}
	})
}

var errCheap = errors.New("too cheap")

// save changes a price, and refuses one that is too low when it is written already.
func (a *analytics) save(w http.ResponseWriter, r *http.Request) {
	var b bowl
	if _, err := fmt.Sscan(r.PathValue("id")+" "+r.FormValue("price"), &b.ID, &b.Price); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	err := modelsignals.InTx(r.Context(), a.db, func(ctx context.Context, _ *sql.Tx) error {
		err := a.bowls.Save(ctx, a.db, modelsignals.Write[bowl]{Model: &b}, func(ctx context.Context, db modelsignals.DB) (bool, error) {
			_, err := db.ExecContext(ctx, "UPDATE bowls SET price = $1 WHERE id = $2", b.Price, b.ID)
			return false, err
		})
		if err == nil && b.Price < 10 {
			err = errCheap
		}
		return err
	})
	switch {
	case errors.Is(err, errCheap):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (a *analytics) show(w http.ResponseWriter, r *http.Request) {
	var price int
	err := a.db.QueryRowContext(r.Context(), "SELECT price FROM bowls WHERE id = $1", r.PathValue("id")).Scan(&price)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		http.NotFound(w, r)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// engineHit and engineSaved are the engine: they run in workers, and count what they are
// told twice twice.
func (a *analytics) engineHit(ctx context.Context, e signals.Event[hit]) error {
	_, err := a.db.ExecContext(ctx, "INSERT INTO hits VALUES ($1, $2)", hourOf(e.Payload.At), e.Payload.Status)
	return err
}

func (a *analytics) engineSaved(ctx context.Context, e signals.Event[modelsignals.Write[bowl]]) error {
	_, err := a.db.ExecContext(ctx, "INSERT INTO saves VALUES ($1, $2)", hourOf(a.clock.Now()), e.Payload.Model.ID)
	return err
}

func hourOf(t time.Time) string { return t.Truncate(time.Hour).Format(time.DateTime) }

// report sums up the hour before.
func (a *analytics) report(ctx context.Context, _ order) error {
	_, err := a.db.ExecContext(ctx, `INSERT INTO reports SELECT $1, (SELECT count(*) FROM hits WHERE hour = $1),
		(SELECT count(*) FROM hits WHERE hour = $1 AND status >= 400), (SELECT count(*) FROM saves WHERE hour = $1)`, hourOf(a.clock.Now().Add(-time.Hour)))
	return err
}

// load makes requests of all sorts, several at once, and counts what was answered.
func (a *analytics) load(handler http.Handler, n int) (answers map[string]int) {
	requests := []struct{ method, path string }{
		{"GET", "/bowls/1"}, {"GET", "/bowls/2"}, {"PUT", "/bowls/1?price=20"}, {"GET", "/bowls/99"}, {"GET", "/nothing"},
		{"PUT", "/bowls/2?price=30"}, {"PUT", "/bowls/2?price=cheap"}, {"PUT", "/bowls/1?price=9"}, {"GET", "/bowls/3"}, {"PUT", "/bowls/3?price=12"},
	}
	answers = map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	const visitors = 4
	for v := range visitors {
		all.Go(func() {
			for i := v; i < n; i += visitors {
				q := requests[i%len(requests)]
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(q.method, q.path, nil))
				mu.Lock()
				answers[fmt.Sprint(q.method, " ", w.Code)]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return answers
}

// TestA65_RequestsEventsAndReportAgree has two processes, which both work what is queued.
func TestA65_RequestsEventsAndReportAgree(t *testing.T) {
	const n = 1000
	onEngines(t, func(t *testing.T, e *env) {
		for _, table := range []string{
			"bowls (id INT PRIMARY KEY, price INT)", "hits (hour TEXT, status INT)", "saves (hour TEXT, bowl INT)",
			"reports (hour TEXT PRIMARY KEY, requests INT, refused INT, saves INT)",
		} {
			e.exec("CREATE TABLE " + table)
		}
		e.exec("INSERT INTO bowls VALUES (1, 15), (2, 25), (3, 35)")
		a := &analytics{
			env: e, clock: at("2026-03-02 12:05:00"),
			seen: signals.New[hit](fmt.Sprint("a65_request_", schemas.Add(1))), bowls: modelsignals.New[bowl](fmt.Sprint("a65_bowl_", schemas.Add(1))),
		}
		report := tasks.New("a65.report."+e.name, a.report)
		config := tasks.Config{
			DB: e.db, Tasks: []tasks.Definition{report}, Now: a.clock.Now,
			LostAfter: -1, // a clock that leaps makes everybody look dead
			Schedules: []tasks.Schedule{{Name: "report", Every: time.Hour, Call: report.Call(order{})}},
		}
		processes := []*tasks.Client{e.start(config), e.start(config)}
		each := func(do func(*tasks.Client) error) {
			t.Helper()
			for _, c := range processes {
				if err := do(c); err != nil {
					t.Fatal(err)
				}
			}
		}
		schedules := func(c *tasks.Client) error { return c.RunSchedules(t.Context()) }
		flush := func(c *tasks.Client) error { return c.FlushBatches(t.Context()) }
		each(schedules)
		// Requests are gathered, changed rows told one by one in the transaction that changes them.
		a.seen.Connect(a.engineHit, signals.UID("a65-hit"), signals.Queued(processes[0].Batched(tasks.Batch{Size: 100, Interval: time.Minute})))
		a.bowls.PostSave.Connect(a.engineSaved, signals.UID("a65-saved"), signals.Queued(processes[0].Signals()))

		mux := http.NewServeMux()
		mux.HandleFunc("GET /bowls/{id}", a.show)
		mux.HandleFunc("PUT /bowls/{id}", a.save)
		handler := middleware.NewStack(middleware.Named("request-log", a.requestLog)).Then(mux)
		settled := settler(t, e, processes)
		hour := func(requests int, next string) {
			t.Helper()
			answers := a.load(handler, requests)
			saved := answers["PUT 200"]
			if refused := answers["GET 404"] + answers["PUT 400"] + answers["PUT 409"]; answers["GET 200"]+saved+refused != requests || saved != 3*requests/10 {
				t.Fatalf("the answers are %v", answers)
			}
			each(flush) // what is full
			a.clock.to(a.clock.Now().Add(time.Minute))
			each(flush) // and what has waited for a minute
			settled()
			if hits, saves := e.count("SELECT count(*) FROM hits WHERE hour = $1", hourOf(a.clock.Now())), e.count("SELECT count(*) FROM saves WHERE hour = $1", hourOf(a.clock.Now())); hits != requests || saves != saved {
				t.Errorf("%d requests, of which %d saved: the engine has %d and %d", requests, saved, hits, saves)
			}
			past := hourOf(a.clock.Now())
			a.clock.set(next)
			each(schedules)
			each(schedules)
			settled()
			if got := e.count("SELECT count(*) FROM reports WHERE hour = $1 AND requests = $2 AND refused = $3 AND saves = $4", past, requests, requests-answers["GET 200"]-saved, saved); got != 1 {
				t.Errorf("%d reports of %s agree with %v", got, past, answers)
			}
		}
		hour(n, "2026-03-02 13:00:00")
		hour(10, "2026-03-02 14:00:00")
		if got := e.count("SELECT count(*) FROM reports"); got != 2 {
			t.Errorf("%d reports of two hours", got)
		}
		if e.count("SELECT count(*) FROM toolbar_batch_item") != 0 {
			t.Error("calls are left behind")
		}
		if got := e.count("SELECT count(*) FROM river_job WHERE kind = 'signal.batch'"); got == 0 || got > n/10 {
			t.Errorf("%d jobs bring %d requests to the engine", got, n+10)
		}
	})
}
