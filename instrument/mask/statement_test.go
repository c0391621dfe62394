package mask_test

import (
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

func TestStatementShapes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"strings and numbers", "SELECT  *\n FROM users WHERE name = 'O''Brien' AND id = 42 ;", "SELECT * FROM users WHERE name = ? AND id = ?"},
		{"numbers of all kinds", "SELECT 1.5e-10, .5, 0x3F, 1_000, -7, +8, a-5, 5 - 3", "SELECT ?, ?, ?, ?, ?, ?, a-?, ? - ?"},
		{"names with digits", "SELECT t1.c2, utf8mb4 FROM db2.t1", "SELECT t1.c2, utf8mb4 FROM db2.t1"},
		{"comments", "SELECT a -- 'x\n, b /* c /* 'd' */ e */, f # 'g\nFROM h", "SELECT a , b , f FROM h"},
		{"json path operator", "SELECT d #>> $1 FROM t", "SELECT d #>> $1 FROM t"},
		{"prefixed strings", `SELECT E'it\'s', X'ff', b'01', N'x', U&'\0041', _utf8'x', e'a''b'`, "SELECT ?, ?, ?, ?, ?, ?, ?"},
		{"dollar quotes", "SELECT $$a'b$$, $tag$ x $$ y $tag$, $1", "SELECT ?, ?, $1"},
		{"placeholders", "SELECT ?, ?2, $3, :name, @p1, x::text", "SELECT ?, ?2, $3, :name, @p1, x::text"},
		{"a long number is no placeholder", "SELECT $4111111111111111, ?4111111111111111", "SELECT $?, ??"},
		{"in list", "a IN (1,2, 'x') OR b in ($1, $2) OR c IN (?) OR d NOT IN ( 1 )", "a IN (?) OR b in (?) OR c IN (?) OR d NOT IN (?)"},
		{"in subquery", "a IN (SELECT b FROM c WHERE d = 1)", "a IN (SELECT b FROM c WHERE d = ?)"},
		{"in list with names", "a IN (b, 1)", "a IN (b, ?)"},
		{"rows", "INSERT INTO t (a,b) VALUES (1,'x'), (2, 'y'),(3,'z') RETURNING id", "INSERT INTO t (a,b) VALUES (?,?) RETURNING id"},
		{"rows of placeholders", "INSERT INTO t VALUES ($1, $2), ($3, $4)", "INSERT INTO t VALUES ($1, $2)"},
		{"rows with calls", "INSERT INTO t VALUES (1, now()), (2, now()), (3, f(4))", "INSERT INTO t VALUES (?, now()), (?, f(?))"},
		{"two statements", "INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (?); INSERT INTO t VALUES (?)"},
		{"quoted names", `SELECT "u"."id", count("id") FROM "Order Details" u ORDER BY "name"`, `SELECT "u"."id", count(?) FROM "Order Details" u ORDER BY "name"`},
		{"quoted columns", `INSERT INTO db.users("id","name") VALUES ($1,$2) ON CONFLICT ("id") DO NOTHING`, `INSERT INTO db.users("id","name") VALUES ($1,$2) ON CONFLICT ("id") DO NOTHING`},
		{"quoted columns, spaced", `CREATE TABLE users ("id" int, "name" text DEFAULT "x")`, `CREATE TABLE users ("id" int, "name" text DEFAULT ?)`},
		{"strings in double quotes", `SELECT a FROM b WHERE c = "x" AND d LIKE "y%" AND e BETWEEN "f" AND "g" AND "h" IN ("i")`,
			`SELECT a FROM b WHERE c = ? AND d LIKE ? AND e BETWEEN ? AND ? AND "h" IN (?)`},
		{"mysql", "UPDATE `users` SET `pw` = 'it\\'s', x=\"a\\\"b\", y = concat(\"c\", 1) WHERE id=1", "UPDATE `users` SET `pw` = ?, x=?, y = concat(?, ?) WHERE id=?"},
		{"mysql user", `CREATE USER u IDENTIFIED BY "hunter2"`, "CREATE USER u IDENTIFIED BY ?"},
		{"dialects disagree", `SELECT 'a\' OR b = 'c', d`, "SELECT ?"},
		{"postgres has no escapes", `SELECT $1, 'a\' OR b = 'c', d`, "SELECT $1, ? OR b = ?, d"},
		{"escaped backslash", `SELECT 'a\\', b`, "SELECT ?, b"},
		{"unfinished", "SELECT a FROM b WHERE c = 'hunt", "SELECT a FROM b WHERE c = ?"},
		{"unfinished name", "SELECT `hunt", "SELECT ?"},
		{"empty", " -- nothing\n;", ""},
		{"not ascii", "SELECT größe FROM t WHERE ort = 'Köln'", "SELECT größe FROM t WHERE ort = ?"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := mask.Default().Statement(tc.in)
			if got != tc.want {
				t.Fatalf("\n in  %s\n got %s\nwant %s", tc.in, got, tc.want)
			}
			if again := mask.Default().Statement(got); again != got {
				t.Errorf("shape of the shape: %s", again)
			}
		})
	}
}
