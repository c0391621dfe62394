package explain_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/explain"
)

// hostile are the statements that must have no effect.
func hostile(t testing.TB) (list []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			list = append(list, strings.ReplaceAll(line, "{n}", "\n"))
		}
	}
	if len(list) < 40 {
		t.Fatalf("only %d statements", len(list))
	}
	return list
}

// An app's own function may do anything; the wall for those is the connection.
var harmlessText = map[string]bool{
	"SELECT wipe_victims()": true, "SELECT lying_wipe(1)": true, "SELECT * FROM victims WHERE lying_wipe(id) = 1": true,
}

func TestT09_CheckRefusesTheHostile(t *testing.T) {
	t.Parallel()
	for _, system := range []string{explain.SQLite, explain.PostgreSQL} {
		for _, s := range hostile(t) {
			err := explain.Check(system, s)
			if _, refused := errors.AsType[*explain.Refused](err); refused == harmlessText[s] {
				t.Errorf("%s: %q: %v", system, s, err)
			}
		}
	}
}

func TestCheck_LetsReadsPass(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"SELECT 1", "select * from t where a = 'it''s; DELETE' -- ; DROP", "VALUES (1), (2);", "(SELECT 1) UNION (SELECT 2)",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 5) SELECT * FROM c",
		"SELECT replace(a, 'x', 'y'), \"update\", \"delete\" FROM t", "SELECT a FROM t WHERE b = $1 AND c = ?", "SELECT /* DROP; */ a FROM t",
		"SELECT updated_at, deleted, created FROM t ; ", "SELECT substring(a FROM 1 FOR 2) FROM t", "SELECT a::text, b FROM t WHERE d->>'x' = $1",
		"SELECT @a, :b, truncate(1.5)", "SELECT count(*) FILTER (WHERE a) OVER (ORDER BY b) FROM t", "SELECT X'ff', 1e5, .5, 0x1F",
	} {
		for _, system := range []string{explain.SQLite, explain.PostgreSQL} {
			if err := explain.Check(system, s); err != nil {
				t.Errorf("%s: %q: %v", system, s, err)
			}
		}
	}
	for system, s := range map[string]string{
		explain.PostgreSQL: "SELECT $x$ ; DELETE $x$, E'a\\nb'", explain.SQLite: "SELECT `update`, [delete from t] FROM t",
	} {
		if err := explain.Check(system, s); err != nil {
			t.Errorf("%s: %q: %v", system, s, err)
		}
	}
}

func TestCheck_RefusesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for s, why := range map[string]string{
		"": "empty", " ; ;": "empty", "((": "empty", "-- SELECT": "empty", "SELECT 'a": "no end", "SELECT \"a": "no end",
		"SELECT /* a": "no end", "SELECT 1\x00": "control", "SELECT 'a\x00'": "control", "TABLE t": "only SELECT", "1": "only SELECT",
		strings.Repeat("SELECT 1,", 10000): "64 KiB", "SELECT $a$ x": "", "SELECT (SELECT a FROM t FOR KEY SHARE)": "locks rows",
	} {
		err := explain.Check(explain.PostgreSQL, s)
		if _, refused := errors.AsType[*explain.Refused](err); !refused || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40q: %v, want %q", s, err, why)
		}
	}
	if err := explain.Check("mysql", "SELECT 1"); err == nil {
		t.Error("a system whose rules are not known")
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range hostile(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, system := range []string{explain.SQLite, explain.PostgreSQL} {
			if explain.Check(system, s) != nil {
				continue
			}
			// What passes is one statement however it is cut: nothing that ends one stands
			// outside of strings, names and comments.
			if bare := bareText(s); strings.Contains(strings.TrimRight(bare, "; \t\r\n\f"), ";") {
				t.Errorf("%s: %q passes with %q", system, s, bare)
			}
		}
	})
}

// bareText takes strings, names and comments out of a statement, by another way than
// Check's. What it cannot follow it gives up on with "".
func bareText(s string) string {
	var b strings.Builder
	for s != "" {
		ends := map[string]string{"'": "'", "\"": "\"", "--": "\n", "/*": "*/", "`": "`", "[": "]", "$": "$"}
		cut := ""
		for open := range ends {
			if strings.HasPrefix(s, open) {
				cut = open
			}
		}
		switch cut {
		case "":
			b.WriteByte(s[0])
			s = s[1:]
			continue
		case "$", "`", "[":
			return ""
		}
		s = s[len(cut):]
		n := strings.Index(s, ends[cut])
		if cut == "--" {
			if n = strings.IndexAny(s, "\r\n"); n < 0 {
				n = len(s) - 1
			}
		}
		if n < 0 {
			return b.String()
		}
		s = s[n+len(ends[cut]):]
		if cut == "--" {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
