package tasks_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// onEngines runs a test on each database that a queue can be in, on one after the other: what a test declares
// outside of its function, both engines share.
func onEngines(t *testing.T, test func(t *testing.T, e *env)) {
	t.Helper()
	t.Parallel()
	for _, engine := range []struct {
		name string
		dsn  func(testing.TB) (driver, dsn string)
	}{
		{"sqlite", sqliteDSN},
		{"postgres", postgresDSN},
	} {
		t.Run(engine.name, func(t *testing.T) {
			driver, dsn := engine.dsn(t)
			test(t, newEnv(t, engine.name, driver, dsn))
		})
	}
}

func sqliteDSN(t testing.TB) (driver, dsn string) {
	return "sqlite", filepath.Join(t.TempDir(), "app.db")
}

const postgresAddr = "127.0.0.1:5432"

const poolSize = "&pool_max_conns=6"

var schemas atomic.Int64

// postgresDSN makes a schema that only this test has.
func postgresDSN(t testing.TB) (driver, dsn string) {
	t.Helper()
	c, err := net.DialTimeout("tcp", postgresAddr, time.Minute)
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("PostgreSQL does not answer at %s: %v", postgresAddr, err)
	} else if err != nil {
		t.Fatalf("PostgreSQL does not answer at %s: %v", postgresAddr, err)
	}
	c.Close()
	ctx := context.Background()
	base := "postgres://postgres@" + postgresAddr + "/test?sslmode=disable"
	schema := fmt.Sprintf("tasks_%d_%d", os.Getpid(), schemas.Add(1))
	admin(ctx, t, base, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { admin(ctx, t, base, "DROP SCHEMA "+schema+" CASCADE") })
	return "pgx", base + poolSize + "&search_path=" + schema
}

func admin(ctx context.Context, t testing.TB, dsn, statement string) {
	t.Helper()
	conn := must(pgx.Connect(ctx, dsn))(t)
	defer conn.Close(ctx)
	must(conn.Exec(ctx, statement))(t)
}

// env is an app with a database of its own.
type env struct {
	t      testing.TB
	name   string
	driver string
	dsn    string
	db     *sql.DB // the app's own pool
	sink   *sink
	rec    *instrument.Recorder
}

func newEnv(t testing.TB, name, driver, dsn string) *env {
	t.Helper()
	e := &env{t: t, name: name, driver: driver, dsn: dsn, sink: newSink()}
	e.db = must(sql.Open(driver, e.appDSN()))(t)
	t.Cleanup(func() { e.db.Close() })
	e.rec = instrument.New(instrument.Config{Sink: e.sink, MaxAttrBytes: 1 << 20})
	t.Cleanup(func() { e.rec.SetEnabled(false) })
	e.exec("CREATE TABLE effects (name TEXT, n INT)")
	return e
}

// appDSN is how the app itself opens the database.
func (e *env) appDSN() string {
	if e.driver == "sqlite" {
		return sqliteApp(e.dsn)
	}
	return strings.Replace(e.dsn, poolSize, "", 1) // the pool's alone: the server does not know it
}

// sqliteApp opens a file as apps do, but for its patience: SQLite lets those who want to write wait without an order, and
// a test has many of them.
func sqliteApp(file string) string {
	return "file:" + file + "?_pragma=busy_timeout(60000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate"
}

// open opens a Client with what a test wants beside the database.
func (e *env) open(c tasks.Config) *tasks.Client {
	e.t.Helper()
	client, err := e.tryOpen(c)
	if err != nil {
		e.t.Fatal(err)
	}
	return client
}

