package gormsignals_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/glebarez/sqlite"
	"go.uber.org/goleak"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	gormsignals "github.com/go-debug-toolbar/debugtoolbar/contrib/gorm"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

// gorm's cache of prepared statements has a goroutine that runs for as long as the
// process does.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("gorm.io/gorm/internal/lru.NewLRU[...].func1"))
}

type order struct {
	ID     uint
	Status string
	Total  int
	Lines  []line
}

type line struct {
	ID      uint
	OrderID uint
	Text    string
}

var errRefused = errors.New("refused")

// fixture is a database with signals for orders, and what was heard.
type fixture struct {
	*gorm.DB
	orders *modelsignals.Model[order]
	heard  []string
}

func newFixture(t *testing.T, config *gorm.Config, opts ...gormsignals.Option) *fixture {
	t.Helper()
	f := &fixture{orders: modelsignals.New[order]("order", signals.Unlisted())}
	conn, err := sqltap.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "shop.db")+"?_pragma=busy_timeout(2000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	config.Logger = logger.Discard
	if f.DB, err = gorm.Open(&sqlite.Dialector{Conn: conn}, config); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.AutoMigrate(&order{}, &line{}), f.Use(gormsignals.New(gormsignals.For(f.orders, opts...)))); err != nil {
		t.Fatal(err)
	}
	f.DB = f.WithContext(t.Context())
	f.listen()
	return f
}

func (f *fixture) note(format string, args ...any) {
	f.heard = append(f.heard, fmt.Sprintf(format, args...))
}

func (f *fixture) listen() {
	m := f.orders
	m.PreSave.On(func(_ context.Context, w modelsignals.Write[order]) error {
		f.note("pre_save %s", w.Model.Status)
		return nil
	})
	m.PostSave.On(func(_ context.Context, w modelsignals.Write[order]) error {
		f.note("post_save %s created %v fields %v changed %v", w.Model.Status, w.Created, w.Fields, w.ChangedFields())
		return nil
	})
	m.PreDelete.On(func(_ context.Context, r modelsignals.Removal[order]) error {
		f.note("pre_delete %d", r.Model.ID)
		return nil
	})
	m.PostDelete.On(func(_ context.Context, r modelsignals.Removal[order]) error {
		f.note("post_delete %d", r.Model.ID)
		return nil
	})
	m.BulkCreated.On(func(_ context.Context, b modelsignals.BulkCreate[order]) error {
		f.note("bulk_created %d", len(b.Models))
		return nil
	})
	m.BulkUpdated.On(func(_ context.Context, b modelsignals.BulkUpdate[order]) error {
		f.note("bulk_updated %d %v", b.Count, b.Fields)
		return nil
	})
	m.BulkDeleted.On(func(_ context.Context, b modelsignals.BulkDelete) error {
		f.note("bulk_deleted %d", b.Count)
		return nil
	})
	m.Committed.On(func(_ context.Context, c modelsignals.Commit[order]) error {
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

func must(t *testing.T, db *gorm.DB) {
	t.Helper()
	if db.Error != nil {
		t.Fatal(db.Error)
	}
}

func (f *fixture) rows(t *testing.T) (all []order) {
	t.Helper()
	must(t, f.Session(&gorm.Session{NewDB: true}).Order("id").Find(&all))
	return all
}

// eachConfig runs a test with the ways in which gorm may be set up.
func eachConfig(t *testing.T, test func(*testing.T, *gorm.Config)) {
	for name, config := range map[string]func() *gorm.Config{
		"default":  func() *gorm.Config { return &gorm.Config{} },
		"prepared": func() *gorm.Config { return &gorm.Config{PrepareStmt: true} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, config())
		})
	}
}

func TestSG46_SignalsOfEachStatement(t *testing.T) {
	t.Parallel()
	eachConfig(t, func(t *testing.T, config *gorm.Config) {
		f := newFixture(t, config)
		o := order{Status: "new", Lines: []line{{Text: "book"}}}
		must(t, f.Create(&o))
		f.want(t, "pre_save new", "post_save new created true fields [] changed [ID Status Total Lines]", "committed created 1")
		o.Status = "paid"
		must(t, f.Save(&o))
		f.want(t, "pre_save paid", "post_save paid created false fields [] changed [ID Status Total Lines]", "committed updated 1")
		must(t, f.Model(&o).Updates(order{Status: "packed", Total: 0}))
		f.want(t, "pre_save packed", "post_save packed created false fields [Status] changed [Status]", "committed updated 1")
		must(t, f.Model(&o).Update("total", 7))
		f.want(t, "pre_save packed", "post_save packed created false fields [Total] changed [Total]", "committed updated 1")
		must(t, f.Model(&o).Updates(map[string]any{"status": "packed", "Total": gorm.Expr("total + 1")}))
		f.want(t, "pre_save packed", "post_save packed created false fields [Status Total] changed []", "committed updated 1")
		must(t, f.Select("Status").Save(&o))
		f.want(t, "pre_save packed", "post_save packed created false fields [Status] changed [Status]", "committed updated 1")
		many := []order{{Status: "a"}, {Status: "b"}, {Status: "c"}}
		must(t, f.Create(&many))
		f.want(t, "bulk_created 3", "committed created 3")
		must(t, f.CreateInBatches([]*order{{}, {}, {}, {}, {}}, 2))
		f.want(t, "bulk_created 2", "bulk_created 2", "bulk_created 1", "committed created 2", "committed created 2", "committed created 1")
		must(t, f.Model(&order{}).Where("status IN ?", []string{"a", "b"}).Update("total", 3))
		f.want(t, "bulk_updated 2 [Total]", "committed updated 2")
		must(t, f.Model(&order{}).Where("id = -1").Update("total", 3))
		f.want(t)
		must(t, f.Delete(&o))
		f.want(t, "pre_delete 1", "post_delete 1", "committed deleted 1")
		must(t, f.Delete(many[:2]))
		f.want(t, "pre_delete 2", "pre_delete 3", "post_delete 2", "post_delete 3", "committed deleted 2")
		must(t, f.Delete(&order{}, many[2].ID))
		f.want(t, "bulk_deleted 1", "committed deleted 1")
		must(t, f.Where("id > 0").Delete(&order{}))
		f.want(t, "bulk_deleted 5", "committed deleted 5")
		if rows := f.rows(t); len(rows) != 0 {
			t.Errorf("rows left: %v", rows)
		}
	})
}

func TestSG46_SaveOfARowThatIsNotStored(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &gorm.Config{})
	must(t, f.Save(&order{ID: 9, Status: "imported"}))
	f.want(t, "pre_save imported", "post_save imported created true fields [] changed [ID Status Total Lines]", "committed created 1")
	must(t, f.Save(&order{Status: "new"}))
	f.want(t, "pre_save new", "post_save new created true fields [] changed [ID Status Total Lines]", "committed created 1")
	must(t, f.Clauses(clause.OnConflict{DoNothing: true}).Create(&order{ID: 9}))
	f.want(t, "pre_save ")
	if rows := f.rows(t); len(rows) != 2 || rows[0].Status != "imported" {
		t.Errorf("rows %v", rows)
	}
}

