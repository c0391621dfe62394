//lint:file-ignore SA1019 drivers of today still have the old interfaces

package sqltap_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
)

var errDriver = errors.New("fake: broken")

// server is what fake connections talk to: it logs what it is asked. A statement's
// first word says how it answers: FAIL, BADCONN (at first), SKIP, WAIT (for its
// context), NONE (no rows), SETS (two of them); anything else has two rows.
type server struct {
	mu    sync.Mutex
	log   []string
	bad   int
	conns int
	stmts func(*fullStmt) driver.Stmt // what a statement of it has
	rows  func(*fullRows) driver.Rows
}

func (s *server) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

// answer logs what was asked and tells how a statement ends.
func (s *server) answer(ctx context.Context, what, query string, args any) error {
	s.note("%s %s %v", what, query, args)
	word, _, _ := strings.Cut(query, " ")
	switch word {
	case "FAIL":
		return errDriver
	case "SKIP":
		if strings.HasPrefix(what, "conn") {
			return driver.ErrSkip
		}
	case "WAIT":
		if cancel, ok := ctx.Value(cancelKey{}).(context.CancelFunc); ok {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}
	case "BADCONN":
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.bad > 0 {
			s.bad--
			return driver.ErrBadConn
		}
	}
	return nil
}

// cancelKey finds the function that cancels a context: WAIT calls it, so that the
// context ends while the driver is at work.
type cancelKey struct{}

// fullConn has every method that a connection may have.
type fullConn struct{ s *server }

func (c *fullConn) Prepare(q string) (driver.Stmt, error) {
	if err := c.s.answer(context.Background(), "prepare", q, nil); err != nil {
		return nil, err
	}
	return c.s.stmts(&fullStmt{c, q}), nil
}
func (c *fullConn) PrepareContext(_ context.Context, q string) (driver.Stmt, error) {
	if err := c.s.answer(context.Background(), "prepare context", q, nil); err != nil {
		return nil, err
	}
	return c.s.stmts(&fullStmt{c, q}), nil
}
func (c *fullConn) Close() error              { c.s.note("close"); return nil }
func (c *fullConn) Begin() (driver.Tx, error) { c.s.note("begin"); return fakeTx{c.s}, nil }
func (c *fullConn) BeginTx(_ context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.s.note("begin tx %v", o)
	return fakeTx{c.s}, nil
}
func (c *fullConn) Ping(context.Context) error         { c.s.note("ping"); return nil }
func (c *fullConn) ResetSession(context.Context) error { c.s.note("reset"); return nil }
func (c *fullConn) IsValid() bool                      { c.s.note("valid"); return true }
func (c *fullConn) CheckNamedValue(v *driver.NamedValue) error {
	c.s.note("conn check %v", *v)
	return checkShape(v)
}
func (c *fullConn) Exec(q string, args []driver.Value) (driver.Result, error) {
	return driver.RowsAffected(1), c.s.answer(context.Background(), "conn exec", q, args)
}
func (c *fullConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), c.s.answer(ctx, "conn exec context", q, args)
}
func (c *fullConn) Query(q string, args []driver.Value) (driver.Rows, error) {
	return c.s.rowsOf(q, c.s.answer(context.Background(), "conn query", q, args))
}
func (c *fullConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	return c.s.rowsOf(q, c.s.answer(ctx, "conn query context", q, args))
}

// shape is a type that only checkers of the driver let pass.
type shape struct{ Sides int }

func checkShape(v *driver.NamedValue) error {
	if s, ok := v.Value.(shape); ok {
		v.Value = int64(s.Sides)
		return nil
	}
	return driver.ErrSkip
}

type fakeTx struct{ s *server }

func (t fakeTx) Commit() error   { t.s.note("commit"); return nil }
func (t fakeTx) Rollback() error { t.s.note("rollback"); return errDriver }

// fullStmt has every method that a statement may have.
type fullStmt struct {
	c *fullConn
	q string
}

