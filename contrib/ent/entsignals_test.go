package entsignals_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	entsignals "github.com/go-debug-toolbar/debugtoolbar/contrib/ent"
	"github.com/go-debug-toolbar/debugtoolbar/contrib/ent/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/contrib/ent/internal/shop/order"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errRefused = errors.New("refused")

type (
	write   = modelsignals.Write[shop.Order]
	removal = modelsignals.Removal[shop.Order]
)

// creating keeps two tests from creating tables at a time: ent writes to its own
// description of them.
var creating sync.Mutex

// fixture is a database with signals for orders, and what was heard.
type fixture struct {
	*shop.Client
	orders *modelsignals.Model[shop.Order]
	heard  []string
}

// onCommit is as the documentation has it.
func onCommit(m ent.Mutation, then func(context.Context)) bool {
	inTx, ok := m.(interface{ Tx() (*shop.Tx, error) })
	if !ok {
		return false
	}
	tx, err := inTx.Tx()
	if err != nil {
		return false // there is none
	}
	tx.OnCommit(func(next shop.Committer) shop.Committer {
		return shop.CommitFunc(func(ctx context.Context, tx *shop.Tx) error {
			err := next.Commit(ctx, tx)
			if err == nil {
				then(ctx)
			}
			return err
		})
	})
	return true
}

func newFixture(t *testing.T, opts ...entsignals.Option) *fixture {
	t.Helper()
	f := &fixture{orders: modelsignals.New[shop.Order]("order", signals.Unlisted())}
	db, err := sqltap.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "shop.db")+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(2000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	f.Client = shop.NewClient(shop.Driver(entsql.OpenDB(dialect.SQLite, db)))
	creating.Lock()
	err = f.Schema.Create(t.Context())
	creating.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	f.Order.Use(entsignals.Hook(f.orders, opts...))
	f.listen()
	return f
}

func (f *fixture) note(format string, args ...any) {
	f.heard = append(f.heard, fmt.Sprintf(format, args...))
}

func (f *fixture) listen() {
	m := f.orders
	m.PreSave.On(func(_ context.Context, w write) error {
		f.note("pre_save %s %d", w.Model.Status, w.Model.TotalCents)
		return nil
	})
	m.PostSave.On(func(_ context.Context, w write) error {
		changed := w.ChangedFields()
		if w.Created {
			changed = []string{"all"}
		}
		f.note("post_save %d %s created %v fields %v changed %v", w.Model.ID, w.Model.Status, w.Created, w.Fields, changed)
		return nil
	})
	m.PreDelete.On(func(_ context.Context, r removal) error {
		f.note("pre_delete %d %s", r.Model.ID, r.Model.Status)
		return nil
	})
	m.PostDelete.On(func(_ context.Context, r removal) error {
		f.note("post_delete %d", r.Model.ID)
		return nil
	})
	m.BulkUpdated.On(func(_ context.Context, b modelsignals.BulkUpdate[shop.Order]) error {
		f.note("bulk_updated %d %v", b.Count, b.Fields)
		return nil
	})
	m.BulkDeleted.On(func(_ context.Context, b modelsignals.BulkDelete) error {
		f.note("bulk_deleted %d", b.Count)
		return nil
	})
	m.Committed.On(func(_ context.Context, c modelsignals.Commit[shop.Order]) error {
		f.note("committed %v %d", c.Op, c.Count)
		return nil
	})
}

func (f *fixture) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(f.heard, want) {
		t.Errorf("heard\n\t%s\nwant\n\t%s", strings.Join(f.heard, "\n\t"), strings.Join(want, "\n\t"))
	}
	f.heard = nil
}

