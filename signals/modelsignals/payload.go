package modelsignals

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// Write is the payload of pre_save and post_save.
type Write[T any] struct {
	Model *T // what is written; receivers of pre_save may change it
	// Old is the row as it was, as the program read it: best inside the same
	// transaction. Nil when there was none, or it is not known.
	Old     *T       `queue:"value"` // by a queue as it was, also where Model is loaded again
	Created bool     // the row is new; known to post_save only
	Fields  []string // those that are written, by column or name; nil is all
	Raw     bool     // fixtures are being loaded: receivers had better not touch other rows
	Using   string   // which database, for programs with several
}

// Changed reports whether a field has another value than before. It is named by its
// db tag or its Go name, in whatever case; "" is any field. Without Old, and for a
// row that was created, every field has changed; one that is not written has not.
// It makes Write a signals.Changer, for signals.WhenChanged.
func (w Write[T]) Changed(field string) bool {
	for _, f := range fieldsOf[T]() {
		if (field == "" || isNamed(f, field)) && w.changed(f) {
			return true
		}
	}
	return false
}

// ChangedFields names the fields that have another value than before, by their db
// tag or else their Go name, in the order of the struct.
func (w Write[T]) ChangedFields() (changed []string) {
	for _, f := range fieldsOf[T]() {
		if w.changed(f) {
			changed = append(changed, column(f))
		}
	}
	return changed
}

func (w Write[T]) changed(f reflect.StructField) bool {
	written := w.Fields == nil || slices.ContainsFunc(w.Fields, func(name string) bool { return isNamed(f, name) })
	return written && (w.Created || w.Old == nil || differ(valueOf(w.Model, f), valueOf(w.Old, f)))
}

func differ(is, was any) bool {
	a, isTime := is.(time.Time)
	if b, ok := was.(time.Time); ok && isTime {
		return !a.Equal(b) // the same moment, in whatever zone
	}
	return !reflect.DeepEqual(is, was)
}

// valueOf is a field's value; nil when the embedded struct that has it is nil.
func valueOf(model any, f reflect.StructField) any {
	v, err := reflect.ValueOf(model).Elem().FieldByIndexErr(f.Index)
	if err != nil {
		return nil
	}
	return v.Interface()
}

// fieldsOf are the exported fields that are columns, those of embedded structs too.
func fieldsOf[T any]() (fields []reflect.StructField) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && !f.Anonymous && f.Tag.Get("db") != "-" {
			fields = append(fields, f)
		}
	}
	return fields
}

func isNamed(f reflect.StructField, name string) bool {
	return strings.EqualFold(name, column(f)) || strings.EqualFold(name, f.Name)
}

// column is the field's name in the database, as its db tag says.
func column(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("db"), ",")
	if name == "" {
		return f.Name
	}
	return name
}

// Removal is the payload of pre_delete and post_delete.
type Removal[T any] struct {
	Model  *T
	Origin any // what was to be deleted: this *T, or the []*T that it is one of
}

// BulkCreate is the payload of bulk_created.
type BulkCreate[T any] struct {
	Models    []*T
	BatchSize int
}

// BulkUpdate is the payload of bulk_updated.
type BulkUpdate[T any] struct {
	Models []*T // nil for an update by condition
	Fields []string
	Count  int64
}

// BulkDelete is the payload of bulk_deleted.
type BulkDelete struct{ Count int64 }

// Op is what was done to rows.
type Op uint8

// The operations.
const (
	Created Op = iota + 1
	Updated
	Deleted
)

// String is the operation's name.
func (o Op) String() string { return [...]string{"", "created", "updated", "deleted"}[o&3] }

// Commit is the payload of committed.
type Commit[T any] struct {
	Op     Op
	Models []*T // nil for a bulk operation by condition
	Count  int64
	Fields []string // of an update; nil is all
	Bulk   bool     // it went without signals for each row
}
