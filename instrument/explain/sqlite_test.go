package explain

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// victims is a database that hostile statements are let loose on.
func victims(t testing.TB) (db *sql.DB, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "victims.db")
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, q := range []string{
		"CREATE TABLE victims (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO victims VALUES (1, 'Ann'), (2, 'Bob')",
		"CREATE TABLE owners (id INTEGER PRIMARY KEY, victim INTEGER)", "CREATE INDEX owners_victim ON owners (victim)",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	return db, file
}

func sum(t testing.TB, file string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func hostileLines(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")[1:]
	for i, s := range lines {
		lines[i] = strings.ReplaceAll(s, "{n}", "\n")
	}
	return lines
}

func TestT09_HostileStatementsChangeNoSQLiteFile(t *testing.T) {
	t.Parallel()
	db, file := victims(t)
	before := sum(t, file)
	for _, s := range hostileLines(t) {
		_, err := Explain(context.Background(), db, SQLite, s)
		if err == nil {
			t.Errorf("%q has a plan", s) // there are no functions of an app's own here
		}
	}
	if sum(t, file) != before {
		t.Error("the file has changed")
	}
	if _, err := os.Stat("/tmp/debugtoolbar_hostile"); err == nil {
		t.Error("a file was written")
	}
}

// What would pass Check by mistake is stopped by the connection and by EXPLAIN.
func TestT09_SQLiteCannotWriteEvenWithoutCheck(t *testing.T) {
	t.Parallel()
	db, file := victims(t)
	before := sum(t, file)
	tried := 0
	for _, s := range hostileLines(t) {
		if strings.Contains(s, ";") || strings.HasPrefix(s, "PRAGMA") {
			continue // more than one statement is Check's to refuse; "EXPLAIN QUERY PLAN PRAGMA" is below
		}
		conn, err := db.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		explainSQLite(context.Background(), conn, s, nil)
		conn.Close()
		tried++
	}
	if sum(t, file) != before || tried < 30 {
		t.Errorf("the file has changed, or only %d were tried", tried)
	}
}

func TestExplain_LeavesTheConnectionAsItWas(t *testing.T) {
	t.Parallel()
	db, _ := victims(t)
	db.SetMaxOpenConns(1)
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, ctx := range []context.Context{context.Background(), canceled} {
		Explain(ctx, db, SQLite, "SELECT * FROM victims")
		Explain(ctx, db, SQLite, "SELECT * FROM nowhere")
		if _, err := db.Exec("INSERT INTO victims (name) VALUES ('Eve')"); err != nil {
			t.Errorf("the app cannot write any more: %v", err)
		}
	}
	if _, err := db.Exec("PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	if _, err := Explain(context.Background(), db, SQLite, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("DELETE FROM victims"); err == nil {
		t.Error("a connection that could not write can now")
	}
}

func TestExplain_DrawsSQLitesPlan(t *testing.T) {
	t.Parallel()
	db, _ := victims(t)
	for statement, want := range map[string]string{
		"SELECT * FROM victims WHERE id = ?":     "SEARCH victims\n    Using: INTEGER PRIMARY KEY (rowid=?)\n",
		"SELECT * FROM victims WHERE name = 'x'": "SCAN victims\n    ! All rows of the table are read.\n",
		"SELECT v.name FROM victims v JOIN owners o ON o.victim = v.id WHERE o.id = $id ORDER BY v.name;": "SEARCH o\n    Using: INTEGER PRIMARY KEY (rowid=?)\nSEARCH v\n    Using: INTEGER PRIMARY KEY (rowid=?)\n",
		"SELECT name FROM victims WHERE name > ?2 ORDER BY name":                                          "SCAN victims\n    ! All rows of the table are read.\nUSE TEMP B-TREE FOR ORDER BY\n    ! No index has the order of the ORDER BY: the rows are sorted first.\n",
		"SELECT 1 UNION SELECT id FROM victims":                                                           "MERGE (UNION)\n├─ LEFT\n│  └─ SCAN CONSTANT ROW\n└─ RIGHT\n   └─ SCAN victims\n          ! All rows of the table are read.\n",
	} {
		p, err := Explain(context.Background(), db, SQLite, statement)
		if err != nil {
			t.Errorf("%s: %v", statement, err)
			continue
		}
		if got := p.String(); got != want {
			t.Errorf("%s:\n%swant\n%s", statement, got, want)
		}
		if p.Took <= 0 || p.System != SQLite {
			t.Errorf("%+v", p)
		}
	}
	steps, deepest := 0, 0
	p, err := Explain(context.Background(), db, SQLite, "SELECT 1 UNION SELECT id FROM victims")
	if err != nil {
		t.Fatal(err)
	}
	p.Each(func(_ *Node, depth int) { steps++; deepest = max(deepest, depth) })
	if steps < 4 || deepest != 2 {
		t.Errorf("%d steps, %d deep", steps, deepest)
	}
}
