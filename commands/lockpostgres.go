package commands

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"time"
)

// PostgresLocks gives locks that hold on all hosts that use one PostgreSQL database:
// session-level advisory locks. Each takes a connection of db for as long as the command
// runs, so db must allow one more than the command needs, and no pooler may stand between
// that hands a connection to others after each transaction. The connection names the
// process as its application_name, which is what [LockedError] tells about the holder.
//
// The lock ends with its connection. When that breaks while the command runs, another
// run may begin; the command is not stopped, but ends with an error that says so.
func PostgresLocks(db *sql.DB) Locker { return postgresLocks{db} }

type postgresLocks struct{ db *sql.DB }

// unlockTime is how long giving a lock back may take: the command has ended by then, and
// its context perhaps too.
const unlockTime = 5 * time.Second

// Lock takes the lock of a name.
func (l postgresLocks) Lock(ctx context.Context, name string) (func() error, error) {
	conn, err := l.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	key := advisoryKey(name)
	var taken bool
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&taken); err != nil {
		return nil, errors.Join(err, discard(conn)) // it may hold the lock, if only the answer was lost
	}
	if !taken {
		defer conn.Close()
		return nil, &LockedError{Name: name, Holder: advisoryHolder(ctx, conn, key)}
	}
	if _, err := conn.ExecContext(ctx, "SELECT set_config('application_name', $1, false)", thisProcess()); err != nil {
		return nil, errors.Join(err, discard(conn))
	}
	return func() error { return advisoryUnlock(conn, key) }, nil
}

// advisoryUnlock gives the lock and its connection back.
func advisoryUnlock(conn *sql.Conn, key int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), unlockTime)
	defer cancel()
	var held bool
	err := conn.QueryRowContext(ctx, "SELECT pg_advisory_unlock($1)", key).Scan(&held)
	if err == nil && held {
		_, err = conn.ExecContext(ctx, "RESET application_name")
	}
	if err == nil && held {
		return conn.Close()
	}
	_ = discard(conn)
	if err == nil {
		err = errors.New("the session does not hold it any more")
	}
	return fmt.Errorf("the lock's connection to PostgreSQL broke, so that another run may have begun: %w", err)
}

// discard closes a connection instead of giving it back to its pool.
func discard(conn *sql.Conn) error {
	err := conn.Raw(func(any) error { return driver.ErrBadConn }) // which tells the pool not to use it again
	_ = conn.Close()
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// advisoryHolder tells who has the lock; "" when the server does not say, or it is free by now.
func advisoryHolder(ctx context.Context, conn *sql.Conn, key int64) string {
	var app, since string
	err := conn.QueryRowContext(ctx, `SELECT a.application_name, to_char(a.state_change AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
		FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND (l.classid::bigint << 32 | l.objid::bigint) = $1`, key).Scan(&app, &since)
	if err != nil {
		return ""
	}
	return printable(app + " since " + since)
}

// thisProcess is what a connection that holds a lock calls itself. PostgreSQL keeps 63 bytes.
func thisProcess() string {
	host, _ := os.Hostname()
	return printable(fmt.Sprintf("process %d on %s (%s)", os.Getpid(), host, filepath.Base(os.Args[0])))
}

// advisoryKey is the number that a command's name has among the database's advisory
// locks: 64-bit FNV-1a, with a prefix that keeps it apart from what else is locked there.
func advisoryKey(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("debugtoolbar command\x00" + name))
	return int64(h.Sum64())
}
