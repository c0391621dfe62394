package store

import (
	"context"
	"time"
)

// Shelf is how much a shelf of the shop holds.
type Shelf struct {
	Name     string
	Products int
	Pieces   int
	SoldOut  int // products of which none is left
	Low      int // products of which fewer than LowStock are left, sold out ones among them
}

// Shelves tells how full the shelves are, in the order in which they stand.
func (s *Store) Shelves(ctx context.Context) ([]Shelf, error) {
	return query(ctx, s.db, func(row scanner) (f Shelf, err error) {
		err = row.Scan(&f.Name, &f.Products, &f.Pieces, &f.SoldOut, &f.Low)
		return f, err
	}, `SELECT c.name, COUNT(*), SUM(p.stock), COUNT(*) FILTER (WHERE p.stock = 0), COUNT(*) FILTER (WHERE p.stock < ?)
		FROM products p JOIN categories c ON c.slug = p.category GROUP BY c.slug ORDER BY c.position`, LowStock)
}

// Short lists the products of which the fewest are left, limit at most and those that are low alone.
func (s *Store) Short(ctx context.Context, limit int) ([]Product, error) {
	return query(ctx, s.db, scanProduct, "SELECT "+productColumns+" FROM products p WHERE p.stock < ? ORDER BY p.stock, p.name LIMIT ?", LowStock, limit)
}

// Day is what was sold on one day.
type Day struct {
	Start  time.Time // midnight, UTC
	Orders int
	Sold   Money
}

// Days tells what was sold on each of the last days, the oldest first and today last.
func (s *Store) Days(ctx context.Context, days int) ([]Day, error) {
	const length = 24 * time.Hour
	first := s.now().UTC().Truncate(length).Add(-time.Duration(days-1) * length)
	list := make([]Day, days)
	for i := range list {
		list[i].Start = first.Add(time.Duration(i) * length)
	}
	type sold struct {
		day int64
		Day
	}
	found, err := query(ctx, s.db, func(row scanner) (d sold, err error) {
		err = row.Scan(&d.day, &d.Orders, &d.Sold)
		return d, err
	}, `SELECT (created_at - ?) / 86400 AS day, COUNT(*), SUM(total_cents) FROM orders
		WHERE created_at >= ? AND status <> 'cancelled' GROUP BY day`, first.Unix(), first.Unix())
	for _, d := range found {
		if d.day < int64(days) {
			list[d.day].Orders, list[d.day].Sold = d.Orders, d.Sold
		}
	}
	return list, err
}
