package sqltap_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

func TestRunnable_PutsParametersIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ system, statement, values, want string }{
		{"sqlite", "SELECT a FROM t WHERE id = ? AND name = ?", `1=17, 2="O'Brien, =\"x\""`, `SELECT a FROM t WHERE id = 17 AND name = 'O''Brien, ="x"'`},
		{"postgresql", "SELECT a::text FROM t WHERE id = $2 AND x = $1", `1=NULL, 2=-1.5e+10`, "SELECT a::text FROM t WHERE id = -1.5e+10 AND x = NULL"},
		{"postgresql", "SELECT a FROM t WHERE id = $1 AND b = ?", `1=17`, "SELECT a FROM t WHERE id = 17 AND b = ?"},
		{"postgresql", "SELECT $10, $1", `1=1, 10=2`, "SELECT 2, 1"},
		{"mysql", "SELECT a FROM t WHERE name = ?", `1="a\\' OR 1=1"`, `SELECT a FROM t WHERE name = 'a\\'' OR 1=1'`},
		{"sqlite", "SELECT :name, @at", `name="Ann", at=2024-01-02T03:04:05Z`, "SELECT 'Ann', '2024-01-02T03:04:05Z'"},
		{"sqlite", "SELECT ?, ?, ?", `1=[redacted], 2="cut"…, 3=bytes(7)`, "SELECT ?, ?, ?"},
		{"sqlite", "SELECT ?, ?", `1="a [redacted] b", 2=true`, "SELECT ?, ?"},
		{"sqlite", "SELECT ? FROM t LIMIT ?", `1=17`, "SELECT ? FROM t LIMIT ?"},
		{"sqlite", "SELECT ?", ``, "SELECT ?"},
		{"sqlite", "SELECT ?", `1=x'; DROP TABLE t`, "SELECT ?"},
		{"sqlite", "SELECT ?1, ?2", `1=1, 2=2`, "SELECT 1, 2"},
	} {
		s := instrument.RecordSpan{Handler: instrument.HandlerInfo{Name: c.statement}, Attrs: []instrument.KV{
			{Key: "db.system.name", Value: c.system}, {Key: "db.query.parameters", Value: c.values},
		}}
		if got := sqltap.Runnable(s); got != c.want {
			t.Errorf("%s with %s\n got %s\nwant %s", c.statement, c.values, got, c.want)
		}
	}
}

// What is put in runs, and does the same.
func TestRunnable_Runs(t *testing.T) {
	t.Parallel()
	db := must(sqltap.Open("sqlite", ":memory:", sqltap.Parameters(nil)))
	defer db.Close()
	db.SetMaxOpenConns(1)
	args := []any{"it's; -- \"so\"", int64(-7), 1.25, nil, true, time.Unix(1000, 0).UTC()}
	read := func(ctx context.Context, q string, args ...any) (v [6]string) {
		if err := db.QueryRowContext(ctx, q, args...).Scan(&v[0], &v[1], &v[2], &v[3], &v[4], &v[5]); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		return v
	}
	const q = "SELECT @text, quote(@number), quote(@real), quote(@none), quote(@truth), typeof(@at)"
	var want [6]string
	spans := traced(t, func(ctx context.Context) {
		want = read(ctx, q, sql.Named("text", args[0]), sql.Named("number", args[1]), sql.Named("real", args[2]), sql.Named("none", args[3]), sql.Named("truth", args[4]), sql.Named("at", args[5]))
	})
	text := sqltap.Runnable(spans[0])
	if got := read(context.Background(), text); got != want {
		t.Errorf("%s\n got %v\nwant %v", text, got, want)
	}
}

func FuzzRunnable(f *testing.F) {
	f.Add("mysql", "SELECT ?, $1, :a", `1=17, a="b"`)
	f.Fuzz(func(t *testing.T, system, statement, values string) {
		sqltap.Runnable(instrument.RecordSpan{Handler: instrument.HandlerInfo{Name: statement}, Attrs: []instrument.KV{
			{Key: "db.system.name", Value: system}, {Key: "db.query.parameters", Value: values},
		}})
	})
}
