package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// openFile opens a database in a folder of its own. What is not a store gets the
// same settings, so that only the tables differ.
func openFile(e *env) (*sql.DB, string, error) {
	dir, err := e.tempDir()
	if err != nil {
		return nil, "", err
	}
	path := filepath.Join(dir, "bench.db")
	db, err := sqlitefile.Open(path, sqlitefile.Options{})
	if err != nil {
		return nil, "", err
	}
	e.atEnd(db.Close)
	return db, path, nil
}

func openStore(e *env) (*store.Store, *sql.DB, string, error) {
	db, path, err := openFile(e)
	if err != nil {
		return nil, nil, "", err
	}
	st, err := store.Open(context.Background(), db, store.Options{MaxBytes: 8 << 30})
	if err != nil {
		return nil, nil, "", err
	}
	e.atEnd(st.Close)
	return st, db, path, nil
}

// sizeOf is the size of the database when nothing is left in its log.
func sizeOf(db *sql.DB, path string) (int64, error) {
	if _, err := db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// appending writes Records as the collector does.
func appending(e *env) (op, error) {
	st, db, path, err := openStore(e)
	if err != nil {
		return op{}, err
	}
	batch := &instrument.Batch{Items: newItems(e, st.Process())}
	at := itemsBegin
	run := func(n int) error {
		for ; n > 0; n -= storeBatch {
			for i := range batch.Items { // the same Records at another time
				at = at.Add(time.Millisecond)
				moveItem(&batch.Items[i], at, st.Process())
			}
			if err := st.Append(context.Background(), batch); err != nil {
				return err
			}
		}
		return nil
	}
	return op{run: run, size: func() (int64, error) { return sizeOf(db, path) }}, nil
}

var itemsBegin = time.Unix(1_750_000_000, 0)

func moveItem(it *instrument.Item, at time.Time, process uint16) {
	it.Summary.ID = instrument.FirstID(at) | instrument.ID(process)<<12
	it.Summary.Start = at.UnixNano() + int64(at.UnixMilli())*997%1e6
}

// newItems makes a batch whose spans last as long as such work does, because short
// times would take less room.
func newItems(e *env, process uint16) []instrument.Item {
	sink := &keepItems{}
	r := newRecorder(e, instrument.Config{Sink: sink, Masker: mask.Default(), Process: process, NoLabels: true})
	for i := range storeBatch {
		pretend(r, i)
		sink.items[i].Summary.Duration = pretendRequest(i)
	}
	return sink.items
}

type keepItems struct{ items []instrument.Item }

func (k *keepItems) Want(*instrument.Summary) bool { return true }

func (k *keepItems) Put(s *instrument.Summary, blob []byte) {
	k.items = append(k.items, instrument.Item{Summary: *s, Blob: append([]byte(nil), blob...)})
}
