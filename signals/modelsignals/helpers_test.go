package modelsignals_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errRefused = errors.New("refused")

const schema = `
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, price INTEGER, slug TEXT);
CREATE TABLE lines (id INTEGER PRIMARY KEY, product_id INTEGER);
CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT, actor TEXT, old TEXT, new TEXT);
CREATE TABLE counters (name TEXT PRIMARY KEY, n INTEGER);
INSERT INTO counters VALUES ('products', 0);`

type product struct {
	ID    int64 `db:"id"`
	Name  string
	Price int    `db:"price"`
	Slug  string `db:"slug,omitempty"`
}

// fixture is a fresh database and a model of it.
type fixture struct {
	t        *testing.T
	db       *sql.DB
	products *modelsignals.Model[product]
	mu       sync.Mutex
	heard    []string
}

func setup(t *testing.T) *fixture {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "models.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // whoever leaves the transaction waits for ever: the tests would hang
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Exec(schema); err != nil {
		t.Fatal(err)
	}
	return &fixture{t: t, db: db, products: modelsignals.New[product]("product", signals.Unlisted())}
}

func (f *fixture) note(what string) {
	f.mu.Lock()
	f.heard = append(f.heard, what)
	f.mu.Unlock()
}

func (f *fixture) want(heard ...string) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.heard, heard) {
		f.t.Errorf("heard %q, want %q", f.heard, heard)
	}
	f.heard = nil
}

// listen notes all signals of the products.
func (f *fixture) listen() {
	p := f.products
	p.PreSave.Connect(func(_ context.Context, e signals.Event[modelsignals.Write[product]]) error {
		f.note("pre_save " + e.Payload.Model.Name)
		return nil
	})
	p.PostSave.Connect(func(_ context.Context, e signals.Event[modelsignals.Write[product]]) error {
		f.note("post_save " + e.Payload.Model.Name)
		return nil
	})
	p.PreDelete.Connect(func(_ context.Context, e signals.Event[modelsignals.Removal[product]]) error {
		f.note("pre_delete " + e.Payload.Model.Name)
		return nil
	})
	p.PostDelete.Connect(func(_ context.Context, e signals.Event[modelsignals.Removal[product]]) error {
		f.note("post_delete " + e.Payload.Model.Name)
		return nil
	})
	p.Committed.Connect(func(_ context.Context, e signals.Event[modelsignals.Commit[product]]) error {
		f.note("committed " + e.Payload.Op.String())
		return nil
	})
}

// insert writes a product as an upsert does, which knows only then what it was.
func insert(p *product) func(context.Context, modelsignals.DB) (bool, error) {
	return func(ctx context.Context, db modelsignals.DB) (bool, error) {
		var n int
		if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM products WHERE id = ?`, p.ID).Scan(&n); err != nil {
			return false, err
		}
		_, err := db.ExecContext(ctx, `INSERT OR REPLACE INTO products VALUES (?, ?, ?, ?)`, p.ID, p.Name, p.Price, p.Slug)
		return n == 0, err
	}
}

// save saves a product, with the row that there was as Old.
func (f *fixture) save(ctx context.Context, p *product) error {
	return f.products.Save(ctx, f.db, modelsignals.Write[product]{Model: p, Old: f.load(ctx, p.ID)}, insert(p))
}

func (f *fixture) load(ctx context.Context, id int64) *product {
	p := &product{}
	row := modelsignals.Conn(ctx, f.db).QueryRowContext(ctx, `SELECT id, name, price, slug FROM products WHERE id = ?`, id)
	if err := row.Scan(&p.ID, &p.Name, &p.Price, &p.Slug); err != nil {
		return nil
	}
	return p
}

func (f *fixture) delete(ctx context.Context, p *product) error {
	return f.products.Delete(ctx, f.db, p, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM products WHERE id = ?`, p.ID)
		f.note("SQL")
		return err
	})
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// number is the first column of a query's first row.
func (f *fixture) number(query string, args ...any) (n int) {
	f.t.Helper()
	f.must(f.db.QueryRow(query, args...).Scan(&n))
	return n
}
