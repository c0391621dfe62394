package sqltap

import (
	"fmt"
	"strings"
	"testing"
)

func TestMemory_KeepsWhatIsUsedAndIsBounded(t *testing.T) {
	t.Parallel()
	m := newMemory()
	used := m.get("SELECT used")
	for i := range 5 * maxStatements {
		m.get(fmt.Sprint("SELECT ", i))
		if i%100 == 0 && m.get("SELECT used") != used {
			t.Fatalf("forgotten after %d others", i)
		}
	}
	kept := 0
	for _, g := range []*generation{m.young.Load(), m.old.Load()} {
		g.byText.Range(func(any, any) bool { kept++; return true })
	}
	if kept > 2*maxStatements {
		t.Errorf("%d statements kept, want at most %d", kept, 2*maxStatements)
	}
	first := m.young.Load()
	for i := range 2 * maxStatementBytes / (maxStatementText - 10) {
		m.get(fmt.Sprintf("SELECT %d%s", i, strings.Repeat(" ", maxStatementText-20)))
	}
	if m.young.Load() == first {
		t.Error("the bytes of texts are not bounded")
	}
	if m.get(strings.Repeat("SELECT 1;", maxStatementText)).handler == nil {
		t.Error("a long text has no handler")
	}
}

func TestKindOf_ReadsTheVerb(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]statementKind{
		"SELECT ?": reading, "(SELECT a) UNION (SELECT b)": reading, "select a": reading,
		"WITH x AS (SELECT a) SELECT b": reading, "WITH x AS (SELECT a) DELETE FROM b": writing,
		"INSERT INTO t VALUES (?)": writing, "REPLACE INTO t VALUES (?)": writing,
		"BEGIN": control, "SAVEPOINT a": control, "PRAGMA a": control, "": control,
	} {
		if got := kindOf(statement); got != want {
			t.Errorf("%q is %d, want %d", statement, got, want)
		}
	}
}

func TestQuery_IsLookupAndIsPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		statement    string
		args         int
		lookup, page bool
	}{
		{"SELECT a FROM t WHERE id = ?", 1, true, false},
		{"SELECT a FROM t WHERE id=$1", 1, true, false},
		{"SELECT a FROM t WHERE id = :id", 1, true, false},
		{"SELECT a FROM t WHERE id = @id", 1, true, false},
		{"SELECT a FROM t WHERE id = (?)", 0, true, false},
		{"SELECT a FROM t JOIN u ON t.id = u.id", 0, false, false},
		{"SELECT a FROM t WHERE id >= ?", 1, false, false},
		{"SELECT a FROM t WHERE id != ?", 1, false, false},
		{"SELECT a::text FROM t WHERE id = b::int", 0, false, false},
		{"SELECT a FROM t WHERE id IN (?)", 1, true, false},
		{"SELECT a FROM t WHERE id IN (?)", 50, false, false},
		{"SELECT a FROM t WHERE id IN (?)", 0, false, false},
		{"SELECT a FROM t WHERE b = ? LIMIT ?", 1, true, false},
		{"SELECT a FROM t WHERE b = ? AND id > ? LIMIT ?", 2, true, true},
		{"SELECT a FROM t WHERE b = ? LIMIT ? OFFSET ?", 3, true, true},
		{"UPDATE t SET a = ?", 1, false, false},
	} {
		q := query{statement: c.statement, kind: kindOf(c.statement), args: c.args}
		if q.isLookup() != c.lookup || q.isPage() != c.page {
			t.Errorf("%q with %d: lookup %v, page %v", c.statement, c.args, q.isLookup(), q.isPage())
		}
	}
}

func TestCountShapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "int64": 1, "text(12), int64, null": 3, "int64, and 7 more": 8} {
		if got := countShapes(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
