package modelsignals_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

type (
	write   = signals.Event[modelsignals.Write[product]]
	removal = signals.Event[modelsignals.Removal[product]]
)

func TestSG46_SignalsAroundASave(t *testing.T) {
	t.Parallel()
	f := setup(t)
	var payloads []modelsignals.Write[product]
	for _, s := range []*signals.Signal[modelsignals.Write[product]]{f.products.PreSave, f.products.PostSave} {
		s.Connect(func(_ context.Context, e write) error {
			f.note(strings.TrimPrefix(s.Name(), "product."))
			payloads = append(payloads, e.Payload)
			if e.Sender != "product" {
				t.Errorf("sender %v", e.Sender)
			}
			return nil
		}, signals.From("product"))
	}
	p := &product{ID: 7, Name: "cup"} // an explicit key, and still an insert
	f.must(f.products.Save(t.Context(), f.db,
		modelsignals.Write[product]{Model: p, Raw: true, Using: "main"}, insert(p)))
	f.want("pre_save", "post_save")
	if pre, post := payloads[0], payloads[1]; pre.Created || !post.Created || !post.Raw || post.Using != "main" || post.Model != p {
		t.Errorf("payloads %+v", payloads)
	}
	p.Price = 5
	f.must(f.save(t.Context(), p))
	f.want("pre_save", "post_save")
	if post := payloads[3]; post.Created || !slices.Equal(post.ChangedFields(), []string{"price"}) {
		t.Errorf("payload %+v changed %v", post, post.ChangedFields())
	}
	if n := f.number(`SELECT COUNT(*) FROM products WHERE price = 5`); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestSG47_NoFieldsNoSignals(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.listen()
	p := &product{ID: 1, Name: "cup", Price: 2}
	never := func(context.Context, modelsignals.DB) (bool, error) { t.Error("written"); return false, nil }
	f.must(f.products.Save(t.Context(), f.db, modelsignals.Write[product]{Model: p, Fields: []string{}}, never))
	f.want()
	f.products.PostSave.Connect(func(_ context.Context, e write) error {
		if !slices.Equal(e.Payload.Fields, []string{"name"}) || e.Payload.Changed("price") || !e.Payload.Changed("Name") {
			t.Errorf("payload %+v changed %v", e.Payload, e.Payload.ChangedFields())
		}
		return nil
	})
	w := modelsignals.Write[product]{Model: p, Old: &product{ID: 1, Name: "mug", Price: 1}, Fields: []string{"name"}}
	f.must(f.products.Save(t.Context(), f.db, w, insert(p)))
	f.want("pre_save cup", "post_save cup", "committed created")
}

func TestSG48_D12_WhereErrorsFallInTheTransaction(t *testing.T) {
	t.Parallel()
	refuseWrite := func(context.Context, write) error { return errRefused }
	refuseRemoval := func(context.Context, removal) error { return errRefused }
	for _, tt := range []struct {
		name    string
		connect func(*modelsignals.Model[product])
		inTx    bool
		remove  bool
		stored  int
	}{
		{"pre_save prevents the write", func(m *modelsignals.Model[product]) { m.PreSave.Connect(refuseWrite) }, false, false, 0},
		{"post_save comes too late without a transaction",
			func(m *modelsignals.Model[product]) { m.PostSave.Connect(refuseWrite) }, false, false, 1},
		{"post_save undoes the write inside one",
			func(m *modelsignals.Model[product]) { m.PostSave.Connect(refuseWrite) }, true, false, 0},
		{"pre_delete keeps the row", func(m *modelsignals.Model[product]) { m.PreDelete.Connect(refuseRemoval) }, false, true, 1},
		{"post_delete keeps the row", func(m *modelsignals.Model[product]) { m.PostDelete.Connect(refuseRemoval) }, false, true, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			p := &product{ID: 1, Name: "cup"}
			act := func(ctx context.Context) error { return f.save(ctx, p) }
			if tt.remove {
				f.must(f.save(t.Context(), p))
				act = func(ctx context.Context) error { return f.delete(ctx, p) }
			}
			tt.connect(f.products)
			err := error(nil)
			if tt.inTx {
				err = modelsignals.InTx(t.Context(), f.db, func(ctx context.Context, _ *sql.Tx) error { return act(ctx) })
			} else {
				err = act(t.Context())
			}
			if !errors.Is(err, errRefused) {
				t.Errorf("error %v", err)
			}
			if n := f.number(`SELECT COUNT(*) FROM products`); n != tt.stored {
				t.Errorf("%d rows stored, want %d", n, tt.stored)
			}
		})
	}
}

