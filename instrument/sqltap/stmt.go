//lint:file-ignore SA1019 drivers of today still have the old interfaces, and keep them exactly

package sqltap

import (
	"context"
	"database/sql/driver"
)

var (
	_ driver.StmtExecContext   = (*stmt)(nil)
	_ driver.StmtQueryContext  = (*stmt)(nil)
	_ driver.NamedValueChecker = (*stmt)(nil)
	_ columnConverter          = converterStmt{}
)

// stmt reports the runs of a prepared statement.
type stmt struct {
	driver.Stmt
	conn  *conn
	query string
}

// wrapStmt keeps ColumnConverter, whose mere presence changes how database/sql
// converts arguments, exactly as the driver has it.
func wrapStmt(s driver.Stmt, c *conn, query string) driver.Stmt {
	t := &stmt{s, c, query}
	if cc, ok := s.(columnConverter); ok {
		return converterStmt{t, cc}
	}
	return t
}

type columnConverter = driver.ColumnConverter

type converterStmt struct {
	*stmt
	columnConverter
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (rows driver.Rows, err error) {
	span := s.conn.begin(ctx, s.query, args)
	if ds, ok := s.Stmt.(driver.StmtQueryContext); ok {
		rows, err = ds.QueryContext(ctx, args)
	} else {
		rows, err = runPlain(ctx, args, s.Stmt.Query)
	}
	span.end(err)
	return rows, err
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (res driver.Result, err error) {
	span := s.conn.begin(ctx, s.query, args)
	if ds, ok := s.Stmt.(driver.StmtExecContext); ok {
		res, err = ds.ExecContext(ctx, args)
	} else {
		res, err = runPlain(ctx, args, s.Stmt.Exec)
	}
	span.endResult(res, err)
	return res, err
}

// runPlain does what database/sql does for statements that take no context.
func runPlain[T any](ctx context.Context, args []driver.NamedValue, run func([]driver.Value) (T, error)) (none T, err error) {
	values, err := plainValues(args)
	if err != nil {
		return none, err
	}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	return run(values)
}

func (s *stmt) CheckNamedValue(v *driver.NamedValue) error {
	if ds, ok := s.Stmt.(driver.NamedValueChecker); ok {
		return ds.CheckNamedValue(v)
	}
	return s.conn.CheckNamedValue(v)
}
