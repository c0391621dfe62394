package gormsignals

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"

	"gorm.io/gorm"

	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

type dbKey struct{}

// contextOf is the statement's context, with the statement's transaction in it.
func contextOf(db *gorm.DB) context.Context {
	ctx := db.Statement.Context
	return context.WithValue(ctx, dbKey{}, db.Session(&gorm.Session{NewDB: true, Context: ctx}))
}

// DB is gorm inside the transaction of the statement that a receiver is called for;
// nil in a context that is no receiver's.
func DB(ctx context.Context) *gorm.DB {
	db, _ := ctx.Value(dbKey{}).(*gorm.DB)
	if db == nil {
		return nil
	}
	return db.Session(&gorm.Session{NewDB: true, Context: ctx})
}

// AfterCommit runs fn when the transaction of the statement that a receiver is called
// for has been committed, in the order of the calls, and never when it, or the
// savepoint around the statement, is rolled back. Without a transaction, and in a
// context that is no receiver's, it runs fn at once and gives its error. What fn
// returns after a commit is the error of gorm's Commit, as a
// [*modelsignals.AfterCommitError]: the transaction is stored all the same.
func AfterCommit(ctx context.Context, fn func(context.Context) error) error {
	if db := DB(ctx); db != nil {
		if t := txOf(db.Statement.ConnPool); t != nil {
			t.add(context.WithoutCancel(ctx), fn)
			return nil
		}
	}
	return fn(withoutTx(context.WithoutCancel(ctx)))
}

// withoutTx is a context whose DB is outside of the transaction that is over.
func withoutTx(ctx context.Context) context.Context { return context.WithValue(ctx, dbKey{}, nil) }

// pool is gorm's connection, whose transactions tell when they are committed.
type pool struct{ gorm.ConnPool }

// BeginTx begins a transaction, of whichever kind gorm's connection has.
func (p *pool) BeginTx(ctx context.Context, opts *sql.TxOptions) (gorm.ConnPool, error) {
	var inner gorm.ConnPool
	var err error
	switch b := p.ConnPool.(type) {
	case gorm.TxBeginner:
		inner, err = b.BeginTx(ctx, opts)
	case gorm.ConnPoolBeginner:
		inner, err = b.BeginTx(ctx, opts)
	default:
		return nil, gorm.ErrInvalidTransaction
	}
	if err != nil {
		return nil, err
	}
	t, ok := inner.(gorm.Tx)
	if !ok {
		return nil, gorm.ErrInvalidTransaction
	}
	return &tx{Tx: t}, nil
}

// GetDBConn lets gorm's DB.DB reach the *sql.DB.
func (p *pool) GetDBConn() (*sql.DB, error) {
	switch c := p.ConnPool.(type) {
	case *sql.DB:
		return c, nil
	case gorm.GetDBConnector:
		return c.GetDBConn()
	}
	return nil, gorm.ErrInvalidDB
}

// tx is a transaction of gorm's.
type tx struct {
	gorm.Tx

	mu         sync.Mutex // guards what follows
	after      []func() error
	savepoints []savepoint
}

// savepoint is how much was to be done after the commit when it was set.
type savepoint struct {
	name       string
	registered int
}

// txOf is the transaction that a statement runs in; nil when it runs in none.
func txOf(p gorm.ConnPool) *tx {
	switch c := p.(type) {
	case *tx:
		return c
	case *gorm.PreparedStmtTX:
		return txOf(c.Tx)
	}
	return nil
}

func (t *tx) add(ctx context.Context, fn func(context.Context) error) {
	ctx = withoutTx(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.after = append(t.after, func() error { return fn(ctx) })
}

// ExecContext looks out for savepoints, which gorm sets and goes back to by SQL.
func (t *tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	res, err := t.Tx.ExecContext(ctx, query, args...)
	if err == nil {
		t.notice(query)
	}
	return res, err
}

func (t *tx) notice(query string) {
	words := strings.Fields(query)
	if len(words) < 2 || len(words) > 4 {
		return
	}
	name := strings.Trim(words[len(words)-1], `;"`)
	switch strings.ToUpper(strings.Join(words[:len(words)-1], " ")) {
	case "SAVEPOINT", "SAVE TRANSACTION", "SAVE TRAN":
		t.mu.Lock()
		t.savepoints = append(t.savepoints, savepoint{name, len(t.after)})
		t.mu.Unlock()
	case "ROLLBACK TO", "ROLLBACK TO SAVEPOINT", "ROLLBACK TRANSACTION", "ROLLBACK TRAN":
		t.rollbackTo(name)
	}
}

// rollbackTo forgets what was to happen after the commit of what is undone now.
func (t *tx) rollbackTo(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := len(t.savepoints) - 1; i >= 0; i-- {
		if t.savepoints[i].name == name {
			clear(t.after[t.savepoints[i].registered:])
			t.after = t.after[:t.savepoints[i].registered]
			t.savepoints = t.savepoints[:i+1]
			return
		}
	}
}

// Commit commits, and then does what was to be done after it.
func (t *tx) Commit() error {
	if err := t.Tx.Commit(); err != nil {
		return err
	}
	t.mu.Lock()
	after := t.after
	t.after = nil
	t.mu.Unlock()
	var errs []error
	for _, fn := range after {
		errs = append(errs, fn())
	}
	if err := errors.Join(errs...); err != nil {
		return &modelsignals.AfterCommitError{Err: err}
	}
	return nil
}

var (
	_ gorm.ConnPoolBeginner = (*pool)(nil)
	_ gorm.GetDBConnector   = (*pool)(nil)
	_ gorm.TxCommitter      = (*tx)(nil)
)
