package sqltap

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var (
	keySystem       = instrument.NewKey("db.system.name")
	keyArgs         = instrument.NewKey("db.query.arguments")
	keyRowsAffected = instrument.NewKey("db.response.affected_rows")
)

// querySpan is the span of one statement.
type querySpan struct{ instrument.Span }

// end ends the span. What database/sql handles itself is no failure: a skip makes
// it take another way, a bad connection makes it try again.
func (s querySpan) end(err error) {
	if errors.Is(err, driver.ErrSkip) {
		s.Flag(instrument.FlagSkipped)
		err = nil
	}
	s.End(err)
}

func (s querySpan) endResult(res driver.Result, err error) {
	if err == nil && res != nil && s.Recorded() {
		if n, err := res.RowsAffected(); err == nil {
			s.Set(keyRowsAffected.Int64(n))
		}
	}
	s.end(err)
}

// maxStatements is how many distinct texts are remembered with their handler. Apps
// that put values into their texts have more; those are worked out each time.
const maxStatements = 4096

var (
	statements     sync.Map // text -> *instrument.Handler
	statementCount atomic.Int64
)

// handlerOf gives the handler of a statement: the fingerprint is worked out once
// for each distinct text.
func handlerOf(query string) *instrument.Handler {
	if h, ok := statements.Load(query); ok {
		return h.(*instrument.Handler)
	}
	h := instrument.NewHandler(instrument.KindQuery, Fingerprint(query), instrument.Source{})
	if statementCount.Load() < maxStatements && len(query) <= 16<<10 {
		if _, known := statements.LoadOrStore(strings.Clone(query), h); !known {
			statementCount.Add(1)
		}
	}
	return h
}

// shapes tells what the arguments are like, not what they are: "text(12), int64".
func shapes(args []driver.NamedValue) string {
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == 32 {
			fmt.Fprintf(&b, "and %d more", len(args)-i)
			break
		}
		switch v := a.Value.(type) {
		case nil:
			b.WriteString("null")
		case string:
			fmt.Fprintf(&b, "text(%d)", len(v))
		case []byte:
			fmt.Fprintf(&b, "bytes(%d)", len(v))
		default:
			b.WriteString(reflect.TypeOf(v).String())
		}
	}
	return b.String()
}

// plainValues takes the names off, as database/sql does for old drivers.
func plainValues(args []driver.NamedValue) ([]driver.Value, error) {
	values := make([]driver.Value, len(args))
	for i, a := range args {
		if a.Name != "" {
			return nil, errors.New("sql: driver does not support the use of Named Parameters")
		}
		values[i] = a.Value
	}
	return values, nil
}

// driverName guesses the database system from the driver's package, by
// OpenTelemetry's names.
func driverName(c driver.Connector) string {
	name := strings.ToLower(fmt.Sprintf("%T", c.Driver()))
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
