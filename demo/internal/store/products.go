package store

import (
	"context"
	"strings"
)

// Category is a shelf of the shop.
type Category struct {
	Slug, Name, Blurb string
}

// Product is one piece that the shop sells.
type Product struct {
	ID          int64
	SKU         string
	Name        string
	Category    string
	Shape       string // the drawing that shows it, a symbol of views/static/pots.svg
	Glaze       string
	Description string
	Price       Money
	Stock       int // pieces in the storeroom
	Incoming    int // pieces ordered from the pottery and not yet delivered
}

// Available reports whether the piece can be ordered: from the storeroom, or out of a delivery that is on its way.
func (p Product) Available() bool { return p.Stock+p.Incoming > 0 }

const productColumns = `p.id, p.sku, p.name, p.category, p.shape, p.glaze, p.description, p.price_cents, p.stock,
	(SELECT COALESCE(SUM(r.quantity), 0) FROM restocks r WHERE r.product_id = p.id AND r.received_at IS NULL)`

func scanProduct(row scanner) (Product, error) {
	var p Product
	err := row.Scan(&p.ID, &p.SKU, &p.Name, &p.Category, &p.Shape, &p.Glaze, &p.Description, &p.Price, &p.Stock, &p.Incoming)
	return p, err
}

// Categories lists the shelves in the order in which they stand.
func (s *Store) Categories(ctx context.Context) ([]Category, error) {
	return query(ctx, s.db, scanCategory, "SELECT slug, name, blurb FROM categories ORDER BY position")
}

// Category returns one shelf, or ErrNotFound.
func (s *Store) Category(ctx context.Context, slug string) (Category, error) {
	c, err := scanCategory(s.db.QueryRowContext(ctx, "SELECT slug, name, blurb FROM categories WHERE slug = ?", slug))
	return c, found("category "+slug, err)
}

func scanCategory(row scanner) (Category, error) {
	var c Category
	err := row.Scan(&c.Slug, &c.Name, &c.Blurb)
	return c, err
}

// Featured lists the pieces of the front page.
func (s *Store) Featured(ctx context.Context) ([]Product, error) {
	return query(ctx, s.db, scanProduct, "SELECT "+productColumns+" FROM products p WHERE p.featured = 1 ORDER BY p.id")
}

// InCategory lists the pieces of a shelf.
func (s *Store) InCategory(ctx context.Context, slug string) ([]Product, error) {
	return query(ctx, s.db, scanProduct, "SELECT "+productColumns+" FROM products p WHERE p.category = ? ORDER BY p.name", slug)
}

// Product returns the piece with this article number, or ErrNotFound.
func (s *Store) Product(ctx context.Context, sku string) (Product, error) {
	p, err := scanProduct(s.db.QueryRowContext(ctx, "SELECT "+productColumns+" FROM products p WHERE p.sku = ?", sku))
	return p, found("product "+sku, err)
}

// ProductByID returns the piece with this key, or ErrNotFound.
func (s *Store) ProductByID(ctx context.Context, id int64) (Product, error) {
	p, err := scanProduct(s.db.QueryRowContext(ctx, "SELECT "+productColumns+" FROM products p WHERE p.id = ?", id))
	return p, found("product", err)
}

// Search lists the pieces whose name, glaze or description has text in it, the most visited first.
//
// It is slow on purpose: the visits are counted for every hit again by reading the whole activity table, which has no index
// on path. The honest repair is an index, or a counter beside the product.
func (s *Store) Search(ctx context.Context, text string) ([]Product, error) {
	pattern := "%" + likeEscaper.Replace(text) + "%"
	return query(ctx, s.db, scanProduct, "SELECT "+productColumns+` FROM products p
		WHERE p.name || ' ' || p.glaze || ' ' || p.description LIKE ? ESCAPE '\'
		ORDER BY (SELECT COUNT(*) FROM activity a WHERE a.path = '/products/' || p.sku) DESC, p.name`, pattern)
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// BoughtWith lists up to limit other pieces that customers bought together with sku, the most frequent first; with an empty
// sku, the pieces that sell best.
func (s *Store) BoughtWith(ctx context.Context, sku string, limit int) ([]Product, error) {
	if sku == "" {
		return query(ctx, s.db, scanProduct, "SELECT "+productColumns+` FROM order_items i JOIN products p ON p.id = i.product_id
			GROUP BY p.id ORDER BY SUM(i.quantity) DESC, p.id LIMIT ?`, limit)
	}
	return query(ctx, s.db, scanProduct, "SELECT "+productColumns+` FROM products self
		JOIN order_items mine ON mine.product_id = self.id
		JOIN order_items other ON other.order_id = mine.order_id AND other.product_id <> self.id
		JOIN products p ON p.id = other.product_id
		WHERE self.sku = ? GROUP BY p.id ORDER BY COUNT(*) DESC, p.id LIMIT ?`, sku, limit)
}
