package main

import (
	"os"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

func TestF14_DoctorNamesDamagedFilesThatWerePutAside(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	a.flush()
	damaged := a.path + ".corrupt-20261121-101500.000"
	for _, name := range []string{damaged, damaged + "-wal", a.path + ".corrupt-notatime"} {
		if err := os.WriteFile(name, []byte("SQLite format 3"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(sqlitefile.AsideOf(a.path)) != 1 {
		t.Fatal("the fixture is not as files are put aside")
	}
	out := mustRun(t, "doctor", "--db", a.path)
	if strings.Count(out, "damage:") != 1 || !strings.Contains(out, ".recover") {
		t.Errorf("got\n%s", out)
	}
}

func TestF15_DoctorTellsThatNobodyMayWrite(t *testing.T) {
	t.Parallel()
	a := startApp(t)
	a.flush()
	if err := os.Chmod(a.path, 0o400); err != nil {
		t.Fatal(err)
	}
	if r := toolbar(t, "doctor", "--db", a.path); r.code != exitFound || !strings.Contains(r.stdout, "bad   files: nobody may write toolbar.db") {
		t.Errorf("got %d:\n%s", r.code, r.stdout)
	}
}
