package sqltap_test

import (
	"context"
	"database/sql"
	"runtime"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// crowd has a statement wait for the only connection.
func crowd(t *testing.T, opts ...sqltap.Option) (attribute string, v sqltap.Verdicts) {
	t.Helper()
	db := sqltap.OpenDB(fakeConnector{newServer(), connShapes["like pgx"]}, opts...)
	defer db.Close()
	db.SetMaxOpenConns(1)
	held := must(db.Conn(context.Background()))
	rec := record(t, func(ctx context.Context) {
		var wg sync.WaitGroup
		wg.Go(func() { must(db.ExecContext(ctx, "DELETE FROM t")) })
		for db.Stats().WaitCount == 0 {
			runtime.Gosched()
		}
		held.Close()
		wg.Wait()
		must(db.ExecContext(ctx, "DELETE FROM u"))
	})
	for _, s := range rec.Spans {
		switch wait := attr(s, "db.pool.wait"); s.Handler.Name {
		case "DELETE FROM t":
			attribute = wait
		default:
			if wait != "" {
				t.Errorf("%s waited %s, want nothing", s.Handler.Name, wait)
			}
		}
	}
	return attribute, sqltap.Judge(rec.Spans, sqltap.Limits{})
}

func TestPoolWait_GoesToTheStatementThatWaited(t *testing.T) {
	t.Parallel()
	if got, v := crowd(t, sqltap.PoolWait()); got == "" || v.PoolWait <= 0 {
		t.Errorf("waited %q, together %v", got, v.PoolWait)
	}
}

func TestPoolWait_IsNotReadUnlessAskedFor(t *testing.T) {
	t.Parallel()
	if got, v := crowd(t); got != "" || v.PoolWait != 0 {
		t.Errorf("waited %q, together %v", got, v.PoolWait)
	}
}

// A pool that is closed while its connections work must not wait for them.
func TestPoolWait_CloseWhileStatementsRun(t *testing.T) {
	t.Parallel()
	db := sqltap.OpenDB(fakeConnector{newServer(), connShapes["like pgx"]}, sqltap.PoolWait())
	record(t, func(ctx context.Context) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for {
					if _, err := db.ExecContext(ctx, "DELETE FROM t"); err != nil {
						return
					}
				}
			})
		}
		for db.Stats().OpenConnections < 2 {
			runtime.Gosched()
		}
		db.Close()
		wg.Wait()
	})
	if err := db.Ping(); err == nil || err == sql.ErrConnDone {
		t.Errorf("got %v, want that the database is closed", err)
	}
}
