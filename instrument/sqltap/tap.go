package sqltap

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"weak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// Option changes what is reported of a database.
type Option func(*tap)

// Parameters keeps the values of parameters beside each statement, which is off
// unless asked for: they are the users' data. Texts pass through the rules, a named
// parameter goes by its name, a statement that mentions a sensitive column keeps no
// text at all, and at most 256 bytes of a value and 2 KiB of a statement's values are
// kept. Nil rules are mask.Default().
func Parameters(rules *mask.Rules) Option {
	if rules == nil {
		rules = mask.Default()
	}
	return func(t *tap) { t.rules = rules }
}

// NoCallers leaves out where in the code a statement was run, which is the dearest
// part of reporting it. Without it nothing is told about loops.
func NoCallers() Option { return func(t *tap) { t.noCallers = true } }

// System names the database system, by OpenTelemetry's names ("postgresql"), where
// the driver's package does not tell.
func System(name string) Option { return func(t *tap) { t.system = name } }

// Name names the database in everything that is reported of it (OpenTelemetry's
// "db.namespace"), for apps that have several.
func Name(name string) Option { return func(t *tap) { t.name = name } }

// tap is how one database is reported.
type tap struct {
	system    string
	rules     *mask.Rules // nil: values of parameters are not kept
	noCallers bool
	poolWait  bool
	pool      pool
	name      string             // of the database, for apps that have several
	source    driver.Connector   // for a connection beside the app's own; see Explain
	self      *weak.Pointer[tap] // apart, so that who remembers it does not keep the tap
}

func newTap(d driver.Driver, source driver.Connector, opts []Option) *tap {
	t := &tap{system: systemOf(d), source: source}
	for _, o := range opts {
		o(t)
	}
	self := weak.Make(t)
	t.self = &self
	return t
}

// systemOf guesses the database system from the driver's package, by
// OpenTelemetry's names.
func systemOf(d driver.Driver) string {
	name := strings.ToLower(fmt.Sprintf("%T", d))
	for _, s := range [...]struct{ part, system string }{
		{"sqlite", "sqlite"}, {"pq.", "postgresql"}, {"pgx", "postgresql"}, {"stdlib.", "postgresql"},
		{"mysql", "mysql"}, {"mssql", "microsoft.sql_server"}, {"clickhouse", "clickhouse"},
	} {
		if strings.Contains(name, s.part) {
			return s.system
		}
	}
	return "other_sql"
}

// connect opens a connection and reports how long that took.
func (t *tap) connect(ctx context.Context, open func(context.Context) (driver.Conn, error)) (driver.Conn, error) {
	span := instrument.Leaf(ctx, instrument.NewHandler(kindConnect, t.system, instrument.Source{}))
	if span.Recorded() {
		span.Set(keySystem.String(t.system))
	}
	c, err := open(ctx)
	span.End(err)
	if err != nil || c == nil {
		return c, err
	}
	return wrapConn(c, t), nil
}

// disconnect closes the connection and reports how long that took. The pool closes one
// where it finds it of no use, without a context: when that is in a request, its goroutine
// tells.
func (c *conn) disconnect() error {
	span := instrument.Leaf(context.Background(), instrument.NewHandler(kindDisconnect, c.tap.system, instrument.Source{}))
	if span.Recorded() {
		span.Set(keySystem.String(c.tap.system))
	}
	err := c.raw.Close()
	span.End(err)
	return err
}

// maxCallers is how many calls are kept with a statement, beginning with the one in
// the app's own code that ran it.
const maxCallers = 8

// caller leaves out skip calls above the one that asks.
func (t *tap) caller(skip int) instrument.Attr {
	if t.noCallers {
		return instrument.Attr{}
	}
	return instrument.Callers(1+skip, maxCallers)
}
