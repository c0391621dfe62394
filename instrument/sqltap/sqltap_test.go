package sqltap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type sink struct {
	mu   sync.Mutex
	recs []*instrument.Record
}

func (s *sink) Want(*instrument.Summary) bool { return true }
func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err == nil {
		s.mu.Lock()
		s.recs = append(s.recs, rec)
		s.mu.Unlock()
	}
}

// record runs fn in a Record and gives the Record.
func record(t testing.TB, fn func(ctx context.Context)) *instrument.Record {
	t.Helper()
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s, MaxAttrBytes: 1 << 20})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, t.Name(), instrument.Source{})})
	fn(ctx)
	rec.End()
	return s.recs[0]
}

// traced runs fn in a Record and gives the statements that the Record has.
func traced(t testing.TB, fn func(ctx context.Context)) (queries []instrument.RecordSpan) {
	t.Helper()
	for _, sp := range record(t, fn).Spans {
		if sp.Handler.Kind == instrument.KindQuery && !sp.Flags.Has(instrument.FlagSkipped) {
			queries = append(queries, sp)
		}
	}
	return queries
}

func names(spans []instrument.RecordSpan) string {
	var out []string
	for _, s := range spans {
		out = append(out, s.Handler.Name)
	}
	return strings.Join(out, " | ")
}

// attr gives an attribute's value as text; "" when it is not there.
func attr(s instrument.RecordSpan, key string) string {
	for _, kv := range s.Attrs {
		if kv.Key == key {
			return fmt.Sprint(kv.Value)
		}
	}
	return ""
}

func newServer() *server { return &server{stmts: stmtShapes["all"], rows: rowsShapes["all"]} }

func open(t testing.TB, s *server, shape string, opts ...sqltap.Option) *sql.DB {
	db := sql.OpenDB(sqltap.Connector(fakeConnector{s, connShapes[shape]}, opts...))
	t.Cleanup(func() { db.Close() })
	return db
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestConnector_ReportsWhatTheDriverIsAsked(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{"all", "nothing", "old", "like pgx"} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			db := open(t, newServer(), shape)
			spans := traced(t, func(ctx context.Context) {
				tx := must(db.BeginTx(ctx, nil))
				var n, name any
				if err := tx.QueryRowContext(ctx, "SELECT n FROM t WHERE id = 17 AND name = 'secret'").Scan(&n, &name); err != nil {
					t.Error(err)
				}
				must(tx.ExecContext(ctx, "UPDATE t SET a = ? WHERE id = ?", "hunter2", 5))
				tx.Commit()
			})
			want := "BEGIN | SELECT n FROM t WHERE id = ? AND name = ? | UPDATE t SET a = ? WHERE id = ? | COMMIT"
			if got := names(spans); got != want {
				t.Fatalf("got  %s\nwant %s", got, want)
			}
			if got := attr(spans[2], "db.query.arguments"); got != "text(7), int64" {
				t.Errorf("arguments: %s", got)
			}
			for _, s := range spans {
				if strings.Contains(fmt.Sprint(s), "hunter2") {
					t.Errorf("a parameter was kept: %v", s)
				}
				if id := attr(s, "db.transaction.id"); id == "" || id != attr(spans[0], "db.transaction.id") {
					t.Errorf("%s has transaction %q, want all in the one that begins with BEGIN", s.Handler.Name, id)
				}
			}
			if attr(spans[3], "db.transaction.time") == "" {
				t.Error("COMMIT does not tell how long the transaction lasted")
			}
		})
	}
}

