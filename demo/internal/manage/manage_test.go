package manage_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/manage"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

var noon = time.Date(2030, 5, 20, 12, 0, 0, 0, time.UTC)

func setup(t *testing.T) (*store.Store, *commands.Root) {
	t.Helper()
	t.Parallel()
	db, err := sql.Open("sqlite", store.DSN(filepath.Join(t.TempDir(), "shop.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	st, err := store.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return st, manage.New(st, func() time.Time { return noon })
}

// exec puts a row there that the store's own functions would give the present time.
func exec(t *testing.T, st *store.Store, stmt string, args ...any) {
	t.Helper()
	if _, err := st.DB().ExecContext(t.Context(), stmt, args...); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, res commandstest.Result, code int, out string) {
	t.Helper()
	if res.Code != code || !strings.Contains(res.Stdout+res.Stderr, out) {
		t.Errorf("code %d, want %d with %q:\n%s%s", res.Code, code, out, res.Stdout, res.Stderr)
	}
}

func TestSeedFillsOnce(t *testing.T) {
	_, root := setup(t)
	want(t, commandstest.Call(t, root, "seed", "--orders", "5", "--visits", "7", "--customers", "3"), 0,
		"Stocked the shop with 40 products, 3 customers, 5 orders and 7 visits\n")
	want(t, commandstest.Call(t, root, "seed"), 0, "nothing to do")
	want(t, commandstest.Call(t, root, "seed", "--orders", "0"), 1, "at least")
}

func TestA56_CleanupKeepsTheBoundary(t *testing.T) {
	st, root := setup(t)
	boundary := noon.AddDate(0, 0, -30)
	for _, at := range []time.Duration{-48 * time.Hour, -time.Hour, -time.Second, 0, time.Second} {
		exec(t, st, "INSERT INTO activity (method, path, at) VALUES ('GET', '/', ?)", boundary.Add(at).Unix())
	}
	args := []string{"cleanup-old-records", "--days", "30", "--batch-size", "2"}
	want(t, commandstest.Call(t, root, append(args, "--dry-run")...), 0, "Would delete 3 records from before 2030-04-20\n")
	want(t, commandstest.Call(t, root, append(args, "--dry-run")...), 0, "Would delete 3 records")
	want(t, commandstest.Call(t, root, args...), 0, "Deleted 3 records from before 2030-04-20\n")
	want(t, commandstest.Call(t, root, args...), 0, "Deleted 0 records")
	want(t, commandstest.Call(t, root, "cleanup-old-records", "--batch-size", "0"), 1, "--batch-size 1 or more")
	want(t, commandstest.Call(t, root, "cleanup-old-records", "--days", "soon"), 2, "--days")
}

func TestA63_FeedbackReport(t *testing.T) {
	st, root := setup(t)
	want(t, commandstest.Call(t, root, "feedback-report"), 0, "Nobody wrote in the last 7 days.\n")
	for n, rating := range []int{5, 2, 4} {
		exec(t, st, "INSERT INTO feedback (name, email, rating, message, created_at) VALUES ('Ada', 'ada@example.test', ?, 'Fine.', ?)",
			rating, noon.AddDate(0, 0, -4*n).Unix())
	}
	want(t, commandstest.Call(t, root, "feedback-report"), 0, "2 letters in the last 7 days, 3.5 stars on average\n")
	want(t, commandstest.Call(t, root, "feedback-report", "--days", "30"), 0, "3 letters in the last 30 days, 3.7 stars")
	want(t, commandstest.Call(t, root, "feedback-report", "--days", "0"), 1, "1 or more")
}

func TestA54_AMistypedCommandIsSuggested(t *testing.T) {
	_, root := setup(t)
	want(t, commandstest.Call(t, root, "seeed"), 1, "Did you mean seed?")
	want(t, commandstest.Call(t, root, "help"), 0, "cleanup-old-records")
}
