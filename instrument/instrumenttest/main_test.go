package instrumenttest_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spy stands for a test of an app: what becomes of it is looked at, and its cleanups run
// when the test says so.
type spy struct {
	testing.TB
	mu              sync.Mutex
	errors, logs    []string
	failed, skipped bool
	cleanups        []func()
}

func (s *spy) Helper()                      {}
func (s *spy) Name() string                 { return "TestOfAnApp" }
func (s *spy) Cleanup(f func())             { s.cleanups = append(s.cleanups, f) }
func (s *spy) Failed() bool                 { return s.failed }
func (s *spy) Skipped() bool                { return s.skipped }
func (s *spy) Log(a ...any)                 { s.logs = append(s.logs, fmt.Sprint(a...)) }
func (s *spy) Logf(format string, a ...any) { s.Log(fmt.Sprintf(format, a...)) }
func (s *spy) Error(a ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = true
	s.errors = append(s.errors, fmt.Sprint(a...))
}
func (s *spy) Errorf(format string, a ...any) { s.Error(fmt.Sprintf(format, a...)) }
func (s *spy) Fatal(a ...any)                 { s.Error(a...); runtime.Goexit() }
func (s *spy) Fatalf(format string, a ...any) { s.Fatal(fmt.Sprintf(format, a...)) }
func (s *spy) Skip(...any)                    { s.skipped = true; runtime.Goexit() }
func (s *spy) Skipf(string, ...any)           { s.Skip() }

// newSpy stands for a test outside of any, as in an example.
func newSpy() *spy { return &spy{TB: noTest{}} }

// noTest has what a test brings.
type noTest struct{ testing.TB }

func (noTest) Context() context.Context { return context.Background() }
func (noTest) TempDir() string {
	dir, err := os.MkdirTemp("", "orders")
	if err != nil {
		panic(err)
	}
	return dir
}

// run runs a test's body to its end, as package testing does.
func (s *spy) run(body func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for len(s.cleanups) > 0 {
				last := len(s.cleanups) - 1
				f := s.cleanups[last]
				s.cleanups = s.cleanups[:last]
				f()
			}
		}()
		body()
	}()
	<-done
}

// kept is a Sink that keeps Records.
type kept struct {
	mu      sync.Mutex
	records []*instrument.Record
}

func (k *kept) Want(*instrument.Summary) bool { return true }
func (k *kept) Put(s *instrument.Summary, blob []byte) {
	if rec, err := instrument.Decode(*s, blob, instrument.LiveNames()); err == nil {
		k.mu.Lock()
		k.records = append(k.records, rec)
		k.mu.Unlock()
	}
}

// shop is a database with three orders of two customers.
func shop(t testing.TB) *sql.DB {
	dir := t.TempDir()
	db, err := sqltap.Open("sqlite", filepath.Join(dir, "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Close()
		os.RemoveAll(dir)
	})
	for _, q := range []string{
		"CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)", "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER)",
		"INSERT INTO customers VALUES (1, 'Ann'), (2, 'Bob')", "INSERT INTO orders VALUES (1, 1), (2, 2), (3, 1)",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// listOrders asks for the customer of each order, one by one.
func listOrders(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT id, customer FROM orders")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var order, customer int
		var name string
		if err := rows.Scan(&order, &customer); err != nil {
			return err
		}
		if err := db.QueryRowContext(ctx, "SELECT name FROM customers WHERE id = ?", customer).Scan(&name); err != nil {
			return err
		}
	}
	return rows.Err()
}

// joinOrders asks once.
func joinOrders(ctx context.Context, db *sql.DB) error {
	var n int
	return db.QueryRowContext(ctx, "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer").Scan(&n)
}
