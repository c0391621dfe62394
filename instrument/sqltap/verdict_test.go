package sqltap_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// shop is a small database: 6 authors, 12 posts, 36 comments of 3 to a post.
type shop struct {
	*sql.DB
	ctx context.Context
}

func openShop(t testing.TB) *sql.DB {
	t.Helper()
	db := must(sqltap.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "shop.db")+"?_pragma=synchronous(0)&_pragma=journal_mode(memory)&_pragma=busy_timeout(5000)"))
	t.Cleanup(func() { db.Close() })
	for _, q := range []string{
		"CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT)",
		"CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER, title TEXT)",
		"CREATE TABLE comments (id INTEGER PRIMARY KEY, post INTEGER, text TEXT, status TEXT)",
		"CREATE TABLE events (id INTEGER PRIMARY KEY, name TEXT)",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 6) INSERT INTO authors SELECT x, 'author ' || x FROM c",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 12) INSERT INTO posts SELECT x, x % 6 + 1, 'post ' || x FROM c",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 36) INSERT INTO comments SELECT x, x % 12 + 1, 'text', 'open' FROM c",
	} {
		must(db.Exec(q))
	}
	return db
}

// ids runs a query and gives its first column.
func (s shop) ids(q string, args ...any) (ids []int) {
	rows := must(s.QueryContext(s.ctx, q, args...))
	defer rows.Close()
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			panic(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func (s shop) text(q string, args ...any) (text string) {
	if err := s.QueryRowContext(s.ctx, q, args...).Scan(&text); err != nil && err != sql.ErrNoRows {
		panic(err)
	}
	return text
}

func (s shop) exec(q string, args ...any) { must(s.ExecContext(s.ctx, q, args...)) }

func (s shop) author(id int) string { return s.text("SELECT name FROM authors WHERE id = ?", id) }

const allPosts = "SELECT id, author FROM posts ORDER BY id"

// postIDs asks for the ids of posts.
func (s shop) postIDs() []int { return s.ids("SELECT id FROM posts ORDER BY id") }

// nPlusOnes are programs with an N+1, by what is wrong with them.
var nPlusOnes = map[string]func(s shop){
	"the author of each post": func(s shop) {
		for _, id := range s.ids("SELECT author FROM posts") {
			s.text("SELECT name FROM authors WHERE id = ?", id)
		}
	},
	"the comments of each post": func(s shop) {
		for _, id := range s.postIDs() {
			s.ids("SELECT id FROM comments WHERE post = ?", id)
		}
	},
	"a count for each": func(s shop) {
		for _, id := range s.postIDs() {
			s.text("SELECT count(*) FROM comments WHERE post = ? AND status = 'open'", id)
		}
	},
	"whether there is one for each": func(s shop) {
		for _, id := range s.postIDs() {
			s.text("SELECT EXISTS (SELECT 1 FROM comments WHERE post = ?)", id)
		}
	},
	"the last three for each": func(s shop) {
		for _, id := range s.postIDs() {
			s.ids("SELECT id FROM comments WHERE post = ? ORDER BY id DESC LIMIT 3", id)
		}
	},
	"while the rows are being read": func(s shop) {
		rows := must(s.QueryContext(s.ctx, "SELECT author FROM posts"))
		defer rows.Close()
		for rows.Next() {
			var id int
			rows.Scan(&id)
			s.text("SELECT name FROM authors WHERE id = ?", id)
		}
	},
	"for a few of the rows while they are being read": func(s shop) {
		rows := must(s.QueryContext(s.ctx, allPosts))
		defer rows.Close()
		for rows.Next() {
			var id, author int
			rows.Scan(&id, &author)
			if id < 4 {
				s.author(author)
			}
		}
	},
	"two in one loop": func(s shop) {
		for _, id := range s.postIDs() {
			s.text("SELECT title FROM posts WHERE id = ?", id)
			s.text("SELECT text FROM comments WHERE post = ?", id)
		}
	},
	"a loop in a loop": func(s shop) {
		for _, id := range s.ids("SELECT id FROM posts LIMIT 2") {
			for _, c := range s.ids("SELECT id FROM comments WHERE post = ?", id) {
				s.text("SELECT text FROM comments AS c WHERE c.id = ?", c)
			}
		}
	},
	"prepared": func(s shop) {
		st := must(s.PrepareContext(s.ctx, "SELECT name FROM authors WHERE id = ?"))
		defer st.Close()
		for _, id := range s.ids("SELECT author FROM posts") {
			var name string
			st.QueryRowContext(s.ctx, id).Scan(&name)
		}
	},
	"in a transaction": func(s shop) {
		tx := must(s.BeginTx(s.ctx, nil))
		defer tx.Rollback()
		rows := must(tx.Query("SELECT id FROM authors"))
		var ids []int
		for rows.Next() {
			var id int
			rows.Scan(&id)
			ids = append(ids, id)
		}
		for _, id := range ids {
			var n int
			tx.QueryRow("SELECT count(*) FROM posts WHERE author = ?", id).Scan(&n)
		}
	},
	"behind a helper": func(s shop) {
		for _, id := range s.ids("SELECT author FROM posts") {
			s.author(id)
		}
	},
	"values in the text": func(s shop) {
		for _, id := range s.postIDs() {
			s.text(fmt.Sprintf("SELECT title FROM posts WHERE id = %d", id))
		}
	},
	"named parameters": func(s shop) {
		for _, id := range s.postIDs() {
			s.text("SELECT title FROM posts WHERE id = @id", sql.Named("id", id))
		}
	},
	"numbered parameters": func(s shop) {
		for _, id := range s.postIDs() {
			s.text("SELECT title FROM posts WHERE id = $1", id)
		}
	},
	"a list of one": func(s shop) {
		for _, id := range s.postIDs() {
			s.text("SELECT title FROM posts WHERE id IN (?)", id)
		}
	},
	"with a join": func(s shop) {
		for _, id := range s.postIDs() {
			s.ids("SELECT a.id FROM authors a JOIN posts p ON p.author = a.id WHERE p.id=?", id)
		}
	},
	"some rows left out": func(s shop) {
		for _, id := range s.postIDs() {
			if id%3 != 0 {
				s.text("SELECT title FROM posts WHERE id = ?", id)
			}
		}
	},
	"at the same time": func(s shop) {
		var wg sync.WaitGroup
		for _, id := range s.ids("SELECT id FROM authors") {
			wg.Go(func() { s.text("SELECT name FROM authors WHERE id = ?", id) })
		}
		wg.Wait()
	},
	"without the context": func(s shop) {
		for _, id := range s.postIDs() {
			var title string
			s.QueryRow("SELECT title FROM posts WHERE id = ?", id).Scan(&title)
		}
	},
}

// innocents are programs that run a statement again and again, or many of them,
// and are no N+1.
var innocents = map[string]func(s shop){
	"one query":   func(s shop) { s.postIDs() },
	"two lookups": func(s shop) { s.ids("SELECT id FROM posts LIMIT 2"); s.author(1); s.author(2) },
	"from three lines": func(s shop) {
		s.ids("SELECT id FROM posts LIMIT 3")
		s.text("SELECT name FROM authors WHERE id = ?", 1)
		s.text("SELECT name FROM authors WHERE id = ?", 2)
		s.text("SELECT name FROM authors WHERE id = ?", 3)
	},
	"a helper that three places call": func(s shop) {
		s.ids("SELECT id FROM posts LIMIT 3")
		s.author(1)
		s.author(2)
		s.author(3)
	},
	"below three parents": func(s shop) {
		s.ids("SELECT id FROM posts LIMIT 3")
		for i := range 3 {
			ctx, span := instrument.Start(s.ctx, instrument.NewHandler(instrument.KindReceiver, "receiver", instrument.Source{}))
			shop{s.DB, ctx}.author(i + 1)
			span.End(nil)
		}
	},
	"lists in pieces": func(s shop) {
		s.postIDs()
		for i := range 6 {
			s.ids("SELECT id FROM comments WHERE post IN (?, ?)", 2*i, 2*i+1)
		}
	},
	"all at once": func(s shop) {
		s.postIDs()
		s.ids("SELECT id FROM comments WHERE post IN (1, 2, 3, 4, 5, 6)")
	},
	"pages by key": func(s shop) {
		for last := 0; ; {
			ids := s.ids("SELECT id FROM comments WHERE status = ? AND id > ? ORDER BY id LIMIT 6", "open", last)
			if len(ids) == 0 {
				return
			}
			last = ids[len(ids)-1]
		}
	},
	"pages by number": func(s shop) {
		s.ids("SELECT id FROM authors")
		for i := range 6 {
			s.ids("SELECT id FROM comments WHERE status = ? LIMIT 6 OFFSET ?", "open", i*6)
		}
	},
	"waiting for something": func(s shop) {
		s.ids("SELECT id FROM authors")
		for range 5 {
			s.text("SELECT status FROM comments WHERE id = ?", 7)
		}
	},
	"tried again after failures": func(s shop) {
		s.ids("SELECT id FROM authors")
		for i := range 5 {
			s.QueryRowContext(s.ctx, "SELECT nothing FROM nowhere WHERE id = ?", i).Scan(new(int))
		}
	},
	"an insert for each": func(s shop) {
		for _, id := range s.ids("SELECT id FROM authors") {
			s.exec("INSERT INTO events (name) VALUES (?)", fmt.Sprint("seen ", id))
		}
	},
	"an update for each": func(s shop) {
		for _, id := range s.ids("SELECT id FROM authors") {
			s.exec("UPDATE events SET name = 'x' WHERE id = ?", id)
		}
	},
	"a transaction for each": func(s shop) {
		for range s.ids("SELECT id FROM authors") {
			must(s.BeginTx(s.ctx, nil)).Rollback()
		}
	},
	"a fixed list without a query": func(s shop) {
		for _, status := range []string{"open", "closed", "spam", "new"} {
			s.text("SELECT count(*) FROM comments WHERE status = ?", status)
		}
	},
	"a few of many": func(s shop) {
		s.ids("SELECT id FROM comments")
		for _, id := range []int{3, 5, 8} {
			s.author(id)
		}
	},
	"lookups before the list": func(s shop) {
		for _, id := range []int{3, 5, 2, 1} {
			s.author(id)
		}
		s.ids("SELECT id FROM comments LIMIT 4")
	},
	"the same without parameters": func(s shop) {
		for range s.ids("SELECT id FROM authors") {
			s.text("SELECT max(id) FROM posts")
		}
	},
	"hours of a day": func(s shop) {
		s.ids("SELECT id FROM authors")
		for h := range 6 {
			s.text("SELECT count(*) FROM comments WHERE id >= ? AND id < ?", h, h+1)
		}
	},
	"one row before": func(s shop) {
		s.text("SELECT title FROM posts WHERE id = ?", 1)
		for _, id := range []int{1, 2, 3, 4} {
			s.author(id)
		}
	},
}

func judge(t *testing.T, db *sql.DB, fn func(s shop)) (sqltap.Verdicts, *instrument.Record) {
	t.Helper()
	rec := record(t, func(ctx context.Context) { fn(shop{db, ctx}) })
	return sqltap.Judge(rec.Spans, sqltap.Limits{}), rec
}

func describe(v sqltap.Verdicts, rec *instrument.Record) string {
	var b strings.Builder
	for _, r := range v.NPlusOne {
		fmt.Fprintf(&b, "\n  N+1: %s %s", r.Statement, r.Text(rec.Spans))
	}
	for _, s := range rec.Spans {
		fmt.Fprintf(&b, "\n  %v below %d %s %v", s.Start, s.Parent, s.Handler.Name, s.Attrs)
	}
	return b.String()
}

func TestNPlusOne_IsFound(t *testing.T) {
	t.Parallel()
	if len(nPlusOnes) < 20 {
		t.Fatalf("only %d cases", len(nPlusOnes))
	}
	db := openShop(t)
	for name, fn := range nPlusOnes {
		t.Run(name, func(t *testing.T) {
			v, rec := judge(t, db, fn)
			if len(v.NPlusOne) == 0 {
				t.Fatalf("not found in:%s", describe(v, rec))
			}
			r := v.NPlusOne[0]
			if _, here, _, _ := runtime.Caller(0); r.Caller.File != here || r.Caller.Line == 0 {
				t.Errorf("called from %s:%d, want a line of the program", r.Caller.File, r.Caller.Line)
			}
			if feeder := rec.Spans[r.Feeder]; feeder.Handler.Kind != instrument.KindQuery || feeder.Start >= rec.Spans[r.Spans[0]].Start {
				t.Errorf("fed by %s", feeder.Handler.Name)
			}
			if !strings.Contains(r.Text(rec.Spans), "verdict_test.go:") || r.Fix() == "" {
				t.Errorf("says %q, %q", r.Text(rec.Spans), r.Fix())
			}
		})
	}
}

func TestNPlusOne_IsNotFoundInInnocents(t *testing.T) {
	t.Parallel()
	if len(innocents) < 20 {
		t.Fatalf("only %d cases", len(innocents))
	}
	db := openShop(t)
	for name, fn := range innocents {
		t.Run(name, func(t *testing.T) {
			if v, rec := judge(t, db, fn); len(v.NPlusOne) > 0 {
				t.Errorf("found in:%s", describe(v, rec))
			}
		})
	}
}

func TestNPlusOne_NamesTheQueryThatFedIt(t *testing.T) {
	t.Parallel()
	db := openShop(t)
	v, rec := judge(t, db, nPlusOnes["a loop in a loop"])
	got := map[string]string{}
	for _, r := range v.NPlusOne {
		got[r.Statement] = rec.Spans[r.Feeder].Handler.Name
	}
	if fed := got["SELECT text FROM comments AS c WHERE c.id = ?"]; fed != "SELECT id FROM comments WHERE post = ?" {
		t.Errorf("the inner loop is fed by %q", fed)
	}
	v, rec = judge(t, db, nPlusOnes["two in one loop"])
	if len(v.NPlusOne) != 2 {
		t.Fatalf("%d verdicts, want 2:%s", len(v.NPlusOne), describe(v, rec))
	}
	for _, r := range v.NPlusOne {
		if fed := rec.Spans[r.Feeder].Handler.Name; fed != "SELECT id FROM posts ORDER BY id" || len(r.Spans) != 12 {
			t.Errorf("%s ran %d times, fed by %s", r.Statement, len(r.Spans), fed)
		}
	}
}

func TestSequential_IsWhatCouldBeOneStatement(t *testing.T) {
	t.Parallel()
	db := openShop(t)
	for name, want := range map[string]int{
		"a fixed list without a query": 1, "an insert for each": 1, "an update for each": 1, "one row before": 1,
		"pages by key": 0, "pages by number": 0, "waiting for something": 0, "a transaction for each": 0, "lists in pieces": 0,
		"from three lines": 0, "tried again after failures": 0,
	} {
		t.Run(name, func(t *testing.T) {
			v, rec := judge(t, db, innocents[name])
			if len(v.Sequential) != want {
				t.Fatalf("%d verdicts, want %d:%s", len(v.Sequential), want, describe(v, rec))
			}
			for _, r := range v.Sequential {
				if r.Fix() == "" || len(r.Spans) < 3 {
					t.Errorf("%+v", r)
				}
			}
		})
	}
	v, _ := judge(t, db, nPlusOnes["the author of each post"])
	if len(v.Sequential) != 0 {
		t.Error("an N+1 is told twice")
	}
}

func TestPatterns_CountSimilarAndDuplicates(t *testing.T) {
	t.Parallel()
	db := openShop(t)
	v, rec := judge(t, db, func(s shop) {
		for _, id := range []int{1, 2, 1, 3, 1, 2} {
			s.author(id)
		}
		s.text("SELECT @a || @b", sql.Named("a", "x"), sql.Named("b", "y"))
		s.text("SELECT @a || @b", sql.Named("b", "y"), sql.Named("a", "x"))
		s.text("SELECT @a || @b", sql.Named("a", "y"), sql.Named("b", "x"))
		s.text("SELECT name FROM authors WHERE id = 1")
		s.text("SELECT name  FROM authors WHERE id = 2 -- another")
		s.text("SELECT 1 WHERE ? IS NOT NULL", "1")
		s.text("SELECT 1 WHERE ? IS NOT NULL", 1)
		s.postIDs()
		for range 3 {
			must(s.BeginTx(s.ctx, nil)).Rollback()
		}
	})
	got := map[string][2]int{}
	for _, p := range v.Patterns {
		got[p.Statement] = [2]int{p.Similar(), p.Duplicate()}
	}
	for statement, want := range map[string][2]int{
		"SELECT name FROM authors WHERE id = ?": {8, 5}, // 1 three times, 2 twice; those with values in the text differ
		"SELECT @a || @b":                       {3, 2},
		"SELECT ? WHERE ? IS NOT NULL":          {2, 0},
		"SELECT id FROM posts ORDER BY id":      {0, 0},
		"BEGIN":                                 {3, 0},
	} {
		if got[statement] != want {
			t.Errorf("%s: %v similar and duplicate, want %v", statement, got[statement], want)
		}
	}
	if len(v.Transactions) != 3 || !v.Transactions[0].Rollback || v.Transactions[0].Duration <= 0 {
		t.Errorf("transactions %+v%s", v.Transactions, describe(v, rec))
	}
}

func TestDuplicates_AreReadsOfWhatIsKnown(t *testing.T) {
	t.Parallel()
	db := openShop(t)
	for name, c := range map[string]struct {
		run  func(s shop)
		want int // runs that were needless
	}{
		"asked twice":         {func(s shop) { s.author(1); s.author(2); s.author(1) }, 1},
		"asked three times":   {func(s shop) { s.author(1); s.author(1); s.author(1) }, 2},
		"two of them":         {func(s shop) { s.author(1); s.author(2); s.author(1); s.author(2) }, 2},
		"without parameters":  {func(s shop) { s.postIDs(); s.postIDs() }, 1},
		"other parameters":    {func(s shop) { s.author(1); s.author(2) }, 0},
		"written in between":  {func(s shop) { s.author(1); s.exec("UPDATE authors SET name = 'x' WHERE id = 1"); s.author(1) }, 0},
		"a transaction begun": {func(s shop) { s.author(1); tx := must(s.BeginTx(s.ctx, nil)); s.author(1); _ = tx.Rollback() }, 0},
		"writes": {func(s shop) {
			s.exec("UPDATE authors SET name = 'x' WHERE id = 1")
			s.exec("UPDATE authors SET name = 'x' WHERE id = 1")
		}, 0},
		"of no table":    {func(s shop) { s.text("SELECT random()"); s.text("SELECT random()") }, 0},
		"part of an N+1": {nPlusOnes["the author of each post"], 0}, // two posts of each author
		"failed and asked again": {func(s shop) {
			_, _ = s.QueryContext(s.ctx, "SELECT x FROM nothing")
			_, _ = s.QueryContext(s.ctx, "SELECT x FROM nothing")
		}, 0},
	} {
		v, rec := judge(t, db, c.run)
		got := 0
		for _, d := range v.Duplicates {
			for _, set := range d.Sets {
				got += len(set) - 1
			}
			if d.Statement == "" || d.Most() < 2 || d.Fix() == "" || !strings.Contains(d.Text(), ": from verdict_test.go:") {
				t.Errorf("%s: %+v: %s", name, d, d.Text())
			}
		}
		if got != c.want {
			t.Errorf("%s: %d needless runs, want %d: %+v of %s", name, got, c.want, v.Duplicates, describe(v, rec))
		}
	}
}

func TestPatterns_SlowByStatement(t *testing.T) {
	t.Parallel()
	q := func(name string, d time.Duration, f instrument.Flags) instrument.RecordSpan {
		return instrument.RecordSpan{Handler: instrument.HandlerInfo{Kind: instrument.KindQuery, Name: name}, Duration: d, Flags: f}
	}
	spans := []instrument.RecordSpan{
		q("SELECT a", 5*time.Millisecond, 0), q("SELECT a", 20*time.Millisecond, 0),
		q("SELECT b", 5*time.Millisecond, 0), q("SELECT b", time.Second, instrument.FlagSlow),
		q("SELECT report", 2*time.Second, instrument.FlagSlow), q("SELECT a", 1, instrument.FlagSkipped),
	}
	v := sqltap.Judge(spans, sqltap.Limits{Slow: map[string]time.Duration{"SELECT a": 10 * time.Millisecond, "SELECT report": 3 * time.Second}})
	got := map[string]int{}
	var order []string
	for _, p := range v.Patterns {
		got[p.Statement] = p.Slow
		order = append(order, p.Statement)
	}
	if got["SELECT a"] != 1 || got["SELECT b"] != 1 || got["SELECT report"] != 0 {
		t.Errorf("slow %v", got)
	}
	if !slices.Equal(order, []string{"SELECT report", "SELECT b", "SELECT a"}) {
		t.Errorf("order %v, want by time", order)
	}
}

func TestOpen_RowsAndTransactionsAreToldOf(t *testing.T) {
	t.Parallel()
	db := open(t, newServer(), "like pgx")
	var rows *sql.Rows
	var tx *sql.Tx
	rec := record(t, func(ctx context.Context) {
		rows = must(db.QueryContext(ctx, "SELECT left open"))
		rows.Next()
		must(db.QueryContext(ctx, "SELECT closed")).Close()
		tx = must(db.BeginTx(ctx, nil))
		must(tx.Exec("UPDATE t SET a = 1"))
	})
	rows.Close()
	tx.Rollback()
	v := sqltap.Judge(rec.Spans, sqltap.Limits{})
	if len(v.OpenRows) != 1 || rec.Spans[v.OpenRows[0]].Handler.Name != "SELECT left open" {
		t.Errorf("open rows: %v", v.OpenRows)
	}
	if len(v.Transactions) != 1 || v.Transactions[0].End != -1 || len(v.Transactions[0].Spans) != 2 {
		t.Errorf("transactions: %+v", v.Transactions)
	}
}

func TestJudge_OfNothing(t *testing.T) {
	t.Parallel()
	if v := sqltap.Judge(nil, sqltap.Limits{}); len(v.Patterns)+len(v.NPlusOne)+len(v.Sequential)+len(v.OpenRows)+len(v.Transactions) > 0 {
		t.Errorf("%+v", v)
	}
}
