package tasks_test

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
)

// children are programs that tests start as processes of their own, to kill them.
var children = map[string]func(dsn string) error{"batch": batchChild}

// runChild runs as one of the children if the environment says so.
func runChild() {
	name := os.Getenv("TASKS_TEST_CHILD")
	if name == "" {
		return
	}
	if err := children[name](os.Getenv("TASKS_TEST_DSN")); err != nil {
		fmt.Fprintln(os.Stderr, name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// openApp opens the app's own pool, as newEnv does.
func openApp(dsn string) (*sql.DB, error) {
	if strings.HasPrefix(dsn, "postgres:") {
		return sql.Open("pgx", strings.Replace(dsn, poolSize, "", 1))
	}
	return sql.Open("sqlite", sqliteApp(dsn))
}
