package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Status is how far an order has come.
type Status string

// An order is pending until it is paid, confirmed until it leaves the shop, and may be cancelled up to then.
const (
	Pending   Status = "pending"
	Confirmed Status = "confirmed"
	Shipped   Status = "shipped"
	Cancelled Status = "cancelled"
)

// Next lists the statuses that may follow.
func (s Status) Next() []Status {
	switch s {
	case Pending:
		return []Status{Confirmed, Cancelled}
	case Confirmed:
		return []Status{Shipped, Cancelled}
	}
	return nil
}

// ErrTransition is returned for a status that may not follow the present one, such as shipping a cancelled order.
var ErrTransition = errors.New("this order cannot go there")

// Method is a way to pay.
type Method string

// A card is charged at once; a bank transfer arrives later and is confirmed by hand.
const (
	Card     Method = "card"
	Transfer Method = "transfer"
)

// Order is what somebody bought. Items is filled only where a function says so.
type Order struct {
	ID        int64 // also the number that customers are told
	User      User  // without the password's hash
	Status    Status
	Method    Method
	Total     Money
	Street    string
	City      string
	CreatedAt time.Time
	Paid      bool // and not paid back
	Tracking  string
	Items     []Item
}

// Item is one line of an order.
type Item struct {
	Product  Product
	Quantity int
	Price    Money // of one piece on the day it was ordered
}

// Sum is what the line costs.
func (i Item) Sum() Money { return i.Price * Money(i.Quantity) }

const orderColumns = `o.id, o.status, o.method, o.total_cents, o.street, o.city, o.created_at, u.id, u.email, u.name, u.is_admin,
	EXISTS (SELECT 1 FROM payments y WHERE y.order_id = o.id AND y.refunded_at IS NULL),
	COALESCE((SELECT tracking FROM shipments h WHERE h.order_id = o.id), '')`

func scanOrder(row scanner) (Order, error) {
	var o Order
	var created int64
	err := row.Scan(&o.ID, &o.Status, &o.Method, &o.Total, &o.Street, &o.City, &created, &o.User.ID, &o.User.Email, &o.User.Name,
		&o.User.Admin, &o.Paid, &o.Tracking)
	o.CreatedAt = time.Unix(created, 0)
	return o, err
}

// PlaceOrder stores a pending order with its items and returns it with its number. Total is summed here.
func (s *Store) PlaceOrder(ctx context.Context, o Order) (Order, error) {
	o.Status, o.CreatedAt, o.Total = Pending, s.now(), 0
	for _, item := range o.Items {
		o.Total += item.Sum()
	}
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO orders (user_id, status, method, total_cents, street, city, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, o.User.ID, o.Status, o.Method, o.Total, o.Street, o.City, o.CreatedAt.Unix())
		if err != nil {
			return err
		}
		if o.ID, err = res.LastInsertId(); err != nil {
			return err
		}
		for _, item := range o.Items {
			if _, err := tx.ExecContext(ctx, "INSERT INTO order_items (order_id, product_id, quantity, price_cents) VALUES (?, ?, ?, ?)",
				o.ID, item.Product.ID, item.Quantity, item.Price); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Order{}, fmt.Errorf("place order: %w", err)
	}
	return o, nil
}

// Order returns one order with its items, or ErrNotFound.
func (s *Store) Order(ctx context.Context, id int64) (Order, error) {
	o, err := scanOrder(s.db.QueryRowContext(ctx, "SELECT "+orderColumns+" FROM orders o JOIN users u ON u.id = o.user_id WHERE o.id = ?", id))
	if err := found(fmt.Sprintf("order %d", id), err); err != nil {
		return Order{}, err
	}
	o.Items, err = s.Items(ctx, o.ID)
	return o, err
}