func TestSG48_CommittedComesAfterTheCommitOnly(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.listen()
	err := modelsignals.InTx(t.Context(), f.db, func(ctx context.Context, _ *sql.Tx) error {
		f.must(f.save(ctx, &product{ID: 1, Name: "cup"}))
		f.want("pre_save cup", "post_save cup")
		f.must(f.delete(ctx, &product{ID: 1, Name: "cup"}))
		f.want("pre_delete cup", "SQL", "post_delete cup")
		return nil
	})
	f.must(err)
	f.want("committed created", "committed deleted")
	err = modelsignals.InTx(t.Context(), f.db, func(ctx context.Context, _ *sql.Tx) error {
		f.must(f.save(ctx, &product{ID: 2, Name: "mug"}))
		return errRefused
	})
	if err != errRefused {
		t.Errorf("error %v", err)
	}
	f.want("pre_save mug", "post_save mug")
}

func TestSG50_DeletesInTheRightOrder(t *testing.T) {
	t.Parallel()
	f := setup(t)
	lines := modelsignals.New[product]("line", signals.Unlisted())
	cup, mug := &product{ID: 1, Name: "cup"}, &product{ID: 2, Name: "mug"}
	f.must(f.save(t.Context(), cup))
	f.must(f.save(t.Context(), mug))
	f.listen()
	var origins []any
	f.products.PostDelete.Connect(func(_ context.Context, e removal) error {
		origins = append(origins, e.Payload.Origin)
		if e.Payload.Model.ID == 0 {
			t.Error("the key is gone")
		}
		return nil
	})
	line := &product{ID: 10, Name: "line"}
	for _, s := range []*signals.Signal[modelsignals.Removal[product]]{lines.PreDelete, lines.PostDelete} {
		s.Connect(func(context.Context, removal) error { f.note(s.Name()); return nil })
	}
	both := []*product{cup, mug}
	f.must(f.products.DeleteAll(t.Context(), f.db, both, func(ctx context.Context, tx *sql.Tx) error {
		// what hangs on the rows goes first, with signals of its own
		err := lines.Delete(ctx, f.db, line, func(ctx context.Context, tx *sql.Tx) error {
			f.note("SQL lines")
			_, err := tx.ExecContext(ctx, `DELETE FROM lines`)
			return err
		})
		f.note("SQL products")
		_, err2 := tx.ExecContext(ctx, `DELETE FROM products`)
		return errors.Join(err, err2)
	}))
	f.want("pre_delete cup", "pre_delete mug",
		"line.pre_delete", "SQL lines", "line.post_delete", "SQL products",
		"post_delete cup", "post_delete mug", "committed deleted")
	if len(origins) != 2 || len(origins[0].([]*product)) != 2 {
		t.Errorf("origins %v", origins)
	}
	f.must(f.products.DeleteAll(t.Context(), f.db, nil, func(context.Context, *sql.Tx) error { t.Error("SQL for nothing"); return nil }))
}

func TestSG51_WhatPreSaveChangesIsStored(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.products.PreSave.Connect(func(_ context.Context, e write) error {
		e.Payload.Model.Slug = strings.ToLower(e.Payload.Model.Name)
		return nil
	})
	f.must(f.save(t.Context(), &product{ID: 1, Name: "Blue Cup"}))
	if n := f.number(`SELECT COUNT(*) FROM products WHERE slug = 'blue cup'`); n != 1 {
		t.Error("the slug is not stored")
	}
}

func TestSave_AFailedWriteSendsNothingAfter(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.listen()
	fail := func(context.Context, modelsignals.DB) (bool, error) { return false, errRefused }
	err := f.products.Save(t.Context(), f.db, modelsignals.Write[product]{Model: &product{Name: "cup"}}, fail)
	if !errors.Is(err, errRefused) || err.Error() != "save product: refused" {
		t.Errorf("error %v", err)
	}
	f.want("pre_save cup")
}

