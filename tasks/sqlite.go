package tasks

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"strings"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"modernc.org/sqlite"
)

// sqliteBase is a queue in an SQLite file. SQLite has one writer at a time, so one
// connection does all of the queue's work; jobs themselves run side by side. What is
// inserted in a transaction of the app runs on the app's connection, what comes at once
// outside of one shares a transaction (see together).
type sqliteBase struct {
	db    *sql.DB
	lists *sql.DB // reads for the page, which must not wait for the work or hold it up
	own   bool    // opened here
}

func openSQLite(ctx context.Context, dsn string) (database, error) {
	return openSQLiteWith(ctx, &sqlite.Driver{}, dsn)
}

// openSQLiteWith uses the driver that the app uses: two SQLite libraries in one process
// would break each other's locks on the file.
func openSQLiteWith(ctx context.Context, d driver.Driver, dsn string) (database, error) {
	db := sql.OpenDB(dsnConnector{innermost(d), sqliteDSN(dsn)})
	db.SetMaxOpenConns(1)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, err
	}
	if dsn == ":memory:" { // another connection would see another database
		return &sqliteBase{db: db, own: true}, nil
	}
	lists := sql.OpenDB(dsnConnector{innermost(d), sqliteDSN(dsn) + "&_pragma=query_only(1)"}) // connects when it is asked
	lists.SetMaxOpenConns(2)
	lists.SetMaxIdleConns(1)
	return &sqliteBase{db: db, lists: lists, own: true}, nil
}

// innermost is the driver without what was wrapped around it to record statements: those
// of the queue itself are nobody's.
func innermost(d driver.Driver) driver.Driver {
	for {
		u, ok := d.(interface{ Unwrap() any })
		if !ok {
			return d
		}
		inner, ok := u.Unwrap().(driver.Driver)
		if !ok {
			return d
		}
		d = inner
	}
}

type dsnConnector struct {
	driver driver.Driver
	dsn    string
}

func (c dsnConnector) Driver() driver.Driver { return c.driver }

func (c dsnConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return keepParsed(conn), nil
}

// sqliteSettings are said in the ways of modernc.org/sqlite and of mattn/go-sqlite3; each
// leaves the other's alone. Settings that the app's DSN has already come later and win.
const sqliteSettings = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)" +
	"&_busy_timeout=10000&_journal_mode=WAL&_synchronous=NORMAL&_txlock=immediate"

func sqliteDSN(dsn string) string {
	path, query, found := strings.Cut(dsn, "?")
	if !strings.HasPrefix(dsn, "file:") {
		path, query, found = "file:"+(&url.URL{Path: dsn}).EscapedPath(), "", false
	}
	if found && query != "" {
		query = "&" + query
	}
	return path + "?" + sqliteSettings + query
}

// sqliteFile is the file of the database that conn is connected to; "" in memory.
func sqliteFile(ctx context.Context, conn *sql.Conn) (file string, err error) {
	var seq int
	var name string
	err = conn.QueryRowContext(ctx, "PRAGMA database_list").Scan(&seq, &name, &file)
	return file, err
}

func (b *sqliteBase) open(rc *river.Config) (engine, error) {
	return newEngine(newTogetherDriver(b.db), rc, func(_ context.Context, tx any) (*sql.Tx, error) {
		if tx, ok := tx.(*sql.Tx); ok && tx != nil {
			return tx, nil
		}
		return nil, wrongTx(tx, "SQLite, whose transactions are *sql.Tx")
	})
}

func (b *sqliteBase) migrate(ctx context.Context, schema string) error {
	if schema != "" {
		return fmt.Errorf("Config.Schema is %q: SQLite has no schemas", schema)
	}
	// Another process may be at it: what it has made is an error here first, and found
	// done at the second look.
	var err error
	for range 5 {
		if err = migrateRiver(ctx, riversqlite.New(b.db), ""); err == nil {
			return migrateOwn(ctx, b.db, false, "")
		}
	}
	return err
}

func (b *sqliteBase) sql() *sql.DB   { return b.db }
func (b *sqliteBase) postgres() bool { return false }

func (b *sqliteBase) reads() *sql.DB {
	if b.lists != nil {
		return b.lists
	}
	return b.db
}

func (b *sqliteBase) close() {
	if !b.own {
		return
	}
	if b.lists != nil {
		b.lists.Close()
	}
	b.db.Close()
}