// Items lists the lines of an order.
//
// It reads each product by a query of its own, on purpose: the toolbar is to find the N+1. One JOIN would do.
func (s *Store) Items(ctx context.Context, orderID int64) ([]Item, error) {
	items, err := query(ctx, s.db, func(row scanner) (Item, error) {
		var i Item
		err := row.Scan(&i.Product.ID, &i.Quantity, &i.Price)
		return i, err
	}, "SELECT product_id, quantity, price_cents FROM order_items WHERE order_id = ? ORDER BY product_id", orderID)
	if err != nil {
		return nil, fmt.Errorf("read items of order %d: %w", orderID, err)
	}
	for n := range items {
		if items[n].Product, err = s.ProductByID(ctx, items[n].Product.ID); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// OrdersOf lists a customer's orders without their items, the newest first.
func (s *Store) OrdersOf(ctx context.Context, userID int64) ([]Order, error) {
	return query(ctx, s.db, scanOrder, "SELECT "+orderColumns+` FROM orders o JOIN users u ON u.id = o.user_id
		WHERE o.user_id = ? ORDER BY o.id DESC LIMIT 50`, userID)
}

// Orders lists the newest orders of everybody without their items; status "" means any.
func (s *Store) Orders(ctx context.Context, status Status, limit int) ([]Order, error) {
	return query(ctx, s.db, scanOrder, "SELECT "+orderColumns+` FROM orders o JOIN users u ON u.id = o.user_id
		WHERE ? IN ('', o.status) ORDER BY o.id DESC LIMIT ?`, status, limit)
}

// SetStatus moves an order on and writes a line into the order's log. It returns the status before; one equal to next means
// that nothing was written. A step that is not allowed is ErrTransition.
func (s *Store) SetStatus(ctx context.Context, id int64, next Status, actor string) (old Status, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		old, err = s.setStatus(ctx, tx, id, next, actor)
		return err
	})
	return old, err
}

func (s *Store) setStatus(ctx context.Context, tx *sql.Tx, id int64, next Status, actor string) (old Status, err error) {
	err = tx.QueryRowContext(ctx, "SELECT status FROM orders WHERE id = ?", id).Scan(&old)
	if err := found(fmt.Sprintf("order %d", id), err); err != nil {
		return old, err
	}
	if old == next {
		return old, nil
	}
	if !slices.Contains(old.Next(), next) {
		return old, fmt.Errorf("order %d is %s and cannot become %s: %w", id, old, next, ErrTransition)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE orders SET status = ? WHERE id = ?", next, id); err != nil {
		return old, err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO order_status_log (order_id, old_status, new_status, actor, at) VALUES (?, ?, ?, ?, ?)",
		id, old, next, actor, s.unix())
	return old, err
}

// Step is a line of an order's log.
type Step struct {
	Old, New Status
	Actor    string
	At       time.Time
}

// StatusLog lists what became of an order, the oldest first.
func (s *Store) StatusLog(ctx context.Context, id int64) ([]Step, error) {
	return query(ctx, s.db, func(row scanner) (Step, error) {
		var c Step
		var at int64
		err := row.Scan(&c.Old, &c.New, &c.Actor, &at)
		c.At = time.Unix(at, 0)
		return c, err
	}, "SELECT old_status, new_status, actor, at FROM order_status_log WHERE order_id = ? ORDER BY id", id)
}

// Pay takes the money of a pending order and confirms it, both or neither: two who confirm it at the same time, or one who
// cancels it meanwhile, must not leave it paid twice or paid and cancelled. One that is not pending any more is ErrTransition.
func (s *Store) Pay(ctx context.Context, o Order, actor string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		old, err := s.setStatus(ctx, tx, o.ID, Confirmed, actor)
		if err != nil {
			return err
		}
		if old != Pending {
			return fmt.Errorf("order %d is %s and was paid before: %w", o.ID, old, ErrTransition)
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO payments (order_id, method, amount_cents, paid_at) VALUES (?, ?, ?, ?)",
			o.ID, o.Method, o.Total, s.unix())
		if err != nil {
			return fmt.Errorf("record payment: %w", err)
		}
		return nil
	})
}

// Refund notes that an order's money went back.
func (s *Store) Refund(ctx context.Context, orderID int64) error {
	_, err := s.db.ExecContext(ctx, "UPDATE payments SET refunded_at = ? WHERE order_id = ? AND refunded_at IS NULL", s.unix(), orderID)
	return err
}

// CreateShipment notes that a parcel left, under this tracking number.
func (s *Store) CreateShipment(ctx context.Context, orderID int64, tracking string) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO shipments (order_id, tracking, shipped_at) VALUES (?, ?, ?)", orderID, tracking, s.unix())
	return err
}
