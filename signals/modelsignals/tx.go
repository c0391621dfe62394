package modelsignals

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// DB is what *sql.DB, *sql.Tx and *sql.Conn have in common.
type DB interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// InTx runs fn inside a transaction, which is committed when fn returns nil and
// rolled back when it fails or panics. Inside another InTx of the same database it is
// a savepoint of that one, which SQLite, PostgreSQL and MySQL have.
//
// fn passes its context on: by it [Conn] and AfterCommit find the transaction. A
// transaction bears one user at a time, so receivers of concurrent sends that use it
// are connected with signals.Alone.
//
// After the commit the functions given to [AfterCommit] run; when one of them fails
// the error is an [*AfterCommitError].
func InTx(ctx context.Context, db *sql.DB, fn func(context.Context, *sql.Tx) error) error {
	if s := stateOf(ctx, db); s != nil {
		return s.nest(ctx, fn)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	committed := false
	defer func() {
		if !committed { // also when fn panics
			_ = tx.Rollback()
		}
	}()
	s := &state{tx: tx}
	if err := fn(signals.WithTransaction(context.WithValue(ctx, stateKey{db}, s), s), tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	return s.afterCommit(context.WithoutCancel(ctx))
}

// Tx is the transaction of [InTx] that ctx runs in; false outside of one. Who commits and
// rolls back is InTx.
func Tx(ctx context.Context, db *sql.DB) (*sql.Tx, bool) {
	if s := stateOf(ctx, db); s != nil {
		return s.tx, true
	}
	return nil, false
}

// Conn is the transaction that ctx runs in, or else the database itself.
func Conn(ctx context.Context, db *sql.DB) DB {
	if s := stateOf(ctx, db); s != nil {
		return s.tx
	}
	return db
}

// AfterCommit runs fn when the transaction that ctx runs in has been committed, in
// the order of the calls, and never when it, or the savepoint around the call, is
// rolled back. Outside of [InTx] it runs fn at once and gives its error. The context
// that fn gets is not cancelled with the request: what it has to tell is true
// whether the client waits or not.
func AfterCommit(ctx context.Context, db *sql.DB, fn func(context.Context) error) error {
	s := stateOf(ctx, db)
	if s == nil {
		return fn(context.WithoutCancel(ctx))
	}
	s.AfterCommit(fn)
	return nil
}

// AfterCommitError says that the transaction was committed, and that something which
// was to happen after it failed.
type AfterCommitError struct{ Err error }

// Error says so.
func (e *AfterCommitError) Error() string { return "after commit: " + e.Err.Error() }

// Unwrap is what failed; several errors are joined.
func (e *AfterCommitError) Unwrap() error { return e.Err }

type stateKey struct{ db *sql.DB }

// state is a transaction that runs.
type state struct {
	tx *sql.Tx

	mu         sync.Mutex // guards what follows
	after      []func(context.Context) error
	savepoints int
}

// AfterCommit keeps fn until the commit: signals.SendAfterCommit calls it.
func (s *state) AfterCommit(fn func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = append(s.after, fn)
}

func stateOf(ctx context.Context, db *sql.DB) *state {
	s, _ := ctx.Value(stateKey{db}).(*state)
	return s
}

// nest runs fn between a savepoint and its release.
func (s *state) nest(ctx context.Context, fn func(context.Context, *sql.Tx) error) (err error) {
	name, registered := s.savepoint()
	if _, err := s.tx.ExecContext(ctx, "SAVEPOINT "+name); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	released := false
	defer func() {
		if released {
			return
		}
		if failed := s.rollbackTo(context.WithoutCancel(ctx), name, registered); failed != nil { // also when fn panics
			err = errors.Join(err, failed)
		}
	}()
	if err := fn(ctx, s.tx); err != nil {
		return err
	}
	if _, err := s.tx.ExecContext(ctx, "RELEASE SAVEPOINT "+name); err != nil {
		return fmt.Errorf("release savepoint: %w", err)
	}
	released = true
	return nil
}

func (s *state) savepoint() (name string, registered int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.savepoints++
	return fmt.Sprintf("modelsignals_%d", s.savepoints), len(s.after)
}

// rollbackTo undoes what happened since a savepoint, and forgets what was to happen
// after its commit.
func (s *state) rollbackTo(ctx context.Context, name string, registered int) error {
	s.mu.Lock()
	s.after = s.after[:registered]
	s.mu.Unlock()
	if _, err := s.tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT "+name); err != nil {
		return fmt.Errorf("roll back to savepoint: %w", err)
	}
	return nil
}

func (s *state) afterCommit(ctx context.Context) error {
	var errs []error
	for _, fn := range s.after {
		errs = append(errs, fn(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		return &AfterCommitError{err}
	}
	return nil
}
