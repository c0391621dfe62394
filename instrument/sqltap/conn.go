//lint:file-ignore SA1019 drivers of today still have the old interfaces, and keep them exactly

package sqltap

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var (
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.ConnBeginTx        = (*conn)(nil)
	_ driver.ExecerContext      = (*conn)(nil)
	_ driver.QueryerContext     = (*conn)(nil)
	_ driver.Pinger             = (*conn)(nil)
	_ driver.SessionResetter    = (*conn)(nil)
	_ driver.Validator          = (*conn)(nil)
	_ driver.NamedValueChecker  = (*conn)(nil)
)

// conn reports what is asked of a connection. It has every optional interface;
// where the driver has not, a method answers what database/sql takes as "not there".
type conn struct {
	driver.Conn
	system string
}

// Unwrap is the driver's own connection, for apps that reach it through sql.Conn.Raw.
func (c *conn) Unwrap() driver.Conn { return c.Conn }

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	switch dc := c.Conn.(type) {
	case driver.QueryerContext:
		span := c.begin(ctx, query, args)
		rows, err := dc.QueryContext(ctx, query, args)
		span.end(err)
		return rows, err
	case driver.Queryer:
		values, err := plainValues(args)
		if err != nil {
			return nil, err
		}
		span := c.begin(ctx, query, args)
		rows, err := dc.Query(query, values)
		span.end(err)
		return rows, err
	}
	return nil, driver.ErrSkip
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	switch dc := c.Conn.(type) {
	case driver.ExecerContext:
		span := c.begin(ctx, query, args)
		res, err := dc.ExecContext(ctx, query, args)
		span.endResult(res, err)
		return res, err
	case driver.Execer:
		values, err := plainValues(args)
		if err != nil {
			return nil, err
		}
		span := c.begin(ctx, query, args)
		res, err := dc.Exec(query, values)
		span.endResult(res, err)
		return res, err
	}
	return nil, driver.ErrSkip
}

func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c *conn) PrepareContext(ctx context.Context, query string) (s driver.Stmt, err error) {
	if dc, ok := c.Conn.(driver.ConnPrepareContext); ok {
		s, err = dc.PrepareContext(ctx, query)
	} else {
		s, err = c.Conn.Prepare(query)
		if err == nil && ctx.Err() != nil {
			s.Close()
			return nil, ctx.Err()
		}
	}
	if err != nil {
		return nil, err
	}
	return wrapStmt(s, c, query), nil
}

func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (t driver.Tx, err error) {
	span := c.begin(ctx, "BEGIN", nil)
	if dc, ok := c.Conn.(driver.ConnBeginTx); ok {
		t, err = dc.BeginTx(ctx, opts)
	} else {
		t, err = c.beginPlain(ctx, opts)
	}
	span.end(err)
	if err != nil {
		return nil, err
	}
	return &tx{Tx: t, conn: c, ctx: ctx}, nil
}

// beginPlain does what database/sql does for drivers without BeginTx.
func (c *conn) beginPlain(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if opts.Isolation != 0 {
		return nil, errors.New("sql: driver does not support non-default isolation level")
	}
	if opts.ReadOnly {
		return nil, errors.New("sql: driver does not support read-only transactions")
	}
	t, err := c.Conn.Begin()
	if err == nil && ctx.Err() != nil {
		t.Rollback()
		return nil, ctx.Err()
	}
	return t, err
}

func (c *conn) Ping(ctx context.Context) error {
	if dc, ok := c.Conn.(driver.Pinger); ok {
		return dc.Ping(ctx)
	}
	return nil
}

func (c *conn) ResetSession(ctx context.Context) error {
	if dc, ok := c.Conn.(driver.SessionResetter); ok {
		return dc.ResetSession(ctx)
	}
	return nil
}

func (c *conn) IsValid() bool {
	if dc, ok := c.Conn.(driver.Validator); ok {
		return dc.IsValid()
	}
	return true
}

func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if dc, ok := c.Conn.(driver.NamedValueChecker); ok {
		return dc.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// begin starts the span of a statement.
func (c *conn) begin(ctx context.Context, query string, args []driver.NamedValue) querySpan {
	s := querySpan{Span: instrument.Leaf(ctx, handlerOf(query))}
	if s.Recorded() {
		s.Set(keySystem.String(c.system))
		if len(args) > 0 {
			s.Set(keyArgs.String(shapes(args)))
		}
	}
	return s
}
