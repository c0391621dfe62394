package sqlitefile

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

// Preparing a query costs more than most of the queries of a page take to run, and a page
// asks the same ones over and over. So each connection keeps those that it ran last.

const (
	// maxStatements is how many a connection keeps: some kilobytes each.
	maxStatements = 64
	// maxStatementText is the length up to which a query is kept. Longer ones list what they
	// look for, and hardly come again.
	maxStatementText = 2 << 10
)

// statements are a connection's. Package sql has a connection do one thing at a time.
type statements struct {
	byText map[string]*statement
	turn   uint64
}

type statement struct {
	driver.Stmt
	query driver.StmtQueryContext
	text  string
	used  uint64
	busy  bool // its rows are not read to the end
	gone  bool // it is closed with its rows
}

// lasting tells whether a query may be kept: one whose answer comes from running it. Some
// pragmas answer while they are prepared.
func lasting(text string) bool {
	return len(text) <= maxStatementText && (strings.HasPrefix(text, "SELECT ") || strings.HasPrefix(text, "WITH "))
}

// statement is a query ready to be run; nil is none, when it is not one to keep or its
// rows are being read.
func (c *conn) statement(ctx context.Context, text string) (*statement, error) {
	if !lasting(text) {
		return nil, nil
	}
	kept := &c.statements
	s := kept.byText[text]
	if s != nil && s.busy {
		return nil, nil
	}
	if s == nil {
		base, err := c.sqliteConn.PrepareContext(ctx, text)
		if err != nil {
			return nil, err
		}
		query, ok := base.(driver.StmtQueryContext)
		if !ok {
			return nil, base.Close()
		}
		s = &statement{Stmt: base, query: query, text: text}
		if kept.byText == nil {
			kept.byText = map[string]*statement{}
		}
		kept.makeRoom()
		kept.byText[text] = s
	}
	kept.turn++
	s.used = kept.turn
	return s, nil
}

// makeRoom closes the statement that was used the longest ago, when there are too many.
func (k *statements) makeRoom() {
	if len(k.byText) < maxStatements {
		return
	}
	var oldest *statement
	for _, s := range k.byText {
		if oldest == nil || s.used < oldest.used {
			oldest = s
		}
	}
	// What it says is about its last run, which has told that itself.
	_ = k.drop(oldest)
}

// drop forgets a statement, and closes it as soon as nobody reads its rows.
func (k *statements) drop(s *statement) error {
	if k.byText[s.text] == s {
		delete(k.byText, s.text)
	}
	s.gone = true
	if s.busy {
		return nil
	}
	return s.Close()
}

// QueryContext notices damage in the file, and keeps the query for the next time.
func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	rows, s, err := c.ask(ctx, text, args)
	if err != nil {
		c.PutAside(err)
		return nil, err
	}
	return &watchedRows{Rows: rows, conn: c, statement: s}, nil
}

// ask runs a query; the statement is the one that is kept, nil for none.
func (c *conn) ask(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, *statement, error) {
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, nil, err
	}
	if s == nil {
		rows, err := c.sqliteConn.QueryContext(ctx, text, args)
		return rows, nil, err
	}
	rows, err := s.query.QueryContext(ctx, args)
	if err != nil {
		_ = c.statements.drop(s) // what it says is what err says
		return nil, nil, err
	}
	s.busy = true
	return rows, s, nil
}

// release is called when the rows of a statement are closed. One that met an error is not
// used again.
func (c *conn) release(s *statement, failed bool) error {
	s.busy = false
	switch {
	case s.gone:
		return s.Close()
	case failed:
		return c.statements.drop(s)
	}
	return nil
}

// Close closes the statements first.
func (c *conn) Close() error {
	var errs []error
	for _, s := range c.statements.byText {
		errs = append(errs, c.statements.drop(s))
	}
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}
