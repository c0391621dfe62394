package tasks

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	_ "modernc.org/sqlite"
)

// group is a table that is written together, and a connection of somebody else.
type group struct {
	*together
	t     *testing.T
	other *sql.DB
}

func newGroup(t *testing.T) *group {
	t.Helper()
	dsn := sqliteDSN(filepath.Join(t.TempDir(), "app.db"))
	open := func() *sql.DB {
		db, err := sql.Open("sqlite", dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		db.SetMaxOpenConns(1)
		return db
	}
	g := &group{newTogether(riversqlite.New(open()).GetExecutor()), t, open()}
	if _, err := g.other.Exec("CREATE TABLE numbers (n INT)"); err != nil {
		t.Fatal(err)
	}
	return g
}

// locked begins an insert while somebody else writes, then n more when the first has the turn, and lets them go on when all
// of those wait for theirs.
func (g *group) locked(first func(), n int64, others func()) {
	g.t.Helper()
	tx, err := g.other.Begin() // immediately
	if err != nil {
		g.t.Fatal(err)
	}
	first()
	for len(g.turn) == 0 || g.waiting.Load() > 0 {
		runtime.Gosched()
	}
	others()
	for g.waiting.Load() < n {
		runtime.Gosched()
	}
	if err := tx.Rollback(); err != nil {
		g.t.Fatal(err)
	}
}

func callerOf(ctx context.Context) context.Context {
	return context.WithValue(context.WithoutCancel(ctx), togetherKey{}, ctx)
}

// write inserts a number, does more if there is more, and ends as it says.
func (g *group) write(ctx context.Context, n int, more func(riverdriver.ExecutorTx) error) (*shared, error) {
	ctx = callerOf(ctx)
	tx, err := g.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(ctx)
	if err := tx.Exec(ctx, "INSERT INTO numbers VALUES ($1)", n); err != nil {
		return nil, err
	}
	if more != nil {
		if err := more(tx); err != nil {
			return nil, err
		}
	}
	return tx.(*member).shared, tx.Commit(ctx)
}

func (g *group) count(where string) (n int) {
	g.t.Helper()
	if err := g.other.QueryRow("SELECT count(*) FROM numbers WHERE " + where).Scan(&n); err != nil {
		g.t.Fatal(err)
	}
	return n
}

func TestTogether_InsertsThatWaitShareTransactions(t *testing.T) {
	t.Parallel()
	g := newGroup(t)
	const n = maxTogether*2 + 10
	var mu sync.Mutex
	var all sync.WaitGroup
	used := map[*shared]int{}
	insert := func(i int) {
		all.Go(func() {
			s, err := g.write(t.Context(), i, nil)
			if err != nil {
				t.Error(err)
			}
			if g.count(fmt.Sprint("n = ", i)) != 1 {
				t.Errorf("%d is not there when its insert has returned", i)
			}
			mu.Lock()
			used[s]++
			mu.Unlock()
		})
	}
	g.locked(func() { insert(0) }, n-1, func() {
		for i := 1; i < n; i++ {
			insert(i)
		}
	})
	all.Wait()
	if len(used) != 3 || g.count("true") != n {
		t.Errorf("%d inserts by %d transactions, %d rows", n, len(used), g.count("true"))
	}
	// One by itself waits for nobody.
	if _, err := g.write(t.Context(), n, nil); err != nil || g.count("true") != n+1 {
		t.Errorf("alone: %v, %d rows", err, g.count("true"))
	}
}

var errRefused = errors.New("refused")

func TestTogether_OneThatFailsIsUndoneByItself(t *testing.T) {
	t.Parallel()
	g := newGroup(t)
	var all sync.WaitGroup
	insert := func(i int) {
		all.Go(func() {
			_, err := g.write(t.Context(), i, func(riverdriver.ExecutorTx) error {
				if i%4 == 1 {
					return errRefused
				}
				return nil
			})
			if failed := i%4 == 1; failed != errors.Is(err, errRefused) || !failed && err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	g.locked(func() { insert(0) }, 19, func() {
		for i := 1; i < 20; i++ {
			insert(i)
		}
	})
	all.Wait()
	if g.count("true") != 15 || g.count("n % 4 = 1") != 0 {
		t.Errorf("%d rows, %d of them were refused", g.count("true"), g.count("n % 4 = 1"))
	}
}

// TestTogether_WhoIsNotWaitedForIsNotMissed cancels callers while they wait for their turn:
// those before them, who leave the commit to somebody behind, return all the same.
func TestTogether_WhoIsNotWaitedForIsNotMissed(t *testing.T) {
	t.Parallel()
	g := newGroup(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	var stay, leave sync.WaitGroup
	tx, err := g.other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		stay.Go(func() {
			if _, err := g.write(t.Context(), i, nil); err != nil {
				t.Error(err)
			}
		})
		leave.Go(func() {
			// The one that waits for the file's lock itself is past its wait, and makes its insert.
			if _, err := g.write(ctx, 100, nil); err != nil && !errors.Is(err, errRefused) {
				t.Error(err)
			}
		})
	}
	for g.waiting.Load() < 39 {
		runtime.Gosched()
	}
	cancel(errRefused)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	leave.Wait()
	stay.Wait()
	if got := g.count("n < 100"); got != 20 {
		t.Errorf("%d rows of 20", got)
	}
	for g.waiting.Load() > 0 {
		runtime.Gosched()
	}
	if _, err := g.write(t.Context(), 21, nil); err != nil {
		t.Error(err)
	}
}

// TestTogether_NobodyIsToldOfACommitThatWasNone takes the transaction away, as SQLite does
// when the disk is full.
func TestTogether_NobodyIsToldOfACommitThatWasNone(t *testing.T) {
	t.Parallel()
	g := newGroup(t)
	failed := make(chan error, 10)
	var all sync.WaitGroup
	g.locked(func() {
		all.Go(func() { // those behind it come into its transaction
			_, err := g.write(t.Context(), 0, nil)
			failed <- err
		})
	}, 9, func() {
		for range 9 {
			all.Go(func() {
				_, err := g.write(t.Context(), 1, func(tx riverdriver.ExecutorTx) error {
					if g.waiting.Load() > 0 {
						return nil
					}
					return tx.Exec(context.Background(), "ROLLBACK") // the last takes it away
				})
				failed <- err
			})
		}
	})
	all.Wait()
	for range 10 {
		if err := <-failed; err == nil {
			t.Error("an insert returned without an error")
		}
	}
	if got := g.count("true"); got != 0 {
		t.Errorf("%d rows", got)
	}
	if _, err := g.write(t.Context(), 2, nil); err != nil || g.count("true") != 1 {
		t.Errorf("the next: %v, %d rows", err, g.count("true"))
	}
}
