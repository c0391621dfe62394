package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// writer owns the connection that writes and what it knows of the database.
type writer struct {
	options *Options

	mu      sync.Mutex // serialises transactions; guards what follows
	closed  bool
	conn    *sql.Conn // nil when closed or lost
	stmts   map[string]*sql.Stmt
	inserts []insertStmt
	self    query.Process
	seen    time.Time // the last heartbeat
	names   namer
	slow    slowLists
	prune   pruner
	// walPages is how many pages the -wal has when a commit empties it; 0: never.
	walPages int64
	scratch  scratch
	live     instrument.Names // of this process
	// migrated is the version that the schema had, if it was an older one; 0 for none.
	migrated int64
	// buildSince is when this process's build was first seen.
	buildSince time.Time
	// announced are the Records of this process that were stored unfinished.
	announced map[instrument.ID]bool
}

func newWriter(ctx context.Context, db *sql.DB, o *Options) (*writer, error) {
	w := &writer{options: o, live: instrument.CachedFrames(instrument.LiveNames())}
	return w, w.open(ctx, db)
}

// open takes a connection and prepares the database behind it, or a new one if that is
// damaged.
func (w *writer) open(ctx context.Context, db *sql.DB) error {
	aside, err := w.openOnce(ctx, db)
	if aside {
		_, err = w.openOnce(ctx, db)
	}
	return err
}

func (w *writer) openOnce(ctx context.Context, db *sql.DB) (aside bool, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return false, err
	}
	w.conn, w.stmts = conn, map[string]*sql.Stmt{}
	w.names, w.slow, w.prune = namer{}, slowLists{}, pruner{}
	if err := w.begin(ctx, db); err != nil {
		aside = w.putAside(err)
		w.drop()
		return aside, err
	}
	return false, nil
}

// aside is what a driver's connection can do with a file in which SQLite has found
// damage: put it out of the way. It reports whether it did.
type aside interface{ PutAside(why error) bool }

// putAside has a damaged file make room for a new one.
func (w *writer) putAside(why error) (done bool) {
	if why == nil || w.conn == nil {
		return false
	}
	// The connection stays good for Raw: what is wrong with it is for the caller to say.
	_ = w.conn.Raw(func(conn any) error {
		if c, ok := conn.(aside); ok {
			done = c.PutAside(why)
		}
		return nil
	})
	return done
}

func (w *writer) begin(ctx context.Context, db *sql.DB) error {
	if err := w.migrate(ctx, db); err != nil {
		return err
	}
	if err := w.transaction(ctx, func() error { return errors.Join(w.register(ctx), w.failDead(ctx)) }); err != nil {
		return fmt.Errorf("register this process: %w", err)
	}
	if err := w.boundWAL(ctx); err != nil {
		return fmt.Errorf("bound the -wal: %w", err)
	}
	if err := w.conn.QueryRowContext(ctx, "PRAGMA wal_autocheckpoint").Scan(&w.walPages); err != nil {
		return fmt.Errorf("bound the -wal: %w", err)
	}
	return w.prepareInserts(ctx)
}

// drop closes the connection for good: what it has open is not to be used again.
func (w *writer) drop() {
	if w.conn == nil {
		return
	}
	_ = w.release()
	_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = w.conn.Close()
	w.conn = nil
}

// release closes what was prepared.
func (w *writer) release() (err error) {
	for _, s := range w.stmts {
		err = errors.Join(err, s.Close())
	}
	w.stmts = nil
	return errors.Join(err, w.closeInserts())
}

// walShare is the usual part of the -wal in MaxBytes.
const walShare = 16

// boundWAL keeps the -wal small in a store that is to be small. The connection that
// writes is the one whose settings count, and it is always this one.
func (w *writer) boundWAL(ctx context.Context) error {
	const enough = 8 << 20 // what sqlitefile allows for
	limit := w.options.MaxBytes / walShare
	if limit >= enough {
		return nil
	}
	var page int64
	if err := w.conn.QueryRowContext(ctx, "PRAGMA page_size").Scan(&page); err != nil {
		return err
	}
	for _, pragma := range []string{
		fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", max(limit/page, 1)),
		fmt.Sprintf("PRAGMA journal_size_limit = %d", limit),
	} {
		if _, err := w.conn.ExecContext(ctx, pragma); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) close(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.conn == nil {
		return nil
	}
	err := w.transaction(ctx, func() error {
		now := w.options.Now().UnixMilli()
		return w.exec(ctx, "UPDATE process SET seen = ?, ended = ? WHERE id = ?", now, now, w.self.ID)
	})
	err = errors.Join(err, w.release(), w.conn.Close())
	w.conn = nil
	return err
}

// transaction runs fn while no other process can write. It does not rely on the
// pool's settings: a transaction that begins with reading may not get the write
// lock when it comes to writing, and then no busy timeout helps it.
func (w *writer) transaction(ctx context.Context, fn func() error) error {
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		// A deadline that passed just when it began leaves it open, and the file locked for everybody.
		_, _ = w.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done { // fn failed or panicked
			w.rollback(ctx)
		}
	}()
	if err := fn(); err != nil {
		return err
	}
	// Whether a commit that was interrupted took place is anybody's guess.
	if _, err := w.conn.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	done = true
	w.names.commit()
	return nil
}

func (w *writer) rollback(ctx context.Context) {
	w.names.rollback()
	w.slow.forget()
	// It fails when SQLite has rolled back by itself, which is as good.
	_, _ = w.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
}

// stmt is the prepared statement of a text. There are some twenty, all constant.
func (w *writer) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if s := w.stmts[text]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	w.stmts[text] = s
	return s, nil
}

func (w *writer) exec(ctx context.Context, text string, args ...any) error {
	_, err := w.execCount(ctx, text, args...)
	return err
}

// execCount is exec that tells how many rows were changed.
func (w *writer) execCount(ctx context.Context, text string, args ...any) (int64, error) {
	s, err := w.stmt(ctx, text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// intern runs a statement that returns the id of a row that it found or made.
func (w *writer) intern(ctx context.Context, text string, args ...any) (id int64, err error) {
	s, err := w.stmt(ctx, text)
	if err != nil {
		return 0, err
	}
	err = s.QueryRowContext(ctx, args...).Scan(&id)
	return id, err
}

// query runs a statement and calls fn for each row.
func (w *writer) query(ctx context.Context, text string, fn func(*sql.Rows) error, args ...any) error {
	s, err := w.stmt(ctx, text)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	return each(rows, fn)
}

// each calls fn for each row and closes the rows.
func each(rows *sql.Rows, fn func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// heartbeat notes now and then that the process is alive, for those that cannot
// look at it: other machines, other containers.
func (w *writer) heartbeat(ctx context.Context) error {
	now := w.options.Now()
	if d := now.Sub(w.seen); d >= 0 && d < heartbeatEvery {
		return nil
	}
	w.seen = now
	return w.exec(ctx, "UPDATE process SET seen = ? WHERE id = ?", now.UnixMilli(), w.self.ID)
}

// scratch is memory that one batch leaves to the next.
type scratch struct {
	order []int32
	args  []driver.NamedValue
	bytes []byte
}
