package sqltap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a driver whose connections log what they are asked. A plain one has only
// what every driver must have.
type fake struct {
	mu    sync.Mutex
	plain bool
	log   []string
	fail  error
}

func (f *fake) note(s string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, s)
	return f.fail
}

func (f *fake) Connect(context.Context) (driver.Conn, error) {
	if f.plain {
		return plainConn{f}, nil
	}
	return fullConn{plainConn{f}}, nil
}

func (f *fake) Driver() driver.Driver { return nil }

type plainConn struct{ f *fake }

func (c plainConn) Prepare(q string) (driver.Stmt, error) { return plainStmt{c.f, q}, nil }
func (c plainConn) Close() error                          { return nil }
func (c plainConn) Begin() (driver.Tx, error)             { return c, c.f.note("begin") }
func (c plainConn) Commit() error                         { return c.f.note("commit") }
func (c plainConn) Rollback() error                       { return c.f.note("rollback") }

type fullConn struct{ plainConn }

func (c fullConn) QueryContext(_ context.Context, q string, _ []driver.NamedValue) (driver.Rows, error) {
	if err := c.f.note("query " + q); err != nil {
		return nil, err
	}
	return &rows{}, nil
}

func (c fullConn) ExecContext(_ context.Context, q string, _ []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(3), c.f.note("exec " + q)
}

type plainStmt struct {
	f *fake
	q string
}

func (s plainStmt) Close() error  { return nil }
func (s plainStmt) NumInput() int { return -1 }
func (s plainStmt) Exec([]driver.Value) (driver.Result, error) {
	return driver.RowsAffected(1), s.f.note("stmt exec " + s.q)
}
func (s plainStmt) Query([]driver.Value) (driver.Rows, error) {
	return &rows{}, s.f.note("stmt query " + s.q)
}

type rows struct{ done bool }

func (*rows) Columns() []string { return []string{"n"} }
func (*rows) Close() error      { return nil }
func (r *rows) Next(dest []driver.Value) error {
	if r.done {
		return io.EOF
	}
	r.done = true
	dest[0] = int64(1)
	return nil
}

type sink struct{ recs []*instrument.Record }

func (s *sink) Want(*instrument.Summary) bool { return true }
func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err == nil {
		s.recs = append(s.recs, rec)
	}
}

// traced runs fn in a Record and gives the statements that the Record has.
func traced(t *testing.T, fn func(ctx context.Context)) []instrument.RecordSpan {
	t.Helper()
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s})
	t.Cleanup(func() { r.SetEnabled(false) })
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, t.Name(), instrument.Source{})})
	fn(ctx)
	rec.End()
	return s.recs[0].Spans[1:]
}

func names(spans []instrument.RecordSpan) string {
	var out []string
	for _, s := range spans {
		out = append(out, s.Handler.Name)
	}
	return strings.Join(out, " | ")
}

func open(t *testing.T, f *fake) *sql.DB {
	db := sql.OpenDB(sqltap.Connector(f))
	t.Cleanup(func() { db.Close() })
	return db
}

func TestConnector_ReportsWhatTheDriverIsAsked(t *testing.T) {
	t.Parallel()
	for name, plain := range map[string]bool{"full driver": false, "plain driver": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{plain: plain}
			db := open(t, f)
			spans := traced(t, func(ctx context.Context) {
				tx, err := db.BeginTx(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				var n int
				if err := tx.QueryRowContext(ctx, "SELECT n FROM t WHERE id = 17 AND name = 'secret'").Scan(&n); err != nil {
					t.Fatal(err)
				}
				if _, err := tx.ExecContext(ctx, "UPDATE t SET a = ? WHERE id = ?", "hunter2", 5); err != nil {
					t.Fatal(err)
				}
				tx.Commit()
			})
			want := "BEGIN | SELECT n FROM t WHERE id = ? AND name = ? | UPDATE t SET a = ? WHERE id = ? | COMMIT"
			if got := names(spans); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if a := spans[2].Attrs; !strings.Contains(attrText(a), "text(7), int64") || strings.Contains(attrText(a), "hunter2") {
				t.Errorf("arguments: %s", attrText(a))
			}
		})
	}
}

func attrText(kvs []instrument.KV) string {
	var b strings.Builder
	for _, kv := range kvs {
		b.WriteString(kv.Key + "=")
		if s, ok := kv.Value.(string); ok {
			b.WriteString(s)
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func TestF06_ErrorsAreTheDriversOwn(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	f := &fake{fail: broken}
	db := open(t, f)
	spans := traced(t, func(ctx context.Context) {
		if _, err := db.ExecContext(ctx, "DELETE FROM t"); err != broken {
			t.Errorf("got %v, want the driver's error itself", err)
		}
	})
	if len(spans) != 1 || spans[0].Error != "broken" {
		t.Errorf("spans %+v", spans)
	}
	f.fail = driver.ErrBadConn
	if _, err := db.Exec("DELETE FROM t"); !errors.Is(err, driver.ErrBadConn) {
		t.Errorf("got %v, want ErrBadConn", err)
	}
	if n := len(f.log); n != 4 { // 1 + database/sql's own: two tries and one on a new connection
		t.Errorf("the driver was asked %d times, want 4 as without the tap: %v", n, f.log)
	}
}

func TestQueryWithoutContext_FindsItsRecord(t *testing.T) {
	t.Parallel()
	db := open(t, &fake{})
	spans := traced(t, func(context.Context) {
		var wg sync.WaitGroup
		wg.Go(func() { db.Exec("DELETE FROM a") })
		wg.Wait()
		db.Exec("DELETE FROM b")
	})
	if got := names(spans); got != "DELETE FROM a | DELETE FROM b" || !spans[0].Flags.Has(instrument.FlagInferred) {
		t.Errorf("got %s", got)
	}
}

func TestOpen_UnknownDriverIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := sqltap.Open("no such driver", ""); err == nil {
		t.Error("want an error")
	}
}

func TestConn_UnwrapGivesTheDriversOwn(t *testing.T) {
	t.Parallel()
	db := open(t, &fake{})
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Raw(func(dc any) error {
		if _, ok := dc.(interface{ Unwrap() driver.Conn }).Unwrap().(fullConn); !ok {
			t.Errorf("unwrapped to %T", dc)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
