package sqlitefile

import (
	"context"
	"database/sql/driver"

	"modernc.org/sqlite"
)

// connector opens the connections of a pool. It looks at the file before each of
// them: the file may have been deleted or replaced since the last.
type connector struct {
	driver.Connector
	path     string // absolute; "" in memory
	readOnly bool
}

// Connect opens a connection, making the file when it is missing.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.path != "" {
		if err := c.prepare(); err != nil {
			return nil, err
		}
	}
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := keepWAL(conn, c); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// keepWAL makes the connection leave -wal and -shm alone when it closes.
func keepWAL(conn driver.Conn, c *connector) error {
	if c.path == "" || c.readOnly {
		return nil
	}
	_, err := conn.(sqlite.FileControl).FileControlPersistWAL("main", 1)
	return err
}
