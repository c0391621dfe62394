package modelsignals

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// BulkCreate inserts rows, batch of them at a time (0: all at once), inside a
// transaction, and sends one bulk_created for all and no signal for a row.
func (m *Model[T]) BulkCreate(ctx context.Context, db *sql.DB, models []*T, batch int, insert func(ctx context.Context, tx *sql.Tx, models []*T) error) error {
	if len(models) == 0 {
		return nil
	}
	if batch <= 0 {
		batch = len(models)
	}
	return InTx(ctx, db, func(ctx context.Context, tx *sql.Tx) error {
		for some := range slices.Chunk(models, batch) {
			if err := insert(ctx, tx, some); err != nil {
				return fmt.Errorf("bulk create %s: %w", m.name, err)
			}
		}
		if _, err := m.BulkCreated.Send(ctx, m.name, BulkCreate[T]{Models: models, BatchSize: batch}); err != nil {
			return fmt.Errorf("bulk create %s: bulk_created: %w", m.name, err)
		}
		m.commit(ctx, db, Commit[T]{Op: Created, Models: models, Count: int64(len(models)), Bulk: true})
		return nil
	})
}

// BulkUpdate updates the given fields of rows inside a transaction, and sends one
// bulk_updated and no signal for a row. update says how many it were; for none nothing
// is sent. models may be nil for an update by condition.
func (m *Model[T]) BulkUpdate(ctx context.Context, db *sql.DB, models []*T, fields []string, update func(ctx context.Context, tx *sql.Tx) (int64, error)) error {
	return InTx(ctx, db, func(ctx context.Context, tx *sql.Tx) error {
		n, err := update(ctx, tx)
		if err != nil {
			return fmt.Errorf("bulk update %s: %w", m.name, err)
		}
		if n == 0 {
			return nil
		}
		if _, err := m.BulkUpdated.Send(ctx, m.name, BulkUpdate[T]{Models: models, Fields: fields, Count: n}); err != nil {
			return fmt.Errorf("bulk update %s: bulk_updated: %w", m.name, err)
		}
		m.commit(ctx, db, Commit[T]{Op: Updated, Models: models, Count: n, Fields: fields, Bulk: true})
		return nil
	})
}

// BulkDelete deletes rows by condition inside a transaction, and sends one
// bulk_deleted and no signal for a row. del says how many it were; for none nothing
// is sent.
func (m *Model[T]) BulkDelete(ctx context.Context, db *sql.DB, del func(ctx context.Context, tx *sql.Tx) (int64, error)) error {
	return InTx(ctx, db, func(ctx context.Context, tx *sql.Tx) error {
		n, err := del(ctx, tx)
		if err != nil {
			return fmt.Errorf("bulk delete %s: %w", m.name, err)
		}
		if n == 0 {
			return nil
		}
		if _, err := m.BulkDeleted.Send(ctx, m.name, BulkDelete{Count: n}); err != nil {
			return fmt.Errorf("bulk delete %s: bulk_deleted: %w", m.name, err)
		}
		m.commit(ctx, db, Commit[T]{Op: Deleted, Count: n, Bulk: true})
		return nil
	})
}
