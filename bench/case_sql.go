package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// sqlQuery asks a driver that answers at once, so that what is left above bare is what
// reporting costs. Ours keeps the caller, the parameters' types and the count of rows
// too, which otelsql does not.
var sqlQuery = benchCase{
	name: "sql_query", work: "a query with two parameters and no rows, above bare", unit: unitNS,
	allocs: anyAllocs,
	step:   perRecord,
	bare: func(e *env) (op, error) {
		return op{run: queries(e, idle{}, func(ctx context.Context, n int, query func(context.Context) error) error {
			return repeat(ctx, n, query)
		})}, nil
	},
	ours: func(e *env) (op, error) {
		r := newRecorder(e, instrument.Config{NoLabels: true, MaxAttrBytes: 1 << 20})
		return op{run: queries(e, sqltap.Connector(idle{}), func(ctx context.Context, n int, query func(context.Context) error) (err error) {
			for ; n > 0 && err == nil; n -= perRecord {
				ctx, rec := r.Begin(ctx, instrument.Begin{Handler: benchRequest})
				err = repeat(ctx, min(n, perRecord), query)
				rec.End()
			}
			return err
		})}, nil
	},
	peers: []peer{
		{"otelsql, " + otelSDK, 0.95, otelQueries(newOTel)},
		{"otelsql, " + otelNoop, 3, otelQueries(newOTelNoop)},
	},
}

func otelQueries(provider func(*env) trace.TracerProvider) side {
	return func(e *env) (op, error) {
		tp := provider(e)
		t := tp.Tracer("bench")
		db := otelsql.OpenDB(idle{}, otelsql.WithTracerProvider(tp))
		e.atEnd(db.Close)
		return op{run: func(n int) (err error) {
			for ; n > 0 && err == nil; n -= perRecord {
				ctx, root := t.Start(context.Background(), "GET /bench")
				err = repeat(ctx, min(n, perRecord), asking(db))
				root.End()
			}
			return err
		}}, nil
	}
}

// queries opens a database and hands a query of it to run.
func queries(e *env, c driver.Connector, run func(ctx context.Context, n int, query func(context.Context) error) error) func(n int) error {
	db := sql.OpenDB(c)
	e.atEnd(db.Close)
	return func(n int) error { return run(context.Background(), n, asking(db)) }
}

func asking(db *sql.DB) func(context.Context) error {
	return func(ctx context.Context) error {
		rows, err := db.QueryContext(ctx, "SELECT id, name FROM users WHERE id = ? AND name = ?", 17, "Ann")
		if err != nil {
			return err
		}
		return rows.Close()
	}
}

func repeat(ctx context.Context, n int, query func(context.Context) error) error {
	for range n {
		if err := query(ctx); err != nil {
			return err
		}
	}
	return nil
}

// idle is a driver that answers everything with no rows.
type idle struct{}

func (idle) Connect(context.Context) (driver.Conn, error) { return idle{}, nil }

func (idle) Driver() driver.Driver { return idle{} }

func (idle) Open(string) (driver.Conn, error) { return idle{}, nil }

func (idle) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }

func (idle) Begin() (driver.Tx, error) { return nil, driver.ErrSkip }

func (idle) Close() error { return nil }

func (idle) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return idle{}, nil
}

func (idle) Columns() []string { return nil }

func (idle) Next([]driver.Value) error { return io.EOF }
