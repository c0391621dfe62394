package gormsignals

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

// Option changes what a [Binding] does.
type Option func(*options)

type options struct{ old bool }

// WithOld reads the row before it is updated, inside the transaction, so that
// receivers have it in Write.Old whatever the program knew. It costs a query an
// update, unless nobody listens.
func WithOld() Option { return func(o *options) { o.old = true } }

// For binds the signals of m to gorm's model T.
func For[T any](m *modelsignals.Model[T], opts ...Option) Binding {
	b := &binding[T]{signals: m}
	for _, o := range opts {
		o(&b.options)
	}
	return b
}

type binding[T any] struct {
	options
	signals *modelsignals.Model[T]
}

// pending is what the callback before a statement leaves for the one after it.
type pending[T any] struct {
	write  modelsignals.Write[T]
	models []*T // of a bulk statement or a delete
	bulk   bool
	create bool
}

const pendingKey = "gormsignals:pending"

func (b *binding[T]) modelType() reflect.Type { return reflect.TypeFor[T]() }

// pendingOf is what the callback before this one left; nil when that had nothing to do.
func (b *binding[T]) pendingOf(db *gorm.DB) *pending[T] {
	v, _ := db.InstanceGet(pendingKey)
	p, _ := v.(*pending[T])
	return p
}

func (b *binding[T]) preSave(db *gorm.DB) error {
	p := &pending[T]{create: isCreate(db)}
	models, single := modelsOf[T](db.Statement.ReflectValue)
	switch {
	case insertOfSave(db.Statement) && single: // pre_save was sent for its update
		p.write = modelsignals.Write[T]{Model: models[0]}
	case p.create && len(models) == 0: // from a map
		return nil
	case p.create && !single:
		p.models, p.bulk = models, true
	case !p.create && (!single || !hasKey(db.Statement)):
		p.models, p.bulk = keyed(models, single), true
		_, p.write.Fields = written(db, nil)
	default:
		if err := b.preSaveOne(db, p, models[0]); err != nil {
			return err
		}
	}
	db.InstanceSet(pendingKey, p)
	return nil
}

// preSaveOne sends pre_save for one row.
func (b *binding[T]) preSaveOne(db *gorm.DB, p *pending[T], model *T) error {
	p.write = modelsignals.Write[T]{Model: model}
	if !p.create {
		b.describeUpdate(db, p, model)
	}
	before := *p.write.Model
	if _, err := b.signals.PreSave.Send(contextOf(db), b.signals.Name(), p.write); err != nil {
		return fmt.Errorf("save %s: pre_save: %w", b.signals.Name(), err)
	}
	if p.write.Model != model {
		b.writeChanges(db, &before, p.write.Model)
	}
	return nil
}

// describeUpdate finds out what an update will make of the model.
func (b *binding[T]) describeUpdate(db *gorm.DB, p *pending[T], model *T) {
	st := db.Statement
	if reflect.ValueOf(st.Dest).Kind() == reflect.Pointer && st.Dest == any(model) {
		if !slices.Contains(st.Selects, "*") {
			_, p.write.Fields = written(db, model)
		}
	} else {
		old, next := *model, *model
		p.write.Old = &old
		p.write.Model = &next
		values, fields := written(db, nil)
		p.write.Fields = fields
		for name, v := range values {
			_ = st.Schema.LookUpField(name).Set(st.Context, reflect.ValueOf(&next).Elem(), v)
		}
	}
	if b.old && !(b.signals.PreSave.Idle() && b.signals.PostSave.Idle()) {
		p.write.Old = b.stored(db)
	}
}

// stored is the row as the database has it; nil when it has none.
func (b *binding[T]) stored(db *gorm.DB) *T {
	st := db.Statement
	old := new(T)
	q := db.Session(&gorm.Session{NewDB: true, SkipHooks: true}).Table(st.Table)
	for _, f := range st.Schema.PrimaryFields {
		v, _ := f.ValueOf(st.Context, st.ReflectValue)
		q = q.Where(clause.Eq{Column: clause.Column{Name: f.DBName}, Value: v})
	}
	if q.Limit(1).Find(old).RowsAffected == 0 {
		return nil
	}
	return old
}

