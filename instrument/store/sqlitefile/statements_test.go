package sqlitefile_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// one gives a database with a table of a hundred numbers, and its only connection that is
// not in use.
func one(t *testing.T) (*sql.DB, *sql.Conn) {
	t.Helper()
	db := open(t, filepath.Join(t.TempDir(), "a.db"), sqlitefile.Options{})
	exec(t, db, "CREATE TABLE n (i INTEGER)")
	exec(t, db, "WITH RECURSIVE m (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM m WHERE i < 100) INSERT INTO n SELECT i FROM m")
	c, err := db.Conn(context.Background())
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return db, c
}

func TestQuery_AgainIsAsTheFirstTime(t *testing.T) {
	t.Parallel()
	db, c := one(t)
	for round := range 3 {
		for i := range 150 { // more than are kept
			var n, a int
			must(t, c.QueryRowContext(context.Background(), fmt.Sprintf("SELECT count(*), %d FROM n WHERE i <= ?", i), i).Scan(&n, &a))
			if n != min(i, 100+round) || a != i {
				t.Fatalf("%d, %d of %d", n, a, i)
			}
		}
		exec(t, db, fmt.Sprintf("INSERT INTO n (i) VALUES (%d)", 101+round)) // by another connection
		exec(t, db, fmt.Sprintf("ALTER TABLE n ADD COLUMN c%d", round))
		rows, err := c.QueryContext(context.Background(), "SELECT * FROM n LIMIT 1")
		must(t, err)
		names, err := rows.Columns()
		must(t, err)
		must(t, rows.Close())
		if len(names) != 2+round {
			t.Errorf("columns %v", names)
		}
	}
}

func TestQuery_InsideTheSame(t *testing.T) {
	t.Parallel()
	_, c := one(t)
	const text = "SELECT i FROM n WHERE i > ? ORDER BY i"
	outer, err := c.QueryContext(context.Background(), text, 90)
	must(t, err)
	defer outer.Close()
	n := 0
	for outer.Next() {
		var i, j int
		must(t, outer.Scan(&i))
		must(t, c.QueryRowContext(context.Background(), text, i-1).Scan(&j))
		if i != j {
			t.Errorf("%d inside %d", j, i)
		}
		n++
	}
	must(t, outer.Err())
	if n != 10 {
		t.Errorf("%d rows", n)
	}
}

func TestQuery_ThatFailsOrIsGivenUpCanBeAskedAgain(t *testing.T) {
	t.Parallel()
	db, c := one(t)
	const text = "SELECT json_extract(?, '$.a') FROM n"
	for range 3 {
		var v sql.NullString
		if err := c.QueryRowContext(context.Background(), text, "{").Scan(&v); err == nil {
			t.Fatal("no error")
		}
		must(t, c.QueryRowContext(context.Background(), text, `{"a": "b"}`).Scan(&v))
		if v.String != "b" {
			t.Fatal(v)
		}
		if err := c.QueryRowContext(context.Background(), "SELECT nothing FROM n").Scan(&v); err == nil {
			t.Fatal("no error")
		}
		ctx, cancel := context.WithCancel(context.Background())
		rows, err := c.QueryContext(ctx, "SELECT i FROM n")
		must(t, err)
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		cancel()
		for rows.Next() {
		}
		if err := rows.Err(); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		rows.Close()
	}
	// Nobody reads any more: the -wal can be emptied.
	var busy, frames, moved int
	must(t, db.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved))
	if busy != 0 || frames != 0 {
		t.Errorf("busy %d, %d frames of which %d moved", busy, frames, moved)
	}
}
