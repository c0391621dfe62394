package sqltap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

type opener func(driverName, dsn string) (*sql.DB, error)

func tapOpen(name, dsn string) (*sql.DB, error) { return sqltap.Open(name, dsn) }

// exerciseSQLite runs what apps ask of SQLite, errors included.
func exerciseSQLite(t *transcript, db *sql.DB) {
	ctx := context.Background()
	db.SetMaxOpenConns(2)
	t.err("ping", db.Ping())
	exec := func(q string, args ...any) {
		res, err := db.ExecContext(ctx, q, args...)
		t.result(q, res, err)
	}
	query := func(q string, args ...any) {
		rows, err := db.QueryContext(ctx, q, args...)
		t.rows(q, rows, err)
	}
	exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price DECIMAL(10,2), at TIMESTAMP, raw BLOB)")
	exec("INSERT INTO t (name, price, at, raw) VALUES (?, ?, ?, ?)", "Ann", 1.5, time.Unix(1000, 0).UTC(), []byte("raw"))
	exec("INSERT INTO t (name, price) VALUES (@name, :price)", sql.Named("name", "Bob"), sql.Named("price", 3))
	exec("INSERT INTO t (id, name) VALUES (1, 'again')")
	exec("INSERT INTO t (name) VALUES (NULL)")
	exec("not SQL at all")
	exec("UPDATE t SET price = price * 2; DELETE FROM t WHERE id > 100")
	exec("INSERT INTO t (name) VALUES (?)")
	exec("INSERT INTO t (name) VALUES (?)", struct{}{})
	query("SELECT id, name, price, at, raw FROM t ORDER BY id")
	query("SELECT * FROM t WHERE name = ?", "nobody")
	query("SELECT 1; SELECT 2, 3")
	query("SELECT * FROM nowhere")
	var n int
	t.err("no rows", db.QueryRow("SELECT id FROM t WHERE id = ?", 99).Scan(&n))
	t.err("one row", db.QueryRow("SELECT count(*) FROM t").Scan(&n))
	t.say("count %d", n)
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
		tx, err := db.BeginTx(ctx, nil)
		t.err("begin", err)
		st, err := tx.PrepareContext(ctx, "INSERT INTO t (name) VALUES (?)")
		t.err("prepare", err)
		for _, name := range []any{"Eve", nil, 7} {
			res, err := st.ExecContext(ctx, name)
			t.result("prepared", res, err)
		}
		t.err("end", end(tx))
		query("SELECT count(*) FROM t")
	}
	exerciseSQLiteCancel(t, db)
	s := db.Stats()
	t.say("open %d in use %d", s.OpenConnections, s.InUse)
	t.err("close", db.Close())
	t.err("closed", db.Ping())
}

// exerciseSQLiteCancel ends a query that would never end.
func exerciseSQLiteCancel(t *transcript, db *sql.DB) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	var n int
	err := db.QueryRowContext(ctx, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT count(*) FROM c").Scan(&n)
	t.say("endless: failed %t", err != nil)
	t.err("after it", db.Ping())
	gone, stop := context.WithCancel(context.Background())
	stop()
	_, err = db.ExecContext(gone, "DELETE FROM t")
	t.err("canceled", err)
	t.say("own error: %t", errors.Is(err, context.Canceled))
}

func TestF06_SQLiteBehavesAsBare(t *testing.T) {
	t.Parallel()
	run := func(open opener) []string {
		var tr transcript
		exerciseSQLite(&tr, must(open("sqlite", "file:"+filepath.Join(t.TempDir(), "a.db")+"?_pragma=foreign_keys(1)")))
		return tr.lines
	}
	want := run(sql.Open)
	var got []string
	spans := traced(t, func(context.Context) { got = run(tapOpen) })
	diff(t, "the app saw", got, want)
	if len(spans) < 25 {
		t.Errorf("%d statements reported, want all", len(spans))
	}
}

func TestF06_SQLiteHasTheSameInterfaces(t *testing.T) {
	t.Parallel()
	sets := func(open opener) (c driver.Conn, s driver.Stmt, r driver.Rows) {
		db := must(open("sqlite", ":memory:"))
		t.Cleanup(func() { db.Close() })
		conn := must(db.Conn(context.Background()))
		t.Cleanup(func() { conn.Close() })
		conn.Raw(func(dc any) error {
			c = dc.(driver.Conn)
			s = must(c.Prepare("SELECT 1"))
			t.Cleanup(func() { s.Close() })
			r = must(c.(driver.QueryerContext).QueryContext(context.Background(), "SELECT 1", nil))
			t.Cleanup(func() { r.Close() })
			return nil
		})
		return c, s, r
	}
	bc, bs, br := sets(sql.Open)
	traced(t, func(context.Context) {
		c, s, r := sets(tapOpen)
		sameSet(t, c, bc)
		sameSet(t, s, bs)
		sameSet(t, r, br)
	})
	bare, tap := must(sql.Open("sqlite", ":memory:")), must(sqltap.Open("sqlite", ":memory:"))
	defer bare.Close()
	defer tap.Close()
	if bare.Driver() != tap.Driver() {
		t.Error("another driver than the registered one")
	}
}

func TestSQLite_SystemIsKnown(t *testing.T) {
	t.Parallel()
	db := must(sqltap.Open("sqlite", ":memory:"))
	defer db.Close()
	spans := traced(t, func(ctx context.Context) { must(db.ExecContext(ctx, "CREATE TABLE t (id)")) })
	if got := attr(spans[0], "db.system.name"); got != "sqlite" {
		t.Errorf("system %q", got)
	}
	if got := attr(spans[0], "db.response.affected_rows"); got != "0" {
		t.Errorf("affected rows %q, want 0", got)
	}
}

var benchRequest = instrument.NewHandler(instrument.KindRequest, "bench", instrument.Source{})

// BenchmarkQuery reads one row of a table in memory, and 100 of them.
func BenchmarkQuery(b *testing.B) {
	none := func(n, d string) (*sql.DB, error) { return sqltap.Open(n, d, sqltap.NoCallers()) }
	for _, way := range []struct {
		name   string
		open   opener
		record bool
	}{
		{"bare", sql.Open, false}, {"tapped, off", tapOpen, false}, {"tapped, recorded", tapOpen, true},
		{"tapped, no callers", none, true},
	} {
		b.Run("one row/"+way.name, func(b *testing.B) {
			benchQuery(b, way.open, way.record, "SELECT id, name FROM t WHERE id = ?", 1)
		})
		b.Run("100 rows/"+way.name, func(b *testing.B) {
			benchQuery(b, way.open, way.record, "SELECT id, name FROM t WHERE id > ?", 0)
		})
	}
}

func benchQuery(b *testing.B, open opener, record bool, q string, arg int) {
	db := must(open("sqlite", ":memory:"))
	defer db.Close()
	db.SetMaxOpenConns(1)
	must(db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)"))
	must(db.Exec("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 100) INSERT INTO t SELECT x, 'Ann' FROM c"))
	var r *instrument.Recorder
	if record {
		r = instrument.New(instrument.Config{MaxAttrBytes: 1 << 20})
		defer r.SetEnabled(false)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: benchRequest})
		for i := 0; i < 50 && n < b.N; i++ {
			readAll(ctx, db, q, arg)
			n++
		}
		rec.End()
	}
}

func readAll(ctx context.Context, db *sql.DB, q string, arg int) {
	rows := must(db.QueryContext(ctx, q, arg))
	defer rows.Close()
	var id int
	var name string
	for rows.Next() {
		if err := rows.Scan(&id, &name); err != nil {
			panic(err)
		}
	}
}
