package explain

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// Timeout is how long a database may take.
const Timeout = 2 * time.Second

// Explain asks for the plan of a statement, on a connection of db of its own for as
// long as that takes. The connection has what it had before afterwards. A statement that
// Check refuses is a *Refused.
func Explain(ctx context.Context, db *sql.DB, system, statement string) (*Plan, error) {
	tokens, err := check(system, statement)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("explain: no connection: %w", err)
	}
	defer conn.Close()
	began := time.Now()
	p := &Plan{System: system}
	if system == SQLite {
		p.Root, err = explainSQLite(ctx, conn, statement, tokens)
	} else {
		p.Root, err = explainPostgres(ctx, conn, statement, tokens)
	}
	if refused, ok := errors.AsType[*Refused](err); ok {
		return nil, refused
	}
	if err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	p.Took = time.Since(began)
	return p, nil
}

// discard keeps a connection that may not be as it was from the pool.
func discard(conn *sql.Conn) {
	if err := conn.Raw(func(any) error { return driver.ErrBadConn }); err != nil && !errors.Is(err, driver.ErrBadConn) && !errors.Is(err, sql.ErrConnDone) {
		conn.Close()
	}
}
