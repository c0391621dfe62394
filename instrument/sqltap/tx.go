package sqltap

import (
	"context"
	"database/sql/driver"
)

// tx reports how a transaction ended. Commit and Rollback take no context, so it
// keeps that of its begin.
type tx struct {
	driver.Tx
	conn *conn
	ctx  context.Context
}

func (t *tx) Commit() error { return t.end("COMMIT", t.Tx.Commit) }

func (t *tx) Rollback() error { return t.end("ROLLBACK", t.Tx.Rollback) }

func (t *tx) end(statement string, run func() error) error {
	span := t.conn.begin(t.ctx, statement, nil)
	err := run()
	span.end(err)
	return err
}
