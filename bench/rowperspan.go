package main

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"time"
)

// The store that suggests itself: a row for each span, its attributes as JSON, an
// index to find the spans of a trace, and one statement prepared for all of them.
const rowPerSpanSchema = `
CREATE TABLE span (
	id         INTEGER PRIMARY KEY,
	trace      BLOB NOT NULL,
	parent     INTEGER,
	kind       INTEGER NOT NULL,
	name       TEXT NOT NULL,
	start      INTEGER NOT NULL,
	duration   INTEGER NOT NULL,
	status     INTEGER NOT NULL,
	attributes TEXT
);
CREATE INDEX span_trace ON span (trace);`

const insertSpan = "INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

type spanRow struct {
	parent     int // among the rows of its request
	kind       int
	name       string
	start      time.Duration
	duration   time.Duration
	attributes any
}

// spanRows are the twenty spans of the request and the request itself.
var spanRows = func() (rows []spanRow) {
	add := func(parent int, name string, duration time.Duration, attributes any) int {
		rows = append(rows, spanRow{parent, len(rows) % 8, name, time.Duration(len(rows)) * 317 * time.Microsecond, duration, attributes})
		return len(rows) - 1
	}
	at := add(-1, "GET /shop/orders/{id}", 8*time.Millisecond, fmt.Sprintf(
		`{"http.request.method":"GET","url.path":%q,"url.query":%q,"http.response.status_code":200,"http.response.body.size":5120}`, mixPath, mixQuery))
	for i := range mixLayers {
		at = add(at, fmt.Sprintf("layer%d", i), 7900*time.Microsecond, nil)
	}
	view := add(at, "shop.ShowOrder", 7800*time.Microsecond, nil)
	signal := add(view, "order_shown", 700*time.Microsecond, nil)
	for i := range mixReceivers {
		add(signal, fmt.Sprintf("receiver%d", i), 200*time.Microsecond, nil)
	}
	for i, text := range mixStatement {
		add(view, text, 500*time.Microsecond, fmt.Sprintf(`{"db.system.name":"sqlite","db.response.affected_rows":%d}`, i))
	}
	add(view, "log", 0, fmt.Sprintf(`{"log.severity":"INFO","log.message":%q}`, mixMessage))
	return rows
}()

func insertingSpans(e *env) (op, error) {
	db, path, err := openFile(e)
	if err != nil {
		return op{}, err
	}
	if _, err := db.Exec(rowPerSpanSchema); err != nil {
		return op{}, err
	}
	insert, err := db.Prepare(insertSpan)
	if err != nil {
		return op{}, err
	}
	e.atEnd(insert.Close)
	w := &spanWriter{db: db, insert: insert}
	run := func(n int) error {
		for ; n > 0; n -= storeBatch {
			if err := w.batch(); err != nil {
				return err
			}
		}
		return nil
	}
	return op{run: run, size: func() (int64, error) { return sizeOf(db, path) }}, nil
}

type spanWriter struct {
	db     *sql.DB
	insert *sql.Stmt
	id     int64
	traces uint64
}

// batch writes as many requests as ours does, in one transaction too.
func (w *spanWriter) batch() error {
	ctx := context.Background()
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after the commit it does nothing
	insert := tx.StmtContext(ctx, w.insert)
	for range storeBatch {
		if err := w.request(ctx, insert); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (w *spanWriter) request(ctx context.Context, insert *sql.Stmt) error {
	w.traces++
	var trace [16]byte
	binary.BigEndian.PutUint64(trace[:], w.traces*0x9E3779B97F4A7C15) // trace ids are random
	first := w.id + 1
	start := itemsBegin.UnixNano() + int64(w.traces)*1e6
	for _, r := range spanRows {
		w.id++
		var parent any
		if r.parent >= 0 {
			parent = first + int64(r.parent)
		}
		if _, err := insert.ExecContext(ctx, w.id, trace[:], parent, r.kind, r.name,
			start+int64(r.start), int64(r.duration), 0, r.attributes); err != nil {
			return err
		}
	}
	return nil
}
