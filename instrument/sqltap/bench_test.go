package sqltap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// nowhere is a driver that does nothing, so that what is left is the tap's own cost.
type nowhere struct{}

func (nowhere) Connect(context.Context) (driver.Conn, error) { return nowhere{}, nil }
func (nowhere) Driver() driver.Driver                        { return nil }
func (nowhere) Prepare(string) (driver.Stmt, error)          { return nil, driver.ErrSkip }
func (nowhere) Close() error                                 { return nil }
func (nowhere) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (nowhere) Columns() []string                            { return nil }
func (nowhere) Next([]driver.Value) error                    { return io.EOF }
func (nowhere) CheckNamedValue(*driver.NamedValue) error     { return nil }
func (nowhere) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return nowhere{}, nil
}

// BenchmarkTap has what the tap costs of itself: the difference to bare.
func BenchmarkTap(b *testing.B) {
	for _, way := range []struct {
		name   string
		c      driver.Connector
		record bool
	}{
		{"bare", nowhere{}, true},
		{"off", sqltap.Connector(nowhere{}), false},
		{"recorded", sqltap.Connector(nowhere{}), true},
		{"recorded, no callers", sqltap.Connector(nowhere{}, sqltap.NoCallers()), true},
		{"recorded, parameters", sqltap.Connector(nowhere{}, sqltap.Parameters(nil)), true},
	} {
		b.Run(way.name, func(b *testing.B) {
			db := sql.OpenDB(way.c)
			defer db.Close()
			var r *instrument.Recorder
			if way.record {
				r = instrument.New(instrument.Config{MaxAttrBytes: 1 << 20})
				defer r.SetEnabled(false)
			}
			b.ReportAllocs()
			for n := 0; n < b.N; {
				ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: benchRequest})
				for i := 0; i < 500 && n < b.N; i++ {
					must(db.QueryContext(ctx, "SELECT id, name FROM t WHERE id = ? AND name = ?", 17, "Ann")).Close()
					n++
				}
				rec.End()
			}
		})
	}
}
