package sqltap

import (
	"context"
	"database/sql/driver"
	"errors"
)

// What follows may be asked of a connection whose driver does not have it; each then
// answers what database/sql does in its place.

func (c *conn) ping(ctx context.Context) error {
	if p, ok := c.raw.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

func (c *conn) resetSession(ctx context.Context) error {
	if r, ok := c.raw.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

func (c *conn) isValid() bool {
	if v, ok := c.raw.(driver.Validator); ok {
		return v.IsValid()
	}
	return true
}

func (c *conn) checkNamedValue(v *driver.NamedValue) error {
	if n, ok := c.raw.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *conn) prepare(ctx context.Context, query string) (driver.Stmt, error) {
	call := c.beginPrepare(ctx, query)
	if p, ok := c.raw.(driver.ConnPrepareContext); ok {
		s, err := p.PrepareContext(ctx, query)
		return call.end(s, err)
	}
	s, err := c.raw.Prepare(query)
	if err == nil && ctx.Err() != nil {
		s.Close()
		s, err = nil, ctx.Err()
	}
	return call.end(s, err)
}

func (c *conn) beginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	b, ok := c.raw.(driver.ConnBeginTx)
	if !ok {
		return c.beginOld(ctx, o)
	}
	call := c.begin(ctx, statementBegin, nil)
	t, err := b.BeginTx(ctx, o)
	return c.begun(ctx, call, t, err)
}

func (c *conn) beginOld(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if o.Isolation != 0 {
		return nil, errors.New("sql: driver does not support non-default isolation level")
	}
	if o.ReadOnly {
		return nil, errors.New("sql: driver does not support read-only transactions")
	}
	t, err := c.beginPlain()
	if err == nil && ctx.Err() != nil {
		t.Rollback()
		return nil, ctx.Err()
	}
	return t, err
}
