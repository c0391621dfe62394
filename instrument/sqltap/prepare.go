package sqltap

import (
	"context"
	"database/sql/driver"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// What is asked of a database beside statements has kinds of its own, so that it
// is not counted as a query.
var (
	kindPrepare    = instrument.RegisterKind("prepare")
	kindConnect    = instrument.RegisterKind("connect")
	kindDisconnect = instrument.RegisterKind("disconnect")
)

// prepareCall is a statement that is being prepared.
type prepareCall struct {
	conn *conn
	text *statement
	span instrument.Span
}

func (c *conn) beginPrepare(ctx context.Context, query string) prepareCall {
	st := statementOf(query)
	p := prepareCall{c, st, instrument.Leaf(ctx, st.prepareHandler())}
	if p.span.Recorded() {
		p.span.Set(keySystem.String(c.tap.system), c.tap.caller(0))
	}
	return p
}

func (p prepareCall) end(s driver.Stmt, err error) (driver.Stmt, error) {
	p.span.End(err)
	if err != nil || s == nil {
		return s, err
	}
	return wrapStmt(s, p.conn, p.text), nil
}
