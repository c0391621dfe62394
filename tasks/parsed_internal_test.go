package tasks

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"modernc.org/sqlite"
)

// spied is a connector that shows the connection it made last.
type spied struct {
	dsnConnector
	conn *parsed
}

func (s *spied) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := s.dsnConnector.Connect(ctx)
	s.conn, _ = conn.(*parsed)
	return conn, err
}

func TestParsed_AStatementIsParsedOnceAndGivesWhatItGave(t *testing.T) {
	t.Parallel()
	s := &spied{dsnConnector: dsnConnector{&sqlite.Driver{}, sqliteDSN(filepath.Join(t.TempDir(), "app.db"))}}
	db := sql.OpenDB(s)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	exec("CREATE TABLE numbers (n INT UNIQUE)")
	for n := range 5 {
		exec("-- name: Add :exec\nINSERT INTO numbers VALUES ($1)", n)
	}
	if _, err := db.Exec("-- name: Add :exec\nINSERT INTO numbers VALUES ($1)", 3); err == nil {
		t.Error("a number was inserted twice")
	}
	exec("-- name: Add :exec\nINSERT INTO numbers VALUES ($1)", 5) // after one that failed

	// The same statement while its rows are read, and after the table has changed.
	const all = "-- name: All :many\nSELECT * FROM numbers WHERE n >= $1 ORDER BY n"
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	rows, err := tx.Query(all, 2)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for rows.Next() {
		var n, last int
		if err := errors.Join(rows.Scan(&n), tx.QueryRow(all, 5).Scan(&last)); err != nil {
			t.Fatal(err)
		}
		got += fmt.Sprint(n, last, " ")
	}
	if rows.Close(); got != "2 5 3 5 4 5 5 5 " {
		t.Errorf("the rows are %q", got)
	}
	if _, err := tx.Exec("ALTER TABLE numbers ADD COLUMN name TEXT DEFAULT 'x'"); err != nil {
		t.Fatal(err)
	}
	var n int
	var name string
	if err := tx.QueryRow(all, 4).Scan(&n, &name); err != nil || n != 4 || name != "x" {
		t.Errorf("after the table has changed: %d %q, %v", n, name, err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if len(s.conn.kept) != 2 {
		t.Errorf("%d statements are kept, want River's two alone", len(s.conn.kept))
	}
	for i := range 2 * maxKept {
		exec(fmt.Sprintf("-- name: Set%d :exec\nUPDATE numbers SET name = $1", i), "y")
	}
	if len(s.conn.kept) > maxKept {
		t.Errorf("%d statements are kept, want %d at most", len(s.conn.kept), maxKept)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.ExecContext(ctx, "-- name: Add :exec\nINSERT INTO numbers (n) VALUES ($1)", 9); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	exec("-- name: Add :exec\nINSERT INTO numbers (n) VALUES ($1)", 9)
}
