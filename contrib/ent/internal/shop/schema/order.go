// Package schema is that of the tests of entsignals; ../ is generated from it.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// Order is a table with columns of several kinds.
type Order struct{ ent.Schema }

// Fields are the columns.
func (Order) Fields() []ent.Field {
	return []ent.Field{
		field.String("status").Default("new"),
		field.Int("total_cents").Default(0),
		field.String("note").Optional().Nillable(),
	}
}