func (s *fullStmt) Close() error  { s.c.s.note("close statement"); return nil }
func (s *fullStmt) NumInput() int { return strings.Count(s.q, "?") }
func (s *fullStmt) Exec(args []driver.Value) (driver.Result, error) {
	return driver.RowsAffected(2), s.c.s.answer(context.Background(), "exec", s.q, args)
}
func (s *fullStmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.c.s.rowsOf(s.q, s.c.s.answer(context.Background(), "query", s.q, args))
}
func (s *fullStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(2), s.c.s.answer(ctx, "exec context", s.q, args)
}
func (s *fullStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.c.s.rowsOf(s.q, s.c.s.answer(ctx, "query context", s.q, args))
}
func (s *fullStmt) CheckNamedValue(v *driver.NamedValue) error {
	s.c.s.note("statement check %v", *v)
	return checkShape(v)
}
func (s *fullStmt) ColumnConverter(i int) driver.ValueConverter {
	s.c.s.note("converter %d", i)
	return driver.DefaultParameterConverter
}

func (s *server) rowsOf(q string, err error) (driver.Rows, error) {
	if err != nil {
		return nil, err
	}
	r := &fullRows{s: s, left: 2}
	if strings.HasPrefix(q, "NONE") {
		r.left = 0
	}
	if strings.HasPrefix(q, "SETS") {
		r.sets = 1
	}
	if strings.HasPrefix(q, "BREAK") {
		r.fail = true
	}
	return s.rows(r), nil
}

// fullRows has every method that rows may have.
type fullRows struct {
	s          *server
	left, sets int
	fail       bool
}

func (r *fullRows) Columns() []string { return []string{"id", "name"} }
func (r *fullRows) Close() error      { r.s.note("close rows"); return nil }
func (r *fullRows) Next(dest []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	if r.left == 1 && r.fail {
		return errDriver
	}
	dest[0], dest[1] = int64(r.left), "Ann"
	r.left--
	return nil
}
func (r *fullRows) HasNextResultSet() bool { return r.sets > 0 }
func (r *fullRows) NextResultSet() error {
	if r.sets == 0 {
		return io.EOF
	}
	r.sets, r.left = r.sets-1, 1
	return nil
}
func (r *fullRows) ColumnTypeScanType(int) reflect.Type                { return reflect.TypeFor[int64]() }
func (r *fullRows) ColumnTypeDatabaseTypeName(int) string              { return "FAKE" }
func (r *fullRows) ColumnTypeLength(int) (int64, bool)                 { return 7, true }
func (r *fullRows) ColumnTypeNullable(int) (nullable, ok bool)         { return true, true }
func (r *fullRows) ColumnTypePrecisionScale(int) (p, s int64, ok bool) { return 4, 2, true }

// connector of the fake, with the connection cut down to a shape.
type fakeConnector struct {
	s     *server
	shape func(*fullConn) driver.Conn
}

func (c fakeConnector) Connect(context.Context) (driver.Conn, error) {
	c.s.note("connect")
	c.s.mu.Lock()
	c.s.conns++
	c.s.mu.Unlock()
	return c.shape(&fullConn{c.s}), nil
}
func (c fakeConnector) Driver() driver.Driver { return fakeDriver(c) }

type fakeDriver fakeConnector

func (d fakeDriver) Open(string) (driver.Conn, error) {
	return fakeConnector(d).Connect(context.Background())
}

// fakeContextDriver makes connectors.
type fakeContextDriver struct{ fakeDriver }

func (d fakeContextDriver) OpenConnector(string) (driver.Connector, error) {
	return fakeConnector(d.fakeDriver), nil
}

// bareConn and the like hide every method but those that must be.
type (
	bareConn struct{ driver.Conn }
	bareStmt struct{ driver.Stmt }
	bareRows struct{ driver.Rows }
)

// connShapes are drivers by what their connections have: like those that are known,
// one for each capability, and odd ones.
var connShapes = map[string]func(c *fullConn) driver.Conn{
	"all":     func(c *fullConn) driver.Conn { return c },
	"nothing": func(c *fullConn) driver.Conn { return bareConn{c} },
	"like pgx": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.Pinger
			driver.ExecerContext
			driver.QueryerContext
			driver.ConnPrepareContext
			driver.ConnBeginTx
			driver.SessionResetter
			driver.NamedValueChecker
		}{c, c, c, c, c, c, c, c}
	},
	"like sqlite": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.Pinger
			driver.Execer
			driver.Queryer
			driver.ExecerContext
			driver.QueryerContext
			driver.ConnPrepareContext
			driver.ConnBeginTx
			driver.SessionResetter
			driver.Validator
		}{c, c, c, c, c, c, c, c, c, c}
	},
	"old": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.Execer
			driver.Queryer
		}{c, c, c}
	},
	"exec": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.Execer
		}{c, c}
	},
	"exec context": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.ExecerContext
		}{c, c}
	},
	"query": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.Queryer
		}{c, c}
	},
	"query context": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.QueryerContext
		}{c, c}
	},
	"ping": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.Pinger
		}{c, c}
	},
	"prepare context": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.ConnPrepareContext
		}{c, c}
	},
	"begin tx": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.ConnBeginTx
		}{c, c}
	},
	"reset": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.SessionResetter
		}{c, c}
	},
	"valid": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.Validator
		}{c, c}
	},
	"check": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.NamedValueChecker
		}{c, c}
	},
}

