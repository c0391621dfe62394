package sqldrivers

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// statements are asked of each driver in all ways: as a statement, a query, a row and
// prepared. Some fail, each in its own way.
var statements = map[engine][]struct {
	text string
	args []any
}{
	sqliteEngine: {
		{"SELECT id, name, price, at, raw FROM t ORDER BY id", nil},
		{"SELECT * FROM t WHERE name = ? AND id < ?", []any{"Ann", 10}},
		{"INSERT INTO t (name, price, at, raw) VALUES (?, ?, ?, ?)", []any{"Eve", 1.5, time.Unix(1000, 0).UTC(), []byte("raw")}},
		{"INSERT INTO t (name, price) VALUES (@name, :price)", []any{sql.Named("name", "Bob"), sql.Named("price", 3)}},
		{"INSERT INTO t (id, name) VALUES (1, 'again')", nil},
		{"INSERT INTO t (name) VALUES (NULL)", nil},
		{"UPDATE t SET price = price * 2; DELETE FROM t WHERE id > 100", nil},
		{"INSERT INTO t (name) VALUES (?)", nil},
		{"INSERT INTO t (name) VALUES (?)", []any{struct{}{}}},
		{"SELECT 1; SELECT 2, 3", nil}, {"SELECT * FROM nowhere", nil}, {"not SQL at all", nil},
	},
	postgresEngine: {
		{"SELECT id, name, price, at, raw FROM t ORDER BY id", nil},
		{"SELECT * FROM t WHERE name = $1 AND id < $2", []any{"Ann", 10}},
		{"INSERT INTO t (name, price, at, raw) VALUES ($1, $2, $3, $4)", []any{"Eve", 1.5, time.Unix(1000, 0).UTC(), []byte("raw")}},
		{"INSERT INTO t (name) VALUES ($1) RETURNING id, name", []any{"Eve"}},
		{"INSERT INTO t (id, name) VALUES (1, 'again')", nil},
		{"INSERT INTO t (name) VALUES (NULL)", nil},
		{"SELECT $1::text, $2::int[], $3::jsonb", []any{"a", "{1,2}", `{"a":1}`}},
		{"SELECT $1::int", []any{"not a number"}},
		{"SELECT $1::int", []any{struct{}{}}},
		{"SELECT $1::int", nil}, {"SELECT named", []any{sql.Named("a", 1)}},
		{"SELECT 1; SELECT 2, 3", nil}, {"SELECT * FROM nowhere", nil}, {"not SQL at all", nil}, {"", nil}, {"SELECT 1/0", nil},
	},
}

var tables = map[engine]string{
	sqliteEngine:   "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price DECIMAL(10,2), at TIMESTAMP, raw BLOB)",
	postgresEngine: "CREATE TABLE t (id SERIAL PRIMARY KEY, name VARCHAR(40) NOT NULL, price NUMERIC(10,2), at TIMESTAMP, raw BYTEA)",
}

var endless = map[engine]string{
	sqliteEngine:   "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT count(*) FROM c",
	postgresEngine: "SELECT pg_sleep(60)",
}

// exercise runs what apps ask of a database.
func exercise(t *transcript, db *sql.DB, e engine) {
	ctx := context.Background()
	db.SetMaxOpenConns(1)
	t.err("ping", db.PingContext(ctx))
	res, err := db.Exec(tables[e])
	t.result("create", res, err)
	res, err = db.Exec("INSERT INTO t (name, price) VALUES ('Ann', 1), ('Zoe', 2)")
	t.result("insert", res, err)
	for _, s := range statements[e] {
		exerciseStatement(t, db, s.text, s.args)
	}
	for _, o := range []*sql.TxOptions{nil, {ReadOnly: true}, {Isolation: sql.LevelSerializable}, {Isolation: sql.LevelSnapshot}} {
		exerciseTx(t, db, o, e)
	}
	exerciseCancel(t, db, e)
	c, err := db.Conn(ctx)
	t.err("conn", err)
	t.err("raw", c.Raw(func(any) error { return driver.ErrSkip }))
	t.err("bad", c.Raw(func(any) error { return driver.ErrBadConn }))
	t.err("close conn", c.Close())
	rows, err := db.Query("SELECT count(*) FROM t")
	t.rows("at the end", rows, err)
	s := db.Stats()
	t.say("open %d in use %d", s.OpenConnections, s.InUse)
	t.err("close", db.Close())
	t.err("closed", db.Ping())
}

