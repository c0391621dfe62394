package sqltap_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/explain"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

func TestExplain_OfWhatTheAppRan(t *testing.T) {
	t.Parallel()
	db := openShop(t)
	// The word makes the statement this test's own: what is known belongs to the process.
	const q = "SELECT title AS explained FROM posts WHERE author = %d"
	shape := sqltap.Fingerprint(fmt.Sprintf(q, 1))
	ctx := context.Background()
	if _, err := sqltap.Explain(ctx, shape); !errors.Is(err, sqltap.ErrNotRun) || sqltap.Explainable(shape) {
		t.Errorf("before it ran: %v", err)
	}
	traced(t, func(ctx context.Context) { shop{db, ctx}.text(fmt.Sprintf(q, 3)) })
	if !sqltap.Explainable(shape) {
		t.Error("it ran and is not known")
	}
	p, err := sqltap.Explain(ctx, shape)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.String(); !strings.Contains(got, "SCAN posts") {
		t.Errorf("plan %q", got)
	}
	traced(t, func(ctx context.Context) { shop{db, ctx}.exec("DELETE FROM events WHERE name = 'explained'") })
	_, err = sqltap.Explain(ctx, "DELETE FROM events WHERE name = ?")
	if _, refused := errors.AsType[*explain.Refused](err); !refused || sqltap.Explainable("DELETE FROM events WHERE name = ?") {
		t.Errorf("a DELETE: %v", err)
	}
	// What comes from a file that somebody wrote into is not what the app ran.
	if _, err := sqltap.Explain(ctx, "SELECT title FROM posts; DELETE FROM posts"); !errors.Is(err, sqltap.ErrNotRun) {
		t.Errorf("what never ran: %v", err)
	}
}

func TestExplain_OfADatabaseInMemoryIsRefused(t *testing.T) {
	t.Parallel()
	db := must(sqltap.Open("sqlite", ":memory:"))
	defer db.Close()
	traced(t, func(ctx context.Context) { must(db.ExecContext(ctx, "SELECT 1 AS inmemory")) })
	_, err := sqltap.Explain(context.Background(), "SELECT ? AS inmemory")
	if _, refused := errors.AsType[*explain.Refused](err); !refused || !strings.Contains(err.Error(), "memory") {
		t.Errorf("%v", err)
	}
}

// A driver that was registered serves several databases: each is asked for its own.
func TestExplain_OfSeveralDatabasesOfOneDriver(t *testing.T) {
	t.Parallel()
	registerSQLite()
	dbs := map[string]*sql.DB{}
	for _, name := range []string{"first", "second"} {
		db := must(sql.Open("sqlite explained", "file:"+filepath.Join(t.TempDir(), name)))
		defer db.Close()
		must(db.Exec("CREATE TABLE only_in_" + name + " (id INTEGER PRIMARY KEY)"))
		dbs[name] = db
	}
	for name, db := range dbs {
		traced(t, func(ctx context.Context) { must(db.QueryContext(ctx, "SELECT id FROM only_in_"+name)).Close() })
	}
	for name := range dbs {
		if p, err := sqltap.Explain(context.Background(), "SELECT id FROM only_in_"+name); err != nil || !strings.Contains(p.String(), "only_in_"+name) {
			t.Errorf("%s: %v %v", name, p, err)
		}
	}
}

var registerSQLite = sync.OnceFunc(func() { sqltap.Register("sqlite explained", &sqlite.Driver{}) })

// A database that the app has closed and dropped is not kept for its statements.
func TestExplain_KeepsNoDatabase(t *testing.T) {
	t.Parallel()
	func() {
		db := must(sqltap.Open("sqlite", filepath.Join(t.TempDir(), "gone.db")))
		traced(t, func(ctx context.Context) { must(db.ExecContext(ctx, "SELECT 1 AS gone")) })
		db.Close()
	}()
	for range 100 {
		if runtime.GC(); !sqltap.Explainable("SELECT ? AS gone") {
			return
		}
	}
	t.Error("the database is still known")
}

func TestName_IsReported(t *testing.T) {
	t.Parallel()
	db := open(t, newServer(), "like pgx", sqltap.Name("orders"))
	spans := traced(t, func(ctx context.Context) { must(db.ExecContext(ctx, "DELETE FROM named")) })
	if got := attr(spans[0], "db.namespace"); got != "orders" {
		t.Errorf("name %q", got)
	}
}
