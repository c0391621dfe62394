package sqltap_test

import (
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

func TestReplacement_AsksForAllAtOnce(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]string{
		"SELECT name FROM authors WHERE id = ?":                                      "SELECT id, name FROM authors WHERE id IN (?, ?, …)",
		"SELECT * FROM authors WHERE id = $1":                                        "SELECT * FROM authors WHERE id = ANY($1)",
		"SELECT id FROM comments WHERE post = ? AND status = ?":                      "SELECT post, id FROM comments WHERE post IN (?, ?, …) AND status = ?",
		"SELECT text FROM comments WHERE status = ? AND post_id = ?":                 "SELECT post_id, text FROM comments WHERE status = ? AND post_id IN (?, ?, …)",
		"SELECT name FROM t WHERE kind = ? AND owner = $1":                           "SELECT owner, name FROM t WHERE kind = ? AND owner = ANY($1)",
		"SELECT count(*) FROM comments WHERE post = ? AND status = ?":                "SELECT post, count(*) FROM comments WHERE post IN (?, ?, …) AND status = ? GROUP BY post",
		"SELECT EXISTS (SELECT ? FROM comments WHERE post = ?)":                      "SELECT DISTINCT post FROM comments WHERE post IN (?, ?, …)",
		"SELECT id FROM comments WHERE post = ? ORDER BY id DESC LIMIT ?":            "SELECT * FROM (SELECT post, id, ROW_NUMBER() OVER (PARTITION BY post ORDER BY id DESC) AS n FROM comments WHERE post IN (?, ?, …)) AS ranked WHERE n <= ?",
		"SELECT * FROM `users` WHERE `users`.`id` = ? ORDER BY `users`.`id` LIMIT ?": "SELECT * FROM `users` WHERE `users`.`id` IN (?, ?, …)",
		`SELECT "u"."name" FROM "users" AS "u" WHERE "u"."id" = $1`:                  `SELECT "u"."id", "u"."name" FROM "users" AS "u" WHERE "u"."id" = ANY($1)`,
		"SELECT title FROM posts WHERE id IN (?)":                                    "SELECT id, title FROM posts WHERE id IN (?, ?, …)",
		"SELECT a.id FROM authors a JOIN posts p ON p.author = a.id WHERE p.id=?":    "SELECT a.id FROM authors a JOIN posts p ON p.author = a.id WHERE p.id IN (?, ?, …)",
		"INSERT INTO events (name, at) VALUES (?, now())":                            "INSERT INTO events (name, at) VALUES (?, now()), (?, now()), …",
		"INSERT INTO events (name) VALUES ($1) RETURNING id":                         "INSERT INTO events (name) VALUES ($1), (…) RETURNING id",
		"DELETE FROM events WHERE id = ?":                                            "DELETE FROM events WHERE id IN (?, ?, …)",
		"SELECT name FROM t WHERE id = :id":                                          "SELECT id, name FROM t WHERE id IN (?, ?, …)",
		"UPDATE events SET name = ? WHERE id = ?":                                    "",
		"SELECT a FROM t WHERE id = ? OR b = ?":                                      "",
		"SELECT a FROM t WHERE id = ? UNION SELECT b FROM u WHERE id = ?":            "",
		"SELECT a, count(*) FROM t WHERE id = ? GROUP BY a":                          "",
		"SELECT a FROM t WHERE b > ?":                                                "",
		"SELECT a FROM t WHERE id = ? LIMIT ?":                                       "",
		"WITH x AS (SELECT a FROM t WHERE id = ?) SELECT * FROM x":                   "",
		"SELECT a FROM t WHERE id = (SELECT max(id) FROM u WHERE v = ?)":             "",
		"INSERT INTO t SELECT a FROM u":                                              "",
		"":                                                                           "",
		"SELECT":                                                                     "",
		"SELECT \"":                                                                  "",
	} {
		if got := (sqltap.Repeat{Statement: statement}).Replacement(); got != want {
			t.Errorf("%s\n got %s\nwant %s", statement, got, want)
		}
	}
}

func FuzzReplacement(f *testing.F) {
	f.Add("SELECT name FROM authors WHERE id = ?")
	f.Add("SELECT EXISTS (SELECT ? FROM comments WHERE post = ?)")
	f.Add("INSERT INTO t (a) VALUES (?)")
	f.Fuzz(func(t *testing.T, statement string) {
		r := sqltap.Repeat{Statement: sqltap.Fingerprint(statement)}
		if got := r.Replacement(); len(got) > 4*len(r.Statement)+200 {
			t.Errorf("%q becomes %q", r.Statement, got)
		}
	})
}