// writeChanges adds to an update what receivers changed in the model.
func (b *binding[T]) writeChanges(db *gorm.DB, was, is *T) {
	st := db.Statement
	for _, f := range st.Schema.Fields {
		if f.DBName == "" {
			continue
		}
		before, _ := f.ValueOf(st.Context, reflect.ValueOf(was).Elem())
		after, _ := f.ValueOf(st.Context, reflect.ValueOf(is).Elem())
		if !reflect.DeepEqual(before, after) {
			st.SetColumn(f.DBName, after)
		}
	}
}

func (b *binding[T]) postSave(db *gorm.DB) error {
	p := b.pendingOf(db)
	if p == nil || db.RowsAffected == 0 {
		return nil
	}
	if p.bulk {
		return b.bulkSaved(db, p)
	}
	ctx := contextOf(db)
	models, _ := modelsOf[T](db.Statement.ReflectValue)
	p.write.Model = models[0]
	_, conflict := db.Statement.Clauses[clause.OnConflict{}.Name()]
	p.write.Created = p.create && (!conflict || insertOfSave(db.Statement))
	c := modelsignals.Commit[T]{Op: modelsignals.Updated, Models: models, Count: 1, Fields: p.write.Fields}
	if p.write.Created {
		c.Op = modelsignals.Created
	}
	_, err := b.signals.PostSave.Send(ctx, b.signals.Name(), p.write)
	b.commit(ctx, c) // whatever post_save said: the row is there if the transaction is
	if err != nil {
		return fmt.Errorf("save %s: post_save: %w", b.signals.Name(), err)
	}
	return nil
}

func (b *binding[T]) bulkSaved(db *gorm.DB, p *pending[T]) error {
	ctx := contextOf(db)
	if p.create {
		_, err := b.signals.BulkCreated.Send(ctx, b.signals.Name(), modelsignals.BulkCreate[T]{Models: p.models, BatchSize: len(p.models)})
		b.commit(ctx, modelsignals.Commit[T]{Op: modelsignals.Created, Models: p.models, Count: int64(len(p.models)), Bulk: true})
		return bulkError(b, "bulk create", "bulk_created", err)
	}
	u := modelsignals.BulkUpdate[T]{Models: p.models, Fields: p.write.Fields, Count: db.RowsAffected}
	_, err := b.signals.BulkUpdated.Send(ctx, b.signals.Name(), u)
	b.commit(ctx, modelsignals.Commit[T]{Op: modelsignals.Updated, Models: u.Models, Count: u.Count, Fields: u.Fields, Bulk: true})
	return bulkError(b, "bulk update", "bulk_updated", err)
}

func (b *binding[T]) preDelete(db *gorm.DB) error {
	p := &pending[T]{}
	models, single := modelsOf[T](db.Statement.ReflectValue)
	if p.models = keyed(models, single); single && !hasKey(db.Statement) || len(p.models) == 0 {
		p.models, p.bulk = nil, true
	}
	db.InstanceSet(pendingKey, p)
	return b.removing(db, b.signals.PreDelete, "pre_delete", p)
}

func (b *binding[T]) postDelete(db *gorm.DB) error {
	p := b.pendingOf(db)
	if p == nil || db.RowsAffected == 0 {
		return nil
	}
	ctx := contextOf(db)
	if p.bulk {
		_, err := b.signals.BulkDeleted.Send(ctx, b.signals.Name(), modelsignals.BulkDelete{Count: db.RowsAffected})
		b.commit(ctx, modelsignals.Commit[T]{Op: modelsignals.Deleted, Count: db.RowsAffected, Bulk: true})
		return bulkError(b, "bulk delete", "bulk_deleted", err)
	}
	err := b.removing(db, b.signals.PostDelete, "post_delete", p)
	b.commit(ctx, modelsignals.Commit[T]{Op: modelsignals.Deleted, Models: p.models, Count: int64(len(p.models))})
	return err
}

