package sqlitefile

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"

	"modernc.org/sqlite"
)

// connector opens the connections of a pool. It looks at the file before each of
// them: the file may have been deleted or replaced since the last.
type connector struct {
	driver.Connector
	path     string // absolute; "" in memory
	readOnly bool
	frozen   driver.Connector // opens a file that nobody can write, for reading; nil: not allowed
	onAside  func(Aside)
	known    atomic.Pointer[fs.FileInfo] // the file that was found to be ours
}

// Connect opens a connection, making the file when it is missing.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.path == "" {
		return c.Connector.Connect(ctx)
	}
	var conn driver.Conn
	err := c.onWholeFile(func() (err error) {
		conn, err = c.connect(ctx)
		return err
	})
	return conn, err
}

// onWholeFile tries again what failed because the file is damaged, on a new one, and what
// failed because the file was taken away meanwhile.
func (c *connector) onWholeFile(try func() error) (err error) {
	for range 3 {
		before := c.present()
		if err = try(); err == nil || c.readOnly {
			return err
		}
		if damaged(err) && c.putAside(before, err) || c.present() == nil {
			continue
		}
		return err
	}
	return err
}

// present is the file that has the name now.
func (c *connector) present() fs.FileInfo {
	info, err := os.Lstat(c.path)
	if err != nil {
		return nil
	}
	return info
}

func (c *connector) connect(ctx context.Context) (driver.Conn, error) {
	if err := c.prepare(); err != nil {
		return nil, err
	}
	base, err := c.Connector.Connect(ctx)
	if err != nil && c.frozen != nil && isFrozen(c.path, err) {
		base, err = c.frozen.Connect(ctx)
	}
	if err != nil {
		return nil, err
	}
	conn, err := c.wrap(base)
	if err != nil {
		base.Close()
		return nil, err
	}
	return conn, nil
}

func (c *connector) wrap(base driver.Conn) (driver.Conn, error) {
	inner, ok := base.(sqliteConn)
	if !ok {
		return nil, fmt.Errorf("the driver's connection, %T, lacks a method that is needed", base)
	}
	if !c.readOnly {
		// Leave -wal and -shm alone when the last connection closes.
		if _, err := inner.FileControlPersistWAL("main", 1); err != nil {
			return nil, err
		}
	}
	info, err := os.Stat(c.path)
	return &conn{sqliteConn: inner, connector: c, info: info}, err
}

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	sqlite.FileControl
}

// conn is a connection that leaves the pool when its file is no longer the one
// with the name: what it would read or write is nobody's any more.
type conn struct {
	sqliteConn
	connector  *connector
	info       fs.FileInfo // when it was opened
	statements statements
}

// ResetSession is asked before the connection is used again.
func (c *conn) ResetSession(ctx context.Context) error {
	if info, err := os.Stat(c.connector.path); err != nil || !os.SameFile(info, c.info) {
		return driver.ErrBadConn
	}
	return c.sqliteConn.ResetSession(ctx)
}