func TestSG46_WhatSendsNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &gorm.Config{})
	quiet := f.Session(&gorm.Session{SkipHooks: true})
	o := order{Status: "new"}
	must(t, quiet.Create(&o))
	must(t, quiet.Model(&o).Update("status", "paid"))
	must(t, f.Exec("UPDATE orders SET total = 1"))
	must(t, f.Session(&gorm.Session{DryRun: true}).Create(&order{}))
	must(t, f.Create(&line{OrderID: o.ID}))
	must(t, f.Model(&order{}).Create(map[string]any{"status": "of a map"}))
	must(t, quiet.Delete(&o))
	f.want(t)
	if db, err := f.DB.DB(); err != nil || db.PingContext(t.Context()) != nil {
		t.Errorf("gorm's DB no longer gives its *sql.DB: %v", err)
	}
}

func TestSG51_WhatPreSaveChangesIsStored(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &gorm.Config{})
	f.orders.PreSave.On(func(_ context.Context, w modelsignals.Write[order]) error {
		w.Model.Total = 10 * len(w.Model.Status)
		return nil
	})
	o := order{Status: "new"}
	must(t, f.Create(&o))
	must(t, f.Create(&order{Status: "other"}))
	total := func(want int) {
		t.Helper()
		if rows := f.rows(t); rows[0].Total != want || rows[1].Total != 50 {
			t.Errorf("rows %v, want a total of %d", rows, want)
		}
	}
	total(30)
	o.Status = "paid"
	must(t, f.Save(&o))
	total(40)
	must(t, f.Model(&o).Update("status", "packed"))
	total(60)
	must(t, f.Model(&o).Updates(order{Status: "shipped"}))
	total(70)
}

