package tasks

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// postgresBase is a queue in PostgreSQL.
type postgresBase struct {
	pool *pgxpool.Pool
	db   *sql.DB // of the pool
	own  bool    // opened here
}

func openPostgres(ctx context.Context, dsn string) (database, error) {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	b := poolOf(pool)
	b.own = true
	return b, nil
}

func poolOf(pool *pgxpool.Pool) *postgresBase {
	return &postgresBase{pool: pool, db: stdlib.OpenDBFromPool(pool)}
}

func (b *postgresBase) open(rc *river.Config) (engine, error) {
	return newEngine(riverpgxv5.New(b.pool), rc, joinPostgres)
}

// migrationLock keeps processes that start at once from making the same tables.
const migrationLock = 0x746f6f6c62617200 // "toolbar"

func (b *postgresBase) migrate(ctx context.Context, schema string) error {
	conn, err := b.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	defer conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock))
	if schema != "" {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize()); err != nil {
			return err
		}
	}
	if err := migrateRiver(ctx, riverpgxv5.New(b.pool), schema); err != nil {
		return err
	}
	return migrateOwn(ctx, b.db, true, schema)
}

func (b *postgresBase) sql() *sql.DB   { return b.db }
func (b *postgresBase) postgres() bool { return true }
func (b *postgresBase) reads() *sql.DB { return b.db }

func (b *postgresBase) close() {
	b.db.Close()
	if b.own {
		b.pool.Close()
	}
}

// joinPostgres gives River the transaction that the app has begun: pgx's own, or one of
// database/sql on pgx's driver.
func joinPostgres(ctx context.Context, tx any) (pgx.Tx, error) {
	switch tx := tx.(type) {
	case pgx.Tx:
		return tx, nil
	case *sql.Tx:
		if tx != nil {
			return connOf(ctx, tx)
		}
	}
	return nil, wrongTx(tx, "PostgreSQL, whose transactions are pgx.Tx, or *sql.Tx on pgx's database/sql driver")
}

// connOf finds the pgx connection that a transaction of database/sql runs on. A *sql.Tx
// does not show it, but pgx shows it to an argument that rewrites the statement.
func connOf(ctx context.Context, tx *sql.Tx) (pgx.Tx, error) {
	var found connFinder
	if _, err := tx.ExecContext(ctx, "SELECT 1 /* join the transaction */", &found); err != nil {
		return nil, fmt.Errorf("tasks: join the transaction: %w (on PostgreSQL it must be one of pgx's database/sql driver)", err)
	}
	if found.conn == nil {
		return nil, errors.New("tasks: join the transaction: its driver is not pgx's")
	}
	return &sqlTx{found.conn}, nil
}

type connFinder struct{ conn *pgx.Conn }

// RewriteQuery is called by pgx with the connection that runs the statement.
func (f *connFinder) RewriteQuery(_ context.Context, conn *pgx.Conn, sql string, _ []any) (string, []any, error) {
	f.conn = conn
	return sql, nil, nil
}

// pgConn is embedded under a name of its own, since pgx.Tx has a method Conn.
type pgConn = pgx.Conn

// sqlTx is a transaction of database/sql as pgx.Tx: its statements run on the connection
// directly; database/sql ends it.
type sqlTx struct{ *pgConn }

// Conn is the connection that the transaction runs on.
func (t *sqlTx) Conn() *pgx.Conn { return t.pgConn }

// Begin opens a savepoint.
func (t *sqlTx) Begin(ctx context.Context) (pgx.Tx, error) {
	if _, err := t.Exec(ctx, "SAVEPOINT tasks_insert"); err != nil {
		return nil, err
	}
	return &sqlSavepoint{sqlTx: *t}, nil
}

var errNotOurs = errors.New("the transaction is ended by database/sql, which began it")

// Commit leaves the end to database/sql.
func (t *sqlTx) Commit(context.Context) error { return errNotOurs }

// Rollback leaves the end to database/sql.
func (t *sqlTx) Rollback(context.Context) error { return errNotOurs }

// LargeObjects is there for the interface: a queue has none.
func (t *sqlTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// sqlSavepoint is a part of such a transaction that can be undone by itself.
type sqlSavepoint struct {
	sqlTx
	done bool
}

// Commit keeps what was done since the savepoint.
func (t *sqlSavepoint) Commit(ctx context.Context) error {
	return t.end(ctx, "RELEASE SAVEPOINT tasks_insert")
}

// Rollback undoes what was done since the savepoint.
func (t *sqlSavepoint) Rollback(ctx context.Context) error {
	return t.end(ctx, "ROLLBACK TO SAVEPOINT tasks_insert")
}

func (t *sqlSavepoint) end(ctx context.Context, statement string) error {
	if t.done {
		return pgx.ErrTxClosed
	}
	t.done = true
	_, err := t.Exec(ctx, statement)
	return err
}
