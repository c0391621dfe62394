//lint:file-ignore SA1019 drivers of today still have the old interfaces

package sqltap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// interfaces lists what of database/sql/driver v has.
func interfaces(v any) (names []string) {
	for _, t := range []reflect.Type{
		reflect.TypeFor[driver.Pinger](), reflect.TypeFor[driver.Execer](), reflect.TypeFor[driver.ExecerContext](),
		reflect.TypeFor[driver.Queryer](), reflect.TypeFor[driver.QueryerContext](), reflect.TypeFor[driver.ConnPrepareContext](),
		reflect.TypeFor[driver.ConnBeginTx](), reflect.TypeFor[driver.SessionResetter](), reflect.TypeFor[driver.Validator](),
		reflect.TypeFor[driver.NamedValueChecker](), reflect.TypeFor[driver.StmtExecContext](), reflect.TypeFor[driver.StmtQueryContext](),
		reflect.TypeFor[driver.ColumnConverter](), reflect.TypeFor[driver.RowsNextResultSet](), reflect.TypeFor[driver.RowsColumnTypeScanType](),
		reflect.TypeFor[driver.RowsColumnTypeDatabaseTypeName](), reflect.TypeFor[driver.RowsColumnTypeLength](),
		reflect.TypeFor[driver.RowsColumnTypeNullable](), reflect.TypeFor[driver.RowsColumnTypePrecisionScale](),
		reflect.TypeFor[driver.DriverContext](), reflect.TypeFor[io.Closer](),
	} {
		if reflect.TypeOf(v).Implements(t) {
			names = append(names, t.Name())
		}
	}
	return names
}

// transcript is what a program saw.
type transcript struct{ lines []string }

func (t *transcript) say(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

// err notes an error by text and by identity.
func (t *transcript) err(what string, err error) {
	line := fmt.Sprintf("%s: %v", what, err)
	for _, known := range []error{errDriver, driver.ErrBadConn, driver.ErrSkip, sql.ErrNoRows, sql.ErrTxDone, sql.ErrConnDone, context.Canceled, context.DeadlineExceeded} {
		line += fmt.Sprintf(" %t/%t", err == known, errors.Is(err, known))
	}
	t.lines = append(t.lines, line)
}

func (t *transcript) result(what string, res sql.Result, err error) {
	t.err(what, err)
	if err == nil {
		n, err := res.RowsAffected()
		t.say("%s affected %d %v", what, n, err)
		id, err := res.LastInsertId()
		t.say("%s inserted %d %v", what, id, err)
	}
}

func (t *transcript) rows(what string, rows *sql.Rows, err error) {
	t.err(what, err)
	if err != nil {
		return
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	t.err("types", err)
	for _, c := range types {
		l, okL := c.Length()
		n, okN := c.Nullable()
		p, s, okP := c.DecimalSize()
		t.say("type %s %s %v %d %t %t %t %d %d %t", c.Name(), c.DatabaseTypeName(), c.ScanType(), l, okL, n, okN, p, s, okP)
	}
	for {
		for rows.Next() {
			dest := make([]any, len(types))
			for i := range dest {
				dest[i] = new(any)
			}
			t.err("scan", rows.Scan(dest...))
			for _, d := range dest {
				t.say("value %v", *d.(*any))
			}
		}
		t.err("rows", rows.Err())
		if !rows.NextResultSet() {
			break
		}
		t.say("next set")
	}
	t.err("close", rows.Close())
}

// exercise runs everything that database/sql can ask of a driver.
func exercise(t *transcript, db *sql.DB) {
	ctx := context.Background()
	db.SetMaxOpenConns(2)
	t.err("ping", db.PingContext(ctx))
	for _, q := range []string{"SELECT", "FAIL", "SKIP", "NONE", "SETS", "BREAK", "BADCONN"} {
		exerciseStatement(t, db, q+" of it")
		exerciseStatement(t, db, q+" of ?", 17)
	}
	exerciseStatement(t, db, "SELECT ? ?", "text", []byte("bytes"))
	exerciseStatement(t, db, "SELECT named ?", sql.Named("who", "Ann"))
	exerciseStatement(t, db, "SELECT shape ?", shape{3})
	exerciseStatement(t, db, "SELECT wrong number ?", 1, 2)
	exerciseTx(t, db, nil)
	exerciseTx(t, db, &sql.TxOptions{ReadOnly: true})
	exerciseTx(t, db, &sql.TxOptions{Isolation: sql.LevelSerializable})
	exerciseCanceling(t, db)
	done, cancel := context.WithCancel(ctx)
	cancel()
	_, err := db.ExecContext(done, "SELECT canceled")
	t.err("canceled", err)
	_, err = db.PrepareContext(done, "SELECT canceled")
	t.err("canceled prepare", err)
	_, err = db.BeginTx(done, nil)
	t.err("canceled begin", err)
	exerciseConn(t, db)
	s := db.Stats()
	t.say("open %d in use %d idle %d", s.OpenConnections, s.InUse, s.Idle)
	t.err("close", db.Close())
}

// exerciseCanceling ends the context while the driver is at work.
func exerciseCanceling(t *transcript, db *sql.DB) {
	for _, run := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := db.ExecContext(ctx, "WAIT"); return err },
		func(ctx context.Context) error { return db.QueryRowContext(ctx, "WAIT").Scan(new(any), new(any)) },
	} {
		ctx, cancel := context.WithCancel(context.Background())
		t.err("canceled at work", run(context.WithValue(ctx, cancelKey{}, cancel)))
		cancel()
	}
}

