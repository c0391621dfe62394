package sqltap

import (
	"context"
	"database/sql/driver"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// tx reports how a transaction ended. Commit and Rollback take no context, so it
// keeps that of its begin. Its number brackets the statements in it: they all have
// it, from BEGIN to COMMIT or ROLLBACK.
type tx struct {
	raw   driver.Tx
	conn  *conn
	ctx   context.Context
	id    int64
	start int64
}

// transactions numbers them in this process.
var transactions atomic.Int64

// begun ends the span of a BEGIN.
func (c *conn) begun(ctx context.Context, begin call, raw driver.Tx, err error) (driver.Tx, error) {
	if err != nil || raw == nil {
		begin.end(err)
		return raw, err
	}
	t := &tx{raw: raw, conn: c, ctx: ctx, id: transactions.Add(1), start: begin.start}
	c.tx = t
	begin.span.Set(keyTransaction.Int64(t.id))
	begin.end(nil)
	return t, nil
}

// Unwrap is the driver's own transaction; see [As].
func (t *tx) Unwrap() any { return t.raw }

func (t *tx) Commit() error { return t.end(statementCommit, t.raw.Commit) }

func (t *tx) Rollback() error { return t.end(statementRollback, t.raw.Rollback) }

func (t *tx) end(st *statement, run func() error) error {
	call := t.conn.begin(t.ctx, st, nil)
	err := run()
	now := instrument.Now()
	if t.conn.tx == t {
		t.conn.tx = nil
	}
	if call.span.Recorded() {
		call.span.Set(keyTransactionTime.Duration(duration(now - t.start)))
	}
	call.endAt(now, err)
	return err
}
