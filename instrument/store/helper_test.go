package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

func TestMain(m *testing.M) {
	if job := os.Getenv("STORE_TEST_CHILD"); job != "" {
		os.Exit(runChild(job))
	}
	goleak.VerifyTestMain(m)
}

// batchSink gathers Records as package collect does.
type batchSink struct {
	mu    sync.Mutex
	batch instrument.Batch
}

func (s *batchSink) Want(*instrument.Summary) bool { return true }

func (s *batchSink) Announce(sum *instrument.Summary, blob []byte) { s.Put(sum, blob) }

func (s *batchSink) Put(sum *instrument.Summary, blob []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it := instrument.Item{Summary: *sum, Blob: append([]byte(nil), blob...)}
	it.Summary.Tags = append([]string(nil), sum.Tags...)
	s.batch.Items = append(s.batch.Items, it)
}

func (s *batchSink) take() *instrument.Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.batch
	s.batch = instrument.Batch{}
	return &b
}

// fixture is a store in a file with a recorder beside it.
type fixture struct {
	*store.Store
	db   *sql.DB
	path string
	sink *batchSink
	rec  *instrument.Recorder
}

func setup(t testing.TB, o store.Options) *fixture {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "db", "toolbar.db"), o)
}

func open(t testing.TB, path string, o store.Options) *fixture {
	t.Helper()
	f, err := openFixture(path, o)
	must(t, err)
	t.Cleanup(f.close)
	return f
}

func openFixture(path string, o store.Options) (*fixture, error) {
	db, err := sqlitefile.Open(path, sqlitefile.Options{})
	if err != nil {
		return nil, err
	}
	st, err := store.Open(context.Background(), db, o)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	f := &fixture{Store: st, db: db, path: path, sink: &batchSink{}}
	f.rec = instrument.New(instrument.Config{Sink: f.sink, Process: st.Process(), NoLabels: true})
	return f, nil
}

func (f *fixture) close() {
	f.rec.SetEnabled(false)
	f.Store.Close()
	f.db.Close()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// flush stores what was recorded and gives it back.
func (f *fixture) flush(t testing.TB) []instrument.Item {
	t.Helper()
	b := f.sink.take()
	must(t, f.Append(context.Background(), b))
	return b.Items
}

func handler(k instrument.Kind, name string) *instrument.Handler {
	return instrument.NewHandler(k, name, instrument.Source{Func: "shop." + name, File: "shop.go", Line: len(name)})
}

// made are Records that need not run: their bodies have one span.
type made struct {
	at       time.Time
	n        int // makes ids of one millisecond differ
	kind     instrument.Kind
	name     string
	duration time.Duration
	flags    instrument.Flags
	path     string
	status   int
	parent   instrument.ID
}

var blob = sync.OnceValue(func() []byte {
	sink := &batchSink{}
	r := instrument.New(instrument.Config{Sink: sink, NoLabels: true})
	defer r.SetEnabled(false)
	_, rec := r.Begin(context.Background(), instrument.Begin{Handler: handler(instrument.KindRequest, "GET /made")})
	rec.End()
	return sink.take().Items[0].Blob
})

func (m made) item() instrument.Item {
	k := m.kind
	if k == 0 {
		k = instrument.KindRequest
	}
	name := m.name
	if name == "" {
		name = "GET /made"
	}
	id := instrument.FirstID(m.at) + instrument.ID(m.n)
	return instrument.Item{Blob: blob(), Summary: instrument.Summary{
		ID: id, Handler: handler(k, name), Start: m.at.UnixNano(), Duration: m.duration,
		Flags: m.flags, Path: m.path, Status: m.status, Parent: m.parent, Spans: 1,
	}}
}

func (f *fixture) add(t testing.TB, list ...made) []instrument.ID {
	t.Helper()
	b := &instrument.Batch{}
	var ids []instrument.ID
	for _, m := range list {
		b.Items = append(b.Items, m.item())
		ids = append(ids, b.Items[len(b.Items)-1].Summary.ID)
	}
	must(t, f.Append(context.Background(), b))
	return ids
}

func (f *fixture) count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	must(t, f.db.QueryRowContext(context.Background(), query, args...).Scan(&n))
	return n
}

func (f *fixture) checkIntegrity(t testing.TB) {
	t.Helper()
	var result string
	must(t, f.db.QueryRowContext(context.Background(), "PRAGMA integrity_check").Scan(&result))
	if result != "ok" {
		t.Errorf("integrity_check: %s", result)
	}
	total, counted := f.count(t, "SELECT value FROM total WHERE name = 'records'"), f.count(t, "SELECT count(*) FROM record")
	if total != counted {
		t.Errorf("total says %d records, there are %d", total, counted)
	}
}

// pruneAll takes steps until nothing is left to do.
func (f *fixture) pruneAll(t testing.TB) (steps int) {
	t.Helper()
	for more := true; more; steps++ {
		var err error
		more, err = f.Prune(context.Background())
		must(t, err)
		if steps > 10_000 {
			t.Fatal("Prune does not come to an end")
		}
	}
	return steps
}

func ids(rows []query.Row) string {
	var list []instrument.ID
	for _, r := range rows {
		list = append(list, r.ID)
	}
	return fmt.Sprint(list)
}
