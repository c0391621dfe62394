package modelsignals_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

// exec runs a step of a receiver as SQL in the sender's transaction.
func (f *fixture) exec(ctx context.Context, query string, args ...any) error {
	_, err := modelsignals.Conn(ctx, f.db).ExecContext(ctx, query, args...)
	return err
}

func created(_ context.Context, e write) bool { return e.Payload.Created }

func TestA08_WhatHappensOnCreateOnly(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, step := range []string{"profile", "welcome mail", "registration tracked", "default groups"} {
		f.products.PostSave.Connect(func(ctx context.Context, e write) error {
			f.note(step)
			return f.exec(ctx, `INSERT INTO log (what) VALUES (?)`, step)
		}, signals.UID(step), signals.When(created))
	}
	user := &product{ID: 1, Name: "ann"}
	f.must(f.save(t.Context(), user))
	f.want("profile", "welcome mail", "registration tracked", "default groups")
	user.Price = 3
	f.must(f.save(t.Context(), user))
	f.want()
	if n := f.number(`SELECT COUNT(*) FROM log`); n != 4 {
		t.Errorf("%d rows logged, want 4", n)
	}
}

func TestA09_ValidateFillAndAudit(t *testing.T) {
	t.Parallel()
	f := setup(t)
	invalid := errors.New("the price is negative")
	f.products.PreSave.Connect(func(_ context.Context, e write) error {
		if e.Payload.Model.Price < 0 {
			return invalid
		}
		return nil
	})
	f.products.PreSave.Connect(func(_ context.Context, e write) error {
		e.Payload.Model.Slug = "slug-of-" + e.Payload.Model.Name
		return nil
	})
	f.products.PostSave.Connect(func(ctx context.Context, e write) error {
		old, is := "", fmt.Sprint(*e.Payload.Model)
		if e.Payload.Old != nil {
			old = fmt.Sprint(*e.Payload.Old)
		}
		return f.exec(ctx, `INSERT INTO log (what, actor, old, new) VALUES (?, ?, ?, ?)`,
			strings.Join(e.Payload.ChangedFields(), ","), signals.ScopeOf(ctx).User, old, is)
	})
	ctx := signals.WithUser(t.Context(), "ann")
	if err := f.save(ctx, &product{ID: 1, Name: "cup", Price: -1}); !errors.Is(err, invalid) || f.number(`SELECT COUNT(*) FROM products`) != 0 {
		t.Errorf("error %v", err)
	}
	f.must(f.save(ctx, &product{ID: 1, Name: "cup", Price: 1}))
	f.must(f.save(ctx, &product{ID: 1, Name: "cup", Price: 2}))
	if f.number(`SELECT COUNT(*) FROM products WHERE slug = 'slug-of-cup'`) != 1 || f.number(`SELECT COUNT(*) FROM log`) != 2 {
		t.Error("the slug or the log is wrong")
	}
	var what, actor, old, is string
	f.must(f.db.QueryRow(`SELECT what, actor, old, new FROM log WHERE id = 2`).Scan(&what, &actor, &old, &is))
	if what != "price" || actor != "ann" || old != "{1 cup 1 slug-of-cup}" || is != "{1 cup 2 slug-of-cup}" {
		t.Errorf("logged %q by %q: %q -> %q", what, actor, old, is)
	}
}

func TestA10_ADeleteThatIsRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	open := errors.New("has open orders")
	refuse := f.products.PreDelete.Connect(func(context.Context, removal) error { return open })
	f.products.PostDelete.Connect(func(ctx context.Context, e removal) error {
		return f.exec(ctx, `INSERT INTO log (what) VALUES (?)`, fmt.Sprint("deleted ", e.Payload.Model.ID))
	})
	cup := &product{ID: 7, Name: "cup"}
	f.must(f.save(t.Context(), cup))
	if err := f.delete(t.Context(), cup); !errors.Is(err, open) || err.Error() != "delete product: pre_delete: has open orders" {
		t.Errorf("error %v", err)
	}
	if f.number(`SELECT COUNT(*) FROM products`) != 1 || f.number(`SELECT COUNT(*) FROM log`) != 0 {
		t.Error("the row is gone, or a log is there")
	}
	refuse.Disconnect()
	f.must(f.delete(t.Context(), cup))
	if f.number(`SELECT COUNT(*) FROM products`) != 0 || f.number(`SELECT COUNT(*) FROM log WHERE what = 'deleted 7'`) != 1 {
		t.Error("the row is there, or the log is not")
	}
}

