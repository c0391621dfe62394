package otelpeers

import (
	"cmp"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

func dsn() string {
	return cmp.Or(os.Getenv("TOOLBAR_TEST_POSTGRES"), "postgres://root@127.0.0.1:5432/test?sslmode=disable")
}

func TestOtelpgx_QueriesStandInTheSQLPanel(t *testing.T) {
	var page http.HandlerFunc
	b := setup(t, toolbar.Config{}, &page)
	config, err := pgxpool.ParseConfig(dsn())
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.Tracer = otelpgx.NewTracer(otelpgx.WithTracerProvider(b.tb.TracerProvider()), otelpgx.WithIncludeQueryParameters())
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err == nil {
		err = pool.Ping(t.Context())
	}
	if err != nil {
		missing(t, "PostgreSQL", err)
	}
	defer pool.Close()
	page = func(_ http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		var n int
		for i := range 2 {
			if err := pool.QueryRow(ctx, "SELECT $1::int + 40", i).Scan(&n); err != nil {
				t.Error(err)
			}
		}
		if err := pool.QueryRow(ctx, "SELECT length($1::text) AS password", "hunter2").Scan(&n); err != nil {
			t.Error(err)
		}
		batch := &pgx.Batch{}
		batch.Queue("SELECT 'in a batch'")
		if err := pool.SendBatch(ctx, batch).Close(); err != nil {
			t.Error(err)
		}
		if _, err := pool.Exec(ctx, "SELECT * FROM there_is_no_such_table"); err == nil {
			t.Error("a table is there that is not")
		}
	}
	rec := b.visit()
	queries := rec.kinds("query")
	var names []string
	for _, q := range queries {
		names = append(names, q.Name)
	}
	want := "SELECT $1::int + ?|SELECT $1::int + ?|SELECT length($1::text) AS password|SELECT ?|SELECT * FROM there_is_no_such_table"
	if got := strings.Join(names, "|"); got != want {
		t.Fatalf("got %s\n%s", got, rec)
	}
	first := queries[0]
	if first.Attrs["db.system.name"] != "postgresql" || first.Attrs["db.namespace"] == nil || first.Attrs["db.response.affected_rows"] != 1.0 ||
		first.Attrs["db.query.hash"] == queries[1].Attrs["db.query.hash"] || len(first.Stack) == 0 || !strings.Contains(first.Stack[0].Func, "TestOtelpgx") {
		t.Errorf("the first query: %+v", first)
	}
	if !strings.Contains(queries[4].Error, "there_is_no_such_table") {
		t.Errorf("the error is %q", queries[4].Error)
	}
	b.hides(rec, "hunter2")
	b.shows(rec, "sql", "there_is_no_such_table", "SELECT $1::int + ?")
}
