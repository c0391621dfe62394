package signals

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// condition is one reason for which a receiver may be left out of a send.
type condition struct {
	name  string // what [Result].Skipped says
	holds func(context.Context, anyEvent) bool
}

func withCondition(c condition) ConnectOption {
	return connectFunc(func(conn *Connection) { conn.conditions = append(conn.conditions, c) })
}

// When makes a receiver run only if cond is true. Several conditions, of whatever
// kind, are asked in the order given, until one is false: its function's name is
// then in [Result].Skipped and in the trace. Connect panics when cond is nil or
// takes the event of another payload.
func When[T any](cond func(context.Context, Event[T]) bool) ConnectOption {
	return connectFunc(func(c *Connection) {
		if cond == nil {
			c.refuse("the condition is nil")
		}
		c.checkPayload("condition", reflect.TypeFor[T]())
		c.conditions = append(c.conditions, condition{
			name:  instrument.FuncSource(cond).Func,
			holds: func(ctx context.Context, e anyEvent) bool { return cond(ctx, *e.(*Event[T])) },
		})
	})
}

// OnlyFrom makes a receiver run only for one of several senders. Unlike [From], which
// is looked at first and leaves no trace, it is a condition: the results say that the
// receiver was skipped.
func OnlyFrom(senders ...any) ConnectOption {
	return connectFunc(func(c *Connection) {
		for _, s := range senders {
			if err := checkSender(s); err != nil {
				c.refuse(err.Error())
			}
		}
		c.conditions = append(c.conditions, condition{
			name:  "OnlyFrom(" + list(senders) + ")",
			holds: func(_ context.Context, e anyEvent) bool { return slices.Contains(senders, e.sender()) },
		})
	})
}

// InEnvironment makes a receiver run only where [Environment] is one of the names
// when the signal is sent.
func InEnvironment(names ...string) ConnectOption {
	return withCondition(condition{
		name:  "InEnvironment(" + list(names) + ")",
		holds: func(ctx context.Context, _ anyEvent) bool { return slices.Contains(names, Environment(ctx)) },
	})
}

// Changer is a payload that knows what changed. Those of package modelsignals do.
type Changer interface {
	// Changed reports whether the field has another value than before. For
	// something new that is true of every field.
	Changed(field string) bool
}

// WhenChanged makes a receiver run only if one of the fields changed, as the
// payload says; without fields, if Changed("") is true. Connect panics when the
// payload is no [Changer].
//
// The payload has to carry what it was: a receiver that asks the database after the
// write finds the new value there, and no change.
func WhenChanged(fields ...string) ConnectOption {
	name := "WhenChanged(" + list(fields) + ")"
	if len(fields) == 0 {
		fields = []string{""}
	}
	return connectFunc(func(c *Connection) {
		if t := c.signal.payload; !t.Implements(changer) && !reflect.PointerTo(t).Implements(changer) {
			c.refuse(fmt.Sprintf("WhenChanged needs a payload with a method Changed(field string) bool, %v has none", t))
		}
		c.conditions = append(c.conditions, condition{
			name:  name,
			holds: func(_ context.Context, e anyEvent) bool { return slices.ContainsFunc(fields, changerOf(e).Changed) },
		})
	})
}

var changer = reflect.TypeFor[Changer]()

func changerOf(e anyEvent) Changer {
	if c, ok := e.payloadAt().(Changer); ok {
		return c
	}
	return e.payload().(Changer)
}

// list writes values as they stand in a program: "A", 2.
func list[T any](values []T) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(v))
	}
	return b.String()
}

// quote writes a value so that its type shows, but not what a pointer points to.
func quote(v any) string {
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Invalid:
		return "nil"
	case reflect.String:
		return fmt.Sprintf("%q", rv.String())
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return fmt.Sprint(v)
	}
	return rv.Type().String()
}
