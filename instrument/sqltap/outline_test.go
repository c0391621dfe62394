package sqltap_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// outlines are statements with their verb and tables.
var outlines = []struct{ statement, want string }{
	{"", ""},
	{"SELECT 1", "SELECT"},
	{"BEGIN", "BEGIN"},
	{"pragma user_version", "PRAGMA"},
	{"SELECT name FROM authors WHERE id = ?", "SELECT authors"},
	{"( SELECT a FROM b ) UNION SELECT c FROM d", "SELECT b|d"},
	{"SELECT * FROM orders o JOIN users u ON u.id = o.user_id LEFT OUTER JOIN \"order items\" i USING (order_id) WHERE o.id = ?", "SELECT orders|users|order items"},
	{"SELECT * FROM orders AS o, users u CROSS JOIN shops, orders again ORDER BY o.id, u.id", "SELECT orders|users|shops"},
	{"SELECT a, (SELECT count(*) FROM lines l WHERE l.o = o.id) FROM orders o, tags", "SELECT lines|orders|tags"},
	{"SELECT * FROM (SELECT id FROM a) x JOIN (b JOIN c ON true) ON true", "SELECT a|b|c"},
	{"SELECT * FROM (a, b), c", "SELECT a|b|c"},
	{"SELECT * FROM public.users, \"My Schema\".\"Odd \"\"Name\"\"\", `db`.`tab``le`, [dbo].[users]", "SELECT public.users|My Schema.Odd \"Name\"|db.tab`le|dbo.users"},
	{"SELECT * FROM json_each(?) j, LATERAL generate_series(1, 3) g, ONLY posts", "SELECT posts"},
	{"SELECT extract(year FROM at), trim(both ? FROM name), substring(x FROM 2 FOR 3) FROM days WHERE a IS DISTINCT FROM b AND c IS NOT DISTINCT FROM d", "SELECT days"},
	{"SELECT m.from, m.to, m.join FROM messages m", "SELECT messages"},
	{"SELECT DISTINCT a FROM t FOR UPDATE OF t", "SELECT t"},
	{"SELECT a::text, b FROM t WHERE x = :from AND y = @into AND z = $1 -- FROM comment\n/* JOIN other */ LIMIT ?", "SELECT t"},
	{"SELECT a INTO @x FROM t", "SELECT t"},
	{"SELECT a INTO copy FROM t", "SELECT copy|t"},
	{"SELECT a FROM t INTO OUTFILE ?", "SELECT t"},
	{"SELECT 'FROM x', $$ FROM y $$, $q$ FROM z $q$ FROM t", "SELECT t"},
	{"SELECT coalesce(truncate(a, 1), b), replace(c, d, e) FROM t", "SELECT t"},
	{"INSERT INTO posts (author, title) VALUES (?, ?), (?, ?)", "INSERT posts"},
	{"INSERT OR REPLACE INTO posts SELECT * FROM drafts ON CONFLICT (id) DO UPDATE SET a = 1, b = 2", "INSERT posts|drafts"},
	{"INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE a = VALUES(a), b = c", "INSERT t"},
	{"REPLACE INTO t (a) VALUES (?)", "REPLACE t"},
	{"UPDATE posts SET a = ?, b = (SELECT max(id) FROM authors) WHERE id = ?", "UPDATE posts|authors"},
	{"UPDATE OR ROLLBACK posts SET a = 1", "UPDATE posts"},
	{"UPDATE LOW_PRIORITY IGNORE a, b SET a.x = b.x, a.y = 1", "UPDATE a|b"},
	{"UPDATE ONLY a SET x = b.y FROM b, c WHERE a.id = b.id", "UPDATE a|b|c"},
	{"DELETE FROM a USING b, c WHERE a.id = b.id", "DELETE a|b|c"},
	{"MERGE INTO stock s USING (SELECT * FROM deliveries) d ON s.id = d.id WHEN MATCHED THEN UPDATE SET n = 1 WHEN NOT MATCHED THEN INSERT (id) VALUES (1)", "MERGE stock|deliveries"},
	{"WITH recent AS (SELECT * FROM orders), big (id) AS MATERIALIZED (SELECT id FROM recent) SELECT * FROM big JOIN users ON true", "SELECT orders|users"},
	{"WITH RECURSIVE tree AS (SELECT id FROM nodes UNION ALL SELECT n.id FROM nodes n JOIN tree ON true) DELETE FROM leaves WHERE id IN (SELECT id FROM Tree)", "DELETE nodes|leaves"},
	{"WITH users AS (SELECT * FROM users) SELECT * FROM users, public.users", "SELECT users|public.users"},
	{"SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) y, x", "SELECT x"},
	{"CREATE TABLE IF NOT EXISTS t (id INTEGER, a REFERENCES other, b)", "CREATE t"},
	{"ALTER TABLE t ADD COLUMN a int, ADD COLUMN b int", "ALTER t"},
	{"DROP TABLE IF EXISTS a, b", "DROP a|b"},
	{"TRUNCATE TABLE a, b", "TRUNCATE a|b"},
	{"SELECT * FROM größe, таблица", "SELECT größe|таблица"},
	{"BEGIN; INSERT INTO a VALUES (1); SELECT * FROM b", "BEGIN a|b"},
	// Damaged ones give what can be read.
	{"SELECT * FROM", "SELECT"},
	{"SELECT * FROM \"unclosed", "SELECT unclosed"},
	{"SELECT * FROM a WHERE x = 'unclosed FROM b", "SELECT a"},
	{"SELECT * FROM a )))) JOIN b", "SELECT a|b"},
	{"SELECT * FROM a. JOIN b", "SELECT a.JOIN"},
	{"WITH x AS (SELECT", "WITH"},
	{"FROM FROM JOIN JOIN", "FROM"},
}