func TestA11_CacheAndCounterFollowTheRows(t *testing.T) {
	t.Parallel()
	f := setup(t)
	var cache sync.Map
	f.products.PostSave.Connect(func(_ context.Context, e write) error {
		cache.Store(e.Payload.Model.ID, *e.Payload.Model)
		return nil
	})
	f.products.PostSave.Connect(func(ctx context.Context, e write) error {
		return f.exec(ctx, `UPDATE counters SET n = n + 1 WHERE name = 'products'`)
	}, signals.When(created))
	var wg sync.WaitGroup
	for id := range int64(50) {
		wg.Go(func() {
			err := modelsignals.InTx(context.Background(), f.db, func(ctx context.Context, _ *sql.Tx) error {
				return f.save(ctx, &product{ID: id, Name: fmt.Sprint("cup ", id), Price: 1})
			})
			if got, ok := cache.Load(id); err != nil || !ok || got.(product).Price != 1 {
				t.Errorf("save %d: %v, cached %v", id, err, got)
			}
		})
	}
	wg.Wait()
	f.must(f.save(t.Context(), &product{ID: 3, Name: "cup 3", Price: 9}))
	if got, _ := cache.Load(int64(3)); got.(product).Price != 9 {
		t.Errorf("the next read gives %v", got)
	}
	if n := f.number(`SELECT n FROM counters`); n != f.number(`SELECT COUNT(*) FROM products`) || n != 50 {
		t.Errorf("the counter is at %d", n)
	}
}

type low struct {
	Name  string
	Stock int
}

func TestA12_LowStockIsToldOnce(t *testing.T) {
	t.Parallel()
	const threshold = 10
	f := setup(t)
	inventoryLow := signals.New[low]("inventory_low", signals.Unlisted())
	inventoryLow.Connect(func(_ context.Context, e signals.Event[low]) error {
		f.note(fmt.Sprintf("mail: %s %d", e.Payload.Name, e.Payload.Stock))
		return nil
	})
	fellBelow := func(_ context.Context, e write) bool { // the edge, not the level
		return e.Payload.Old != nil && e.Payload.Old.Price >= threshold && e.Payload.Model.Price < threshold
	}
	f.products.PostSave.Connect(func(ctx context.Context, e write) error {
		_, err := inventoryLow.Send(ctx, "stock", low{e.Payload.Model.Name, e.Payload.Model.Price})
		return err
	}, signals.When(fellBelow))
	for _, stock := range []int{12, 9, 8} {
		f.must(f.save(t.Context(), &product{ID: 1, Name: "cup", Price: stock}))
	}
	f.want("mail: cup 9")
}

type status struct {
	Instance *product
	Old, New string
}

func TestA13_D02_AStatusChangeIsSentOnceAndAfterTheWrite(t *testing.T) {
	t.Parallel()
	f := setup(t)
	changed := signals.New[status]("order_status_changed", signals.Unlisted())
	changed.Connect(func(ctx context.Context, e signals.Event[status]) error {
		stored := f.load(ctx, e.Payload.Instance.ID)
		f.note(fmt.Sprintf("%s -> %s, stored %s", e.Payload.Old, e.Payload.New, stored.Slug))
		return nil
	})
	f.products.PostSave.Connect(func(ctx context.Context, e write) error {
		_, err := changed.Send(ctx, "Order", status{e.Payload.Model, e.Payload.Old.Slug, e.Payload.Model.Slug})
		return err
	}, signals.WhenChanged("slug"), signals.When(func(_ context.Context, e write) bool { return !e.Payload.Created }))
	o := &product{ID: 1, Slug: "new"}
	f.must(f.save(t.Context(), o))
	f.want()
	o.Slug = "confirmed"
	f.must(f.save(t.Context(), o))
	f.want("new -> confirmed, stored confirmed")
	f.must(f.save(t.Context(), o)) // the same instance, unchanged
	f.want()
}

func TestA14_EachStatusHasItsConsequences(t *testing.T) {
	t.Parallel()
	f := setup(t)
	changed := signals.New[status]("order_status_changed", signals.Unlisted())
	do := func(name string) func(context.Context, signals.Event[status]) error {
		return func(context.Context, signals.Event[status]) error { f.note(name); return nil }
	}
	to := func(s string) signals.ConnectOption {
		return signals.When(func(_ context.Context, e signals.Event[status]) bool { return e.Payload.New == s })
	}
	paid := signals.When(func(_ context.Context, e signals.Event[status]) bool { return e.Payload.Instance.Price > 0 })
	for _, r := range []struct {
		name string
		on   []signals.ConnectOption
	}{
		{"reserve", []signals.ConnectOption{to("confirmed")}},
		{"mail", []signals.ConnectOption{to("confirmed")}},
		{"stats", []signals.ConnectOption{to("confirmed")}},
		{"tracking", []signals.ConnectOption{to("shipped")}},
		{"notice", []signals.ConnectOption{to("shipped")}},
		{"release", []signals.ConnectOption{to("cancelled")}},
		{"refund", []signals.ConnectOption{to("cancelled"), paid}},
	} {
		changed.Connect(do(r.name), append(r.on, signals.UID(r.name))...)
	}
	changed.Connect(func(ctx context.Context, e signals.Event[status]) error {
		return f.exec(ctx, `INSERT INTO log (what, old, new) VALUES (?, ?, ?)`, e.Payload.Instance.ID, e.Payload.Old, e.Payload.New)
	}, signals.UID("log"))
	drive := func(id int64, paid int, statuses ...string) {
		for i, s := range statuses[1:] {
			o := &product{ID: id, Price: paid, Slug: s}
			_, err := changed.Send(t.Context(), "Order", status{o, statuses[i], s})
			f.must(err)
		}
	}
	drive(1, 5, "pending", "confirmed", "shipped")
	f.want("reserve", "mail", "stats", "tracking", "notice")
	drive(2, 5, "pending", "cancelled")
	f.want("release", "refund")
	drive(3, 0, "pending", "cancelled")
	f.want("release")
	if n := f.number(`SELECT COUNT(*) FROM log`); n != 4 {
		t.Errorf("%d rows in the log, want 4", n)
	}
}