func TestRows_AreCountedUntilTheyAreClosed(t *testing.T) {
	t.Parallel()
	db := open(t, newServer(), "like pgx")
	spans := traced(t, func(ctx context.Context) {
		rows := must(db.QueryContext(ctx, "SELECT id, name FROM t"))
		for rows.Next() {
		}
		rows = must(db.QueryContext(ctx, "BREAK after the first"))
		for rows.Next() {
		}
		rows.Close()
	})
	if got := attr(spans[0], "db.response.returned_rows"); got != "2" {
		t.Errorf("%s rows, want 2", got)
	}
	if got := attr(spans[0], "db.response.bytes"); got != "22" { // two times a number and "Ann"
		t.Errorf("%s bytes, want 22", got)
	}
	for _, key := range []string{"db.response.time", "db.response.first_row", "db.response.open"} {
		if attr(spans[0], key) == "" {
			t.Errorf("%s is missing: %v", key, spans[0].Attrs)
		}
	}
	if spans[1].Error != errDriver.Error() || attr(spans[1], "db.response.returned_rows") != "1" {
		t.Errorf("the rows that broke: error %q, %v", spans[1].Error, spans[1].Attrs)
	}
}

func TestDisconnect_IsReportedWhereThePoolCloses(t *testing.T) {
	t.Parallel()
	s := newServer()
	db := open(t, s, "like pgx")
	db.SetMaxIdleConns(-1) // each connection is closed when it comes back
	rec := record(t, func(ctx context.Context) { must(db.ExecContext(ctx, "DELETE FROM t")) })
	var got []string
	for _, sp := range rec.Spans[1:] {
		got = append(got, sp.Handler.Kind.String()+" "+sp.Handler.Name)
	}
	want := []string{"connect other_sql", "query DELETE FROM t", "disconnect other_sql"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if !slices.Contains(s.log, "close") {
		t.Error("the connection was not closed")
	}
}

func TestPrepare_IsOfItsOwnKind(t *testing.T) {
	t.Parallel()
	db := open(t, newServer(), "like pgx")
	rec := record(t, func(ctx context.Context) {
		st := must(db.PrepareContext(ctx, "DELETE FROM t WHERE id = ?"))
		defer st.Close()
		must(st.ExecContext(ctx, 1))
		must(st.ExecContext(ctx, 2))
	})
	var got []string
	for _, s := range rec.Spans[1:] {
		got = append(got, s.Handler.Kind.String()+" "+s.Handler.Name)
	}
	want := []string{"connect other_sql", "prepare DELETE FROM t WHERE id = ?", "query DELETE FROM t WHERE id = ?", "query DELETE FROM t WHERE id = ?"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if rec.Count(instrument.KindQuery) != 2 {
		t.Errorf("%d queries counted, want 2", rec.Count(instrument.KindQuery))
	}
}

// skips makes a statement of each run of a test: that one is skipped is remembered
// by its text.
var skips atomic.Int64

func TestSkip_IsAskedOnceWithASpanAndThenNot(t *testing.T) {
	t.Parallel()
	db := open(t, newServer(), "like pgx")
	statement := fmt.Sprint("SKIP until prepared, ", skips.Add(1))
	rec := record(t, func(ctx context.Context) {
		for range 3 {
			must(db.ExecContext(ctx, statement))
		}
	})
	skipped, run := 0, 0
	for _, s := range rec.Spans {
		switch {
		case s.Flags.Has(instrument.FlagSkipped):
			skipped++
		case s.Handler.Kind == instrument.KindQuery:
			run++
		}
	}
	if skipped != 1 || run != 3 {
		t.Errorf("%d skipped and %d run, want 1 and 3", skipped, run)
	}
}

func TestCaller_IsTheLineInTheAppsOwnCode(t *testing.T) {
	t.Parallel()
	db := open(t, newServer(), "like pgx")
	spans := traced(t, func(ctx context.Context) {
		here(ctx, db)
	})
	if f := spans[0].Stack; len(f) == 0 || f[0].Func != "sqltap_test.here" {
		t.Errorf("called from %v, want here", f)
	}
	db = open(t, newServer(), "like pgx", sqltap.NoCallers())
	if f := traced(t, func(ctx context.Context) { here(ctx, db) })[0].Stack; f != nil {
		t.Errorf("with NoCallers: %v", f)
	}
}

func here(ctx context.Context, db *sql.DB) {
	var a, b any
	if err := db.QueryRowContext(ctx, "SELECT 1").Scan(&a, &b); err != nil {
		panic(err)
	}
}

func TestParameters_AreKeptOnlyWhenAskedForAndMasked(t *testing.T) {
	t.Parallel()
	db := open(t, newServer(), "like pgx", sqltap.Parameters(mask.Default()))
	spans := traced(t, func(ctx context.Context) {
		must(db.ExecContext(ctx, "UPDATE t SET a = ? WHERE id = ?", "Ann", 5))
		must(db.ExecContext(ctx, "UPDATE users SET password = ? WHERE id = ?", "hunter2", 5))
		must(db.ExecContext(ctx, "UPDATE t SET a = @token WHERE b = @b", sql.Named("token", "hunter2"), sql.Named("b", nil)))
		must(db.ExecContext(ctx, "UPDATE t SET a = ?", "Bearer abcdefghijklmnopqrstuvwxyz0123456789"))
		must(db.ExecContext(ctx, "UPDATE t SET a = ?, b = ?", strings.Repeat("x", 10_000), []byte("raw")))
		must(db.ExecContext(ctx, "INSERT INTO t VALUES (?)", make([]any, 3000)...))
	})
	for i, want := range []string{
		`1="Ann", 2=5`, `1=[redacted], 2=5`, `token=[redacted], b=NULL`,
	} {
		if got := attr(spans[i], "db.query.parameters"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	for i, s := range spans {
		text := attr(s, "db.query.parameters")
		if strings.Contains(text, "hunter2") || strings.Contains(text, "abcdefghijkl") {
			t.Errorf("statement %d keeps a secret: %s", i, text)
		}
		if len(text) > 2500 {
			t.Errorf("statement %d keeps %d bytes", i, len(text))
		}
	}
}

func TestF06_ErrorsAreTheDriversOwn(t *testing.T) {
	t.Parallel()
	s := newServer()
	db := open(t, s, "like pgx")
	spans := traced(t, func(ctx context.Context) {
		if _, err := db.ExecContext(ctx, "FAIL"); err != errDriver {
			t.Errorf("got %v, want the driver's error itself", err)
		}
	})
	if len(spans) != 1 || spans[0].Error != errDriver.Error() {
		t.Errorf("spans %+v", spans)
	}
	s.bad, s.log = 100, nil
	if _, err := db.Exec("BADCONN"); !errors.Is(err, driver.ErrBadConn) {
		t.Errorf("got %v, want ErrBadConn", err)
	}
	asked := 0
	for _, l := range s.log {
		if strings.HasPrefix(l, "conn exec context BADCONN") {
			asked++
		}
	}
	if asked != 3 { // database/sql's own: two tries and one on a new connection
		t.Errorf("the driver was asked %d times, want 3 as without the tap: %v", asked, s.log)
	}
}

func TestQueryWithoutContext_FindsItsRecord(t *testing.T) {
	t.Parallel()
	db := open(t, newServer(), "like pgx")
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

// TestSQL100ParallelRequests has pages of 50 queries that pass no context, half of
// them from goroutines that the request starts.
func TestQueryWithoutContext_100ParallelRequestsOf50(t *testing.T) {
	t.Parallel()
	const requests, queries = 100, 50
	db := open(t, newServer(), "like pgx")
	db.SetMaxOpenConns(20)
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s})
	defer r.SetEnabled(false)
	page := instrument.NewHandler(instrument.KindRequest, t.Name(), instrument.Source{})
	var all sync.WaitGroup
	for n := range requests {
		all.Go(func() {
			_, rec := r.Begin(context.Background(), instrument.Begin{Handler: page})
			defer rec.End()
			rec.SetUser(fmt.Sprint(n))
			var wg sync.WaitGroup
			for i := range queries {
				q := fmt.Sprintf("SELECT * FROM page%c", 'a'+n%26)
				if i%2 == 0 {
					wg.Go(func() { must(db.Exec(q, n)) })
				} else {
					must(db.Exec(q, n))
				}
			}
			wg.Wait()
		})
	}
	all.Wait()
	if len(s.recs) != requests {
		t.Fatalf("%d records, want %d", len(s.recs), requests)
	}
	for _, rec := range s.recs {
		var n int
		fmt.Sscan(rec.User, &n)
		want, got := fmt.Sprintf("SELECT * FROM page%c", 'a'+n%26), 0
		for _, sp := range rec.Spans {
			if sp.Handler.Kind != instrument.KindQuery {
				continue
			}
			if sp.Handler.Name != want {
				t.Fatalf("request %d has %s, want only its own", n, sp.Handler.Name)
			}
			got++
		}
		if got != queries {
			t.Errorf("request %d has %d queries, want %d", n, got, queries)
		}
	}
}

func TestOpen_UnknownDriverIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := sqltap.Open("no such driver", ""); err == nil {
		t.Error("want an error")
	}
}

func TestAs_ReachesTheDriversOwn(t *testing.T) {
	t.Parallel()
	db := open(t, newServer(), "all")
	c := must(db.Conn(context.Background()))
	defer c.Close()
	if err := c.Raw(func(dc any) error {
		if _, ok := sqltap.As[*fullConn](dc); !ok {
			t.Errorf("no driver's connection in %T", dc)
		}
		if _, ok := sqltap.As[*sync.Mutex](dc); ok {
			t.Error("found what is not there")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// A name is registered once in a process, however often a test runs.
var registered = sync.OnceValues(func() (old fakeDriver, modern fakeContextDriver) {
	old = fakeDriver{newServer(), connShapes["like pgx"]}
	modern = fakeContextDriver{old}
	sql.Register("fake old", old)
	sql.Register("fake modern", modern)
	sqltap.Register("fake old tapped", old)
	sqltap.Register("fake modern tapped", modern)
	return old, modern
})

// Each way that apps open their databases reports, and once.
func TestEveryWayToOpen_Reports(t *testing.T) {
	old, modern := registered()
	ways := map[string]func() (*sql.DB, error){
		"Open of a driver with Open only": func() (*sql.DB, error) { return sqltap.Open("fake old", "") },
		"Open of one with connectors":     func() (*sql.DB, error) { return sqltap.Open("fake modern", "") },
		"registered":                      func() (*sql.DB, error) { return sql.Open("fake old tapped", "") },
		"registered with connectors":      func() (*sql.DB, error) { return sql.Open("fake modern tapped", "") },
		"both, old":                       func() (*sql.DB, error) { return sqltap.Open("fake old tapped", "") },
		"both, with connectors":           func() (*sql.DB, error) { return sqltap.Open("fake modern tapped", "") },
		"OpenDB":                          func() (*sql.DB, error) { return sql.OpenDB(sqltap.Connector(fakeConnector(old))), nil },
		"OpenDB, twice": func() (*sql.DB, error) {
			return sql.OpenDB(sqltap.Connector(sqltap.Connector(fakeConnector(old)))), nil
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			db := must(way())
			defer db.Close()
			rec := record(t, func(ctx context.Context) { must(db.ExecContext(ctx, "DELETE FROM t")) })
			if got := rec.Count(instrument.KindQuery); got != 1 {
				t.Errorf("reported %d times, want once", got)
			}
			if len(rec.Spans) != 3 || rec.Spans[1].Handler.Kind.String() != "connect" {
				t.Errorf("want the request, the connection and the statement, got %d spans", len(rec.Spans))
			}
		})
	}
	sameSet(t, sqltap.Driver(old), old)
	sameSet(t, sqltap.Driver(modern), modern)
}

func TestRegister_NilPanicsAsSQLDoes(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	sqltap.Register("nothing", nil)
}

// closer is a connector that has to be closed.
type closer struct {
	fakeConnector
	closed *int
}

func (c closer) Close() error { *c.closed++; return errDriver }

func TestConnector_IsClosedWithTheDatabase(t *testing.T) {
	t.Parallel()
	closed := 0
	db := sql.OpenDB(sqltap.Connector(closer{fakeConnector{newServer(), connShapes["all"]}, &closed}))
	if err := db.Close(); err != errDriver || closed != 1 {
		t.Errorf("closed %d times with %v, want once with the connector's error", closed, err)
	}
}