func TestSG48_WhereErrorsFall(t *testing.T) {
	t.Parallel()
	eachConfig(t, func(t *testing.T, config *gorm.Config) {
		f := newFixture(t, config)
		o := order{Status: "new"}
		must(t, f.Create(&o))
		f.heard = nil
		fail := func(context.Context, modelsignals.Write[order]) error { return errRefused }
		for name, connect := range map[string]func() *signals.Connection{
			"pre_save":  func() *signals.Connection { return f.orders.PreSave.On(fail) },
			"post_save": func() *signals.Connection { return f.orders.PostSave.On(fail) },
		} {
			c := connect()
			for what, err := range map[string]error{
				"create": f.Create(&order{Status: "second"}).Error,
				"save":   f.Save(&order{ID: o.ID, Status: "saved"}).Error,
				"update": f.Model(&order{ID: o.ID}).Update("status", "updated").Error,
			} {
				if !errors.Is(err, errRefused) || !strings.Contains(err.Error(), name) {
					t.Errorf("%s of a %s: %v", name, what, err)
				}
			}
			c.Disconnect()
		}
		for _, s := range []*signals.Signal[modelsignals.Removal[order]]{f.orders.PreDelete, f.orders.PostDelete} {
			c := s.On(func(context.Context, modelsignals.Removal[order]) error { return errRefused })
			if err := f.Delete(&o).Error; !errors.Is(err, errRefused) {
				t.Errorf("delete: %v", err)
			}
			c.Disconnect()
		}
		c := f.orders.BulkUpdated.On(func(context.Context, modelsignals.BulkUpdate[order]) error { return errRefused })
		if err := f.Model(&order{}).Where("id > 0").Update("status", "bulk").Error; !errors.Is(err, errRefused) {
			t.Errorf("bulk update: %v", err)
		}
		c.Disconnect()
		if rows := f.rows(t); len(rows) != 1 || rows[0].Status != "new" {
			t.Errorf("rows %v, want the one as it was", rows)
		}
		if slices.ContainsFunc(f.heard, func(s string) bool { return strings.HasPrefix(s, "committed") }) {
			t.Errorf("heard %v of what was rolled back", f.heard)
		}
	})
}

func TestSG27_APanicRollsBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &gorm.Config{})
	c := f.orders.PostSave.On(func(context.Context, modelsignals.Write[order]) error { panic("broken") })
	func() {
		defer func() {
			if v := recover(); v != "broken" {
				t.Errorf("recovered %v", v)
			}
		}()
		f.Create(&order{})
	}()
	c.Disconnect()
	c = f.orders.PostSave.On(func(context.Context, modelsignals.Write[order]) error { runtime.Goexit(); return nil })
	ended := make(chan bool)
	go func() {
		defer close(ended)
		f.Create(&order{})
	}()
	<-ended
	c.Disconnect()
	f.heard = nil
	must(t, f.Create(&order{Status: "after"})) // no transaction is in the way
	if rows := f.rows(t); len(rows) != 1 || rows[0].Status != "after" {
		t.Errorf("rows %v", rows)
	}
}

func TestSG48_CommittedComesAfterTheCommitOnly(t *testing.T) {
	t.Parallel()
	eachConfig(t, func(t *testing.T, config *gorm.Config) {
		f := newFixture(t, config)
		err := f.Transaction(func(tx *gorm.DB) error {
			must(t, tx.Create(&order{Status: "kept"}))
			_ = tx.Transaction(func(tx *gorm.DB) error {
				must(t, tx.Create(&order{Status: "undone"}))
				_ = tx.Transaction(func(tx *gorm.DB) error {
					must(t, tx.Create(&order{Status: "inside"}))
					return nil
				})
				return errRefused
			})
			err := tx.Transaction(func(tx *gorm.DB) error { return tx.Create(&order{Status: "inner"}).Error })
			f.note("end")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		after := f.heard[slices.Index(f.heard, "end"):]
		if !slices.Equal(after, []string{"end", "committed created 1", "committed created 1"}) {
			t.Errorf("heard %v", after)
		}
		f.heard = nil
		if err := f.Transaction(func(tx *gorm.DB) error {
			must(t, tx.Create(&order{Status: "gone"}))
			return errRefused
		}); !errors.Is(err, errRefused) {
			t.Error(err)
		}
		f.want(t, "pre_save gone", "post_save gone created true fields [] changed [ID Status Total Lines]")
		var names []string
		for _, o := range f.rows(t) {
			names = append(names, o.Status)
		}
		if !slices.Equal(names, []string{"kept", "inner"}) {
			t.Errorf("rows %v", names)
		}
	})
}

func TestSG48_ReceiversHaveTheTransaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &gorm.Config{})
	var after []string
	f.orders.PostSave.On(func(ctx context.Context, w modelsignals.Write[order]) error {
		if err := gormsignals.DB(ctx).Create(&line{OrderID: w.Model.ID, Text: "of a receiver"}).Error; err != nil {
			return err
		}
		return gormsignals.AfterCommit(ctx, func(ctx context.Context) error {
			if gormsignals.DB(ctx) != nil {
				t.Error("the transaction is over, DB still gives it")
			}
			after = append(after, w.Model.Status)
			if w.Model.Status == "late" {
				return errRefused
			}
			return nil
		})
	})
	_ = f.Transaction(func(tx *gorm.DB) error {
		must(t, tx.Create(&order{Status: "gone"}))
		return errRefused
	})
	must(t, f.Create(&order{Status: "kept"}))
	err := f.Create(&order{Status: "late"}).Error
	if _, ok := errors.AsType[*modelsignals.AfterCommitError](err); !ok || !errors.Is(err, errRefused) {
		t.Errorf("an error after the commit: %v", err)
	}
	var lines int64
	must(t, f.Model(&line{}).Count(&lines))
	if lines != 2 || !slices.Equal(after, []string{"kept", "late"}) {
		t.Errorf("%d lines, after commits %v", lines, after)
	}
	ran := false
	if err := gormsignals.AfterCommit(t.Context(), func(context.Context) error { ran = true; return nil }); err != nil || !ran {
		t.Errorf("outside of a receiver: %v, ran %v", err, ran)
	}
	if gormsignals.DB(t.Context()) != nil {
		t.Error("outside of a receiver DB is not nil")
	}
}

