package tasks

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// together lets inserts that come at once share a transaction. SQLite has one writer: with
// a transaction for each insert, a hundred requests wait for a hundred locks of the file
// and a hundred commits, between which the app's own writers push in.
//
//	insert 1 ─ begin ─ savepoint ─ INSERT ─ release ─┐
//	insert 2 ─────────────── savepoint ─ INSERT ─ release ─┐    all of them are
//	insert 3 ──────────────────────── savepoint ─ INSERT ─ release ─ commit ─ there
//
// Nobody waits for others to come: who finds nobody behind himself commits. An insert
// that fails is undone by itself, and each returns when what it wrote is committed.
type together struct {
	riverdriver.Executor // on the queue's connection

	waiting atomic.Int64  // that want the turn
	turn    chan struct{} // has a token while somebody has it
	open    *shared       // whoever has the turn may use it; nil: none was begun
}

// maxTogether is how many inserts share a transaction at most: the app's writers wait for
// its end.
const maxTogether = 50

// shared is a transaction of several inserts.
type shared struct {
	tx    riverdriver.ExecutorTx
	n     int           // that were made
	ended chan struct{} // closed when it is committed, or not
	err   error         // of its end
}

func newTogether(e riverdriver.Executor) *together {
	return &together{Executor: e, turn: make(chan struct{}, 1)}
}

type togetherKey struct{}

// together gives the context in which an insert outside of the app's transaction shares
// one. A statement that is cancelled takes SQLite's whole transaction with it, that of the
// others too: ctx ends the wait for the turn, and no statement.
func (c *Client) together(ctx context.Context) context.Context {
	if c.base.postgres() || c.config.Test != NotTesting {
		return ctx
	}
	return context.WithValue(context.WithoutCancel(ctx), togetherKey{}, ctx)
}

// Begin joins the transaction of others if ctx says so.
func (t *together) Begin(ctx context.Context) (riverdriver.ExecutorTx, error) {
	caller, ok := ctx.Value(togetherKey{}).(context.Context)
	if !ok {
		return t.Executor.Begin(ctx)
	}
	t.waiting.Add(1)
	select {
	case t.turn <- struct{}{}:
		t.waiting.Add(-1)
	case <-caller.Done():
		go func() { // whoever was before relies on somebody who commits
			t.turn <- struct{}{}
			t.waiting.Add(-1)
			t.pass()
		}()
		return nil, context.Cause(caller)
	}
	if err := context.Cause(caller); err != nil {
		t.pass()
		return nil, err
	}
	return t.join(ctx)
}

// join is called with the turn, which the member that it returns passes on.
func (t *together) join(ctx context.Context) (*member, error) {
	if t.open == nil {
		tx, err := t.Executor.Begin(ctx)
		if err != nil {
			<-t.turn
			return nil, err
		}
		t.open = &shared{tx: tx, ended: make(chan struct{})}
	}
	own, err := t.open.tx.Begin(ctx)
	if err != nil {
		t.undo(err)
		return nil, err
	}
	return &member{ExecutorTx: own, together: t, shared: t.open}, nil
}

// pass gives the turn on. If nobody waits for it, or many have had it, the transaction
// ends here.
func (t *together) pass() {
	if s := t.open; s != nil && (t.waiting.Load() == 0 || s.n >= maxTogether) {
		t.end(s.tx.Commit(context.Background()))
	}
	<-t.turn
}

// undo gives the turn on when the transaction is not what it was: SQLite has rolled it
// back by itself, as it does when the disk is full.
func (t *together) undo(why error) {
	_ = t.open.tx.Rollback(context.Background())
	t.end(fmt.Errorf("another insert of the transaction failed: %w", why))
	<-t.turn
}

// end tells all who share the transaction.
func (t *together) end(err error) {
	t.open.err = err
	close(t.open.ended)
	t.open = nil
}

// member is the part of one insert: a transaction to its caller.
type member struct {
	riverdriver.ExecutorTx // the savepoint

	together *together
	shared   *shared
	done     bool
}

var errDone = errors.New("the transaction has ended")

// Commit returns when what was written is there for good.
func (m *member) Commit(ctx context.Context) error {
	if m.done {
		return errDone
	}
	m.done = true
	if err := m.ExecutorTx.Commit(ctx); err != nil {
		m.together.undo(err)
		return err
	}
	m.shared.n++
	m.together.pass()
	<-m.shared.ended
	return m.shared.err
}

// Rollback undoes what was written, and nothing of the others.
func (m *member) Rollback(ctx context.Context) error {
	if m.done {
		return errDone
	}
	m.done = true
	if err := m.ExecutorTx.Rollback(ctx); err != nil {
		m.together.undo(err)
		return err
	}
	m.together.pass()
	return nil
}

// togetherDriver is River's driver whose transactions may be shared.
type togetherDriver struct {
	*riversqlite.Driver
	together *together
}

func newTogetherDriver(db *sql.DB) *togetherDriver {
	d := riversqlite.New(db)
	return &togetherDriver{d, newTogether(d.GetExecutor())}
}

// GetExecutor is where River begins its transactions.
func (d *togetherDriver) GetExecutor() riverdriver.Executor { return d.together }

// UnwrapTx finds the transaction of database/sql.
func (d *togetherDriver) UnwrapTx(tx riverdriver.ExecutorTx) *sql.Tx {
	if m, ok := tx.(*member); ok {
		tx = m.ExecutorTx
	}
	return d.Driver.UnwrapTx(tx)
}
