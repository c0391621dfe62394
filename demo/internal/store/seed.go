package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Accounts that every new shop has.
const (
	CustomerEmail = "mara@example.test"
	KeeperEmail   = "keeper@fernhill.test"
)

// Seed says what a new shop is filled with.
type Seed struct {
	PasswordHash string // of all its accounts
	Customers    int    // 0 = 60
	Orders       int    // 0 = 300
	Visits       int    // rows of the activity table; 0 = 24,000
}

// Seeded says what Fill did.
type Seeded struct {
	Products, Customers, Orders, Visits int
}

// Fill stocks an empty shop with a catalogue, customers, and three months of orders, visits and feedback, the same each time
// but for the dates. A shop that has a catalogue is left alone, and the counts are 0.
func (s *Store) Fill(ctx context.Context, seed Seed) (Seeded, error) {
	var n int
	if err := s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM products").Scan(&n); err != nil {
		return Seeded{}, fmt.Errorf("look for a catalogue: %w", err)
	}
	if n > 0 {
		return Seeded{}, nil
	}
	f := filler{seed: seed, now: s.now(), rand: rand.New(rand.NewPCG(1, 2))}
	f.seed.Customers = max(orDefault(seed.Customers, 60), 2)
	f.seed.Orders, f.seed.Visits = orDefault(seed.Orders, 300), orDefault(seed.Visits, 24_000)
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, step := range []func(context.Context, *sql.Tx) error{f.products, f.customers, f.orders, f.feedback, f.visits} {
			if err := step(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Seeded{}, fmt.Errorf("fill the shop: %w", err)
	}
	return Seeded{len(catalogue), f.seed.Customers, f.seed.Orders, f.seed.Visits}, nil
}

