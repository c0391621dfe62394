package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Writer is a transaction, or the database.
type Writer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// SaveProduct writes a piece of the catalogue: a new one when it has no ID, which it gets then.
func (s *Store) SaveProduct(ctx context.Context, db Writer, p *Product) (created bool, err error) {
	if p.ID != 0 {
		_, err = db.ExecContext(ctx, `UPDATE products SET sku = ?, name = ?, category = ?, shape = ?, glaze = ?, description = ?,
			price_cents = ?, stock = ? WHERE id = ?`, p.SKU, p.Name, p.Category, p.Shape, p.Glaze, p.Description, p.Price, p.Stock, p.ID)
	} else {
		created = true
		err = db.QueryRowContext(ctx, `INSERT INTO products (sku, name, category, shape, glaze, description, price_cents, stock)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, p.SKU, p.Name, p.Category, p.Shape, p.Glaze, p.Description, p.Price, p.Stock).Scan(&p.ID)
	}
	if err != nil {
		return false, fmt.Errorf("save product %s: %w", p.SKU, err)
	}
	return created, nil
}

// LogPrice notes that a price has changed.
func (s *Store) LogPrice(ctx context.Context, db Writer, productID int64, old, price Money) error {
	_, err := db.ExecContext(ctx, "INSERT INTO price_log (product_id, old_cents, new_cents, at) VALUES (?, ?, ?, ?)", productID, old, price, s.unix())
	return err
}

// PriceChange is a line of the price log.
type PriceChange struct {
	SKU      string
	Old, New Money
	At       time.Time
}

// PriceLog lists what became of prices, the oldest first.
func (s *Store) PriceLog(ctx context.Context) ([]PriceChange, error) {
	return query(ctx, s.db, func(row scanner) (PriceChange, error) {
		var c PriceChange
		var at int64
		err := row.Scan(&c.SKU, &c.Old, &c.New, &at)
		c.At = time.Unix(at, 0)
		return c, err
	}, "SELECT p.sku, l.old_cents, l.new_cents, l.at FROM price_log l JOIN products p ON p.id = l.product_id ORDER BY l.id")
}
