package mask

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is one field of a struct that is rendered.
type field struct {
	index  int
	name   string
	hidden bool
}

// fieldsOf returns what to render of a struct type. It is worked out once.
func (r *Rules) fieldsOf(t reflect.Type) []field {
	if known, ok := r.types.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("toolbar"), ",")
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || tag == "-" || f.Tag.Get("json") == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		hidden := tag == "mask" || r.Key(name) || r.Key(f.Name)
		fields = append(fields, field{index: i, name: name, hidden: hidden})
	}
	r.types.Store(t, fields)
	return fields
}

// special writes values that know best how they read, and reports whether v is
// one.
func (p *printer) special(v reflect.Value, key string, depth int) bool {
	if !v.CanInterface() || v.Kind() == reflect.Interface {
		return false
	}
	switch x := v.Interface().(type) {
	case slog.LogValuer:
		p.logValue(slog.AnyValue(x).Resolve(), v.Type(), key, depth)
	case time.Time:
		p.write(x.Format(timeFormat))
	case time.Duration:
		p.write(x.String())
	case json.RawMessage:
		p.write(string(p.r.JSON(x)))
	case error:
		p.text(key, safely(x.Error), true)
	case fmt.Stringer:
		if hasFields(v.Type()) {
			return false
		}
		p.text(key, safely(x.String), true)
	default:
		return false
	}
	return true
}

// logValue writes what a LogValuer resolved to. One that answers with itself is
// not asked again.
func (p *printer) logValue(x slog.Value, from reflect.Type, key string, depth int) {
	switch x.Kind() {
	case slog.KindGroup:
		if depth >= renderDepth {
			p.write(ellipsis)
			return
		}
		p.attrs(x.Group(), depth+1)
	case slog.KindAny, slog.KindLogValuer:
		v := reflect.ValueOf(x.Any())
		if v.IsValid() && v.Type() == from || depth >= renderDepth {
			p.write(ellipsis)
			return
		}
		p.value(v, key, depth+1)
	case slog.KindString:
		p.text(key, x.String(), true)
	default:
		p.text(key, x.String(), false)
	}
}

func (p *printer) attrs(attrs []slog.Attr, depth int) {
	p.open(nil, "{")
	for i, a := range attrs {
		if p.full() {
			return
		}
		p.next(i, depth)
		p.write(p.r.Text(a.Key))
		p.colon()
		if p.r.Key(a.Key) {
			p.write(Redacted)
			continue
		}
		p.logValue(a.Value.Resolve(), nil, a.Key, depth)
	}
	p.close("}", len(attrs), depth)
}

// hasFields reports whether a String method of this type might spell out a
// struct's fields, and with them those that a tag hides.
func hasFields(t reflect.Type) bool {
	for range renderDepth {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			t = t.Elem()
		case reflect.Map, reflect.Interface:
			return true
		case reflect.Struct:
			return slices.ContainsFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.IsExported() })
		default:
			return false
		}
	}
	return true
}

// safely calls a method of the app.
func safely(f func() string) (s string) {
	defer failClosed(&s)
	return f()
}

type entry struct {
	name  string
	value reflect.Value
}

// entries writes a map, sorted by name.
func (p *printer) entries(v reflect.Value, depth int) {
	if v.Len() > renderSorted {
		p.write("map[" + strconv.Itoa(v.Len()) + " entries]")
		return
	}
	list := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		name := printer{r: p.r, max: maxKey}
		if k := it.Key(); k.Kind() == reflect.String {
			name.write(k.String())
		} else {
			name.value(k, "", depth)
		}
		list = append(list, entry{name.String(), it.Value()})
	}
	slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	if p.tree {
		p.open(v.Type(), "{")
	} else {
		p.open(nil, "map[")
	}
	for i, e := range list {
		if p.full() {
			return
		}
		p.next(i, depth)
		if p.more(i, len(list)) {
			break
		}
		p.entry(e, depth)
	}
	if p.tree {
		p.close("}", len(list), depth)
	} else {
		p.close("]", len(list), depth)
	}
}

func (p *printer) entry(e entry, depth int) {
	p.write(p.r.Text(e.name))
	p.colon()
	if p.r.Key(e.name) {
		p.secret(e.value)
		return
	}
	p.value(e.value, e.name, depth)
}
