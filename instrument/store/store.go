package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Options say who writes and how long things are kept. The zero value suits an
// app in development and in production.
type Options struct {
	// ReadOnly opens the store for queries only; the process is not registered.
	ReadOnly bool
	// Service names the app in a store that several share. "": the last part of
	// the main package's path.
	Service string
	// Host is the machine's name. "": os.Hostname.
	Host string

	// MaxAge is how long Records are kept. 0: 7 days.
	MaxAge time.Duration
	// KeepFlags tell which Records are kept longer. 0: error, panic, exception, slow,
	// pinned and tagged.
	KeepFlags instrument.Flags
	// KeepAge is how long these are kept. 0: 30 days. Pinned ones stay until they
	// are unpinned, or until there is no room otherwise.
	KeepAge time.Duration
	// RollupAge is how long statistics are kept. 0: 400 days.
	RollupAge time.Duration
	// MinuteAge is how long statistics are kept for each minute; older ones are
	// merged into hours. 0: 24 hours.
	MinuteAge time.Duration
	// MaxRecords is how many Records are kept. 0: any number.
	MaxRecords int64
	// MaxBytes bounds the file with its -wal. Removing begins at 80 % of it.
	// 0: 256 MiB.
	MaxBytes int64

	// QueryTimeout bounds every query whose ctx has no earlier deadline. 0: 2 seconds.
	QueryTimeout time.Duration
	// Now is the wall clock. nil: time.Now.
	Now func() time.Time
}

const day = 24 * time.Hour

func (o Options) withDefaults() Options {
	o.Service = cmp.Or(o.Service, defaultService())
	o.Host = cmp.Or(o.Host, hostname())
	o.MaxAge = cmp.Or(o.MaxAge, 7*day)
	o.KeepFlags = cmp.Or(o.KeepFlags, instrument.FlagError|instrument.FlagPanic|instrument.FlagSlow|instrument.FlagTagged|instrument.FlagException) | instrument.FlagPinned
	o.KeepAge = max(cmp.Or(o.KeepAge, 30*day), o.MaxAge)
	o.RollupAge = cmp.Or(o.RollupAge, 400*day)
	o.MinuteAge = cmp.Or(o.MinuteAge, day)
	o.MaxBytes = cmp.Or(o.MaxBytes, 256<<20)
	o.QueryTimeout = cmp.Or(o.QueryTimeout, 2*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func (o Options) validate() error {
	var errs []error
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"MaxAge", int64(o.MaxAge)}, {"KeepAge", int64(o.KeepAge)}, {"RollupAge", int64(o.RollupAge)},
		{"MinuteAge", int64(o.MinuteAge)}, {"MaxRecords", o.MaxRecords}, {"MaxBytes", o.MaxBytes},
		{"QueryTimeout", int64(o.QueryTimeout)},
	} {
		if f.value < 0 {
			errs = append(errs, fmt.Errorf("negative Options.%s: use 0 for the default", f.name))
		}
	}
	return errors.Join(errs...)
}

// Store keeps Records and statistics in a SQLite database. It is safe for
// concurrent use; writes take turns. It starts no goroutine.
type Store struct {
	options Options
	db      *sql.DB
	file    atomic.Pointer[watch]
	writer  *writer       // nil when read-only
	self    query.Process // zero when read-only
	catalog catalog
	names   nameCache
	blocks  closedBlocks
}

// Open makes db a store, or opens the store that it is. The tables are made or
// migrated as needed, and this process is registered in them. One connection of
// the pool is kept for writing until Close, so the pool must allow for two.
//
// A database that is not a store gives [ErrForeign], one of a later version
// [ErrNewer]; neither is changed. The db stays the caller's: close it after the
// Store. Package sqlitefile opens one with the settings that this package expects.
func Open(ctx context.Context, db *sql.DB, o Options) (*Store, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if db.Stats().MaxOpenConnections == 1 {
		return nil, errors.New("open store: the pool is limited to one connection: allow for two, one of them writes")
	}
	s := &Store{options: o.withDefaults(), db: db}
	if err := s.open(ctx); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if s.options.ReadOnly {
		return s.openReader(ctx)
	}
	w, err := newWriter(ctx, s.db, &s.options)
	if err != nil {
		return err
	}
	s.writer, s.self = w, w.self
	if err := s.watchFile(ctx); err != nil {
		return errors.Join(err, w.close(ctx))
	}
	if w.migrated > 0 && w.migrated < 3 {
		// What it cannot read of an older store is missing among the exceptions, no more.
		_ = s.adoptExceptions(ctx)
	}
	return nil
}

func (s *Store) watchFile(ctx context.Context) error {
	file, err := newWatch(ctx, s.db)
	s.file.Store(&file)
	return err
}

func (s *Store) openReader(ctx context.Context) error {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	id, err := readIdentity(ctx, c)
	if err != nil {
		return err
	}
	if err := CheckIdentity(id.application, id.version); err != nil {
		return err
	}
	if id.version < SchemaVersion {
		return fmt.Errorf("its schema has version %d, this program reads version %d: start the app once, it migrates the store", id.version, SchemaVersion)
	}
	return s.watchFile(ctx)
}

// Close notes that the process ended and gives the writing connection back to the
// pool. Later writes give [ErrClosed]; queries go on for as long as the pool is
// open. A second Close does nothing.
func (s *Store) Close() error {
	if s == nil || s.writer == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.options.QueryTimeout)
	defer cancel()
	if err := s.writer.close(ctx); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Process is the number that record ids of this process carry: 1 to
// [instrument.MaxProcess], shared with no other living process. 0 when the store
// is read-only.
func (s *Store) Process() uint16 {
	return s.self.Number
}

// Self is this process as it was registered; zero when the store is read-only.
func (s *Store) Self() query.Process { return s.self }

// write runs fn in one transaction that holds the write lock from the beginning.
func (s *Store) write(ctx context.Context, what string, fn func(context.Context, *writer) error) error {
	if s.writer == nil {
		return fmt.Errorf("%s: %w", what, ErrReadOnly)
	}
	w := s.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	err := s.writeLocked(ctx, w, fn)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (s *Store) writeLocked(ctx context.Context, w *writer, fn func(context.Context, *writer) error) error {
	if w.closed {
		return ErrClosed
	}
	if gone := s.file.Load().check(); gone != nil || w.conn == nil {
		if err := s.reopen(ctx, w); err != nil {
			return errors.Join(cmp.Or(gone, ErrFileGone), fmt.Errorf("open it anew: %w", err))
		}
	}
	if err := w.checkWAL(ctx, s); err != nil {
		return err
	}
	err := w.transaction(ctx, func() error { return fn(ctx, w) })
	if w.putAside(err) {
		if again := s.reopen(ctx, w); again != nil {
			return errors.Join(err, fmt.Errorf("begin a new file: %w", again))
		}
		err = w.transaction(ctx, func() error { return fn(ctx, w) })
	}
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) {
		w.drop()
	}
	return err
}

// reopen goes on in the file that has the name now, or in a new one: somebody
// deleted the store to begin afresh while the app was running. All processes do the
// same and meet in one file. What was in the old one is theirs who took it away.
func (s *Store) reopen(ctx context.Context, w *writer) error {
	w.drop()
	if err := w.open(ctx, s.db); err != nil {
		return err
	}
	s.catalog.forget()
	s.names.forget()
	s.blocks.forget()
	if err := s.watchFile(ctx); err != nil {
		w.drop()
		return err
	}
	return nil
}

// deadline gives every query one.
func (s *Store) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.options.QueryTimeout)
}