func done[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestSG46_SignalsOfEachMutation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	one, many := done[*shop.Order](t), done[int](t)
	o := one(f.Order.Create().SetTotalCents(5).SetNote("quick").Save(ctx))
	f.want(t, "pre_save new 5", "post_save 1 new created true fields [] changed [all]", "committed created 1")
	one(o.Update().SetStatus("paid").AddTotalCents(2).ClearNote().Save(ctx))
	f.want(t, "pre_save paid 7", "post_save 1 paid created false fields [Status TotalCents Note] changed [Status TotalCents Note]", "committed updated 1")
	one(f.Order.UpdateOneID(1).SetStatus("paid").Save(ctx))
	f.want(t, "pre_save paid 7", "post_save 1 paid created false fields [Status] changed []", "committed updated 1")
	if _, err := f.Order.UpdateOneID(99).SetStatus("lost").Save(ctx); !shop.IsNotFound(err) {
		t.Errorf("an update of what is not there: %v", err)
	}
	f.want(t, "pre_save lost 0")
	done[[]*shop.Order](t)(f.Order.CreateBulk(f.Order.Create(), f.Order.Create().SetStatus("paid")).Save(ctx))
	f.want(t, "pre_save new 0", "pre_save paid 0",
		"post_save 3 paid created true fields [] changed [all]", "committed created 1",
		"post_save 2 new created true fields [] changed [all]", "committed created 1")
	many(f.Order.Update().Where(order.Status("paid")).SetTotalCents(1).Save(ctx))
	f.want(t, "bulk_updated 2 [TotalCents]", "committed updated 2")
	many(f.Order.Update().Where(order.Status("lost")).SetTotalCents(1).Save(ctx))
	f.want(t)
	if err := f.Order.DeleteOneID(1).Exec(ctx); err != nil {
		t.Error(err)
	}
	f.want(t, "pre_delete 1 ", "post_delete 1", "committed deleted 1")
	many(f.Order.Delete().Where(order.StatusNEQ("lost")).Exec(ctx))
	f.want(t, "bulk_deleted 2", "committed deleted 2")
}

func TestSG51_WhatPreSaveChangesIsStored(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	f.orders.PreSave.On(func(_ context.Context, w write) error {
		w.Model.TotalCents = 10 * len(w.Model.Status)
		if w.Model.Note = nil; w.Model.Status == "paid" {
			note := "thanks"
			w.Model.Note = &note
		}
		return nil
	})
	one := done[*shop.Order](t)
	o := one(f.Order.Create().SetNote("gone").Save(ctx))
	if o = one(f.Order.Get(ctx, o.ID)); o.TotalCents != 30 || o.Note != nil {
		t.Errorf("created %v", o)
	}
	one(o.Update().SetStatus("paid").Save(ctx))
	if o = one(f.Order.Get(ctx, o.ID)); o.TotalCents != 40 || o.Note == nil || *o.Note != "thanks" {
		t.Errorf("updated %v", o)
	}
}