func TestA21_D03_OnlyWhenThePriceChanged(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.products.PostSave.Connect(func(ctx context.Context, e write) error {
		old := "none"
		if e.Payload.Old != nil {
			old = fmt.Sprint(e.Payload.Old.Price)
		}
		f.note(old + " -> " + fmt.Sprint(e.Payload.Model.Price))
		return f.exec(ctx, `INSERT INTO log (old, new) VALUES (?, ?)`, old, e.Payload.Model.Price)
	}, signals.WhenChanged("price"))
	p := &product{ID: 1, Name: "cup", Price: 1}
	f.must(f.save(t.Context(), p))
	f.want("none -> 1")
	p.Price = 2
	f.must(f.save(t.Context(), p))
	f.want("1 -> 2")
	p.Name = "mug"
	f.must(f.save(t.Context(), p))
	f.want()
	if n := f.number(`SELECT COUNT(*) FROM log WHERE old = '1' AND new = '2'`); n != 1 {
		t.Error("the log does not know what the price was")
	}
}

func TestA23_BulkReceivers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	stats, cache := 0, map[string]int{"products": 1, "users": 1}
	f.products.BulkCreated.Connect(func(_ context.Context, e signals.Event[modelsignals.BulkCreate[product]]) error {
		stats += len(e.Payload.Models)
		return nil
	})
	f.products.Committed.Connect(func(_ context.Context, e signals.Event[modelsignals.Commit[product]]) error {
		f.note(fmt.Sprintf("%d products %v", e.Payload.Count, e.Payload.Op))
		delete(cache, "products")
		return nil
	})
	f.products.BulkUpdated.Connect(func(ctx context.Context, e signals.Event[modelsignals.BulkUpdate[product]]) error {
		return f.exec(ctx, `INSERT INTO log (what, new, old) VALUES (?, ?, datetime('now'))`,
			e.Sender.(string)+" "+strings.Join(e.Payload.Fields, ","), e.Payload.Count)
	})
	all := make([]*product, 250)
	for i := range all {
		all[i] = &product{ID: int64(i + 1)}
	}
	f.must(f.products.BulkCreate(t.Context(), f.db, all, 100, func(ctx context.Context, tx *sql.Tx, some []*product) error {
		for _, p := range some {
			if _, err := tx.ExecContext(ctx, `INSERT INTO products (id, price) VALUES (?, 1)`, p.ID); err != nil {
				return err
			}
		}
		return nil
	}))
	f.want("250 products created")
	f.must(f.products.BulkUpdate(t.Context(), f.db, all[:3], []string{"price"}, func(ctx context.Context, tx *sql.Tx) (int64, error) {
		res, err := tx.ExecContext(ctx, `UPDATE products SET price = 2 WHERE id <= 3`)
		if err != nil {
			return 0, err
		}
		return res.RowsAffected()
	}))
	f.want("3 products updated")
	if stats != 250 || len(cache) != 1 || f.number(`SELECT COUNT(*) FROM log WHERE what = 'product price' AND new = 3 AND old <> ''`) != 1 {
		t.Errorf("stats %d, cache %v", stats, cache)
	}
}

type base struct{ Version int }

type versioned struct {
	base
	*product
	Tags   []string
	Hidden string `db:"-"`
}

func TestChanged_LooksIntoWhatIsEmbedded(t *testing.T) {
	t.Parallel()
	w := modelsignals.Write[versioned]{
		Model: &versioned{base: base{2}, product: &product{Name: "cup"}, Tags: []string{"a"}, Hidden: "x"},
		Old:   &versioned{base: base{1}, Tags: []string{"a"}},
	}
	if got := w.ChangedFields(); !slices.Equal(got, []string{"Version", "id", "Name", "price", "slug"}) {
		t.Errorf("changed %v", got)
	}
	if w.Changed("tags") || !w.Changed("PRICE") || !w.Changed("") || w.Changed("hidden") || w.Changed("nothing") {
		t.Error("Changed is wrong")
	}
	if (modelsignals.Write[int]{Model: new(int)}).Changed("") {
		t.Error("what is no struct has no fields")
	}
}
