package tasks

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// openDatabase finds out which database the Config names.
func openDatabase(ctx context.Context, c Config) (database, error) {
	switch {
	case c.Pool != nil:
		return poolOf(c.Pool), nil
	case c.DB != nil:
		return besideApp(ctx, c.DB)
	case isPostgres(c.DSN):
		return openPostgres(ctx, c.DSN)
	}
	return openSQLite(ctx, c.DSN)
}

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// besideApp opens connections of the queue's own to the database that the app's pool is
// connected to.
func besideApp(ctx context.Context, db *sql.DB) (database, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	dsn := ""
	err = conn.Raw(func(dc any) error {
		if pg, ok := unwrap[*stdlib.Conn](dc); ok {
			dsn = pg.Conn().Config().ConnString()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if dsn != "" {
		return openPostgres(ctx, dsn)
	}
	file, err := sqliteFile(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("Config.DB is neither of SQLite nor of PostgreSQL through pgx's database/sql driver: %w", err)
	}
	if file == "" { // in memory: another connection would see another database
		return &sqliteBase{db: db}, nil
	}
	return openSQLiteWith(ctx, db.Driver(), file)
}

// unwrap finds a T in v or in what v wraps, as sqltap's wrappers do.
func unwrap[T any](v any) (T, bool) {
	for v != nil {
		if t, ok := v.(T); ok {
			return t, true
		}
		u, ok := v.(interface{ Unwrap() any })
		if !ok {
			break
		}
		v = u.Unwrap()
	}
	var none T
	return none, false
}

// onDriver is the engine on River's driver for transactions of type TTx.
type onDriver[TTx any] struct {
	*river.Client[TTx]
	join func(ctx context.Context, tx any) (TTx, error)
}

func newEngine[TTx any](d riverdriver.Driver[TTx], rc *river.Config, join func(context.Context, any) (TTx, error)) (engine, error) {
	client, err := river.NewClient(d, rc)
	if err != nil {
		return nil, err
	}
	return &onDriver[TTx]{client, join}, nil
}

// within runs fn in the app's transaction, or, when tx is nil, in one of its own that it
// commits.
func (e *onDriver[TTx]) within(ctx context.Context, tx any, fn func(transaction) error) error {
	if tx != nil {
		joined, err := e.join(ctx, tx)
		if err != nil {
			return err
		}
		return fn(e.transaction(joined))
	}
	own, err := e.executor().Begin(ctx)
	if err != nil {
		return err
	}
	defer own.Rollback(context.WithoutCancel(ctx))
	if err := fn(e.transaction(e.Driver().UnwrapTx(own))); err != nil {
		return err
	}
	return own.Commit(ctx)
}

func (e *onDriver[TTx]) transaction(tx TTx) transaction {
	return transaction{
		Executor: e.Driver().UnwrapExecutor(tx),
		insert: func(ctx context.Context, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error) {
			return e.InsertManyTx(ctx, tx, params)
		},
		complete: func(ctx context.Context, job *rivertype.JobRow) error {
			_, err := river.JobCompleteTx[riverdriver.Driver[TTx]](ctx, tx, &river.Job[jobArgs]{JobRow: job})
			return err
		},
	}
}

func (e *onDriver[TTx]) executor() riverdriver.Executor { return e.Driver().GetExecutor() }

// transaction is what is done together on either database.
type transaction struct {
	riverdriver.Executor // statements
	insert               func(context.Context, []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
	complete             func(context.Context, *rivertype.JobRow) error // marks a running job as done
}

// migrateRiver brings River's tables to the version of the library.
func migrateRiver[TTx any](ctx context.Context, d riverdriver.Driver[TTx], schema string) error {
	m, err := rivermigrate.New(d, &rivermigrate.Config{Logger: discardLogger, Schema: schema})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// wrongTx says which transactions can be joined.
func wrongTx(tx any, want string) error {
	if tx == nil {
		return errors.New("tasks: the transaction to join is nil")
	}
	return fmt.Errorf("tasks: cannot join a transaction of type %T: the queue is on %s", tx, want)
}
