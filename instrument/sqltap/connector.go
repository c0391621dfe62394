package sqltap

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"sync"
)

// Open is sql.Open with every statement reported. driverName is the name that the
// driver was registered under. A driver that makes connectors is asked for one
// twice: the first is how the driver is found by its name, and is closed unused.
func Open(driverName, dsn string, opts ...Option) (*sql.DB, error) {
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
		return OpenDB(c, opts...), nil
	}
	return OpenDB(dsnConnector{dsn, d}, opts...), nil
}

// Register makes a driver known to sql.Open under another name, with its statements
// reported: for apps and libraries that open their databases by name.
//
//	sqltap.Register("sqlite3+tap", &sqlite3.SQLiteDriver{ConnectHook: hook})
//	db, err := sql.Open("sqlite3+tap", dsn)
//
// Like sql.Register it panics when the name is taken or the driver is nil.
func Register(name string, d driver.Driver, opts ...Option) {
	if d == nil {
		panic("sqltap: Register: the driver is nil")
	}
	sql.Register(name, Driver(d, opts...))
}

// Driver gives a driver whose connections report their statements. It makes
// connectors (driver.DriverContext) if the one given does.
func Driver(d driver.Driver, opts ...Option) driver.Driver {
	if isTapped(d) {
		return d
	}
	t := &tapDriver{raw: d, opts: opts}
	if dc, ok := d.(driver.DriverContext); ok {
		return contextDriver{t, dc}
	}
	return t
}

// Connector gives a connector whose connections report their statements. It is
// used as the one given, and closed with the database if that one has to be. A
// connector that reports already is given back as it is.
func Connector(c driver.Connector, opts ...Option) driver.Connector {
	if isTapped(c) || isTapped(c.Driver()) {
		return c
	}
	return wrapConnector(c, newTap(c.Driver(), c, opts))
}

func wrapConnector(c driver.Connector, t *tap) driver.Connector {
	w := &connector{c, t}
	if closer, ok := c.(io.Closer); ok {
		return closingConnector{w, closer}
	}
	return w
}

// tapped marks what reports already.
type tapped interface{ tapped() }

func isTapped(v any) bool { _, ok := v.(tapped); return ok }

type connector struct {
	raw driver.Connector
	tap *tap
}

func (*connector) tapped() {}

// Unwrap is the driver's own connector; see [As].
func (c *connector) Unwrap() any { return c.raw }

func (c *connector) Driver() driver.Driver { return c.raw.Driver() }

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	return c.tap.connect(ctx, c.raw.Connect)
}

// closingConnector is for connectors that sql.DB.Close has to close.
type closingConnector struct {
	*connector
	io.Closer
}

// tapDriver is a driver that has only Open.
type tapDriver struct {
	raw  driver.Driver
	opts []Option
	taps sync.Map // data source name -> *tap
}

func (*tapDriver) tapped() {}

// Unwrap is the driver itself; see [As].
func (d *tapDriver) Unwrap() any { return d.raw }

func (d *tapDriver) Open(dsn string) (driver.Conn, error) {
	return d.tap(dsn).connect(context.Background(), func(context.Context) (driver.Conn, error) { return d.raw.Open(dsn) })
}

// tap is that of one database of the driver. database/sql asks for it by the same name
// for each connection.
func (d *tapDriver) tap(dsn string) *tap {
	t, ok := d.taps.Load(dsn)
	if !ok {
		t, _ = d.taps.LoadOrStore(dsn, newTap(d.raw, dsnConnector{dsn, d.raw}, d.opts))
	}
	return t.(*tap)
}

// contextDriver is a driver that makes connectors too.
type contextDriver struct {
	*tapDriver
	context driver.DriverContext
}

func (d contextDriver) OpenConnector(dsn string) (driver.Connector, error) {
	c, err := d.context.OpenConnector(dsn)
	if err != nil || c == nil {
		return c, err
	}
	return wrapConnector(c, newTap(d.raw, c, d.opts)), nil
}

// dsnConnector serves drivers that have only Open.
type dsnConnector struct {
	dsn    string
	driver driver.Driver
}

func (c dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

func (c dsnConnector) Driver() driver.Driver { return c.driver }

// As finds a T in v or in what v wraps. It serves apps that reach for the driver's
// own type, because a wrapper has the driver's interfaces, but cannot be of its type:
//
//	conn.Raw(func(dc any) error {
//		c, ok := sqltap.As[*sqlite3.SQLiteConn](dc)
//		...
//	})
func As[T any](v any) (T, bool) {
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
