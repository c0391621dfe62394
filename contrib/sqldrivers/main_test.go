package sqldrivers

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/lib/pq"
	"github.com/mattn/go-sqlite3"
	"go.uber.org/goleak"
	"modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engine is a database system, by OpenTelemetry's name.
type engine string

const (
	sqliteEngine   engine = "sqlite"
	postgresEngine engine = "postgresql"
)

// under is a driver under test.
type under struct {
	name   string // that it is registered under
	engine engine
}

var drivers = []under{
	{"sqlite", sqliteEngine}, {"sqlite3", sqliteEngine}, {"sqlite3 with hooks", sqliteEngine},
	{"pgx", postgresEngine}, {"postgres", postgresEngine},
}

func init() {
	sql.Register("sqlite3 with hooks", &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		return c.RegisterFunc("shout", strings.ToUpper, true)
	}})
	// As apps do that can change a name only.
	sqltap.Register("sqlite+tap", &sqlite.Driver{})
	sqltap.Register("sqlite3+tap", &sqlite3.SQLiteDriver{})
	sqltap.Register("postgres+tap", &pq.Driver{})
}

// postgresAddr is where PostgreSQL listens. Tests that need it say so and are skipped
// where there is none, but not in CI.
const postgresAddr = "127.0.0.1:5432"

func needPostgres(t testing.TB) {
	t.Helper()
	c, err := net.DialTimeout("tcp", postgresAddr, time.Second)
	if err == nil {
		c.Close()
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("PostgreSQL does not answer at %s: %v", postgresAddr, err)
	}
	t.Skipf("PostgreSQL does not answer at %s: %v", postgresAddr, err)
}

// dsn names a database that only this test has: a file, or a schema.
func (d under) dsn(t testing.TB) string {
	t.Helper()
	if d.engine == sqliteEngine {
		return "file:" + filepath.Join(t.TempDir(), "test.db")
	}
	needPostgres(t)
	admin, err := sql.Open("pgx", "postgres://postgres@"+postgresAddr+"/test?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("sqldrivers_%d_%d", os.Getpid(), schemas())
	if _, err := admin.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	return "postgres://postgres@" + postgresAddr + "/test?sslmode=disable&search_path=" + schema
}

var (
	schemaMu sync.Mutex
	schemaN  int
)

func schemas() int {
	schemaMu.Lock()
	defer schemaMu.Unlock()
	schemaN++
	return schemaN
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// sink keeps Records by their handler's name.
type sink struct {
	mu   sync.Mutex
	recs []*instrument.Record
}

func (*sink) Want(*instrument.Summary) bool { return true }

func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recs = append(s.recs, rec)
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

func attr(s instrument.RecordSpan, key string) any {
	for _, kv := range s.Attrs {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}