func orDefault(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// filler is one run of Fill; its random numbers have a fixed start, so that two shops are alike.
type filler struct {
	seed Seed
	now  time.Time
	rand *rand.Rand
}

// day is a moment up to n days ago.
func (f *filler) day(n int) int64 {
	return f.now.Add(-time.Duration(f.rand.Int64N(int64(n) * int64(24*time.Hour)))).Unix()
}

func (f *filler) products(ctx context.Context, tx *sql.Tx) error {
	for n, c := range shelves {
		if _, err := tx.ExecContext(ctx, "INSERT INTO categories (slug, name, blurb, position) VALUES (?, ?, ?, ?)", c.Slug, c.Name, c.Blurb, n); err != nil {
			return err
		}
	}
	for n, p := range catalogue {
		if _, err := tx.ExecContext(ctx, `INSERT INTO products (id, sku, name, category, shape, glaze, description, price_cents, stock, featured)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, n+1, p.sku, p.name, p.category, p.shape, p.glaze, p.text, p.price, p.stock, p.featured); err != nil {
			return err
		}
	}
	return nil
}

var (
	firstNames = strings.Fields("Ada Ben Clara David Elif Farid Greta Hugo Irene Jonas Kofi Leila Milan Nora Oscar Paula Quentin Rosa Stefan Tara")
	lastNames  = strings.Fields("Archer Brandt Costa Duval Eriksen Fischer Grant Holm Ivanova Jansen")
)

func (f *filler) customers(ctx context.Context, tx *sql.Tx) error {
	for id := 1; id <= f.seed.Customers; id++ {
		first, last := firstNames[id%len(firstNames)], lastNames[id/len(firstNames)%len(lastNames)]
		name, email := first+" "+last, fmt.Sprintf("%s.%s%d@example.test", strings.ToLower(first), strings.ToLower(last), id)
		switch id {
		case 1:
			name, email = "Mara Lindqvist", CustomerEmail
		case 2:
			name, email = "Fern Hill", KeeperEmail
		}
		at := f.day(90)
		for _, step := range []struct {
			stmt string
			args []any
		}{
			{"INSERT INTO users (id, email, name, password_hash, is_admin, created_at) VALUES (?, ?, ?, ?, ?, ?)", []any{id, email, name, f.seed.PasswordHash, email == KeeperEmail, at}},
			{"INSERT INTO profiles (user_id, created_at) VALUES (?, ?)", []any{id, at}},
			{"INSERT INTO registrations (user_id, at) VALUES (?, ?)", []any{id, at}},
			{"INSERT INTO customer_stats (user_id) VALUES (?)", []any{id}},
			{"INSERT INTO user_groups (user_id, name) VALUES (?, 'customers')", []any{id}},
		} {
			if _, err := tx.ExecContext(ctx, step.stmt, step.args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// firstOrder is one below the number of the first order.
const firstOrder = 20_000

func (f *filler) orders(ctx context.Context, tx *sql.Tx) error {
	long, lately := []Status{Shipped, Shipped, Shipped, Shipped, Cancelled}, []Status{Confirmed, Confirmed, Pending, Cancelled}
	age := 90 * 24 * time.Hour
	for n := range f.seed.Orders {
		id := firstOrder + n + 1
		at := f.now.Add(-age + time.Duration(n)*age/time.Duration(f.seed.Orders)).Unix()
		stages := long
		if n >= f.seed.Orders*9/10 {
			stages = lately
		}
		status := stages[f.rand.IntN(len(stages))]
		method := Card
		if status == Pending {
			method = Transfer
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO orders (id, user_id, status, method, total_cents, street, city, created_at) VALUES (?, ?, ?, ?, 0, ?, ?, ?)`,
			id, 1+f.rand.IntN(f.seed.Customers), status, method, fmt.Sprintf("%d Kiln Lane", 1+f.rand.IntN(90)), "Bristol", at); err != nil {
			return err
		}
		if err := f.items(ctx, tx, id); err != nil {
			return err
		}
	}
	for _, stmt := range []string{
		"UPDATE orders SET total_cents = (SELECT SUM(quantity * price_cents) FROM order_items WHERE order_id = orders.id)",
		`INSERT INTO payments (order_id, method, amount_cents, paid_at) SELECT id, method, total_cents, created_at FROM orders WHERE status IN ('confirmed', 'shipped')`,
		`INSERT INTO shipments (order_id, tracking, shipped_at) SELECT id, 'PF' || (7000000 + id), created_at + 86400 FROM orders WHERE status = 'shipped'`,
		`INSERT INTO order_status_log (order_id, old_status, new_status, actor, at) SELECT id, 'pending', 'confirmed', 'checkout', created_at FROM orders WHERE status IN ('confirmed', 'shipped')`,
		`INSERT INTO order_status_log (order_id, old_status, new_status, actor, at) SELECT id, 'confirmed', 'shipped', 'Fern Hill', created_at + 86400 FROM orders WHERE status = 'shipped'`,
		`INSERT INTO order_status_log (order_id, old_status, new_status, actor, at) SELECT id, 'pending', 'cancelled', 'Fern Hill', created_at + 3600 FROM orders WHERE status = 'cancelled'`,
	} {
		if _, err := tx.ExecContext(ctx, stmt); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) items(ctx context.Context, tx *sql.Tx, orderID int) error {
	first := f.rand.IntN(len(catalogue))
	for n := range 1 + f.rand.IntN(4) {
		at := (first + n*7) % len(catalogue)
		if _, err := tx.ExecContext(ctx, "INSERT INTO order_items (order_id, product_id, quantity, price_cents) VALUES (?, ?, ?, ?)",
			orderID, at+1, 1+f.rand.IntN(3), catalogue[at].price); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) feedback(ctx context.Context, tx *sql.Tx) error {
	for n, r := range remarks {
		email := strings.ToLower(strings.ReplaceAll(r.Name, " ", ".")) + "@example.test"
		at := f.now.AddDate(0, 0, n-len(remarks)+1).Add(-time.Hour).Unix()
		if _, err := tx.ExecContext(ctx, "INSERT INTO feedback (name, email, rating, message, created_at) VALUES (?, ?, ?, ?, ?)",
			r.Name, email, r.Rating, r.Message, at); err != nil {
			return err
		}
	}
	return nil
}

// visits makes its rows inside SQLite: that many statements would take most of the demo's start. The factors only spread
// the visits over the catalogue and over the last ninety days.
func (f *filler) visits(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO activity (method, path, at)
		SELECT 'GET', '/products/' || p.sku, ? - (n.i * 7919 % 7776000)
		FROM n JOIN products p ON p.id = 1 + (n.i * n.i) % ?`, f.seed.Visits, f.now.Unix(), len(catalogue))
	return err
}
