package modelsignals_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

func (f *fixture) later(ctx context.Context, what string, err error) {
	f.must(modelsignals.AfterCommit(ctx, f.db, func(ctx context.Context) error {
		f.note(what)
		if ctx.Err() != nil {
			f.t.Errorf("%s: %v", what, ctx.Err())
		}
		return err
	}))
}

func TestD16_AfterCommitRunsInOrderAndOnlyThen(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.later(ctx, "at once without a transaction", nil)
	f.want("at once without a transaction")
	err := modelsignals.InTx(ctx, f.db, func(ctx context.Context, tx *sql.Tx) error {
		f.later(ctx, "one", errRefused)
		f.later(ctx, "two", nil)
		_, err := tx.ExecContext(ctx, `INSERT INTO log (what) VALUES ('kept')`)
		f.note("body")
		return err
	})
	f.want("body", "one", "two")
	if _, ok := errors.AsType[*modelsignals.AfterCommitError](err); !ok || !errors.Is(err, errRefused) || err.Error() != "after commit: refused" {
		t.Errorf("error %v", err)
	}
	if n := f.number(`SELECT COUNT(*) FROM log`); n != 1 {
		t.Error("the commit does not stand")
	}
	err = modelsignals.InTx(ctx, f.db, func(ctx context.Context, tx *sql.Tx) error {
		f.later(ctx, "never", nil)
		cancel() // the client is gone: the commit fails
		return nil
	})
	if err == nil {
		t.Error("no error")
	}
	f.want()
}

// kept is a queue that notes what it is given.
type kept struct{ f *fixture }

func (q kept) Enqueue(_ context.Context, c signals.Call) error {
	q.f.note(c.Payload.(string))
	return nil
}

func TestD16_TK20_SendAfterCommitQueuesWhatWasCommitted(t *testing.T) {
	t.Parallel()
	f := setup(t)
	s := signals.New[string]("stored", signals.Unlisted())
	ctx := signals.WithQueue(t.Context(), kept{f})
	later := func(ctx context.Context, what string) { f.must(s.SendAfterCommit(ctx, nil, what)) }
	f.must(modelsignals.InTx(ctx, f.db, func(ctx context.Context, _ *sql.Tx) error {
		later(ctx, "one")
		err := modelsignals.InTx(ctx, f.db, func(ctx context.Context, _ *sql.Tx) error {
			later(ctx, "savepoint")
			return errRefused
		})
		if !errors.Is(err, errRefused) {
			t.Errorf("error %v", err)
		}
		later(ctx, "two")
		f.note("body")
		return nil
	}))
	f.want("body", "one", "two")
	if err := modelsignals.InTx(ctx, f.db, func(ctx context.Context, _ *sql.Tx) error {
		later(ctx, "never")
		return errRefused
	}); !errors.Is(err, errRefused) {
		t.Errorf("error %v", err)
	}
	f.want()
	if _, in := modelsignals.Tx(ctx, f.db); in {
		t.Error("there is a transaction outside of one")
	}
}

func TestInTx_ASavepointIsRolledBackAlone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	inner := func(ctx context.Context, name string, err error) error {
		return modelsignals.InTx(ctx, f.db, func(ctx context.Context, _ *sql.Tx) error {
			_, execErr := modelsignals.Conn(ctx, f.db).ExecContext(ctx, `INSERT INTO log (what) VALUES (?)`, name)
			f.must(execErr)
			f.later(ctx, name, nil)
			return err
		})
	}
	f.must(modelsignals.InTx(t.Context(), f.db, func(ctx context.Context, _ *sql.Tx) error {
		f.later(ctx, "outer", nil)
		if err := inner(ctx, "dropped", errRefused); err != errRefused {
			t.Errorf("error %v", err)
		}
		f.must(inner(ctx, "kept", nil))
		func() {
			defer func() { _ = recover() }()
			_ = modelsignals.InTx(ctx, f.db, func(ctx context.Context, _ *sql.Tx) error {
				f.must(inner(ctx, "dropped with the panic around it", nil))
				panic("boom")
			})
		}()
		return nil
	}))
	f.want("outer", "kept")
	if n := f.number(`SELECT COUNT(*) FROM log`); n != 1 {
		t.Errorf("%d rows, want that of the inner transaction that succeeded", n)
	}
}

func TestInTx_APanicRollsBackAndGoesOn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	defer func() {
		if v := recover(); v != "boom" {
			t.Errorf("panic %v", v)
		}
		if n := f.number(`SELECT COUNT(*) FROM log`); n != 0 {
			t.Errorf("%d rows, want none", n)
		}
	}()
	_ = modelsignals.InTx(t.Context(), f.db, func(ctx context.Context, tx *sql.Tx) error {
		_, _ = tx.ExecContext(ctx, `INSERT INTO log (what) VALUES ('x')`)
		panic("boom")
	})
}

func TestInTx_ErrorsSayWhichStep(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	nop := func(context.Context, *sql.Tx) error { return nil }
	err := modelsignals.InTx(ctx, f.db, func(ctx context.Context, tx *sql.Tx) error {
		_ = tx.Rollback()
		if err := modelsignals.InTx(ctx, f.db, nop); err == nil || !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("error %v", err)
		}
		return nil
	})
	if !errors.Is(err, sql.ErrTxDone) {
		t.Errorf("error %v", err)
	}
	_ = f.db.Close()
	if err := modelsignals.InTx(ctx, f.db, nop); err == nil || err.Error() != "begin: sql: database is closed" {
		t.Errorf("error %v", err)
	}
}
