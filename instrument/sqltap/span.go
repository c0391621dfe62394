package sqltap

import (
	"context"
	"database/sql/driver"
	"reflect"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// The attributes of a statement, in OpenTelemetry's names where these have one.
// Verdicts read them, and so do pages.
var (
	keySystem     = instrument.NewKey("db.system.name")
	keyName       = instrument.NewKey("db.namespace")        // of the database, where the app gave it one
	keyArgs       = instrument.NewKey("db.query.arguments")  // how many, their types and lengths
	keyParameters = instrument.NewKey("db.query.parameters") // their values, masked
	// keyHash is the same for the same text with the same parameters. It compares
	// within one process only.
	keyHash            = instrument.NewKey("db.query.hash")
	keyRowsAffected    = instrument.NewKey("db.response.affected_rows")
	keyRowsReturned    = instrument.NewKey("db.response.returned_rows")
	keyBytes           = instrument.NewKey("db.response.bytes")
	keyAnswered        = instrument.NewKey("db.response.time")      // until the driver had rows to read
	keyFirstRow        = instrument.NewKey("db.response.first_row") // until the first of them was there
	keyOpen            = instrument.NewKey("db.response.open")      // until they were closed
	keyTransaction     = instrument.NewKey("db.transaction.id")
	keyTransactionTime = instrument.NewKey("db.transaction.time") // from BEGIN to its end
)

// call is one run of a statement.
type call struct {
	span  instrument.Span
	start int64
	text  *statement
}

func duration(ns int64) time.Duration { return time.Duration(ns) }

// begin starts the span of a statement. What is noted of it is collected before the
// clock is read, so that it is not counted as the database's time.
func (c *conn) begin(ctx context.Context, st *statement, args []driver.NamedValue) call {
	return c.beginAt(ctx, 0, st, args)
}

// beginAt begins at a time that is past; 0 for now.
func (c *conn) beginAt(ctx context.Context, at int64, st *statement, args []driver.NamedValue) call {
	if rec, _ := instrument.Find(ctx); rec == nil {
		if at == 0 {
			at = instrument.Now()
		}
		return call{instrument.LeafAt(ctx, at, st.handler), at, st}
	}
	c.tap.runs(st)
	attrs := [8]instrument.Attr{keySystem.String(c.tap.system), keyHash.Int64(hashOf(st, args)), c.tap.caller(c.skip)}
	n := 3
	if c.tap.name != "" {
		attrs[n] = keyName.String(c.tap.name)
		n++
	}
	if len(args) > 0 {
		attrs[n] = keyArgs.String(shapes(args))
		n++
		if c.tap.rules != nil {
			attrs[n] = keyParameters.String(values(c.tap.rules, st, args))
			n++
		}
	}
	if c.tx != nil {
		attrs[n] = keyTransaction.Int64(c.tx.id)
		n++
	}
	if wait := c.waits(); wait > 0 {
		attrs[n] = keyPoolWait.Duration(wait)
		n++
	}
	if at == 0 {
		at = instrument.Now()
	}
	return call{instrument.LeafAt(ctx, at, st.handler, attrs[:n]...), at, st}
}

// end ends the span. What database/sql handles itself is no failure: a skip makes
// it take another way.
func (c call) end(err error) { c.endAt(instrument.Now(), err) }

func (c call) endAt(now int64, err error) {
	if err == driver.ErrSkip {
		c.text.skips.Store(true)
		c.span.Flag(instrument.FlagSkipped)
		err = nil
	}
	c.span.EndAt(now, err)
}

func (c call) result(res driver.Result, err error) (driver.Result, error) {
	now := instrument.Now()
	if err == nil && res != nil && c.span.Recorded() {
		if n, ok := affected(res); ok {
			c.span.Set(keyRowsAffected.Int64(n))
		}
	}
	c.endAt(now, err)
	return res, err
}

// rows goes on with the rows of a query; the span ends when they are closed.
func (c call) rows(raw driver.Rows, err error) (driver.Rows, error) {
	now := instrument.Now()
	if err != nil || raw == nil || !c.span.Active() {
		c.endAt(now, err)
		return raw, err
	}
	busy := now - c.start
	if c.span.Recorded() {
		c.span.Set(keyAnswered.Duration(duration(busy)))
	}
	return wrapRows(raw, c, busy), nil
}

func (c call) endRows(r *rows, now int64) {
	if c.span.Recorded() {
		attrs := [4]instrument.Attr{keyRowsReturned.Int64(r.count), keyOpen.Duration(duration(now - c.start))}
		if r.count > 0 {
			attrs[2] = keyFirstRow.Duration(duration(r.first))
			attrs[3] = keyBytes.Int64(r.bytes)
		}
		c.span.Set(attrs[:]...)
	}
	c.span.EndAt(min(c.start+r.busy, now), r.err)
}

// knownResults are the packages of drivers whose results hold the number of rows
// ready. Others are not asked: one may wait for the server to answer.
var knownResults = []string{
	"database/sql/driver", "modernc.org/sqlite", "github.com/mattn/go-sqlite3", "github.com/go-sql-driver/mysql",
	"github.com/lib/pq", "github.com/ncruces/go-sqlite3/driver", "github.com/microsoft/go-mssqldb",
}

func affected(res driver.Result) (n int64, ok bool) {
	if n, ok := res.(driver.RowsAffected); ok {
		return int64(n), true
	}
	t := reflect.TypeOf(res)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	pkg := t.PkgPath()
	for _, known := range knownResults {
		if pkg == known || strings.HasPrefix(pkg, known) && strings.HasPrefix(pkg[len(known):], "/v") {
			n, err := res.RowsAffected()
			return n, err == nil
		}
	}
	return 0, false
}
