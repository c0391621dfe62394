package sqltap_test

import (
	"context"
	"database/sql"
	"fmt"

	"modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// keep is a Sink that keeps the last Record.
type keep struct{ rec *instrument.Record }

func (k *keep) Want(*instrument.Summary) bool { return true }
func (k *keep) Put(s *instrument.Summary, blob []byte) {
	k.rec, _ = instrument.Decode(*s, blob, instrument.LiveNames())
}

func Example() {
	db, err := sqltap.Open("sqlite", ":memory:") // instead of sql.Open
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	var k keep
	r := instrument.New(instrument.Config{Sink: &k})
	defer r.SetEnabled(false)
	page := instrument.NewHandler(instrument.KindRequest, "GET /", instrument.Source{})
	_, rec := r.Begin(context.Background(), instrument.Begin{Handler: page})
	var n int
	db.QueryRow("SELECT 7 WHERE 'secret' <> ''").Scan(&n) // no context: the goroutine tells
	rec.End()

	for _, s := range k.rec.Spans {
		fmt.Println(s.Handler.Kind, s.Handler.Name)
	}
	// Output:
	// request GET /
	// connect sqlite
	// query SELECT ? WHERE ? <> ?
}

// Apps and libraries that open databases by name need no change but the name.
func ExampleRegister() {
	sqltap.Register("sqlite+tap", &sqlite.Driver{})
	db, err := sql.Open("sqlite+tap", ":memory:")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	var n int
	fmt.Println(db.QueryRow("SELECT 7").Scan(&n), n)
	// Output: <nil> 7
}

func ExampleJudge() {
	query := func(name string, line int, hash, rows int64) instrument.RecordSpan {
		return instrument.RecordSpan{
			Handler: instrument.HandlerInfo{Kind: instrument.KindQuery, Name: name},
			Stack:   []instrument.Frame{{Func: "shop.List", File: "/src/shop/list.go", Line: line}},
			Attrs: []instrument.KV{
				{Key: "db.query.arguments", Value: "int64"}, {Key: "db.query.hash", Value: hash},
				{Key: "db.response.returned_rows", Value: rows},
			},
		}
	}
	spans := []instrument.RecordSpan{
		query("SELECT id FROM orders WHERE customer = ?", 40, 1, 3),
		query("SELECT name FROM items WHERE order_id = ?", 44, 2, 1),
		query("SELECT name FROM items WHERE order_id = ?", 44, 3, 1),
		query("SELECT name FROM items WHERE order_id = ?", 44, 4, 1),
	}
	for _, r := range sqltap.Judge(spans, sqltap.Limits{}).NPlusOne {
		fmt.Println(r.Statement)
		fmt.Println(r.Text(spans))
		fmt.Println(r.Fix())
	}
	// Output:
	// SELECT name FROM items WHERE order_id = ?
	// ran 3 times from list.go:44, once for each row of: SELECT id FROM orders WHERE customer = ?
	// Collect the keys first and ask once, WHERE key IN (...), or join the two queries.
}