func TestA21_OldIsTheRowAsItWas(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &gorm.Config{}, gormsignals.WithOld())
	var olds []string
	f.orders.PostSave.On(func(_ context.Context, w modelsignals.Write[order]) error {
		if w.Old != nil {
			olds = append(olds, w.Old.Status+" became "+w.Model.Status)
		}
		return nil
	}, signals.WhenChanged("status"))
	o := order{Status: "new"}
	must(t, f.Create(&o))
	o.Status = "paid"
	must(t, f.Save(&o))
	o.Total = 5
	must(t, f.Save(&o)) // the status has not changed
	must(t, f.Model(&order{ID: o.ID}).Update("status", "shipped"))
	if !slices.Equal(olds, []string{"new became paid", "paid became shipped"}) {
		t.Errorf("changes %v", olds)
	}
}

func TestUse_RefusesAModelTwice(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &gorm.Config{})
	other, err := gorm.Open(&sqlite.Dialector{DSN: "file::memory:"}, &gorm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	db, _ := other.DB()
	defer db.Close()
	err = other.Use(gormsignals.New(gormsignals.For(f.orders), gormsignals.For(f.orders)))
	if err == nil || !strings.Contains(err.Error(), "gormsignals_test.order is bound twice") {
		t.Errorf("error %v", err)
	}
}

// kept is a sink that keeps Records.
type kept struct{ records []*instrument.Record }

func (*kept) Want(*instrument.Summary) bool { return true }

func (k *kept) Put(s *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*s, bytes.Clone(blob), instrument.LiveNames())
	if err == nil {
		k.records = append(k.records, rec)
	}
}

// Signals and statements are spans of one Record, each in its place.
func TestA27_SignalsAndStatementsInOneRecord(t *testing.T) {
	f := newFixture(t, &gorm.Config{})
	f.orders.PostSave.Connect(func(ctx context.Context, e signals.Event[modelsignals.Write[order]]) error {
		return gormsignals.DB(ctx).Create(&line{OrderID: e.Payload.Model.ID}).Error
	}, signals.UID("write-line"))
	k := &kept{}
	r := instrument.New(instrument.Config{Sink: k})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(t.Context(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "POST /orders", instrument.Source{})})
	must(t, f.WithContext(ctx).Create(&order{Status: "new"}))
	rec.End()
	if len(k.records) != 1 {
		t.Fatalf("%d records", len(k.records))
	}
	got := k.records[0]
	var lines []string
	for _, s := range got.Spans {
		switch name := s.Handler.Name; {
		case s.Handler.Kind == instrument.KindQuery:
			words := strings.Fields(name)
			lines = append(lines, fmt.Sprintf("%s below %s", strings.Join(words[:min(3, len(words))], " "), got.Spans[s.Parent].Handler.Name))
		case s.Handler.Kind == instrument.KindSignal:
			lines = append(lines, "signal "+name)
		}
	}
	want := []string{"signal order.pre_save", "INSERT INTO `orders` below POST /orders", "signal order.post_save", "INSERT INTO `lines` below write-line", "signal order.committed"}
	for _, w := range want {
		i := slices.Index(lines, w)
		if i < 0 {
			t.Fatalf("%q is not in order in %v", w, lines)
		}
		lines = lines[i+1:]
	}
}
