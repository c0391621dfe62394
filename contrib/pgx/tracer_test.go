package pgxtap_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	pgxtap "github.com/go-debug-toolbar/debugtoolbar/contrib/pgx"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const addr = "127.0.0.1:5432"

var schemas atomic.Int64

// open gives a pool on a schema that only this test has.
func open(t testing.TB, connections int32, opts ...sqltap.Option) *pgxpool.Pool {
	t.Helper()
	return openWith(t, connections, func(tr *pgxtap.Tracer) pgx.QueryTracer { return tr }, opts...)
}

func openWith(t testing.TB, connections int32, wrap func(*pgxtap.Tracer) pgx.QueryTracer, opts ...sqltap.Option) *pgxpool.Pool {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("PostgreSQL does not answer at %s: %v", addr, err)
	} else if err != nil {
		t.Fatalf("PostgreSQL does not answer at %s: %v", addr, err)
	}
	c.Close()
	ctx := context.Background()
	schema := fmt.Sprintf("pgxtap_%d_%d", os.Getpid(), schemas.Add(1))
	config := must(pgxpool.ParseConfig("postgres://postgres@" + addr + "/test?sslmode=disable&search_path=" + schema))
	config.MaxConns = connections
	admin := must(pgx.Connect(ctx, "postgres://postgres@"+addr+"/test?sslmode=disable"))
	must(admin.Exec(ctx, "CREATE SCHEMA "+schema))
	config.ConnConfig.Tracer = wrap(pgxtap.New(config.ConnConfig, opts...))
	pool := must(pgxpool.NewWithConfig(ctx, config))
	t.Cleanup(func() {
		pool.Close()
		must(admin.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE"))
		admin.Close(ctx)
	})
	must(pool.Exec(ctx, "CREATE TABLE posts (id INT PRIMARY KEY, author INT, title TEXT)"))
	must(pool.Exec(ctx, "INSERT INTO posts SELECT i, i % 3, 'post ' || i FROM generate_series(1, 12) i"))
	return pool
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type sink struct {
	mu   sync.Mutex
	recs []*instrument.Record
}

func (*sink) Want(*instrument.Summary) bool { return true }

func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	rec := must(instrument.Decode(*sum, blob, instrument.LiveNames()))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recs = append(s.recs, rec)
}

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

func queries(rec *instrument.Record) (list []instrument.RecordSpan) {
	for _, s := range rec.Spans {
		if s.Handler.Kind == instrument.KindQuery {
			list = append(list, s)
		}
	}
	return list
}

func names(list []instrument.RecordSpan) (names []string) {
	for _, s := range list {
		names = append(names, s.Handler.Name)
	}
	return names
}

func attr(s instrument.RecordSpan, key string) any {
	for _, kv := range s.Attrs {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}

func TestQuery_HasParametersRowsAndLine(t *testing.T) {
	t.Parallel()
	pool := open(t, 2, sqltap.Parameters(nil))
	rec := record(t, func(ctx context.Context) {
		rows := must(pool.Query(ctx, "SELECT id, title FROM posts WHERE author = $1 AND title > $2", 1, "p"))
		for rows.Next() {
		}
		rows.Close()
		must(pool.Exec(ctx, "UPDATE posts SET title = 'x' WHERE author = @author", pgx.NamedArgs{"author": 2}))
	})
	qs := queries(rec)
	if got := names(qs); !slices.Equal(got, []string{"SELECT id, title FROM posts WHERE author = $1 AND title > $2", "UPDATE posts SET title = ? WHERE author = @author"}) {
		t.Fatalf("statements %q", got)
	}
	if attr(qs[0], "db.response.returned_rows") != int64(4) || attr(qs[0], "db.query.parameters") != `1=1, 2="p"` ||
		attr(qs[0], "db.system.name") != "postgresql" || attr(qs[0], "db.query.arguments") != "int64, text(1)" {
		t.Errorf("reported %v", qs[0].Attrs)
	}
	if attr(qs[1], "db.response.affected_rows") != int64(4) || attr(qs[1], "db.query.parameters") != "author=2" {
		t.Errorf("reported %v", qs[1].Attrs)
	}
	for _, q := range qs {
		if len(q.Stack) == 0 || !strings.HasSuffix(q.Stack[0].File, "tracer_test.go") {
			t.Errorf("called from %v", q.Stack)
		}
		if q.Duration <= 0 || q.Flags.Has(instrument.FlagUnfinished) {
			t.Errorf("took %v, %v", q.Duration, q.Flags)
		}
	}
	if got := sqltap.Runnable(qs[0]); got != "SELECT id, title FROM posts WHERE author = 1 AND title > 'p'" {
		t.Errorf("to copy: %s", got)
	}
}

func TestErrors_ArePgxOwn(t *testing.T) {
	t.Parallel()
	pool := open(t, 2)
	rec := record(t, func(ctx context.Context) {
		_, err := pool.Exec(ctx, "INSERT INTO posts (id) VALUES (1)")
		if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "23505" {
			t.Errorf("%v", err)
		}
		var n int
		if err := pool.QueryRow(ctx, "SELECT id FROM posts WHERE id = 99").Scan(&n); err != pgx.ErrNoRows {
			t.Errorf("%v", err)
		}
	})
	qs := queries(rec)
	if !qs[0].Flags.Has(instrument.FlagError) || qs[1].Flags.Has(instrument.FlagError) {
		t.Errorf("flags %v, %v", qs[0].Flags, qs[1].Flags)
	}
}

func TestTransaction_IsABracket(t *testing.T) {
	t.Parallel()
	pool := open(t, 2)
	rec := record(t, func(ctx context.Context) {
		for _, level := range []pgx.TxIsoLevel{"", pgx.Serializable} {
			tx := must(pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: level}))
			must(tx.Exec(ctx, "DELETE FROM posts WHERE id = $1", 99))
			if level == "" {
				tx.Rollback(ctx)
			} else if err := tx.Commit(ctx); err != nil {
				t.Error(err)
			}
		}
		must(pool.Exec(ctx, "DELETE FROM posts WHERE id = 98"))
	})
	v := sqltap.Judge(rec.Spans, sqltap.Limits{})
	if len(v.Transactions) != 2 || !v.Transactions[0].Rollback || v.Transactions[1].Rollback {
		t.Fatalf("%+v", v.Transactions)
	}
	for _, tx := range v.Transactions {
		if len(tx.Spans) != 3 || tx.Duration <= 0 {
			t.Errorf("%+v", tx)
		}
	}
}