func (e *env) tryOpen(c tasks.Config) (*tasks.Client, error) {
	if c.DSN == "" && c.DB == nil && c.Pool == nil {
		c.DSN = e.dsn
	}
	if c.Recorder == nil {
		c.Recorder = e.rec
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	change := c.River
	c.River = func(rc *river.Config) {
		rc.TestOnly = true // no staggered starts
		rc.FetchPollInterval = 50 * time.Millisecond
		if change != nil {
			change(rc)
		}
	}
	client, err := tasks.Open(e.t.Context(), c)
	if err != nil {
		return nil, err
	}
	e.t.Cleanup(func() {
		if err := client.Close(context.Background()); err != nil {
			e.t.Errorf("close: %v", err)
		}
	})
	return client, nil
}

// start opens a Client and starts it.
func (e *env) start(c tasks.Config) *tasks.Client {
	e.t.Helper()
	client := e.open(c)
	if err := client.Start(context.Background()); err != nil {
		e.t.Fatal(err)
	}
	return client
}

// ctx is a context whose tasks are queued with c.
func (e *env) ctx(c *tasks.Client) context.Context {
	return tasks.WithClient(e.t.Context(), c)
}

func (e *env) exec(statement string, args ...any) {
	e.t.Helper()
	must(e.db.Exec(statement, args...))(e.t)
}

func (e *env) count(query string, args ...any) (n int) {
	e.t.Helper()
	if err := e.db.QueryRow(query, args...).Scan(&n); err != nil {
		e.t.Fatal(err)
	}
	return n
}

// must ends the test with an error: must(f())(t).
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// events subscribes to what becomes of jobs.
type events struct {
	t  testing.TB
	ch <-chan *river.Event
}

func watch(t testing.TB, c *tasks.Client, kinds ...river.EventKind) *events {
	t.Helper()
	if len(kinds) == 0 {
		kinds = []river.EventKind{
			river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobCancelled,
			river.EventKindJobSnoozed, river.EventKindJobInterrupted,
		}
	}
	ch, cancel := c.SubscribeConfig(&river.SubscribeConfig{ChanSize: 20_000, Kinds: kinds})
	t.Cleanup(cancel)
	return &events{t, ch}
}

// next waits for the next event.
func (w *events) next() *river.Event {
	w.t.Helper()
	select {
	case e, ok := <-w.ch:
		if !ok {
			w.t.Fatal("the client has stopped")
		}
		return e
	case <-time.After(time.Minute):
		w.t.Fatal("nothing happened for a minute")
	}
	return nil
}

// until waits until a job has one of the final states.
func (w *events) until(id int64) *rivertype.JobRow {
	w.t.Helper()
	for {
		e := w.next()
		if e.Job != nil && e.Job.ID == id && e.Job.FinalizedAt != nil {
			return e.Job
		}
	}
}

// sink keeps Records, and tells who waits for one.
type sink struct {
	mu        sync.Mutex
	recs      []*instrument.Record
	announced []*instrument.Record
	changed   chan struct{}
}

func newSink() *sink { return &sink{changed: make(chan struct{})} }

func (*sink) Want(*instrument.Summary) bool { return true }

func (s *sink) Put(sum *instrument.Summary, blob []byte)      { s.add(&s.recs, sum, blob) }
func (s *sink) Announce(sum *instrument.Summary, blob []byte) { s.add(&s.announced, sum, blob) }

func (s *sink) add(to *[]*instrument.Record, sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	*to = append(*to, rec)
	close(s.changed)
	s.changed = make(chan struct{})
}

// list gives the Records of a handler, in the order of their ends.
func (s *sink) list(kind instrument.Kind, name string) (recs []*instrument.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.recs {
		if r.Handler.Kind == kind && r.Handler.Name == name {
			recs = append(recs, r)
		}
	}
	return recs
}

// wait waits for n Records of attempts of a task.
func (s *sink) wait(t testing.TB, name string, n int) []*instrument.Record {
	t.Helper()
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if recs := s.list(instrument.KindTask, name); len(recs) >= n {
			return recs
		}
		select {
		case <-changed:
		case <-time.After(time.Minute):
			t.Fatalf("no %d Records of %s", n, name)
		}
	}
}

// request runs fn in a Record, as a request would, and gives that.
func (e *env) request(ctx context.Context, fn func(ctx context.Context)) *instrument.Record {
	e.t.Helper()
	name := "GET /" + e.t.Name()
	before := len(e.sink.list(instrument.KindRequest, name))
	ctx, rec := e.rec.Begin(ctx, instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, name, instrument.Source{})})
	fn(ctx)
	rec.End()
	return e.sink.list(instrument.KindRequest, name)[before]
}

func attr(attrs []instrument.KV, key string) any {
	i := slices.IndexFunc(attrs, func(kv instrument.KV) bool { return kv.Key == key })
	if i < 0 {
		return nil
	}
	return attrs[i].Value
}

func spans(rec *instrument.Record, kind instrument.Kind) (list []instrument.RecordSpan) {
	for _, s := range rec.Spans[1:] {
		if s.Handler.Kind == kind {
			list = append(list, s)
		}
	}
	return list
}

func decode(t testing.TB, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// mine tells events of this test's jobs from those of others that run beside it: their
// jobs are tagged with the engine's name.
func (e *env) mine(ev tasks.Event) bool { return slices.Contains(ev.Job.Tags, e.name) }

// state is the state of a job by the app's own pool, also when no Client is open.
func (e *env) state(id int64) (state string) {
	e.t.Helper()
	if err := e.db.QueryRow("SELECT state FROM river_job WHERE id = $1", id).Scan(&state); err != nil {
		e.t.Fatal(err)
	}
	return state
}

// allJobs gives every job, page by page.
func (e *env) allJobs(t testing.TB, c *tasks.Client) iter.Seq[*rivertype.JobRow] {
	return func(yield func(*rivertype.JobRow) bool) {
		params := river.NewJobListParams().First(10_000).OrderBy(river.JobListOrderByID, river.SortOrderAsc)
		for {
			page := must(c.JobList(t.Context(), params))(t)
			for _, job := range page.Jobs {
				if !yield(job) {
					return
				}
			}
			if len(page.Jobs) < 10_000 {
				return
			}
			params = params.After(page.LastCursor)
		}
	}
}

// all gives every Record, in the order of their ends.
func (s *sink) all() []*instrument.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.recs)
}