func exerciseStatement(t *transcript, db *sql.DB, q string, args ...any) {
	ctx := context.Background()
	res, err := db.ExecContext(ctx, q, args...)
	t.result("exec "+q, res, err)
	rows, err := db.QueryContext(ctx, q, args...)
	t.rows("query "+q, rows, err)
	var id int
	var name string
	t.err("row "+q, db.QueryRow(q, args...).Scan(&id, &name))
	stmt, err := db.Prepare(q)
	t.err("prepare "+q, err)
	if err != nil {
		return
	}
	for range 2 {
		res, err = stmt.Exec(args...)
		t.result("prepared exec "+q, res, err)
		rows, err = stmt.QueryContext(ctx, args...)
		t.rows("prepared query "+q, rows, err)
	}
	t.err("close "+q, stmt.Close())
}

func exerciseTx(t *transcript, db *sql.DB, o *sql.TxOptions) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
		tx, err := db.BeginTx(ctx, o)
		t.err("begin", err)
		if err != nil {
			return
		}
		res, err := tx.ExecContext(ctx, "SELECT in it ?", 1)
		t.result("in transaction", res, err)
		rows, err := tx.Query("SELECT in it")
		t.rows("in transaction", rows, err)
		t.err("end", end(tx))
		t.err("end again", end(tx))
	}
}

func exerciseConn(t *transcript, db *sql.DB) {
	c, err := db.Conn(context.Background())
	t.err("conn", err)
	if err != nil {
		return
	}
	t.err("raw", c.Raw(func(any) error { return errDriver }))
	res, err := c.ExecContext(context.Background(), "SELECT on it")
	t.result("on connection", res, err)
	t.err("close connection", c.Close())
}