func TestSG48_WhereErrorsFall(t *testing.T) {
	t.Parallel()
	f := newFixture(t, entsignals.Loading(func(ctx context.Context, m ent.Mutation) (*shop.Order, error) {
		id, _ := m.(*shop.OrderMutation).ID()
		return m.(*shop.OrderMutation).Client().Order.Get(ctx, id)
	}))
	ctx := t.Context()
	o := done[*shop.Order](t)(f.Order.Create().Save(ctx))
	f.heard = nil
	c := f.orders.PreSave.On(func(context.Context, write) error { return errRefused })
	if _, err := o.Update().SetStatus("paid").Save(ctx); !errors.Is(err, errRefused) {
		t.Errorf("update: %v", err)
	}
	if _, err := f.Order.Create().Save(ctx); !errors.Is(err, errRefused) {
		t.Errorf("create: %v", err)
	}
	c.Disconnect()
	if o = done[*shop.Order](t)(f.Order.Query().Only(ctx)); o.Status != "new" {
		t.Errorf("pre_save refused, and yet there is %v", o)
	}
	c = f.orders.PostSave.On(func(context.Context, write) error { return errRefused })
	if _, err := o.Update().SetStatus("paid").Save(ctx); !errors.Is(err, errRefused) {
		t.Errorf("update: %v", err)
	}
	if o = done[*shop.Order](t)(f.Order.Query().Only(ctx)); o.Status != "paid" {
		t.Errorf("outside of a transaction the row is stored; there is %v", o)
	}
	tx := done[*shop.Tx](t)(f.Tx(ctx))
	if _, err := tx.Order.UpdateOneID(o.ID).SetStatus("shipped").Save(ctx); !errors.Is(err, errRefused) {
		t.Errorf("update in a transaction: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	c.Disconnect()
	f.heard = nil
	c = f.orders.PreDelete.On(func(context.Context, removal) error { return errRefused })
	if err := f.Order.DeleteOne(o).Exec(ctx); !errors.Is(err, errRefused) {
		t.Errorf("delete: %v", err)
	}
	c.Disconnect()
	f.want(t, "pre_delete 1 paid")
	if n := done[int](t)(f.Order.Query().Where(order.Status("paid")).Count(ctx)); n != 1 {
		t.Errorf("%d orders, want the one that may not be deleted", n)
	}
	if err := f.Order.DeleteOneID(77).Exec(ctx); !shop.IsNotFound(err) {
		t.Errorf("delete of what is not there: %v", err)
	}
	f.want(t)
}

func TestSG48_CommittedComesAfterTheCommitOnly(t *testing.T) {
	t.Parallel()
	f := newFixture(t, entsignals.OnCommit(onCommit))
	ctx := t.Context()
	var after []int
	f.orders.PostSave.On(func(ctx context.Context, w write) error {
		client := entsignals.Mutation(ctx).(*shop.OrderMutation).Client() // of the transaction
		if n, err := client.Order.Query().Where(order.ID(w.Model.ID)).Count(ctx); n != 1 || err != nil {
			t.Errorf("a receiver finds %d orders, %v", n, err)
		}
		entsignals.AfterCommit(ctx, func(ctx context.Context) {
			if entsignals.Mutation(ctx) != nil {
				t.Error("the mutation is over, Mutation still gives it")
			}
			after = append(after, w.Model.ID)
		})
		return nil
	})
	for _, commit := range []bool{false, true} {
		tx := done[*shop.Tx](t)(f.Tx(ctx))
		o := done[*shop.Order](t)(tx.Order.Create().Save(ctx))
		done[int](t)(tx.Order.Update().SetStatus("paid").Save(ctx))
		if len(after) > 0 || slices.Contains(f.heard, "committed created 1") {
			t.Fatalf("before the commit: %v, %v", after, f.heard)
		}
		f.heard = nil
		if !commit {
			if err := tx.Rollback(); err != nil {
				t.Error(err)
			}
			continue
		}
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
		slices.Sort(f.heard) // ent calls what hears of a commit last registered first
		f.want(t, "committed created 1", "committed updated 1")
		if !slices.Equal(after, []int{o.ID}) {
			t.Errorf("after the commit: %v", after)
		}
	}
	done[*shop.Order](t)(f.Order.Create().Save(ctx))
	if len(after) != 2 || f.heard[len(f.heard)-2] != "committed created 1" && f.heard[len(f.heard)-1] != "committed created 1" {
		t.Errorf("without a transaction: %v, %v", after, f.heard)
	}
}

func TestSG48_WithoutOnCommitNothingIsSaidTooEarly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tx := done[*shop.Tx](t)(f.Tx(t.Context()))
	done[*shop.Order](t)(tx.Order.Create().Save(t.Context()))
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
	f.want(t, "pre_save new 0", "post_save 1 new created true fields [] changed [all]")
}

// kept is a sink that keeps Records.
type kept struct{ records []*instrument.Record }

func (*kept) Want(*instrument.Summary) bool { return true }

func (k *kept) Put(s *instrument.Summary, blob []byte) {
	if rec, err := instrument.Decode(*s, bytes.Clone(blob), instrument.LiveNames()); err == nil {
		k.records = append(k.records, rec)
	}
}

// Signals and statements are spans of one Record, each in its place.
func TestA27_SignalsAndStatementsInOneRecord(t *testing.T) {
	f := newFixture(t)
	f.orders.PostSave.Connect(func(ctx context.Context, e signals.Event[write]) error {
		_, err := f.Order.Query().Count(ctx)
		return err
	}, signals.UID("count-orders"))
	k := &kept{}
	r := instrument.New(instrument.Config{Sink: k})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(t.Context(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "POST /orders", instrument.Source{})})
	done[*shop.Order](t)(f.Order.Create().Save(ctx))
	rec.End()
	if len(k.records) != 1 {
		t.Fatalf("%d records", len(k.records))
	}
	got := k.records[0]
	var lines []string
	for _, s := range got.Spans {
		switch name := s.Handler.Name; s.Handler.Kind {
		case instrument.KindQuery:
			lines = append(lines, fmt.Sprintf("%s below %s", strings.Fields(name)[0], got.Spans[s.Parent].Handler.Name))
		case instrument.KindSignal:
			lines = append(lines, "signal "+name)
		}
	}
	want := []string{"signal order.pre_save", "INSERT below POST /orders", "signal order.committed", "signal order.post_save", "SELECT below count-orders"}
	for _, w := range want {
		if !slices.Contains(lines, w) {
			t.Errorf("%q is not in %v", w, lines)
		}
	}
}
