// Package store keeps the shop: catalogue, customers, orders, stock, letters and what visitors did.
//
// One file holds one subject, as in the packages above it: orders.go here, orders.go in shop, orders.templ in views.
package store

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"
)

// ErrNotFound is returned when the row that was asked for does not exist, such as a product that left the catalogue.
var ErrNotFound = errors.New("not found")

// schemaVersion is raised whenever schema.sql changes: a demo's file is thrown away then, not migrated.
const schemaVersion = 2

//go:embed schema.sql
var schema string

// Store is the shop's database. It is safe for concurrent use.
type Store struct {
	db  *sql.DB
	now func() time.Time
}

// DSN names the SQLite file at path for the modernc driver. The pragmas stand in the name because a PRAGMA statement would
// reach only one of the pool's connections, and transactions begin immediately because all of them write.
func DSN(path string) string {
	file := url.URL{Path: filepath.ToSlash(path)}
	return "file:" + file.EscapedPath() + "?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)" +
		"&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)"
}

// New prepares the shop's tables in db and returns the store over it. A file made by another version of the demo is refused.
func New(ctx context.Context, db *sql.DB) (*Store, error) {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return nil, fmt.Errorf("read the shop's schema version: %w", err)
	}
	if version != 0 && version != schemaVersion {
		return nil, fmt.Errorf("the shop's file has schema %d, this demo wants %d: delete the file, it is filled anew", version, schemaVersion)
	}
	s := &Store{db: db, now: time.Now}
	if version == schemaVersion {
		return s, nil
	}
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d;", schemaVersion))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("create the shop's tables: %w", err)
	}
	return s, nil
}

// DB is the database below, for what keeps its own tables there (the sessions).
func (s *Store) DB() *sql.DB { return s.db }

// inTx runs fn in a transaction that is committed if fn returns nil.
func (s *Store) inTx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// unix is the clock's reading as the tables keep it.
func (s *Store) unix() int64 { return s.now().Unix() }

// query collects the rows of a statement, each made by scan.
func query[T any](ctx context.Context, db *sql.DB, scan func(scanner) (T, error), stmt string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, stmt, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// scanner is what *sql.Row and *sql.Rows have in common.
type scanner interface{ Scan(dest ...any) error }

// found turns the driver's "no rows" into ErrNotFound, naming what was looked for.
func found(what string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s: %w", what, ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}