// compare runs a program on the bare and on the reported driver.
func compare(t *testing.T, connShape func(*fullConn) driver.Conn, stmts func(*fullStmt) driver.Stmt, rows func(*fullRows) driver.Rows) {
	t.Helper()
	run := func(wrap func(driver.Connector) driver.Connector) (saw, asked []string, conns int) {
		s := &server{bad: 4, stmts: stmts, rows: rows}
		var tr transcript
		exercise(&tr, sql.OpenDB(wrap(fakeConnector{s, connShape})))
		return tr.lines, s.log, s.conns
	}
	wantSaw, wantAsked, wantConns := run(func(c driver.Connector) driver.Connector { return c })
	var saw, asked []string
	var conns int
	traced(t, func(context.Context) {
		saw, asked, conns = run(func(c driver.Connector) driver.Connector { return sqltap.Connector(c, sqltap.Parameters(nil)) })
	})
	diff(t, "the app saw", saw, wantSaw)
	diff(t, "the driver was asked", asked, wantAsked)
	if conns != wantConns {
		t.Errorf("%d connections, want %d", conns, wantConns)
	}
	if len(wantSaw) < 300 {
		t.Errorf("only %d lines: the program did not run", len(wantSaw))
	}
}

func diff(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "(end)", "(end)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("%s, line %d:\n  reported: %s\n  bare:     %s", what, i, g, w)
		}
	}
}

func TestF06_EveryDriverBehavesAsBare(t *testing.T) {
	t.Parallel()
	bareS, bareR := stmtShapes["nothing"], rowsShapes["nothing"]
	for name, s := range connShapes {
		t.Run("connection with "+name, func(t *testing.T) { t.Parallel(); compare(t, s, bareS, bareR) })
	}
	for name, s := range oddShapes {
		t.Run("connection with "+name, func(t *testing.T) { t.Parallel(); compare(t, s, bareS, bareR) })
	}
	for name, s := range stmtShapes {
		for _, c := range []string{"nothing", "check", "all"} {
			t.Run("connection with "+c+", statement with "+name, func(t *testing.T) {
				t.Parallel()
				compare(t, connShapes[c], s, bareR)
			})
		}
	}
	for name, r := range rowsShapes {
		t.Run("rows with "+name, func(t *testing.T) { t.Parallel(); compare(t, connShapes["like pgx"], stmtShapes["all"], r) })
	}
}

// sameSet compares what the driver has with what its wrapper has.
func sameSet(t *testing.T, got, want any) {
	t.Helper()
	if g, w := strings.Join(interfaces(got), " "), strings.Join(interfaces(want), " "); g != w {
		t.Errorf("%T:\n  reported: %s\n  bare:     %s", want, g, w)
	}
}

func TestF06_InterfacesAreTheDriversOwn(t *testing.T) {
	t.Parallel()
	for name, connShape := range connShapes {
		t.Run("connection with "+name, func(t *testing.T) {
			t.Parallel()
			c, bare := connect(t, fakeConnector{&server{}, connShape})
			sameSet(t, c, bare)
		})
	}
	for name, shape := range stmtShapes {
		t.Run("statement with "+name, func(t *testing.T) {
			t.Parallel()
			s := &server{stmts: shape}
			c, _ := connect(t, fakeConnector{s, connShapes["all"]})
			st, err := c.Prepare("SELECT 1")
			if err != nil {
				t.Fatal(err)
			}
			sameSet(t, st, shape(nil))
		})
	}
	for name, shape := range rowsShapes {
		t.Run("rows with "+name, func(t *testing.T) {
			t.Parallel()
			s := &server{rows: shape, stmts: stmtShapes["all"]}
			c, _ := connect(t, fakeConnector{s, connShapes["all"]})
			traced(t, func(ctx context.Context) {
				r, err := c.(driver.QueryerContext).QueryContext(ctx, "SELECT 1", nil)
				if err != nil {
					t.Fatal(err)
				}
				sameSet(t, r, shape(&fullRows{}))
				if _, tapped := r.(interface{ Unwrap() any }); !tapped {
					t.Error("the rows are not reported")
				}
				r.Close()
			})
		})
	}
}

// connect gives a connection of c, reported and bare.
func connect(t *testing.T, c driver.Connector) (tapped, bare driver.Conn) {
	t.Helper()
	tapped, err := sqltap.Connector(c).Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	bare, err = c.Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return tapped, bare
}
