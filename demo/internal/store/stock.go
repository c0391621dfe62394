package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// LowStock is the number of pieces below which the shop orders more.
const LowStock = 10

// ErrSoldOut is returned when there are too few pieces and no delivery is on its way.
var ErrSoldOut = errors.New("sold out")

// Reserve takes quantity pieces out of the storeroom and returns how many lay there before and after. Where too few are
// left, open deliveries are taken in first; where that is not enough either, nothing changes and the error is ErrSoldOut.
func (s *Store) Reserve(ctx context.Context, productID int64, quantity int) (before, after int, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, "SELECT stock FROM products WHERE id = ?", productID).Scan(&before); err != nil {
			return found("product", err)
		}
		if before < quantity {
			if before, err = s.receive(ctx, tx, productID); err != nil {
				return err
			}
		}
		if after = before - quantity; after < 0 {
			return fmt.Errorf("%d of product %d wanted, %d there: %w", quantity, productID, before, ErrSoldOut)
		}
		_, err := tx.ExecContext(ctx, "UPDATE products SET stock = ? WHERE id = ?", after, productID)
		return err
	})
	return before, after, err
}

// receive takes in the open deliveries of a product and returns its new stock.
func (s *Store) receive(ctx context.Context, tx *sql.Tx, productID int64) (stock int, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE products SET stock = stock + (SELECT COALESCE(SUM(quantity), 0) FROM restocks
		WHERE product_id = products.id AND received_at IS NULL) WHERE id = ? RETURNING stock`, productID).Scan(&stock)
	if err != nil {
		return 0, fmt.Errorf("receive deliveries: %w", err)
	}
	_, err = tx.ExecContext(ctx, "UPDATE restocks SET received_at = ? WHERE product_id = ? AND received_at IS NULL", s.unix(), productID)
	return stock, err
}

// Release puts quantity pieces back into the storeroom.
func (s *Store) Release(ctx context.Context, productID int64, quantity int) error {
	_, err := s.db.ExecContext(ctx, "UPDATE products SET stock = stock + ? WHERE id = ?", quantity, productID)
	return err
}

// OrderMore asks the pottery for quantity pieces. They are there when they are needed, see Reserve.
func (s *Store) OrderMore(ctx context.Context, productID int64, quantity int) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO restocks (product_id, quantity, ordered_at) VALUES (?, ?, ?)", productID, quantity, s.unix())
	return err
}
