//lint:file-ignore SA1019 drivers of today still have the old interfaces, and keep them exactly

package sqltap

import (
	"context"
	"database/sql/driver"
)

// The capabilities of a prepared statement, in the order of gen_wrappers.go.
const (
	canStmtExecContext = 1 << iota
	canStmtQueryContext
	canStmtCheckNamedValue
	canConvertColumn
)

// stmt reports the runs of a prepared statement.
type stmt struct {
	raw  driver.Stmt
	conn *conn
	text *statement
}

func wrapStmt(raw driver.Stmt, c *conn, st *statement) driver.Stmt {
	set := 0
	has[driver.StmtExecContext](raw, canStmtExecContext, &set)
	has[driver.StmtQueryContext](raw, canStmtQueryContext, &set)
	has[driver.NamedValueChecker](raw, canStmtCheckNamedValue, &set)
	has[driver.ColumnConverter](raw, canConvertColumn, &set)
	return stmtSet(&stmt{raw, c, st}, set)
}

func (s *stmt) execPlain(args []driver.Value) (driver.Result, error) {
	call := s.conn.begin(s.conn.ctx(), s.text, named(args))
	res, err := s.raw.Exec(args)
	return call.result(res, err)
}

func (s *stmt) queryPlain(args []driver.Value) (driver.Rows, error) {
	call := s.conn.begin(s.conn.ctx(), s.text, named(args))
	rows, err := s.raw.Query(args)
	return call.rows(rows, err)
}

func (s *stmt) exec(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	call := s.conn.begin(ctx, s.text, args)
	res, err := s.raw.(driver.StmtExecContext).ExecContext(ctx, args)
	return call.result(res, err)
}

func (s *stmt) query(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	call := s.conn.begin(ctx, s.text, args)
	rows, err := s.raw.(driver.StmtQueryContext).QueryContext(ctx, args)
	return call.rows(rows, err)
}

func (s *stmt) checkNamedValue(v *driver.NamedValue) error {
	return s.raw.(driver.NamedValueChecker).CheckNamedValue(v)
}

func (s *stmt) columnConverter(i int) driver.ValueConverter {
	return s.raw.(driver.ColumnConverter).ColumnConverter(i)
}
