package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
)

// Memory is the path of a database that is kept in memory and is gone when it is
// closed. Each call of Open makes another one.
const Memory = ":memory:"

// Options say how a file is opened. The zero value is for the app itself.
type Options struct {
	// ReadOnly opens a file that must exist and changes nothing in it, also while
	// the app that writes it is running. A file in a folder in which nothing may be
	// made is read as it is, if nobody has left a -wal beside it.
	ReadOnly bool
	// BusyTimeout is how long a connection waits while another process writes.
	// 0: 5 seconds.
	BusyTimeout time.Duration
	// Conns is how many connections there may be at once: one of them writes.
	// 0: 4. At least 2.
	Conns int
	// OnAside hears of a damaged file that was put aside, on whatever goroutine came
	// upon the damage. A panic in it is caught. Nil: nobody is told.
	OnAside func(Aside)
}

const (
	defaultBusyTimeout = 5 * time.Second
	defaultConns       = 4
)

func (o Options) withDefaults() Options {
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = defaultBusyTimeout
	}
	if o.Conns == 0 {
		o.Conns = defaultConns
	}
	o.Conns = max(o.Conns, 2)
	return o
}

// Open opens the database at path, making the file and its folder when they are
// missing. The pool is the caller's to close, after the store that uses it.
//
// A folder that it makes has the mode 0700 and a .gitignore that ignores it
// whole; the files have the mode 0600. A symbolic link, a file of another user
// and a file that is not a store are refused and stay as they are: see
// [store.ErrForeign] and [store.ErrNewer].
//
// A store that SQLite finds damaged, now or later, is put aside under a name that ends
// in ".corrupt-" and the time, and a new one is made in its place; the last two of them
// stay, for "sqlite3 FILE .recover". One that is opened ReadOnly stays where it is.
func Open(path string, o Options) (*sql.DB, error) {
	o = o.withDefaults()
	c, err := newConnector(path, o)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(o.Conns)
	db.SetMaxIdleConns(o.Conns)
	ctx, cancel := context.WithTimeout(context.Background(), o.BusyTimeout+5*time.Second)
	defer cancel()
	if err := warm(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return db, nil
}

// warm opens a connection to write and one to read with. They stay open: later
// there may be no file descriptor left for them.
func warm(ctx context.Context, db *sql.DB) error {
	for range 2 {
		c, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer c.Close() // at the end, so that the next one is another
	}
	return nil
}

func newConnector(path string, o Options) (*connector, error) {
	if path == "" {
		return nil, errors.New("the path is empty: give a file name, or sqlitefile.Memory")
	}
	if path == Memory {
		return dial(&connector{}, memoryDSN(o))
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	c := &connector{path: path, readOnly: o.ReadOnly, onAside: o.OnAside}
	if err := c.onWholeFile(c.prepare); err != nil {
		return nil, err
	}
	if o.ReadOnly {
		if c.frozen, err = sqlite.NewConnector(frozenDSN(path, o)); err != nil {
			return nil, err
		}
		return dial(c, readOnlyDSN(path, o))
	}
	return dial(c, fileDSN(path, o))
}

func dial(c *connector, dsn string) (*connector, error) {
	base, err := sqlite.NewConnector(dsn)
	c.Connector = base
	return c, err
}
