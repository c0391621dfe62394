package tasks

import (
	"context"
	"database/sql/driver"
	"strings"
)

// parsed is a connection to SQLite on which River's statements stay parsed. River has the
// text of each ready, and hands it over anew each time: of an insert, SQLite's parser took
// more than the insert itself.
type parsed struct {
	sqliteConn
	kept map[string]*keptStmt // database/sql has one goroutine at a time use a connection
}

// sqliteConn is what database/sql uses of a connection of SQLite.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
}

// keptStmt is a statement that stays parsed.
type keptStmt struct {
	preparedStmt
	busy bool // its rows are being read
}

type preparedStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// maxKept is how many statements stay parsed: River has fewer that are always the same.
const maxKept = 64

// keepParsed gives a connection as it is when it is of another kind than is known here.
func keepParsed(conn driver.Conn) driver.Conn {
	if c, ok := conn.(sqliteConn); ok {
		return &parsed{c, map[string]*keptStmt{}}
	}
	return conn
}

// take gives a statement of River's, parsed, until its use has ended; nil for others, and
// for one whose rows are being read.
func (c *parsed) take(ctx context.Context, query string) *keptStmt {
	if s := c.kept[query]; s != nil {
		if s.busy {
			return nil
		}
		s.busy = true
		return s
	}
	if !strings.HasPrefix(query, "-- name: ") { // as sqlc, which River is written with, begins them
		return nil
	}
	stmt, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil // who runs it is told
	}
	s, ok := stmt.(preparedStmt)
	if !ok {
		stmt.Close()
		return nil
	}
	c.makeRoom()
	c.kept[query] = &keptStmt{s, true}
	return c.kept[query]
}

// makeRoom gives up any statement when there are many.
func (c *parsed) makeRoom() {
	for query, s := range c.kept {
		if len(c.kept) < maxKept {
			return
		}
		if !s.busy {
			s.Close()
			delete(c.kept, query)
		}
	}
}

// ExecContext runs a statement that gives no rows.
func (c *parsed) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s := c.take(ctx, query)
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	defer func() { s.busy = false }()
	return s.ExecContext(ctx, args)
}

// QueryContext runs a statement, which is taken until its rows are closed.
func (c *parsed) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s := c.take(ctx, query)
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		s.busy = false
		return nil, err
	}
	return &keptRows{rows, s}, nil
}

// keptRows are the rows of a statement that stays parsed.
type keptRows struct {
	driver.Rows
	stmt *keptStmt
}

// Close lets the statement run again.
func (r *keptRows) Close() error {
	err := r.Rows.Close()
	if r.stmt != nil {
		r.stmt.busy, r.stmt = false, nil
	}
	return err
}

// Close ends the statements and the connection.
func (c *parsed) Close() error {
	for _, s := range c.kept {
		s.Close()
	}
	c.kept = nil
	return c.sqliteConn.Close()
}
