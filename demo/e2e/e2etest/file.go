package e2etest

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// Integrity has SQLite look whether a file is sound.
func Integrity(tb testing.TB, file string) {
	tb.Helper()
	db, err := sql.Open("sqlite", store.DSN(file))
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(tb.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		tb.Errorf("integrity of %s: %s %v", file, verdict, err)
	}
}

// Lock keeps everybody else from writing into a file until unlock is called.
func Lock(tb testing.TB, file string) (unlock func()) {
	tb.Helper()
	db, err := sql.Open("sqlite", store.DSN(file))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	tx, err := db.BeginTx(tb.Context(), nil) // immediate: see store.DSN
	if err != nil {
		tb.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			tb.Fatal(err)
		}
	}
}

// Grep names those of a database's files that contain one of the texts.
func Grep(tb testing.TB, file string, texts ...string) (hits []string) {
	tb.Helper()
	files, err := filepath.Glob(file + "*")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no files %s*: %v", file, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		for _, text := range texts {
			if bytes.Contains(b, []byte(text)) {
				hits = append(hits, filepath.Base(f)+": "+text)
			}
		}
	}
	return hits
}