func TestBatchCopyAndPrepare_AreReported(t *testing.T) {
	t.Parallel()
	pool := open(t, 1)
	rec := record(t, func(ctx context.Context) {
		b := &pgx.Batch{}
		b.Queue("SELECT title FROM posts WHERE id = $1", 1)
		b.Queue("UPDATE posts SET title = $1", "y")
		if err := pool.SendBatch(ctx, b).Close(); err != nil {
			t.Error(err)
		}
		n := must(pool.CopyFrom(ctx, pgx.Identifier{"posts"}, []string{"id", "author"}, pgx.CopyFromRows([][]any{{100, 1}, {101, 2}})))
		if n != 2 {
			t.Errorf("%d rows copied", n)
		}
		conn := must(pool.Acquire(ctx))
		defer conn.Release()
		must(conn.Conn().Prepare(ctx, "mine", "SELECT count(*) FROM posts"))
		must(conn.Conn().Prepare(ctx, "mine", "SELECT count(*) FROM posts"))
	})
	qs := queries(rec)
	want := []string{"SELECT title FROM posts WHERE id = $1", "UPDATE posts SET title = $1", `COPY "posts" (id, author) FROM STDIN`}
	if got := names(qs); !slices.Equal(got, want) {
		t.Fatalf("statements %q", got)
	}
	if attr(qs[0], "db.response.returned_rows") != int64(1) || attr(qs[1], "db.response.affected_rows") != int64(12) || attr(qs[2], "db.response.affected_rows") != int64(2) {
		t.Errorf("rows %v, %v, %v", qs[0].Attrs, qs[1].Attrs, qs[2].Attrs)
	}
	prepared := 0
	for _, s := range rec.Spans {
		if s.Handler.Kind.String() == "prepare" && s.Handler.Name == "SELECT count(*) FROM posts" && !s.Flags.Has(instrument.FlagSkipped) {
			prepared++
		}
	}
	if prepared != 1 {
		t.Errorf("prepared %d times, want once", prepared)
	}
}

// acquiring tells when somebody begins to wait for a connection.
type acquiring struct {
	*pgxtap.Tracer
	began chan struct{}
}

func (a acquiring) TraceAcquireStart(ctx context.Context, p *pgxpool.Pool, data pgxpool.TraceAcquireStartData) context.Context {
	ctx = a.Tracer.TraceAcquireStart(ctx, p, data)
	a.began <- struct{}{}
	return ctx
}

func TestPool_WaitIsTold(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 10)
	pool := openWith(t, 1, func(tr *pgxtap.Tracer) pgx.QueryTracer { return acquiring{tr, began} })
	for len(began) > 0 {
		<-began
	}
	rec := record(t, func(ctx context.Context) {
		held := must(pool.Acquire(ctx))
		<-began
		var wg sync.WaitGroup
		wg.Go(func() { must(pool.Exec(ctx, "SELECT 1")) })
		<-began
		must(held.Exec(ctx, "SELECT pg_sleep(0.02)"))
		held.Release()
		wg.Wait()
	})
	if v := sqltap.Judge(rec.Spans, sqltap.Limits{}); v.PoolWait < 15*time.Millisecond {
		t.Errorf("waited %v, want 20 ms", v.PoolWait)
	}
}

func TestNPlusOne_IsFoundThroughPgx(t *testing.T) {
	t.Parallel()
	pool := open(t, 2)
	rec := record(t, func(ctx context.Context) {
		ids := must(pgx.CollectRows(must(pool.Query(ctx, "SELECT id FROM posts")), pgx.RowTo[int]))
		for _, id := range ids {
			var title string
			if err := pool.QueryRow(ctx, "SELECT title FROM posts WHERE id = $1", id).Scan(&title); err != nil {
				t.Error(err)
			}
		}
	})
	v := sqltap.Judge(rec.Spans, sqltap.Limits{})
	if len(v.NPlusOne) != 1 || v.NPlusOne[0].Caller.Line == 0 || v.NPlusOne[0].Replacement() != "SELECT id, title FROM posts WHERE id = ANY($1)" {
		t.Errorf("%+v", v.NPlusOne)
	}
}

func TestExplain_OfWhatPgxRan(t *testing.T) {
	t.Parallel()
	pool := open(t, 1)
	rec := record(t, func(ctx context.Context) {
		must(pool.Exec(ctx, "SELECT title AS through_pgx FROM posts WHERE id = $1", 3))
	})
	p, err := sqltap.Explain(context.Background(), queries(rec)[0].Handler.Name)
	if err != nil || !strings.Contains(p.String(), "posts") || !p.Root[0].Cost.Known {
		t.Errorf("%v %v", p, err)
	}
}

func TestOff_NothingIsReported(t *testing.T) {
	t.Parallel()
	pool := open(t, 1)
	if n := must(pool.Exec(context.Background(), "DELETE FROM posts")).RowsAffected(); n != 12 {
		t.Errorf("%d rows", n)
	}
}
