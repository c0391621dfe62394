package modelsignals

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// Model sends the signals of rows that are kept as a T. Make it with [New]. The
// sender of all of them is the model's name.
type Model[T any] struct {
	PreSave     *signals.Signal[Write[T]]
	PostSave    *signals.Signal[Write[T]]
	PreDelete   *signals.Signal[Removal[T]]
	PostDelete  *signals.Signal[Removal[T]]
	BulkCreated *signals.Signal[BulkCreate[T]]
	BulkUpdated *signals.Signal[BulkUpdate[T]]
	BulkDeleted *signals.Signal[BulkDelete]
	// Committed is sent for each of the above, but the "pre" ones, when what they
	// told of is stored for good. It is a robust send: there is nothing left to
	// refuse.
	Committed *signals.Signal[Commit[T]]

	name string
}

// New declares a model and its signals, "order.pre_save" and so on. Options are
// those of the signals.
func New[T any](name string, opts ...signals.Option) *Model[T] {
	opts = append([]signals.Option{signals.DeclaredAt(instrument.CallerSource(1))}, opts...)
	return &Model[T]{
		PreSave:     declare[Write[T]](name+".pre_save", "Before a row is written; receivers may change it or refuse.", opts),
		PostSave:    declare[Write[T]](name+".post_save", "After a row was written, inside the transaction.", opts),
		PreDelete:   declare[Removal[T]](name+".pre_delete", "Before a row is deleted; receivers may refuse.", opts),
		PostDelete:  declare[Removal[T]](name+".post_delete", "After a row was deleted, inside the transaction.", opts),
		BulkCreated: declare[BulkCreate[T]](name+".bulk_created", "After many rows were inserted, inside the transaction.", opts),
		BulkUpdated: declare[BulkUpdate[T]](name+".bulk_updated", "After many rows were updated, inside the transaction.", opts),
		BulkDeleted: declare[BulkDelete](name+".bulk_deleted", "After many rows were deleted, inside the transaction.", opts),
		Committed:   declare[Commit[T]](name+".committed", "After the transaction was committed.", opts),
		name:        name,
	}
}

func declare[P any](name, doc string, opts []signals.Option) *signals.Signal[P] {
	return signals.New[P](name, append([]signals.Option{signals.Doc(doc)}, opts...)...)
}

// Name is the model's name, the sender of its signals.
func (m *Model[T]) Name() string { return m.name }

// Save writes a row between pre_save and post_save. write does it, with the
// transaction that ctx runs in or else the database, and says whether the row is a
// new one. With w.Fields empty but not nil there is nothing to write: neither write
// nor any receiver is called.
func (m *Model[T]) Save(ctx context.Context, db *sql.DB, w Write[T], write func(ctx context.Context, db DB) (created bool, err error)) error {
	if w.Fields != nil && len(w.Fields) == 0 {
		return nil
	}
	if _, err := m.PreSave.Send(ctx, m.name, w); err != nil {
		return fmt.Errorf("save %s: pre_save: %w", m.name, err)
	}
	created, err := write(ctx, Conn(ctx, db))
	if err != nil {
		return fmt.Errorf("save %s: %w", m.name, err)
	}
	w.Created = created
	_, err = m.PostSave.Send(ctx, m.name, w)
	c := Commit[T]{Op: Updated, Models: []*T{w.Model}, Count: 1, Fields: w.Fields}
	if created {
		c.Op = Created
	}
	m.commit(ctx, db, c) // whatever post_save said: the row is there if the transaction is
	if err != nil {
		return fmt.Errorf("save %s: post_save: %w", m.name, err)
	}
	return nil
}

// Delete deletes a row between pre_delete and post_delete, all inside a transaction.
func (m *Model[T]) Delete(ctx context.Context, db *sql.DB, model *T, del func(ctx context.Context, tx *sql.Tx) error) error {
	return m.remove(ctx, db, []*T{model}, model, del)
}

// DeleteAll deletes rows with signals for each of them, all inside a transaction:
// pre_delete for all, del, post_delete for all. For one signal in all there is
// [Model.BulkDelete].
func (m *Model[T]) DeleteAll(ctx context.Context, db *sql.DB, models []*T, del func(ctx context.Context, tx *sql.Tx) error) error {
	return m.remove(ctx, db, models, models, del)
}

func (m *Model[T]) remove(ctx context.Context, db *sql.DB, models []*T, origin any, del func(context.Context, *sql.Tx) error) error {
	if len(models) == 0 {
		return nil
	}
	return InTx(ctx, db, func(ctx context.Context, tx *sql.Tx) error {
		if err := m.removing(ctx, m.PreDelete, "pre_delete", models, origin); err != nil {
			return err
		}
		if err := del(ctx, tx); err != nil {
			return fmt.Errorf("delete %s: %w", m.name, err)
		}
		if err := m.removing(ctx, m.PostDelete, "post_delete", models, origin); err != nil {
			return err
		}
		m.commit(ctx, db, Commit[T]{Op: Deleted, Models: models, Count: int64(len(models))})
		return nil
	})
}

func (m *Model[T]) removing(ctx context.Context, s *signals.Signal[Removal[T]], phase string, models []*T, origin any) error {
	for _, model := range models {
		if _, err := s.Send(ctx, m.name, Removal[T]{Model: model, Origin: origin}); err != nil {
			return fmt.Errorf("delete %s: %s: %w", m.name, phase, err)
		}
	}
	return nil
}

// commit sends Committed when the transaction is over, or at once without one. Its
// receivers' failures are logged.
func (m *Model[T]) commit(ctx context.Context, db *sql.DB, c Commit[T]) {
	_ = AfterCommit(ctx, db, func(ctx context.Context) error {
		_, _ = m.Committed.SendRobust(ctx, m.name, c)
		return nil
	})
}
