package e2e_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// integrity has SQLite look whether the file is sound.
func integrity(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", store.DSN(file))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity of %s: %s %v", file, verdict, err)
	}
}

// grep names those of a database's files that contain one of the texts.
func grep(t *testing.T, file string, texts ...string) (hits []string) {
	t.Helper()
	files, err := filepath.Glob(file + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s*: %v", file, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if bytes.Contains(b, []byte(text)) {
				hits = append(hits, filepath.Base(f)+": "+text)
			}
		}
	}
	return hits
}