func exerciseStatement(t *transcript, db *sql.DB, q string, args []any) {
	ctx := context.Background()
	res, err := db.ExecContext(ctx, q, args...)
	t.result("exec "+q, res, err)
	rows, err := db.QueryContext(ctx, q, args...)
	t.rows("query "+q, rows, err)
	var v any
	t.err("row "+q, db.QueryRow(q, args...).Scan(&v))
	st, err := db.PrepareContext(ctx, q)
	t.err("prepare "+q, err)
	if err != nil {
		return
	}
	for range 2 {
		res, err = st.Exec(args...)
		t.result("prepared exec "+q, res, err)
		rows, err = st.QueryContext(ctx, args...)
		t.rows("prepared query "+q, rows, err)
	}
	t.err("close "+q, st.Close())
}

func exerciseTx(t *transcript, db *sql.DB, o *sql.TxOptions, e engine) {
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
		tx, err := db.BeginTx(context.Background(), o)
		t.err("begin", err)
		if err != nil {
			return
		}
		res, err := tx.Exec("INSERT INTO t (name) VALUES ('in it')")
		t.result("in transaction", res, err)
		rows, err := tx.Query("SELECT count(*) FROM t")
		t.rows("in transaction", rows, err)
		_, err = tx.Exec("SELECT nothing FROM nowhere")
		t.err("failed in transaction", err)
		_, err = tx.Exec("SELECT 1")
		t.err("after it", err)
		t.err("end", end(tx))
		t.err("end again", end(tx))
	}
}

func exerciseCancel(t *transcript, db *sql.DB, e engine) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	var n any
	err := db.QueryRowContext(ctx, endless[e]).Scan(&n)
	t.say("endless: failed %t", err != nil)
	t.err("after it", db.Ping())
	gone, stop := context.WithCancel(context.Background())
	stop()
	_, err = db.ExecContext(gone, "DELETE FROM t")
	t.err("canceled", err)
	_, err = db.BeginTx(gone, nil)
	t.err("canceled begin", err)
	t.say("own error: %t", errors.Is(err, context.Canceled))
}

func TestF06_DriversBehaveAsBare(t *testing.T) {
	t.Parallel()
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			var want, got transcript
			exercise(&want, must(sql.Open(d.name, d.dsn(t))), d.engine)
			dsn := d.dsn(t)
			rec := record(t, func(context.Context) {
				exercise(&got, must(sqltap.Open(d.name, dsn, sqltap.Parameters(nil), sqltap.PoolWait())), d.engine)
			})
			for i := range max(len(got.lines), len(want.lines)) {
				if i >= len(got.lines) || i >= len(want.lines) || got.lines[i] != want.lines[i] {
					t.Fatalf("line %d\n tapped: %v\n bare:   %v", i, got.lines[min(i, len(got.lines)):][:1], want.lines[min(i, len(want.lines)):][:1])
				}
			}
			if len(want.lines) < 150 {
				t.Errorf("only %d lines: the program did not run", len(want.lines))
			}
			if n := rec.Count(instrument.KindQuery); n < 60 {
				t.Errorf("%d statements reported, want all", n)
			}
		})
	}
}

// parts are a connection's, a statement's and rows' own types.
func parts(t *testing.T, db *sql.DB) (list []any) {
	t.Helper()
	ctx := context.Background()
	conn := must(db.Conn(ctx))
	t.Cleanup(func() { conn.Close(); db.Close() })
	if err := conn.Raw(func(dc any) error {
		c := dc.(driver.Conn)
		s := must(c.Prepare("SELECT 1"))
		r := must(s.(driver.StmtQueryContext).QueryContext(ctx, nil))
		list = []any{c, s, r}
		return errors.Join(r.Close(), s.Close())
	}); err != nil {
		t.Fatal(err)
	}
	return append(list, db.Driver())
}

func TestF06_DriversHaveTheirOwnInterfaces(t *testing.T) {
	t.Parallel()
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			dsn := d.dsn(t)
			bare := parts(t, must(sql.Open(d.name, dsn)))
			record(t, func(context.Context) {
				for i, p := range parts(t, must(sqltap.Open(d.name, dsn))) {
					if got, want := interfaces(p), interfaces(bare[i]); !slices.Equal(got, want) {
						t.Errorf("%T\n tapped: %v\n bare:   %v", bare[i], got, want)
					}
				}
			})
		})
	}
}