func TestSG49_A22_D13_BulkSendsOneSignal(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.listen()
	f.listenBulk()
	all := make([]*product, 250)
	for i := range all {
		all[i] = &product{ID: int64(i + 1), Name: fmt.Sprint("cup ", i)}
	}
	var batches []int
	insert := func(ctx context.Context, tx *sql.Tx, some []*product) error {
		batches = append(batches, len(some))
		for _, p := range some {
			if _, err := tx.ExecContext(ctx, `INSERT INTO products (id, name) VALUES (?, ?)`, p.ID, p.Name); err != nil {
				return err
			}
		}
		return nil
	}
	ctx := t.Context()
	f.must(f.products.BulkCreate(ctx, f.db, all, 100, insert))
	f.want("bulk_created 250 in batches of 100", "committed created")
	if !slices.Equal(batches, []int{100, 100, 50}) {
		t.Errorf("batches %v", batches)
	}
	exec := func(query string) func(context.Context, *sql.Tx) (int64, error) {
		return func(ctx context.Context, tx *sql.Tx) (int64, error) {
			res, err := tx.ExecContext(ctx, query)
			if err != nil {
				return 0, err
			}
			return res.RowsAffected()
		}
	}
	f.must(f.products.BulkUpdate(ctx, f.db, all[:3], []string{"price"}, exec(`UPDATE products SET price = 1 WHERE id <= 3`)))
	f.want("bulk_updated 3 [price]", "committed updated")
	f.must(f.products.BulkDelete(ctx, f.db, exec(`DELETE FROM products WHERE id <= 40`)))
	f.want("bulk_deleted 40", "committed deleted")
	// nothing done, nothing sent
	f.must(f.products.BulkCreate(ctx, f.db, nil, 0, insert))
	f.must(f.products.BulkUpdate(ctx, f.db, nil, nil, exec(`UPDATE products SET price = 1 WHERE id = 0`)))
	f.must(f.products.BulkDelete(ctx, f.db, exec(`DELETE FROM products WHERE id = 0`)))
	f.want()
	// none on error
	if err := f.products.BulkCreate(ctx, f.db, all[249:], 0, insert); err == nil {
		t.Error("the key is there twice")
	}
	if err := f.products.BulkUpdate(ctx, f.db, nil, nil, exec(`nonsense`)); err == nil {
		t.Error("no error")
	}
	if err := f.products.BulkDelete(ctx, f.db, exec(`nonsense`)); err == nil {
		t.Error("no error")
	}
	f.want()
}

// listenBulk notes the bulk signals of the products.
func (f *fixture) listenBulk() {
	f.products.BulkCreated.Connect(func(_ context.Context, e signals.Event[modelsignals.BulkCreate[product]]) error {
		f.note(fmt.Sprintf("bulk_created %d in batches of %d", len(e.Payload.Models), e.Payload.BatchSize))
		return nil
	})
	f.products.BulkUpdated.Connect(func(_ context.Context, e signals.Event[modelsignals.BulkUpdate[product]]) error {
		f.note(fmt.Sprint("bulk_updated ", e.Payload.Count, " ", e.Payload.Fields))
		return nil
	})
	f.products.BulkDeleted.Connect(func(_ context.Context, e signals.Event[modelsignals.BulkDelete]) error {
		f.note(fmt.Sprint("bulk_deleted ", e.Payload.Count))
		return nil
	})
}

func TestA22_AReceiverThatFailsUndoesTheBatch(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.products.BulkCreated.Connect(func(context.Context, signals.Event[modelsignals.BulkCreate[product]]) error { return errRefused })
	err := f.products.BulkCreate(t.Context(), f.db, []*product{{ID: 1}}, 0, func(ctx context.Context, tx *sql.Tx, _ []*product) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO products (id) VALUES (1)`)
		return err
	})
	if !errors.Is(err, errRefused) || f.number(`SELECT COUNT(*) FROM products`) != 0 {
		t.Errorf("error %v", err)
	}
}

func TestNew_SignalsAreDeclaredWhereTheModelIs(t *testing.T) {
	t.Parallel()
	m := modelsignals.New[product]("declared", signals.Unlisted())
	for _, i := range []signals.Info{m.PreSave.Info(), m.PostDelete.Info(), m.BulkDeleted.Info(), m.Committed.Info()} {
		if !strings.HasSuffix(i.Source.File, "model_test.go") || i.Doc == "" || !strings.HasPrefix(i.Name, m.Name()+".") {
			t.Errorf("%+v", i)
		}
	}
}