func (b *binding[T]) removing(db *gorm.DB, s *signals.Signal[modelsignals.Removal[T]], phase string, p *pending[T]) error {
	for _, m := range p.models {
		if _, err := s.Send(contextOf(db), b.signals.Name(), modelsignals.Removal[T]{Model: m, Origin: db.Statement.Dest}); err != nil {
			return fmt.Errorf("delete %s: %s: %w", b.signals.Name(), phase, err)
		}
	}
	return nil
}

// commit sends committed when the transaction is over, or at once without one.
func (b *binding[T]) commit(ctx context.Context, c modelsignals.Commit[T]) {
	_ = AfterCommit(ctx, func(ctx context.Context) error {
		_, _ = b.signals.Committed.SendRobust(ctx, b.signals.Name(), c) // its failures are logged
		return nil
	})
}

func bulkError[T any](b *binding[T], what, signal string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %s: %w", what, b.signals.Name(), signal, err)
}

func isCreate(db *gorm.DB) bool {
	_, insert := db.Statement.Clauses[clause.Insert{}.Name()]
	return insert || slices.Contains(db.Statement.BuildClauses, clause.Insert{}.Name())
}

// insertOfSave recognises the second statement of gorm's Save: the update found no
// row, so it inserts, without hooks.
func insertOfSave(st *gorm.Statement) bool {
	c, ok := st.Clauses[clause.OnConflict{}.Name()].Expression.(clause.OnConflict)
	return ok && st.SkipHooks && c.UpdateAll && hasKey(st)
}

// modelsOf are the rows of a statement; single when it was given one of them and not
// a slice.
func modelsOf[T any](v reflect.Value) (models []*T, single bool) {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		if v.CanAddr() {
			if m, ok := v.Addr().Interface().(*T); ok {
				return []*T{m}, true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			some, _ := modelsOf[T](v.Index(i))
			models = append(models, some...)
		}
	}
	return models, false
}

// keyed are the models of a statement that names its rows: none for a single one,
// which is only there for its type.
func keyed[T any](models []*T, single bool) []*T {
	if single && len(models) == 1 && reflect.ValueOf(models[0]).Elem().IsZero() {
		return nil
	}
	return models
}

// hasKey says whether the statement's model is a row with its primary key.
func hasKey(st *gorm.Statement) bool {
	v := st.ReflectValue
	if v.Kind() != reflect.Struct || len(st.Schema.PrimaryFields) == 0 {
		return false
	}
	return !slices.ContainsFunc(st.Schema.PrimaryFields, func(f *schema.Field) bool {
		_, zero := f.ValueOf(st.Context, v)
		return zero
	})
}

// written finds which fields an update writes, by their Go names, and the values that
// are known. With a model it is that which is written.
func written(db *gorm.DB, model any) (values map[string]any, names []string) {
	st := db.Statement
	columns, restricted := st.SelectAndOmitColumns(false, true)
	chosen := func(f *schema.Field, otherwise bool) bool {
		if v, ok := columns[f.DBName]; ok {
			return v
		}
		return otherwise && !restricted
	}
	values = map[string]any{}
	add := func(f *schema.Field, v any) {
		names = append(names, f.Name)
		switch v.(type) {
		case clause.Expr, clause.Expression, *gorm.DB: // the database computes it
		default:
			values[f.Name] = v
		}
	}
	dest := st.Dest
	if model != nil {
		dest = model
	}
	if m, ok := dest.(map[string]any); ok {
		for name, v := range m {
			if f := st.Schema.LookUpField(name); f != nil && chosen(f, true) {
				add(f, v)
			}
		}
		slices.Sort(names)
		return values, names
	}
	v := reflect.Indirect(reflect.ValueOf(dest))
	if v.Kind() != reflect.Struct || v.Type() != st.Schema.ModelType {
		return values, names
	}
	for _, f := range st.Schema.Fields {
		if f.DBName == "" || f.PrimaryKey {
			continue
		}
		if value, zero := f.ValueOf(st.Context, v); chosen(f, !zero) {
			add(f, value)
		}
	}
	return values, names
}