func outlineText(o sqltap.Outline) string {
	return strings.TrimSpace(o.Verb + " " + strings.Join(o.Tables, "|"))
}

func TestOutlineOf(t *testing.T) {
	t.Parallel()
	for _, c := range outlines {
		if got, want := outlineText(sqltap.OutlineOf(c.statement)), c.want; got != want {
			t.Errorf("%s\n got %q\nwant %q", c.statement, got, want)
		}
	}
}

// What is without end is read to a bound, in a time that does not grow faster than it.
func TestOutlineOf_Bounds(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("(SELECT * FROM ", 20000)
	if got := sqltap.OutlineOf(deep + "a"); got.Verb != "SELECT" {
		t.Errorf("deep: %+v", got)
	}
	// What stands behind parentheses that are too deep to follow is read all the same.
	if got := sqltap.OutlineOf("SELECT " + strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500) + " FROM a"); !slices.Equal(got.Tables, []string{"a"}) {
		t.Errorf("behind: %+v", got)
	}
	var many strings.Builder
	many.WriteString("SELECT * FROM a")
	for i := range 500 {
		many.WriteString(", t" + strings.Repeat("x", i))
	}
	if got := sqltap.OutlineOf(many.String()); len(got.Tables) != 64 {
		t.Errorf("%d tables", len(got.Tables))
	}
}

func FuzzOutlineOf(f *testing.F) {
	for _, c := range outlines {
		f.Add(c.statement)
	}
	f.Add("WITH a AS (\x00), \xff FROM [\"`$$ ((( JOIN /* -- ' $x$")
	f.Fuzz(func(t *testing.T, statement string) {
		o := sqltap.OutlineOf(statement)
		if len(o.Tables) > 64 {
			t.Errorf("%d tables of %q", len(o.Tables), statement)
		}
		for _, name := range o.Tables {
			if name == "" {
				t.Errorf("a table without a name of %q", statement)
			}
			// A name is never invented: each of its parts stands in the statement.
			if plain := strings.Trim(strings.SplitN(name, ".", 2)[0], "\"`]"); !strings.ContainsAny(name, "\"`]") && !strings.Contains(statement, plain) {
				t.Errorf("%q is not in %q", name, statement)
			}
		}
	})
}
