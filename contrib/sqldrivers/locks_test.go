package sqldrivers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
)

// host is a pool of its own, as another host has: PostgreSQL tells hosts apart by their
// sessions only.
func host(t testing.TB, driver string) *sql.DB {
	t.Helper()
	needPostgres(t)
	db, err := sql.Open(driver, "postgres://postgres@"+postgresAddr+"/test?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(2)
	t.Cleanup(func() { db.Close() })
	return db
}

// alone is a program whose one command may run once at a time.
func alone(locks commands.Locker, name string, fn func(ctx context.Context) error) *commands.Root {
	root := commands.New("manage", commands.Locks(locks))
	root.Add(commands.Command{Name: name, Exclusive: true, Run: func(ctx context.Context, _ *commands.Run) error { return fn(ctx) }})
	return root
}

func call(ctx context.Context, root *commands.Root, name string) error {
	return root.CallIO(ctx, commands.IO{In: strings.NewReader(""), Out: new(strings.Builder), Err: new(strings.Builder)}, name)
}

func TestA61_PostgresKeepsRunsOfSeveralHostsApart(t *testing.T) {
	for _, driver := range []string{"pgx", "postgres"} {
		t.Run(driver, func(t *testing.T) {
			name := fmt.Sprintf("nightly-%s-%d", driver, os.Getpid())
			here, there := host(t, driver), host(t, driver)
			began, finish := make(chan struct{}), make(chan struct{})
			ended := make(chan error)
			first := alone(commands.PostgresLocks(here), name, func(context.Context) error {
				close(began)
				<-finish
				return nil
			})
			go func() { ended <- call(context.Background(), first, name) }()
			<-began

			runs := 0
			locks := commands.PostgresLocks(there)
			second := alone(locks, name, func(context.Context) error { runs++; return nil })
			err := call(t.Context(), second, name)
			locked, ok := errors.AsType[*commands.LockedError](err)
			if !ok || locked.Name != name || commands.ExitCode(err) != commands.ExitLocked || runs != 0 {
				t.Errorf("beside the other host's: %v, %d runs", err, runs)
			} else if !strings.HasPrefix(locked.Holder, fmt.Sprintf("process %d on ", os.Getpid())) || !strings.Contains(locked.Holder, " since 2") {
				t.Errorf("holder %q", locked.Holder)
			}
			if err := call(t.Context(), alone(locks, name+"-other", func(context.Context) error { runs++; return nil }), name+"-other"); err != nil || runs != 1 {
				t.Errorf("another command: %v, %d runs", err, runs)
			}

			close(finish)
			if err := <-ended; err != nil {
				t.Errorf("the first: %v", err)
			}
			if err := call(t.Context(), second, name); err != nil || runs != 2 {
				t.Errorf("after the first: %v, %d runs", err, runs)
			}
			for what, db := range map[string]*sql.DB{"here": here, "there": there} {
				if n := db.Stats().InUse; n != 0 {
					t.Errorf("%s: %d connections kept", what, n)
				}
				var app string
				if err := db.QueryRow("SHOW application_name").Scan(&app); err != nil || strings.Contains(app, "process") {
					t.Errorf("%s: application_name %q, %v", what, app, err)
				}
			}
		})
	}
}

func TestA61_ALockThatBreaksIsFreeAndAnError(t *testing.T) {
	db, admin := host(t, "pgx"), host(t, "pgx")
	name := fmt.Sprintf("broken-%d", os.Getpid())
	root := alone(commands.PostgresLocks(db), name, func(ctx context.Context) error {
		// As when the network or the server fails; it waits until the other session has ended.
		_, err := admin.ExecContext(ctx, `SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
			WHERE application_name LIKE $1 AND pid <> pg_backend_pid()`, fmt.Sprintf("process %d on %%", os.Getpid()))
		if err != nil {
			return err
		}
		return call(ctx, alone(commands.PostgresLocks(admin), name, func(context.Context) error { return nil }), name)
	})
	err := call(t.Context(), root, name)
	if err == nil || !strings.Contains(err.Error(), "unlock "+name) || !strings.Contains(err.Error(), "another run may have begun") {
		t.Errorf("error %v", err)
	}
	if n := db.Stats().OpenConnections; n != 0 {
		t.Errorf("%d broken connections kept", n)
	}
}

func TestA61_AContextThatEndsGivesTheLockBack(t *testing.T) {
	db := host(t, "pgx")
	name := fmt.Sprintf("cancelled-%d", os.Getpid())
	ctx, cancel := context.WithCancel(t.Context())
	root := alone(commands.PostgresLocks(db), name, func(ctx context.Context) error {
		cancel()
		return ctx.Err()
	})
	if err := call(ctx, root, name); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := call(t.Context(), alone(commands.PostgresLocks(host(t, "pgx")), name, func(context.Context) error { return nil }), name); err != nil {
		t.Errorf("after it: %v", err)
	}
}

func TestA61_PostgresThatDoesNotAnswerIsAnError(t *testing.T) {
	db, err := sql.Open("pgx", "postgres://postgres@127.0.0.1:1/test?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = call(t.Context(), alone(commands.PostgresLocks(db), "x", func(context.Context) error {
		t.Error("ran without the lock")
		return nil
	}), "x")
	if err == nil || !strings.HasPrefix(err.Error(), "lock x: ") {
		t.Errorf("error %v", err)
	}
}
