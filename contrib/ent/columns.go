package entsignals

import (
	"reflect"
	"slices"
	"strings"
)

// column is a field of a generated struct, by the name that ent has for it.
type column struct {
	name  string // "total_cents"
	field reflect.StructField
}

// columnsOf are the fields of a generated struct: their JSON name is ent's.
func columnsOf(t reflect.Type) (columns []column) {
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "" && name != "-" && f.Name != "Edges" {
			columns = append(columns, column{name, f})
		}
	}
	return columns
}

// written are the fields that the mutation writes, by their Go names.
func (c *call[T]) written() (names []string) {
	all := slices.Concat(c.Fields(), c.AddedFields(), c.ClearedFields())
	for _, col := range c.columns {
		if slices.Contains(all, col.name) {
			names = append(names, col.field.Name)
		}
	}
	return names
}

// old is the row as it is stored; nil when there is none.
func (c *call[T]) old() *T {
	old := new(T)
	for _, col := range c.columns {
		if col.name == "id" {
			continue
		}
		v, err := c.OldField(c.ctx, col.name)
		if err != nil {
			return nil // the row is not there, which the mutation will say
		}
		set(valueOf(old, col), v)
	}
	c.setID(old)
	return old
}

// setID sets the id that the mutation knows, by its generated method.
func (c *call[T]) setID(model *T) {
	method := reflect.ValueOf(c.Mutation).MethodByName("ID")
	if !method.IsValid() || method.Type().NumIn() != 0 || method.Type().NumOut() != 2 {
		return
	}
	out := method.Call(nil)
	for _, col := range c.columns {
		if col.name == "id" && out[1].Bool() {
			set(valueOf(model, col), out[0].Interface())
		}
	}
}

// apply writes into a model what the mutation is going to write.
func (c *call[T]) apply(model *T) {
	for _, col := range c.columns {
		to := valueOf(model, col)
		if v, ok := c.Field(col.name); ok {
			set(to, v)
		}
		if v, ok := c.AddedField(col.name); ok {
			add(to, reflect.ValueOf(v))
		}
		if c.FieldCleared(col.name) {
			to.SetZero()
		}
	}
	c.setID(model)
}

// writeChanges adds to the mutation what receivers changed in the model.
func (c *call[T]) writeChanges(was, is *T) error {
	for _, col := range c.columns {
		before, after := valueOf(was, col), valueOf(is, col)
		if reflect.DeepEqual(before.Interface(), after.Interface()) {
			continue
		}
		if after.Kind() == reflect.Pointer {
			if after.IsNil() {
				if err := c.ClearField(col.name); err != nil {
					return err
				}
				continue
			}
			after = after.Elem()
		}
		if err := c.SetField(col.name, after.Interface()); err != nil {
			return err
		}
	}
	return nil
}

func valueOf[T any](model *T, c column) reflect.Value {
	return reflect.ValueOf(model).Elem().FieldByIndex(c.field.Index)
}

// set puts v into a field, which may be a pointer to such a value.
func set(to reflect.Value, v any) {
	from := reflect.ValueOf(v)
	switch {
	case !from.IsValid():
		to.SetZero()
	case from.Type().AssignableTo(to.Type()):
		to.Set(from)
	case to.Kind() == reflect.Pointer && from.Type().AssignableTo(to.Type().Elem()):
		p := reflect.New(to.Type().Elem())
		p.Elem().Set(from)
		to.Set(p)
	case from.CanConvert(to.Type()):
		to.Set(from.Convert(to.Type()))
	}
}

// add adds a number to a field, which may be a pointer to one.
func add(to, v reflect.Value) {
	if to.Kind() == reflect.Pointer {
		p := reflect.New(to.Type().Elem())
		if !to.IsNil() {
			p.Elem().Set(to.Elem())
		}
		to.Set(p)
		to = p.Elem()
	}
	switch {
	case to.CanInt() && v.CanInt():
		to.SetInt(to.Int() + v.Int())
	case to.CanUint() && v.CanInt():
		to.SetUint(to.Uint() + uint64(v.Int()))
	case to.CanFloat() && v.CanFloat():
		to.SetFloat(to.Float() + v.Float())
	}
}
