package tasks_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// readOrder fails when the row that was written with the job is not there.
var readOrder = tasks.New("tx.read", func(ctx context.Context, o order) error {
	db := ctx.Value(dbKey{}).(*sql.DB)
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM effects WHERE n = $1", o.ID).Scan(&n); err != nil {
		return err
	}
	if n != 1 {
		return tasks.Permanent(errors.New("the worker sees the job before the row"))
	}
	return nil
})

type dbKey struct{}

// startWith starts a Client whose jobs find the app's pool in their context.
func (e *env) startWith(c tasks.Config) *tasks.Client {
	e.t.Helper()
	client := e.open(c)
	if err := client.Start(context.WithValue(context.Background(), dbKey{}, e.db)); err != nil {
		e.t.Fatal(err)
	}
	return client
}

func TestTK20_AJobIsThereWithTheCommitAndNeverWithoutIt(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		c := e.startWith(tasks.Config{Tasks: []tasks.Definition{readOrder}})
		seen := watch(t, c)
		write := func(n int) (*sql.Tx, *tasks.Job) {
			tx := must(e.db.BeginTx(t.Context(), nil))(t)
			must(tx.Exec("INSERT INTO effects VALUES ('order', $1)", n))(t)
			return tx, must(readOrder.Enqueue(tasks.WithTx(e.ctx(c), tx), order{n}))(t)
		}
		tx, job := write(1)
		if job.ID() == 0 {
			t.Error("the handle has no id before the commit")
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if n := e.count("SELECT count(*) FROM river_job"); n != 0 {
			t.Errorf("a rolled back transaction left %d jobs", n)
		}
		for n := 2; n < 12; n++ {
			tx, job := write(n)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			if row := seen.until(job.ID()); row.State != rivertype.JobStateCompleted {
				t.Errorf("the job is %s: %v", row.State, row.Errors)
			}
		}
		if n := e.count("SELECT count(*) FROM river_job"); n != 10 {
			t.Errorf("ten commits gave %d jobs", n)
		}
	})
}

func TestTK20_ASavepointTakesItsJobsWithIt(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		c := e.open(tasks.Config{Tasks: []tasks.Definition{readOrder}, InsertOnly: true})
		tx := must(e.db.BeginTx(t.Context(), nil))(t)
		ctx := tasks.WithTx(e.ctx(c), tx)
		must(readOrder.Enqueue(ctx, order{1}))(t)
		must(tx.Exec("SAVEPOINT inner_part"))(t)
		must(readOrder.Enqueue(ctx, order{2}))(t)
		must(tx.Exec("ROLLBACK TO SAVEPOINT inner_part"))(t)
		must(readOrder.EnqueueTx(e.ctx(c), tx, order{3}))(t)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		rows := must(e.db.Query("SELECT id FROM river_job"))(t)
		defer rows.Close()
		n := 0
		for rows.Next() {
			n++
		}
		if n != 2 {
			t.Errorf("%d jobs were queued, expected those outside of the savepoint: 2", n)
		}
	})
}

func TestTK20_TheAppsOwnPoolIsEnough(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		tapped := must(sqltap.Open(e.driver, e.appDSN()))(t)
		defer tapped.Close()
		c := e.startWith(tasks.Config{DB: tapped, Tasks: []tasks.Definition{readOrder}})
		seen := watch(t, c)
		var job *tasks.Job
		request := e.request(e.ctx(c), func(ctx context.Context) {
			tx := must(tapped.BeginTx(ctx, nil))(t)
			must(tx.ExecContext(ctx, "INSERT INTO effects VALUES ('order', 1)"))(t)
			job = must(readOrder.Enqueue(tasks.WithTx(ctx, tx), order{1}))(t)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		})
		if row := seen.until(job.ID()); row.State != rivertype.JobStateCompleted {
			t.Errorf("the job is %s: %v", row.State, row.Errors)
		}
		if len(spans(request, instrument.KindTask)) != 1 {
			t.Error("the insert is not in the request")
		}
		if request.Failed != 0 {
			t.Errorf("%d spans of the request failed", request.Failed)
		}
	})
}

func TestTK20_PgxTransactionsAreJoinedToo(t *testing.T) {
	t.Parallel()
	driver, dsn := postgresDSN(t)
	e := newEnv(t, "postgres", driver, dsn)
	pool := must(pgxpool.New(t.Context(), dsn))(t)
	defer pool.Close()
	c := e.open(tasks.Config{Pool: pool, Tasks: []tasks.Definition{readOrder}, InsertOnly: true})
	for n, end := range []string{"rollback", "commit"} {
		tx := must(pool.Begin(t.Context()))(t)
		must(readOrder.Enqueue(tasks.WithTx(e.ctx(c), tx), order{n}))(t)
		if end == "commit" {
			tx.Commit(t.Context())
		} else {
			tx.Rollback(t.Context())
		}
	}
	if n := e.count("SELECT count(*) FROM river_job"); n != 1 {
		t.Errorf("%d jobs were queued, expected the committed one", n)
	}
}

func TestTK20_WhatIsNoTransactionIsRefused(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		c := e.open(tasks.Config{Tasks: []tasks.Definition{readOrder}, InsertOnly: true})
		for _, tx := range []any{"tx", (*sql.Tx)(nil), e.db} {
			if _, err := readOrder.EnqueueTx(e.ctx(c), tx, order{}); err == nil || !strings.Contains(err.Error(), "join a transaction of type") {
				t.Errorf("%T: %v", tx, err)
			}
		}
		ended := must(e.db.BeginTx(t.Context(), nil))(t)
		ended.Rollback()
		if _, err := readOrder.EnqueueTx(e.ctx(c), ended, order{}); !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("a transaction that has ended: %v", err)
		}
	})
}

// completing does its work and its being done in one transaction, and then fails, as if
// the process had died after the commit.
var completing = tasks.New("tx.completing", func(ctx context.Context, o order) error {
	db := ctx.Value(dbKey{}).(*sql.DB)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "INSERT INTO effects VALUES ('charged', $1)", o.ID); err != nil {
		return err
	}
	if err := tasks.Complete(ctx, tx); err != nil {
		return err
	}
	if o.ID < 0 {
		return errors.New("the transaction is rolled back")
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return errors.New("the process dies after the commit")
}, tasks.Options{Retry: tasks.Retry{Max: 2, Delay: -1}})

func TestTK24_TheEffectAndBeingDoneAreOneTransaction(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		c := e.startWith(tasks.Config{Tasks: []tasks.Definition{completing}})
		seen := watch(t, c, river.EventKindJobCompleted, river.EventKindJobFailed)
		row := seen.until(must(completing.Enqueue(e.ctx(c), order{5}))(t).ID())
		if row.State != rivertype.JobStateCompleted || row.Attempt != 1 {
			t.Errorf("the job is %s after %d runs, expected completed after one", row.State, row.Attempt)
		}
		if n := e.count("SELECT count(*) FROM effects WHERE name = 'charged'"); n != 1 {
			t.Errorf("the effect happened %d times", n)
		}
		row = seen.until(must(completing.Enqueue(e.ctx(c), order{-5}))(t).ID())
		if row.State != rivertype.JobStateDiscarded || row.Attempt != 3 || e.count("SELECT count(*) FROM effects WHERE n = -5") != 0 {
			t.Errorf("rolled back: %s after %d runs, expected discarded after 3 without an effect", row.State, row.Attempt)
		}
		if err := tasks.Complete(t.Context(), nil); err == nil {
			t.Error("Complete outside of a job gives no error")
		}
	})
}
