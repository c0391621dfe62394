package sqltap

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
)

// Open is sql.Open with every statement reported. driverName is the name that the
// driver was registered under.
func Open(driverName, dsn string) (*sql.DB, error) {
	// sql.Open opens no connection; it is the way to the registered driver.
	plain, err := sql.Open(driverName, dsn)
	if err != nil {
		return nil, err
	}
	d := plain.Driver()
	if err := plain.Close(); err != nil {
		return nil, fmt.Errorf("look up driver %s: %w", driverName, err)
	}
	if dc, ok := d.(driver.DriverContext); ok {
		c, err := dc.OpenConnector(dsn)
		if err != nil {
			return nil, err
		}
		return sql.OpenDB(Connector(c)), nil
	}
	return sql.OpenDB(Connector(dsnConnector{dsn, d})), nil
}

// Connector gives a connector whose connections report their statements. It is
// used as the one given.
func Connector(c driver.Connector) driver.Connector {
	t := &connector{Connector: c, name: driverName(c)}
	if closer, ok := c.(io.Closer); ok {
		return closingConnector{t, closer}
	}
	return t
}

type connector struct {
	driver.Connector
	name string // of the database system
}

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	dc, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: dc, system: c.name}, nil
}

// closingConnector is for connectors that sql.DB.Close has to close.
type closingConnector struct {
	*connector
	io.Closer
}

// dsnConnector serves drivers that have only Open.
type dsnConnector struct {
	dsn    string
	driver driver.Driver
}

func (c dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

func (c dsnConnector) Driver() driver.Driver { return c.driver }
