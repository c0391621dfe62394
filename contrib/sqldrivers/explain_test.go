package sqldrivers

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/explain"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// hostile are the statements of package explain that must have no effect.
func hostile(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../instrument/explain/testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")[1:]
	if len(lines) < 40 {
		t.Fatalf("only %d statements", len(lines))
	}
	for i, s := range lines {
		lines[i] = strings.ReplaceAll(s, "{n}", "\n")
	}
	return lines
}

var victims = map[engine][]string{
	sqliteEngine: {"CREATE TABLE victims (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO victims VALUES (1, 'Ann'), (2, 'Bob')"},
	postgresEngine: {
		"CREATE TABLE victims (id INT PRIMARY KEY, name TEXT)", "INSERT INTO victims VALUES (1, 'Ann'), (2, 'Bob')", "CREATE SEQUENCE victims_seq",
		"CREATE FUNCTION wipe_victims() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM victims; RETURN 1; END'",
		// It says that it changes nothing, so that the planner calls it; and it does.
		"CREATE FUNCTION lying_wipe(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN DELETE FROM victims; RETURN 1; END'",
	},
}

// state is all that is in a database: tables with their rows, sequences, settings and locks.
func state(t *testing.T, db *sql.DB, d under) string {
	t.Helper()
	queries := []string{
		"SELECT string_agg(v::text, ',' ORDER BY id) FROM victims v", "SELECT last_value || ' ' || is_called FROM victims_seq",
		"SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = current_schema()::regnamespace",
		"SELECT count(*)::text FROM pg_largeobject_metadata WHERE oid = 4711", "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND objid = 1",
		"SELECT count(*)::text FROM pg_prepared_statements WHERE name = 'debugtoolbar_explain'", "SHOW search_path", "SHOW statement_timeout", "SHOW default_transaction_read_only",
	}
	if d.engine == sqliteEngine {
		queries = []string{"SELECT group_concat(id || name) FROM victims", "SELECT group_concat(name) FROM sqlite_master", "PRAGMA user_version", "PRAGMA query_only", "SELECT count(*) FROM pragma_database_list"}
	}
	var b strings.Builder
	for _, q := range queries {
		var v string
		if err := db.QueryRow(q).Scan(&v); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		fmt.Fprintln(&b, v)
	}
	return b.String()
}

func TestT09_HostileStatementsHaveNoEffect(t *testing.T) {
	t.Parallel()
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			dsn := d.dsn(t)
			db := must(sql.Open(d.name, dsn))
			defer db.Close()
			db.SetMaxOpenConns(1) // what it leaves behind on a connection is seen
			for _, q := range victims[d.engine] {
				must(db.Exec(q))
			}
			before := state(t, db, d)
			var file [32]byte
			if d.engine == sqliteEngine {
				file = sha256.Sum256(must(os.ReadFile(strings.TrimPrefix(dsn, "file:"))))
			}
			began := time.Now()
			planned := 0
			for _, s := range hostile(t) {
				if _, err := explain.Explain(context.Background(), db, string(d.engine), s); err == nil {
					planned++
				}
			}
			if after := state(t, db, d); after != before {
				t.Errorf("it was\n%sand is\n%s", before, after)
			}
			if d.engine == sqliteEngine && sha256.Sum256(must(os.ReadFile(strings.TrimPrefix(dsn, "file:")))) != file {
				t.Error("the file has changed")
			}
			if _, err := os.Stat("/tmp/debugtoolbar_hostile"); err == nil {
				t.Error("a file was written")
			}
			// Only functions of the database's own may be planned, which is not calling them.
			if planned > 3 || time.Since(began) > 20*time.Second {
				t.Errorf("%d have plans, in %v", planned, time.Since(began))
			}
			must(db.Exec("INSERT INTO victims VALUES (3, 'Eve')"))
		})
	}
}

func TestExplain_PostgresDrawsPlansWithCosts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"pgx", "postgres"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := under{name, postgresEngine}
			db := must(sqltap.Open(name, d.dsn(t)))
			defer db.Close()
			db.SetMaxOpenConns(1)
			for _, q := range []string{
				"CREATE TABLE authors (id INT PRIMARY KEY, name TEXT)", "CREATE TABLE posts (id INT PRIMARY KEY, author INT, title TEXT)",
				"INSERT INTO authors SELECT i, 'a' || i FROM generate_series(1, 1000) i", "INSERT INTO posts SELECT i, i % 1000 + 1, 't' FROM generate_series(1, 5000) i",
				"ANALYZE authors", "ANALYZE posts",
			} {
				must(db.Exec(q))
			}
			ctx := context.Background()
			for _, c := range []struct{ statement, first, hint string }{
				{"SELECT name FROM authors WHERE id = $1", "Index Scan on authors using authors_pkey", ""},
				{"SELECT * FROM posts WHERE title = 'secret' -- why", "Seq Scan on posts", "All rows"},
				{"SELECT a.name, count(*) FROM authors a JOIN posts p ON p.author = a.id WHERE a.name > $1 GROUP BY a.name ORDER BY 2;", "Sort", ""},
			} {
				p, err := explain.Explain(ctx, db, explain.PostgreSQL, c.statement)
				if err != nil {
					t.Errorf("%s: %v", c.statement, err)
					continue
				}
				text := p.String()
				if !strings.HasPrefix(text, c.first) || !p.Root[0].Cost.Known || p.Root[0].Cost.Total <= 0 || !strings.Contains(text, c.hint) {
					t.Errorf("%s:\n%s", c.statement, text)
				}
				if strings.Contains(text, "secret") {
					t.Errorf("a value is shown:\n%s", text)
				}
			}
			if _, err := explain.Explain(ctx, db, explain.PostgreSQL, "SELECT ?"); err == nil {
				t.Error("a parameter that PostgreSQL does not know")
			}
			if _, err := explain.Explain(ctx, db, explain.PostgreSQL, "SELECT $1 + nothing FROM nowhere"); err == nil {
				t.Error("a table that is not there")
			}
			// What the app ran, by its fingerprint, on a connection beside the pool's only one.
			marker := "marked_" + name
			busy := must(db.Conn(ctx))
			defer busy.Close()
			record(t, func(ctx context.Context) {
				must(busy.QueryContext(ctx, "SELECT name AS "+marker+" FROM authors WHERE id = $1", 7)).Close()
			})
			p, err := sqltap.Explain(ctx, "SELECT name AS "+marker+" FROM authors WHERE id = $1")
			if err != nil || !strings.HasPrefix(p.String(), "Index Scan on authors") {
				t.Errorf("%v %v", p, err)
			}
		})
	}
}

func TestExplain_HasTwoSeconds(t *testing.T) {
	t.Parallel()
	d := under{"pgx", postgresEngine}
	db := must(sql.Open("pgx", d.dsn(t)))
	defer db.Close()
	must(db.Exec("CREATE TABLE locked (id INT)"))
	tx := must(db.Begin())
	defer tx.Rollback()
	must(tx.Exec("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE"))
	began := time.Now()
	_, err := explain.Explain(context.Background(), db, explain.PostgreSQL, "SELECT * FROM locked WHERE id = $1")
	if took := time.Since(began); err == nil || took > 2*explain.Timeout {
		t.Errorf("%v after %v", err, took)
	}
	if _, refused := errors.AsType[*explain.Refused](err); refused {
		t.Errorf("refused: %v", err)
	}
}