// oddShapes are combinations for which no type is made: the wrapper has more, and
// behaves as if it had not.
var oddShapes = map[string]func(c *fullConn) driver.Conn{
	"exec context and begin tx": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.ExecerContext
			driver.ConnBeginTx
		}{c, c, c}
	},
	"query and ping": func(c *fullConn) driver.Conn {
		return struct {
			driver.Conn
			driver.Queryer
			driver.Pinger
		}{c, c, c}
	},
}

var stmtShapes = map[string]func(s *fullStmt) driver.Stmt{
	"all":     func(s *fullStmt) driver.Stmt { return s },
	"nothing": func(s *fullStmt) driver.Stmt { return bareStmt{s} },
	"exec context": func(s *fullStmt) driver.Stmt {
		return struct {
			driver.Stmt
			driver.StmtExecContext
		}{s, s}
	},
	"query context": func(s *fullStmt) driver.Stmt {
		return struct {
			driver.Stmt
			driver.StmtQueryContext
		}{s, s}
	},
	"check": func(s *fullStmt) driver.Stmt {
		return struct {
			driver.Stmt
			driver.NamedValueChecker
		}{s, s}
	},
	"converter": func(s *fullStmt) driver.Stmt {
		return struct {
			driver.Stmt
			driver.ColumnConverter
		}{s, s}
	},
}

// only hides of rows all but one capability. Each of these interfaces has the
// methods of driver.Rows too, so they are cut out by hand.
type (
	onlySets     struct{ bareRows }
	onlyScanType struct{ bareRows }
	onlyDBType   struct{ bareRows }
	onlyLength   struct{ bareRows }
	onlyNullable struct{ bareRows }
	onlyScale    struct{ bareRows }
)

func full(r bareRows) *fullRows           { return r.Rows.(*fullRows) }
func (r onlySets) HasNextResultSet() bool { return full(r.bareRows).HasNextResultSet() }
func (r onlySets) NextResultSet() error   { return full(r.bareRows).NextResultSet() }
func (r onlyScanType) ColumnTypeScanType(i int) reflect.Type {
	return full(r.bareRows).ColumnTypeScanType(i)
}
func (r onlyDBType) ColumnTypeDatabaseTypeName(i int) string {
	return full(r.bareRows).ColumnTypeDatabaseTypeName(i)
}
func (r onlyLength) ColumnTypeLength(i int) (int64, bool) {
	return full(r.bareRows).ColumnTypeLength(i)
}
func (r onlyNullable) ColumnTypeNullable(i int) (bool, bool) {
	return full(r.bareRows).ColumnTypeNullable(i)
}
func (r onlyScale) ColumnTypePrecisionScale(i int) (int64, int64, bool) {
	return full(r.bareRows).ColumnTypePrecisionScale(i)
}

var rowsShapes = map[string]func(r *fullRows) driver.Rows{
	"all":             func(r *fullRows) driver.Rows { return r },
	"nothing":         func(r *fullRows) driver.Rows { return bareRows{r} },
	"result sets":     func(r *fullRows) driver.Rows { return onlySets{bareRows{r}} },
	"scan type":       func(r *fullRows) driver.Rows { return onlyScanType{bareRows{r}} },
	"database type":   func(r *fullRows) driver.Rows { return onlyDBType{bareRows{r}} },
	"length":          func(r *fullRows) driver.Rows { return onlyLength{bareRows{r}} },
	"nullable":        func(r *fullRows) driver.Rows { return onlyNullable{bareRows{r}} },
	"precision scale": func(r *fullRows) driver.Rows { return onlyScale{bareRows{r}} },
}
