//lint:file-ignore SA1019 drivers of today still have the old interfaces, and keep them exactly

package sqltap

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

//go:generate go run gen_wrappers.go

// The capabilities of a connection, in the order of gen_wrappers.go. database/sql
// acts by what a connection has, so a wrapper has what the driver has: no less,
// because another way would be taken, and no more, because for running a statement
// an answer in the driver's place is not the same as none.
const (
	canPing = 1 << iota
	canPrepareContext
	canBeginTx
	canResetSession
	canValidate
	canCheckNamedValue
	canExec
	canExecContext
	canQuery
	canQueryContext

	// Of these database/sql takes a certain answer for "not there".
	neutral = canPing | canPrepareContext | canBeginTx | canResetSession | canValidate | canCheckNamedValue
)

// conn reports what is asked of a connection. database/sql locks a connection
// while it uses it, so the fields need no lock.
type conn struct {
	raw driver.Conn
	tap *tap
	tx  *tx // the transaction that runs; nil for none

	skip   int           // calls between the statement's span and the client; see Session
	waited time.Duration // for this connection, until somebody is told
}

// waits is how long the statement that begins now waited for the connection.
func (c *conn) waits() time.Duration {
	if w := c.waited; w > 0 {
		c.waited = 0
		return w
	}
	if c.tx != nil {
		return 0
	}
	return c.tap.pool.wait()
}

func wrapConn(raw driver.Conn, t *tap) driver.Conn {
	c, set := &conn{raw: raw, tap: t}, connCaps(raw)
	if w := connSet(c, set); w != nil {
		return w
	}
	// A combination that no known driver has: what is too much answers as if it
	// were not there.
	return connSet(c, set|neutral)
}

func connCaps(c driver.Conn) (set int) {
	has[driver.Pinger](c, canPing, &set)
	has[driver.Execer](c, canExec, &set)
	has[driver.ExecerContext](c, canExecContext, &set)
	has[driver.Queryer](c, canQuery, &set)
	has[driver.QueryerContext](c, canQueryContext, &set)
	has[driver.ConnPrepareContext](c, canPrepareContext, &set)
	has[driver.ConnBeginTx](c, canBeginTx, &set)
	has[driver.SessionResetter](c, canResetSession, &set)
	has[driver.Validator](c, canValidate, &set)
	has[driver.NamedValueChecker](c, canCheckNamedValue, &set)
	return set
}

func has[I any](v any, bit int, set *int) {
	if _, ok := v.(I); ok {
		*set |= bit
	}
}

func (c *conn) preparePlain(query string) (driver.Stmt, error) {
	p := c.beginPrepare(c.ctx(), query)
	s, err := c.raw.Prepare(query)
	return p.end(s, err)
}

func (c *conn) beginPlain() (driver.Tx, error) {
	ctx := context.Background()
	call := c.begin(ctx, statementBegin, nil)
	t, err := c.raw.Begin()
	return c.begun(ctx, call, t, err)
}

func (c *conn) query(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	st := statementOf(query)
	q := c.raw.(driver.QueryerContext)
	if !st.skips.Load() {
		call := c.begin(ctx, st, args)
		rows, err := q.QueryContext(ctx, query, args)
		return call.rows(rows, err)
	}
	now := instrument.Now()
	rows, err := q.QueryContext(ctx, query, args)
	if err == driver.ErrSkip {
		return rows, err
	}
	return c.beginAt(ctx, now, st, args).rows(rows, err)
}

func (c *conn) exec(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	st := statementOf(query)
	e := c.raw.(driver.ExecerContext)
	if !st.skips.Load() {
		call := c.begin(ctx, st, args)
		res, err := e.ExecContext(ctx, query, args)
		return call.result(res, err)
	}
	now := instrument.Now()
	res, err := e.ExecContext(ctx, query, args)
	if err == driver.ErrSkip {
		return res, err
	}
	return c.beginAt(ctx, now, st, args).result(res, err)
}

func (c *conn) queryPlain(query string, args []driver.Value) (driver.Rows, error) {
	st := statementOf(query)
	now := instrument.Now()
	rows, err := c.raw.(driver.Queryer).Query(query, args)
	if err == driver.ErrSkip {
		return rows, err
	}
	return c.beginAt(c.ctx(), now, st, named(args)).rows(rows, err)
}

func (c *conn) execPlain(query string, args []driver.Value) (driver.Result, error) {
	st := statementOf(query)
	now := instrument.Now()
	res, err := c.raw.(driver.Execer).Exec(query, args)
	if err == driver.ErrSkip {
		return res, err
	}
	return c.beginAt(c.ctx(), now, st, named(args)).result(res, err)
}

// ctx stands in where the driver's old interfaces pass none: that of the
// transaction, in which everything on the connection runs.
func (c *conn) ctx() context.Context {
	if c.tx != nil {
		return c.tx.ctx
	}
	return context.Background()
}

// named is for the drivers that know no names.
func named(args []driver.Value) []driver.NamedValue {
	if len(args) == 0 {
		return nil
	}
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}
